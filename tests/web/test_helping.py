"""Coaching and protecting without scripts, links that fill in the form, and facts that are understood when they are stored."""

import json
import re
from html import unescape

import pytest
from sqlalchemy import select

from deflect_api.store.models import Ticket
from tests.conftest import Desk
from tests.web.test_form_without_scripts import TYPED, hidden, opened

CONTACT = "/support/contact/"
PRIVATE = "Call Kofi on +233 24 123 4567 or kofi@gmail.com. The list stays empty."


def stored(desk: Desk) -> Ticket:
    with desk.database.read() as session:
        return session.scalars(select(Ticket)).one()


def middle(desk: Desk, **changes: str) -> str:
    """The page between form and request."""
    answer = desk.client.post(CONTACT, data={**TYPED, **opened(desk), **changes})
    assert answer.status_code == 200
    return answer.text


def ticks(html: str) -> dict[str, str]:
    found = re.findall(r'<input type="checkbox" name="([^"]+)" value="([^"]*)"', html)
    return {name: unescape(value) for name, value in found}


def value_of(html: str, name: str) -> str:
    """What a field of the form holds."""
    tag = re.search(rf'<input [^>]*\bname="{re.escape(name)}"[^>]*>', html)
    assert tag, name
    return unescape(re.search(r'value="([^"]*)"', tag[0])[1])  # type: ignore[index]


# Before sending.


def test_private_pieces_are_shown_each_with_a_box_to_tick(desk: Desk) -> None:
    html = middle(desk, happened=PRIVATE)
    assert list(ticks(html).values()) == ["happened:+233 24 123 4567", "happened:kofi@gmail.com"]
    assert "<mark>+233 24 123 4567</mark>" in html
    assert "<mark>kofi@gmail.com</mark>" in html


def test_what_is_ticked_is_taken_out_and_the_rest_is_sent_as_it_was(any_desk: Desk) -> None:
    html = middle(any_desk, happened=PRIVATE)
    name, piece = next(iter(ticks(html).items()))
    sent = any_desk.client.post(CONTACT, data={**hidden(html), name: piece, "step": "send"})
    assert sent.status_code == 303
    assert stored(any_desk).happened == "Call Kofi on [removed] or kofi@gmail.com. The list stays empty."


def test_what_is_ticked_is_taken_out_of_the_form_too(desk: Desk) -> None:
    html = middle(desk, happened=PRIVATE)
    back = desk.client.post(CONTACT, data={**hidden(html), **ticks(html), "step": "edit"})
    assert "Call Kofi on [removed] or [removed]. The list stays empty." in unescape(back.text)
    assert "233 24" not in back.text


def test_a_tick_can_take_nothing_but_texts(desk: Desk) -> None:
    values = {**hidden(middle(desk)), "remove.1": "email:ada@example.org", "remove.2": "nothing", "remove.3": "steps:gone"}
    assert desk.client.post(CONTACT, data={**values, "step": "send"}).status_code == 303
    assert stored(desk).email == "ada@example.org"


def test_a_changed_request_is_looked_at_again_and_sent_at_the_second_word(desk: Desk) -> None:
    edited = {**hidden(middle(desk)), "happened": PRIVATE}
    again = desk.client.post(CONTACT, data=edited)
    assert len(ticks(again.text)) == 2
    assert desk.client.post(CONTACT, data={**hidden(again.text), "step": "send"}).status_code == 303
    assert stored(desk).happened == PRIVATE


def test_a_text_that_says_nothing_gets_one_prompt_and_can_be_sent(desk: Desk) -> None:
    html = middle(desk, subject="help", happened="it doesn't work pls")
    assert "Were you in the app or on the dashboard, and on which screen?" in html
    assert "Your request so far" not in html
    assert desk.client.post(CONTACT, data={**hidden(html), "step": "send"}).status_code == 303


def test_what_is_told_and_what_would_help_most_is_shown(desk: Desk) -> None:
    html = middle(desk, happened="The list of forms on the phone stays empty")
    assert re.search(r'<li class="there">What happened', html)
    assert re.search(r'<li class="there">Your Flow address', html)
    assert "<strong>Folder, survey and form.</strong>" in html
    assert "Your Lumen address" not in html


def test_a_mistyped_mail_address_is_hinted_at_and_not_changed(desk: Desk) -> None:
    html = middle(desk, email="ada@gmial.com")
    assert "Did you mean ada@gmail.com?" in html
    assert hidden(html)["email"] == "ada@gmial.com"


def test_markup_in_a_private_piece_stays_text(desk: Desk) -> None:
    html = middle(desk, happened='password: <script>alert(1)</script>9"')
    assert "<script>alert(1)" not in html


# Facts.


def test_a_pasted_address_is_understood_when_it_is_stored_and_kept_as_written(any_desk: Desk) -> None:
    pasted = "https://care.akvoflow.org/admin/#/surveys"
    answer = any_desk.send(context={"instance": pasted, "own": " x "}, device={"app_version": "Version 2.10.2", "system": ""})
    assert answer.status_code == 201
    ticket = stored(any_desk)
    assert ticket.context == {"instance": "care.akvoflow.org", "instance_as_written": pasted, "own": "x"}
    assert ticket.device == {"app_version": "2.10.2", "app_version_as_written": "Version 2.10.2"}
    page = any_desk.client.get(answer.json["status_url"]).text
    assert "Your Flow address, as it was written" in page
    assert "instance_as_written" not in page


def test_an_odd_answer_never_stops_a_request(desk: Desk) -> None:
    assert desk.send(context={"instance": "ask Kofi", "form_id": "?"}, device={"app_version": "new"}).status_code == 201
    assert stored(desk).context == {"instance": "ask Kofi", "form_id": "?"}


# Links that fill in the form.


def test_a_link_of_a_product_fills_in_its_fields(desk: Desk) -> None:
    html = desk.client.get(
        f"{CONTACT}?product=flow&type=bug&instance=care.akvoflow.org&form_id=237070018&version=2.10.2&device=Moto+g5"
        "&android=8.1.0&page=https://care.akvoflow.org/admin/&where=phone+app&subject=Export+fails"
    ).text
    assert value_of(html, "context.instance") == "care.akvoflow.org"
    assert value_of(html, "context.form_id") == "237070018"
    assert value_of(html, "device.app_version") == "2.10.2"
    assert value_of(html, "device.model") == "Moto g5"
    assert value_of(html, "device.android_version") == "8.1.0"
    assert value_of(html, "device.page_address") == "https://care.akvoflow.org/admin/"
    assert value_of(html, "subject") == "Export fails"
    assert re.search(r'value="bug"[^>]*checked', html)
    assert re.search(r'<option value="phone app" selected', html)


def test_the_same_word_means_the_chosen_products_field(desk: Desk) -> None:
    html = desk.client.get(f"{CONTACT}?product=lumen&instance=demo.akvolumen.org").text
    tags = re.findall(r'<input id="context-(\w+)-instance"[^>]*value="([^"]*)"', html)
    assert dict(tags) == {"flow": "", "lumen": "demo.akvolumen.org"}


def test_a_choice_is_chosen_and_an_address_is_no_choice(desk: Desk) -> None:
    chosen = desk.client.get(f"{CONTACT}?product=rsr&page=Results+Admin&role=Nobody").text
    assert re.search(r'<option value="Results Admin" selected', chosen)
    pasted = desk.client.get(f"{CONTACT}?product=rsr&page=https://rsr.akvo.org/my-rsr/projects/9559/results").text
    assert value_of(pasted, "device.page_address") == "https://rsr.akvo.org/my-rsr/projects/9559/results"


@pytest.mark.parametrize(
    "parameter",
    [
        "email=eve@example.org",
        "name=Eve",
        "happened=private+words",
        "idempotency_key=chosen-by-somebody",
        "session=theirs",
        "receipt=unavailable",
        "website=x",
        "opened=x",
        "nonsense=1",
        "context.instance=evil.example.org",
        "remove.1=x",
    ],
)
def test_personal_and_unknown_parameters_are_passed_over(desk: Desk, parameter: str) -> None:
    name, _, value = parameter.partition("=")
    html = desk.client.get(f"{CONTACT}?product=flow&{parameter}").text
    form = html.partition('<form class="request"')[2].partition("</form>")[0]
    assert value.replace("+", " ") not in re.findall(r'value="([^"]+)"', form), name
    assert "private words" not in form


def test_a_link_stays_with_the_request_through_the_page_without_scripts(desk: Desk) -> None:
    html = desk.client.get(f"{CONTACT}?product=flow&version=2.10.2&page=https://care.akvoflow.org/admin/").text
    filled = {name: value_of(html, name) for name in ("device.app_version", "device.page_address")}
    sent = {**hidden(middle(desk, **filled)), "step": "send"}
    assert desk.client.post(CONTACT, data=sent).status_code == 303
    assert stored(desk).device == {"app_version": "2.10.2", "page_address": "https://care.akvoflow.org/admin/"}


def test_opening_a_link_stores_nothing(desk: Desk) -> None:
    desk.client.get(f"{CONTACT}?product=flow&subject=Export+fails")
    with desk.database.read() as session:
        assert session.scalars(select(Ticket)).all() == []


# What the page carries.


def test_the_rules_stand_in_the_page_once_and_every_word_has_its_rule(desk: Desk) -> None:
    html = desk.client.get(CONTACT).text
    (data,) = re.findall(r'<script type="application/json" id="help-coach">(.*?)</script>', html, re.S)
    carried = json.loads(data)
    rules, words = carried["rules"], carried["words"]
    unnamed = {part["key"] for part in rules["coaching"]["parts"] if not part["label"]} - set(words["parts"])
    assert not unnamed
    assert {rule["kind"] for rule in rules["sensitive"]["rules"]} == set(words["kinds"])
    assert set(rules["sensitive"]["texts"]) == set(words["fields"])
    assert {*desk.settings.support.products, "other"} == set(words["prompts"])


def test_no_other_page_carries_them(desk: Desk) -> None:
    for address in ("/", "/flow/form-not-in-app/", "/search/"):
        assert "help-coach" not in desk.client.get(address).text
