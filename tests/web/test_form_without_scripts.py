"""The form without JavaScript: errors keep every answer, a page with articles comes before sending, nothing is typed twice."""

import re
from html import unescape

from sqlalchemy import select

from deflect_api.store.models import SessionEvent, Ticket
from tests.conftest import Desk

TYPED = {
    "product": "flow",
    "subject": "survey is not on the phone",
    "happened": 'The list stays empty. "Why?" <b>I ask</b>',
    "type": "bug",
    "context.instance": "care.akvoflow.org",
    "email": "ada@example.org",
    "working": "stopped",
    "affected": "everyone",
    "needed_by": "today",
}


def hidden(html: str) -> dict[str, str]:
    """The last form's hidden fields, as a browser would send them."""
    form = html.rsplit("<form", 1)[1]
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {unescape(name): unescape(value) for name, value in pairs}


def opened(desk: Desk) -> dict[str, str]:
    html = desk.client.get("/support/contact/").text
    wanted = ("session", "idempotency_key")
    return {name: re.search(rf'name="{name}" value="([^"]+)"', html)[1] for name in wanted}  # type: ignore[index]


def test_a_request_goes_through_two_pages_and_arrives_once(desk: Desk) -> None:
    middle = desk.client.post("/support/contact/", data={**TYPED, **opened(desk), "receipt": ""})
    assert middle.status_code == 200
    assert "None of these helped, send my request" in middle.text
    assert "/flow/form-not-in-app/" in middle.text
    sent = desk.client.post("/support/contact/", data={**hidden(middle.text), "step": "send"})
    assert sent.status_code == 303
    page = desk.client.get(sent.headers["Location"])
    assert "1001" in page.text
    with desk.database.read() as session:
        (ticket,) = session.scalars(select(Ticket))
        events = [event.event for event in session.scalars(select(SessionEvent).order_by(SessionEvent.id))]
    assert (ticket.happened, ticket.context) == (TYPED["happened"], {"instance": "care.akvoflow.org"})
    assert (ticket.priority, ticket.severity) == ("urgent", "critical")
    assert events == ["shown", "submitted"]
    again = desk.client.post("/support/contact/", data={**hidden(middle.text), "step": "send"})
    assert again.headers["Location"] == sent.headers["Location"]


def test_errors_come_first_and_every_answer_is_kept(desk: Desk) -> None:
    answer = desk.client.post("/support/contact/", data={**TYPED, **opened(desk), "email": "ada at example", "subject": ""})
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    for field in ("email", "subject"):
        assert f'href="#{field}"' in answer.text
    kept = unescape(answer.text)
    assert TYPED["happened"] in kept
    assert "ada at example" in kept
    assert "care.akvoflow.org" in kept
    assert "<b>I ask</b>" not in answer.text


def test_changing_the_request_brings_the_form_back_as_it_was(desk: Desk) -> None:
    middle = desk.client.post("/support/contact/", data={**TYPED, **opened(desk)})
    back = desk.client.post("/support/contact/", data={**hidden(middle.text), "step": "edit"})
    assert back.status_code == 200
    assert TYPED["happened"] in unescape(back.text)
    assert "care.akvoflow.org" in back.text


def test_this_solved_it_counts_and_sends_nothing(desk: Desk) -> None:
    answer = desk.client.post("/support/solved/", data={"session": "visit", "article": "flow/form-not-in-app/"})
    assert answer.status_code == 200
    with desk.database.read() as session:
        assert [event.event for event in session.scalars(select(SessionEvent))] == ["solved"]
        assert session.scalars(select(Ticket)).all() == []


def test_two_products_may_share_a_field_name(desk: Desk) -> None:
    body = "&".join(["product=flow", "subject=a", "happened=b", "email=ada%40example.org", "receipt=unavailable"])
    body += "&idempotency_key=a-key-of-the-form&context.instance=care.akvoflow.org&context.instance="
    answer = desk.client.post("/support/contact/", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 303
    with desk.database.read() as session:
        assert session.scalars(select(Ticket)).one().context == {"instance": "care.akvoflow.org"}


def test_address_parameters_fill_the_form_and_are_escaped(desk: Desk) -> None:
    answer = desk.client.get("/support/contact/?product=rsr&subject=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert(1)" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
    assert re.search(r'value="rsr"[^>]*checked', answer.text)


def test_the_section_that_fits_can_be_read_without_leaving_the_form(desk: Desk) -> None:
    middle = desk.client.post("/support/contact/", data={**TYPED, **opened(desk)})
    read = re.findall(r"<details.*?</details>", middle.text, re.S)
    assert read
    assert all(len(re.sub(r"<[^>]+>", "", section)) > 100 for section in read)
