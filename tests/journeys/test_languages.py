"""Journey: in one's own language. The browser's is spoken from the form to the mail, and another is one press away.

`SHOTS=folder` keeps a picture of each state, to be looked at.
"""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.escaped import LANGUAGE, Words, left, whole
from tests.journeys import pages
from tests.journeys.installation import Installation, text_of
from tests.journeys.test_accessible import RULES, RUN, keep_picture
from tests.test_escaped_words import ALLOWED

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
SPOKEN = {"fr": "fr-FR", "es": "es-MX"}
BLOCKED = """for (const name of ["localStorage", "indexedDB"]) {
  Object.defineProperty(window, name, { get() { throw new Error("blocked"); } });
}"""
SEND = {"fr": "Envoyer ma demande", "es": "Enviar mi solicitud"}


def language_of(page: Page) -> str:
    told: str = page.evaluate("document.documentElement.lang")
    return told


def describe(page: Page) -> None:
    """Fill in the form whatever language it is in."""
    page.locator("[name=product][value=flow]").check()
    with pages.found_for(page, f"{pages.SUBJECT}\n{pages.HAPPENED}"):
        page.locator("#subject").fill(pages.SUBJECT)
        page.locator("#happened").fill(pages.HAPPENED)
    expect(page.locator(".found details").first).to_be_visible()


def looked_at(page: Page, name: str) -> None:
    """At 320 pixels nothing is cut off, and axe finds nothing."""
    page.evaluate(AXE_SCRIPT)
    assert pages.too_wide(page) == 0, name
    rows = page.evaluate("['.brand', '.menu summary'].map((part) => document.querySelector(part).getBoundingClientRect())")
    assert rows[0]["top"] < rows[1]["bottom"], f"{name}: the menu has slipped below the portal's name"
    assert rows[1]["top"] < rows[0]["bottom"], f"{name}: the menu has slipped below the portal's name"
    keep_picture(page, f"{language_of(page)}-{name}")
    assert page.evaluate(RUN, RULES) == [], name


def test_a_french_browser_gets_a_french_form_status_page_and_mail(visit: Visit, portal: Installation) -> None:
    page = visit(locale="fr-FR")
    page.goto(pages.CONTACT)
    assert language_of(page) == "fr"
    expect(page.get_by_role("heading", name="Qu’est-ce qui ne va pas")).to_be_visible()
    describe(page)
    expect(page.get_by_role("region", name="Articles qui peuvent aider")).to_be_visible()
    expect(page.locator(".found summary b").first).to_have_attribute("lang", "en")
    page.get_by_label("Votre adresse e-mail").fill("amelie@example.org")
    page.get_by_role("button", name=SEND["fr"]).click()
    expect(page.get_by_role("heading", name="Nous avons votre demande")).to_be_visible()
    assert language_of(page) == "fr"
    mail = portal.wait_for_mail("amelie@example.org")
    assert "Nous avons votre demande" in str(mail["Subject"])
    assert "Votre demande est arrivée." in text_of(mail)
    assert portal.rows("SELECT language FROM ticket WHERE email = ?", "amelie@example.org") == [("fr",)]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_another_language_keeps_what_was_typed(visit: Visit, portal: Installation, scripts: bool) -> None:
    page = visit(320, java_script_enabled=scripts)
    page.goto(pages.CONTACT)
    pages.choose_product(page)
    pages.subject(page).fill(pages.SUBJECT)
    pages.happened(page).fill("Two lines\nof <b>text</b>")
    page.locator("details", has=page.get_by_label("Form ID")).evaluate(
        "fold => { fold.open = true; }"
    ) if scripts else page.get_by_text("About Flow").click()
    page.get_by_label("Form ID").fill("237070018")
    page.get_by_role("button", name="Français").click()
    expect(page.get_by_role("heading", name="Qu’est-ce qui ne va pas")).to_be_visible()
    expect(page.get_by_role("button", name="Français")).to_have_attribute("aria-current", "true")
    expect(page.locator("#subject")).to_have_value(pages.SUBJECT)
    expect(page.locator("#happened")).to_have_value("Two lines\nof <b>text</b>")
    expect(page.get_by_label("ID du formulaire")).to_have_value("237070018")
    expect(page.get_by_role("radio", name="Flow")).to_be_checked()
    page.get_by_role("button", name="Español").click()
    expect(page.locator("#subject")).to_have_value(pages.SUBJECT)
    expect(page.get_by_role("heading", name="¿Qué va mal?")).to_be_visible()
    assert page.context.cookies() == []


def test_enter_in_a_field_sends_and_does_not_change_the_language(visit: Visit) -> None:
    visit.expect("422")
    page = visit(java_script_enabled=False)
    page.goto(pages.CONTACT)
    pages.subject(page).fill("half a request")
    pages.subject(page).press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("button", name="English")).to_have_attribute("aria-current", "true")


def test_a_draft_comes_back_in_the_language_that_was_chosen_for_it(visit: Visit) -> None:
    page = visit()
    page.goto(pages.CONTACT)
    pages.describe(page)
    page.get_by_role("button", name="Español").click()
    expect(page.get_by_role("heading", name="¿Qué va mal?")).to_be_visible()
    page.locator("#subject").fill("algo más")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#kept")).to_be_visible()
    page.goto(pages.CONTACT)
    expect(page).to_have_url(re.compile(r"\?language=es$"))
    expect(page.locator("#subject")).to_have_value("algo más")
    page.goto(pages.CONTACT + "?language=fr")
    expect(page.get_by_role("heading", name="Qu’est-ce qui ne va pas")).to_be_visible()
    expect(page.locator("#subject")).to_have_value("algo más")


def test_files_that_the_browser_could_not_keep_go_along_to_the_other_language(visit: Visit, portal: Installation) -> None:
    page = visit()
    page.add_init_script(BLOCKED)
    visit.expect("blocked")
    page.goto(pages.CONTACT)
    describe(page)
    page.locator("#files").set_input_files([{"name": "flow.log", "mimeType": "text/plain", "buffer": b"out of memory\n"}])
    expect(page.locator("#file-list li")).to_have_count(1)
    page.get_by_role("button", name="Français").click()
    expect(page.get_by_role("heading", name="Qu’est-ce qui ne va pas")).to_be_visible()
    expect(page.locator(".file-list", has_text="flow.log")).to_be_visible()
    page.locator("#email").fill("files-fr@example.org")
    page.get_by_role("button", name=SEND["fr"]).last.click()
    expect(page.get_by_role("heading", name="Nous avons votre demande")).to_be_visible()
    expect(page.get_by_role("link", name="flow.log")).to_be_visible()


def test_the_language_of_a_request_is_changed_on_its_page(visit: Visit, portal: Installation) -> None:
    _, link = portal.send("marta@example.org", language="fr")
    page = visit(320)
    page.goto(link)
    page.get_by_label("Ajouter des informations").fill("a line begun")
    page.get_by_role("button", name="Español").click()
    expect(page.get_by_label("Añadir información")).to_have_value("a line begun")
    page.get_by_role("button", name="Añadir a mi solicitud").click()
    expect(page.get_by_text("Gracias. Lo hemos añadido a su solicitud.")).to_be_visible()
    assert portal.rows("SELECT language FROM ticket WHERE email = ?", "marta@example.org") == [("es",)]


@pytest.mark.parametrize("language", SPOKEN)
def test_axe_finds_nothing_and_nothing_is_cut_off_at_320_pixels_in_each_language(
    visit: Visit, portal: Installation, language: str
) -> None:
    visit.expect("422", "Failed to load resource")
    page = visit(320, locale=SPOKEN[language])
    page.goto(pages.CONTACT)
    page.locator("#send").click()
    expect(page.locator("#errors")).to_be_focused()
    looked_at(page, "errors")
    describe(page)
    page.locator("#device summary").click()
    page.locator(".found summary").first.click()
    expect(page.locator(".read li").first).to_be_visible()
    for name in ("working", "affected", "needed_by"):
        page.locator(f"[name={name}]").first.check()
    looked_at(page, "form")
    page.locator("#happened").fill(pages.HAPPENED + " My password: sunshine1")
    page.locator("#email").fill(f"axe-{language}@gmial.com")
    page.locator("#send").click()
    expect(page.locator("#private")).to_be_focused()
    looked_at(page, "private")
    page.context.set_offline(True)
    page.locator("#send").click()
    expect(page.locator("#held button")).to_be_visible()
    looked_at(page, "offline")
    page.context.set_offline(False)  # the form notices by itself
    expect(page.locator(".number strong")).to_be_visible()
    looked_at(page, "sent")
    page.goto("/requests/")
    looked_at(page, "find")
    page.goto("/requests/1/none/")
    looked_at(page, "not-found")


@pytest.mark.parametrize("language", SPOKEN)
def test_axe_finds_nothing_between_form_and_request_in_each_language(visit: Visit, language: str) -> None:
    page = visit(320, locale=SPOKEN[language])
    # As without scripts: nothing has been searched when the form is posted.
    page.route(re.compile(r"/assets/(request|suggest)\."), lambda route: route.abort())
    visit.expect("Failed to load resource")
    page.goto(pages.CONTACT)
    page.locator("[name=product][value=flow]").check()
    page.locator("#subject").fill(pages.SUBJECT)
    page.locator("#happened").fill(pages.HAPPENED)
    page.locator("#email").fill("axe@example.org")
    page.locator("#send").click()
    expect(page.locator("#unsent")).to_be_visible()
    looked_at(page, "middle")


def left_on(page: Page) -> list[str]:
    """The words on a page, as it stands after its scripts, that did not come from the catalogues."""
    html = page.evaluate("document.documentElement.outerHTML")
    mine = (
        *ALLOWED,
        pages.SUBJECT,
        pages.HAPPENED,
        "help",
        "it does not work",
        "flow",
        "log",
        "Linux",
        "Chrome",
        "sunshine",
        "My password:",
        "the survey.",
    )
    return [text.strip() for text in whole(Words(html).texts) if left(text, mine)]


def test_no_text_that_scripts_show_escaped_the_catalogues(visit: Visit, portal: Installation) -> None:
    visit.expect("Failed to load resource")
    page = visit()
    page.goto(f"{pages.CONTACT}?language={LANGUAGE}")
    assert language_of(page) == LANGUAGE
    page.locator("#send").click()
    expect(page.locator("#errors")).to_be_focused()
    assert left_on(page) == []
    describe(page)
    assert left_on(page) == []
    page.locator(".found summary").first.click()
    expect(page.locator(".read li").first).to_be_visible()
    page.locator(".found .row .soft").first.click()
    expect(page.locator(".why")).to_be_visible()
    assert left_on(page) == []
    page.locator(".why button").click()
    page.locator("#files").set_input_files(
        [
            {"name": "flow.log", "mimeType": "text/plain", "buffer": b"x" * 1200},
            {"name": "log", "mimeType": "text/plain", "buffer": b""},
        ]
    )
    expect(page.locator("#file-list li")).to_have_count(2)
    for name in ("working", "affected", "needed_by"):
        page.locator(f"[name={name}]").first.check()
    page.locator("#email").fill("pseudo@gmial.com")
    page.locator("#happened").fill(pages.HAPPENED + " My password: sunshine1")
    page.locator("#shared").check()
    assert left_on(page) == []
    page.locator("#send").click()
    expect(page.locator("#private")).to_be_focused()
    assert left_on(page) == []
    page.context.set_offline(True)
    page.locator("#send").click()
    expect(page.locator("#held button")).to_be_visible()
    assert left_on(page) == []
    page.context.set_offline(False)  # the form notices by itself
    expect(page.locator(".done")).to_be_visible()
    assert left_on(page) == []
    page.goto("/search/?language=en-XA")
    with pages.found_for(page, pages.SUBJECT):
        page.locator("#again").fill(pages.SUBJECT)
    expect(page.get_by_role("option").first).to_be_visible()
    assert left_on(page) == []
