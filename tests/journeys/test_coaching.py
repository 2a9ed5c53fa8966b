"""Coaching and protecting in the browser: quiet, never in the way, and by the very rules that the service follows."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from deflect_api import config
from deflect_api.intake import facts
from deflect_api.intake.wording import coaching, sensitive, typos
from tests.intake.test_coaching import FLOW_BUG, TELLING, VAGUE
from tests.intake.test_sensitive import HARMLESS, PRIVATE
from tests.journeys import pages
from tests.journeys.installation import Installation
from tests.served import ROOT

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
SUPPORT = config.read_support(ROOT / "support.yml", {})
SECRETS = "Kofi has +233 24 123 4567 and the password: sunshine"
DAY = 24 * 3600 * 1000


@pytest.fixture
def form(visit: Visit) -> Page:
    return opened(visit())


def opened(page: Page, address: str = pages.CONTACT) -> Page:
    """Open the form and wait until it advises."""
    page.goto(address)
    expect(page.locator("#sofar")).to_be_visible()
    return page


def rule(page: Page, name: str, *given: Any) -> Any:
    """What the browser's own reading of a rule says."""
    return page.evaluate("([name, given]) => document.getElementById('request').help.coach[name](...given)", [name, list(given)])


def meter(page: Page) -> Locator:
    return page.locator("#sofar")


def told(page: Page) -> list[str]:
    return [text.partition("\n")[0].removesuffix(": told").strip() for text in meter(page).locator(".there").all_inner_texts()]


def private(page: Page) -> Locator:
    return page.get_by_role("region", name="Do we need to know this?")


# One source: the browser reads the rules as the service does.


def test_the_browser_finds_what_the_service_finds(form: Page) -> None:
    texts = [text for _, text, _ in PRIVATE] + HARMLESS + ["\n".join(text for _, text, _ in PRIVATE)]
    for text in texts:
        expected = [[one.kind, one.piece] for one in sensitive.find(text, ["ada@example.org"])]
        assert [[one["kind"], one["piece"]] for one in rule(form, "find", text, ["ada@example.org"])] == expected, text


def test_the_browser_looks_at_a_request_as_the_service_does(form: Page) -> None:
    parts = coaching.parts_of(SUPPORT)
    requests: list[dict[str, str]] = [{**FLOW_BUG, "subject": "", "happened": text} for text in VAGUE + TELLING]
    for product in (*SUPPORT.products, "other"):
        for kind in ("bug", "question", "feature request", ""):
            for where in ("", "phone app", "computer browser"):
                words = {"doing": "手機上沒有出現新的表單", "steps": "हिन्दी में लिखा हुआ पाठ", "expected": "éé ñandú"}
                requests.append({**FLOW_BUG, **words, "product": product, "type": kind, "device.where": where})
    for values in requests:
        expected = coaching.look(values, parts)
        found = rule(form, "look", values)
        keys = {name: [part["key"] for part in found[name]] for name in ("there", "missing")}
        assert keys == {"there": [*expected.there], "missing": [*expected.missing]}, values
        assert ((found["next"] or {}).get("key", ""), found["vague"]) == (expected.next, expected.vague), values


@pytest.mark.parametrize(
    "address", ["ada@gmial.com", "ada@gmail.con", " Ada@GMIAL.com ", "ada@mail.com", "ada", "a@b@c", "ada@x.ogr", ""]
)
def test_the_browser_reads_mail_addresses_as_the_service_does(form: Page, address: str) -> None:
    assert rule(form, "better", address) == typos.better(address)


def test_the_browser_understands_fields_as_the_service_does(form: Page) -> None:
    written = [
        "https://care.akvoflow.org/admin/",
        " care ",
        "our own",
        "/en/project/3086/",
        "#3086",
        "Version 2.10.2",
        "Android 9",
        "it is 4139-k07c-bjw2",
        "https://x.akvolumen.org/dataset/5f05f582-72ed-421e-8b24-f7f170e96f3b",
        "a@b.org",
        "",
    ]
    for field in (*facts.DEVICE, *(field for product in SUPPORT.products.values() for field in product.fields)):
        check = {"extract": field.extract, "pattern": field.pattern}
        for text in written:
            assert rule(form, "understood", check, text) == facts.understood(field, text), (field.name, text)
            assert rule(form, "looksRight", check, facts.understood(field, text)) == facts.looks_right(field, text), (
                field.name,
                text,
            )


# The meter and the prompt.


def test_the_meter_stands_beside_the_form_and_folded_under_the_text_on_a_phone(form: Page, visit: Visit) -> None:
    expect(meter(form).get_by_role("list")).to_be_visible()
    assert meter(form).bounding_box()["x"] > pages.happened(form).bounding_box()["x"]  # type: ignore[index]
    small = opened(visit(320))
    expect(meter(small).get_by_role("list")).to_be_hidden()
    assert meter(small).bounding_box()["y"] > pages.happened(small).bounding_box()["y"]  # type: ignore[index]
    assert meter(small).bounding_box()["y"] < pages.beside(small).bounding_box()["y"]  # type: ignore[index]
    meter(small).locator("summary").click()
    expect(meter(small).get_by_role("list")).to_be_visible()
    assert pages.too_wide(small) == 0


def test_the_meter_follows_what_is_written_and_asks_for_what_fits(form: Page) -> None:
    pages.describe(form)
    expect(meter(form).locator("#sofar-count")).to_have_text("1 of 3")
    assert told(form) == ["What happened"]
    expect(meter(form).get_by_text("How to make it happen again")).to_have_count(0)
    form.get_by_role("radio", name="A bug: something fails").check()
    expect(meter(form).get_by_text("How to make it happen again")).to_be_visible()
    form.get_by_label("Your Flow address").fill("care.akvoflow.org")
    expect(meter(form).locator("li", has_text="Your Flow address")).to_have_class("there")
    pages.choose_product(form, "RSR")
    expect(meter(form).locator("li", has_text="Your Flow address")).to_have_count(0)
    expect(meter(form).locator("li", has_text="Your role in RSR")).to_be_visible()


def test_what_would_help_most_is_one_click_away(form: Page) -> None:
    pages.describe(form)
    form.get_by_role("radio", name="A bug: something fails").check()
    form.get_by_label("Your Flow address").fill("care.akvoflow.org")
    form.get_by_label("Folder, survey and form").fill("Water > Mapping")
    meter(form).get_by_role("link", name="Where it happens").click()
    expect(form.get_by_label("Where does it happen?")).to_be_focused()


def test_a_text_that_says_nothing_gets_one_prompt_which_goes_once_it_says_more(form: Page, portal: Installation) -> None:
    pages.describe(form, "help", "it doesn't work pls")
    nudge = form.get_by_role("status").filter(has_text="Tell us, in a few words")
    expect(nudge).to_have_count(0)
    pages.email(form).focus()
    expect(nudge.get_by_role("listitem")).to_have_count(3)
    expect(nudge).to_contain_text("Were you in the app or on the dashboard")
    pages.happened(form).press_sequentially(" the survey list stays empty")
    expect(nudge).to_have_count(0)


def test_the_prompt_stops_nobody(form: Page, portal: Installation) -> None:
    pages.describe(form, "help", "it doesn't work pls")
    pages.email(form).fill("vague@example.org")
    pages.send(form)
    if form.locator("#held a").count():
        pages.send(form)
    pages.number_on(form)
    assert [row[2] for row in portal.tickets_of("vague@example.org")] == ["it doesn't work pls"]


# Product fields, the device, links of the products.


def test_a_pasted_address_is_understood_beside_the_field_and_stays_as_it_is(form: Page, portal: Installation) -> None:
    pages.begin_request(form)
    address = form.get_by_label("Your Flow address")
    address.fill("https://care.akvoflow.org/admin/#/surveys")
    form.get_by_label("Form ID").fill("the first one")
    pages.email(form).fill("pasted@example.org")
    expect(form.get_by_text("We read this as care.akvoflow.org.")).to_be_visible()
    expect(form.get_by_text("A form ID has digits only")).to_be_visible()
    expect(address).to_have_value("https://care.akvoflow.org/admin/#/surveys")
    address.fill("care.akvoflow.org")
    pages.email(form).focus()
    expect(form.get_by_text("We read this as")).to_have_count(0)
    pages.send(form)
    pages.number_on(form)
    (context,) = portal.rows("SELECT context FROM ticket WHERE email = 'pasted@example.org'")[0]
    assert '"instance": "care.akvoflow.org"' in context
    assert '"form_id": "the first one"' in context


def test_the_browser_tells_what_it_is_to_be_seen_and_changed_before_sending(form: Page, portal: Installation) -> None:
    device = form.locator("#device")
    expect(device.locator("summary")).to_contain_text(re.compile(r"Your device\s+Chrome \d+, Linux"))
    expect(form.get_by_label("Browser and its version")).to_be_hidden()
    device.locator("summary").click()
    expect(form.get_by_label("System", exact=True)).to_have_value("Linux")
    expect(form.get_by_label("Screen")).to_have_value(re.compile(r"^\d+ × \d+$"))
    form.get_by_label("Browser and its version").fill("Another 1")
    pages.describe(form)
    expect(pages.suggestion(form)).to_be_visible()
    pages.email(form).fill("device@example.org")
    pages.send(form)
    pages.number_on(form)
    (stored,) = portal.rows("SELECT device FROM ticket WHERE email = 'device@example.org'")[0]
    assert '"browser": "Another 1"' in stored
    assert '"system": "Linux"' in stored


def test_what_happens_in_the_app_is_not_told_as_this_computers_browser(form: Page) -> None:
    form.locator("#device summary").click()
    form.get_by_label("Where does it happen?").select_option(label="The app on a phone")
    expect(form.get_by_label("Browser and its version")).to_be_hidden()
    assert not {
        name: value for name, value in pages.typed(form).items() if name in ("device.browser", "device.system", "device.screen")
    }
    form.get_by_label("Where does it happen?").select_option(label="A browser on a computer")
    expect(form.get_by_label("Browser and its version")).to_have_value(re.compile(r"^Chrome \d+$"))
    expect(form.get_by_label("Android version")).to_be_hidden()


@pytest.mark.parametrize("sign", ["?", "#"])
def test_a_link_of_a_product_fills_in_the_form_and_sends_nothing(visit: Visit, portal: Installation, sign: str) -> None:
    before = portal.rows("SELECT count(*) FROM ticket")
    page = visit()
    asked: list[str] = []
    page.on("request", lambda request: request.method == "POST" and asked.append(request.url))
    opened(
        page,
        f"{pages.CONTACT}{sign}product=flow&instance=care.akvoflow.org&version=2.10.2&where=phone+app&type=bug&email=eve@example.org",
    )
    expect(page.get_by_label("Your Flow address")).to_have_value("care.akvoflow.org")
    expect(page.locator("#device summary")).to_contain_text("2.10.2")
    expect(page.get_by_role("radio", name="A bug: something fails")).to_be_checked()
    expect(pages.email(page)).to_have_value("")
    assert asked == []
    assert portal.rows("SELECT count(*) FROM ticket") == before


def test_a_link_does_not_overwrite_a_draft(visit: Visit) -> None:
    page = opened(visit())
    pages.describe(page)
    page.get_by_label("Your Flow address").fill("mine.akvoflow.org")
    expect(page.get_by_text("Saved in this browser as you type.")).to_be_visible()
    page.goto("about:blank")
    opened(page, f"{pages.CONTACT}?product=rsr&subject=Something+else&instance=other.akvoflow.org")
    expect(pages.subject(page)).to_have_value(pages.SUBJECT)
    expect(page.get_by_label("Your Flow address")).to_have_value("mine.akvoflow.org")


# Protecting.


def test_private_pieces_are_pointed_out_quietly_once_a_field_is_left(form: Page) -> None:
    pages.describe(form, more=SECRETS)
    pages.email(form).focus()
    expect(private(form).locator("mark")).to_have_text(["+233 24 123 4567", "sunshine"])
    expect(pages.email(form)).to_be_focused()
    expect(form.get_by_role("status").filter(has_text="may hold something private")).to_be_attached()
    private(form).get_by_role("button", name=re.compile(r"Remove it ?: \+233 24 123 4567")).click()
    expect(pages.happened(form)).to_have_value("Kofi has [removed] and the password: sunshine")
    private(form).get_by_role("button", name=re.compile("Keep it ?: sunshine")).click()
    expect(private(form)).to_have_count(0)
    expect(pages.happened(form)).to_be_focused()
    pages.happened(form).press_sequentially(" Thanks")
    pages.email(form).focus()
    pages.email(form).fill("x@example.org")
    expect(private(form)).to_have_count(0)


def test_before_sending_they_are_pointed_out_once_and_the_second_word_counts(form: Page, portal: Installation) -> None:
    pages.begin_request(form)
    pages.happened(form).fill(SECRETS)
    pages.email(form).fill("kept@example.org")
    pages.send(form)
    expect(private(form)).to_be_focused()
    expect(form.locator("#held")).to_have_text("Look at this first, or send again to send it as it is.")
    assert portal.tickets_of("kept@example.org") == []
    pages.send(form)
    pages.number_on(form)
    assert [row[2] for row in portal.tickets_of("kept@example.org")] == [SECRETS]


def test_what_is_removed_before_sending_never_leaves_the_browser(form: Page, portal: Installation) -> None:
    pages.begin_request(form)
    pages.happened(form).fill(SECRETS)
    pages.email(form).fill("removed@example.org")
    pages.send(form)
    for _ in range(2):
        private(form).get_by_role("button", name="Remove it").first.click()
    expect(form.get_by_role("button", name="Send my request")).to_be_focused()
    with form.expect_request("**/api/v1/tickets") as sent:
        form.keyboard.press("Enter")
    assert "sunshine" not in (sent.value.post_data or "")
    pages.number_on(form)
    assert [row[2] for row in portal.tickets_of("removed@example.org")] == ["Kofi has [removed] and the password: [removed]"]


def test_ones_own_address_and_a_colleagues_copy_are_no_findings(form: Page) -> None:
    pages.email(form).fill("ada@water.example.org")
    form.get_by_label("Copy to a colleague").fill("joe@water.example.org")
    pages.describe(form, more="Write to ada@water.example.org or joe@water.example.org, form 237070018, version 2.10.2")
    pages.subject(form).focus()
    expect(meter(form).locator("li.there", has_text="What happened")).to_be_visible()
    form.wait_for_function("() => document.activeElement.id === 'subject'")
    assert rule(form, "find", "form 237070018, version 2.10.2") == []
    expect(private(form)).to_have_count(0)


def test_a_mistyped_mail_address_is_hinted_at_and_changed_by_a_click_alone(form: Page) -> None:
    pages.email(form).fill("ada@gmial.com")
    pages.subject(form).focus()
    hint = form.get_by_role("status").filter(has_text="Did you mean ada@gmail.com?")
    expect(hint).to_be_visible()
    expect(pages.email(form)).to_have_value("ada@gmial.com")
    hint.get_by_role("button").click()
    expect(pages.email(form)).to_have_value("ada@gmail.com")
    expect(pages.email(form)).to_be_focused()
    expect(hint).to_have_count(0)


# What the browser keeps.


def kept(page: Page) -> list[str]:
    """Everything of ours that stays in the browser."""
    names: list[str] = page.evaluate(
        "[...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter(name => name.startsWith('help'))"
    )
    return names


def test_a_draft_is_forgotten_after_seven_days(visit: Visit) -> None:
    page = opened(visit())
    pages.describe(page)
    expect(pages.suggestion(page)).to_be_visible()  # its receipt is kept with the draft, so the draft is written once more
    expect(page.get_by_text("Saved in this browser as you type.")).to_be_visible()
    page.evaluate(
        "age => { const draft = JSON.parse(localStorage.getItem('help-draft')); draft.at -= age; "
        "localStorage.setItem('help-draft', JSON.stringify(draft)); }",
        7 * DAY - 60_000,
    )
    other = page.context.new_page()
    opened(other)
    expect(pages.subject(other)).to_have_value(pages.SUBJECT)
    expect(pages.suggestion(other)).to_be_visible()
    other.evaluate(
        "age => { const draft = JSON.parse(localStorage.getItem('help-draft')); draft.at -= age; "
        "localStorage.setItem('help-draft', JSON.stringify(draft)); }",
        60_000,
    )
    late = page.context.new_page()
    opened(late)
    expect(pages.subject(late)).to_have_value("")
    assert "help-draft" not in kept(late)


def test_a_shared_computer_forgets_at_once_and_keeps_nothing(form: Page) -> None:
    pages.describe(form)
    expect(form.get_by_text("Saved in this browser as you type.")).to_be_visible()
    form.get_by_label("This is a shared computer").check()
    expect(form.get_by_text("Nothing is kept in this browser.")).to_be_visible()
    pages.happened(form).press_sequentially(" More")
    expect(pages.subject(form)).to_have_value(pages.SUBJECT)
    form.evaluate("dispatchEvent(new Event('pagehide')); document.dispatchEvent(new Event('visibilitychange'))")
    assert "help-draft" not in kept(form)
    form.reload()
    expect(form.get_by_label("This is a shared computer")).to_be_checked()
    expect(pages.subject(form)).to_have_value("")
    pages.subject(form).fill("once more")
    form.get_by_label("This is a shared computer").uncheck()
    expect(form.get_by_text("Saved in this browser as you type.")).to_be_visible()
    assert "help-draft" in kept(form)


def test_a_discarded_draft_leaves_an_empty_form_and_nothing_behind(form: Page) -> None:
    pages.describe(form, more=SECRETS)
    form.get_by_label("Your Flow address").fill("our own one")
    pages.email(form).fill("ada@gmial.com")
    pages.subject(form).focus()
    expect(private(form)).to_be_visible()
    form.get_by_role("button", name="Discard draft").click()
    expect(form.get_by_text("Draft discarded.")).to_be_visible()
    assert not {name for name in pages.typed(form) if not name.startswith("device.")} - {"type"}
    expect(private(form)).to_have_count(0)
    expect(form.get_by_text("Did you mean")).to_have_count(0)
    assert "help-draft" not in kept(form)


def test_after_sending_nothing_stays_in_the_browser(form: Page) -> None:
    pages.begin_request(form)
    pages.email(form).fill("nothing.stays@example.org")
    pages.send(form)
    pages.number_on(form)
    assert kept(form) == []


def test_the_form_sends_when_its_adviser_does_not_come(visit: Visit) -> None:
    visit.expect("Failed to load resource")
    page = visit()
    page.route("**/assets/coach.*.js", lambda route: route.abort())
    pages.begin_request(page)
    pages.email(page).fill("unadvised@example.org")
    pages.send(page)
    pages.number_on(page)
