"""The language of pages and mails: the browser's, changed by a button that keeps what was typed, stored with the ticket."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from deflect_api.store.models import Ticket
from tests.conftest import Desk
from tests.web.test_form_without_scripts import TYPED, hidden, opened
from tests.web.test_held import relayed

FRENCH, SPANISH = {"Accept-Language": "fr-CA,fr;q=0.9,en;q=0.5"}, {"Accept-Language": "es"}


def spoken(answer: Any) -> tuple[str, str]:
    """The language that a page says it is in: to browsers and screen readers, and on the way."""
    return re.search(r'<html lang="([^"]+)"', answer.text)[1], answer.headers["Content-Language"]  # type: ignore[index]


def stored(desk: Desk) -> Ticket:
    with desk.database.read() as session:
        return session.scalars(select(Ticket)).one()


@pytest.mark.parametrize("address", ["/support/contact/", "/requests/", "/search/", "/requests/1/none/"])
@pytest.mark.parametrize(
    ("headers", "language"), [(FRENCH, "fr"), (SPANISH, "es"), ({}, "en"), ({"Accept-Language": "sw"}, "en")]
)
def test_a_page_is_in_the_browsers_language_and_says_so(desk: Desk, address: str, headers: Any, language: str) -> None:
    page = desk.client.get(address, headers=headers)
    assert spoken(page) == (language, language)
    assert "Accept-Language" in page.headers.get("Vary", "")


def test_an_address_may_name_the_language_and_one_that_is_none_is_passed_over(desk: Desk) -> None:
    assert spoken(desk.client.get("/support/contact/?language=es", headers=FRENCH)) == ("es", "es")
    for wrong in ("xx", "%00", '"><script>'):
        page = desk.client.get("/support/contact/", query_string={"language": wrong}, headers=FRENCH)
        assert spoken(page) == ("fr", "fr")
        assert '<input type="hidden" name="language" value="">' in page.text


def test_a_form_answers_in_its_language_after_the_words_and_in_the_error(desk: Desk) -> None:
    answer = desk.client.post("/support/contact/", data={**TYPED, **opened(desk), "email": "ada"}, headers=FRENCH)
    assert answer.status_code == 422
    assert "<title>Erreur\u00a0: Nous écrire" in answer.text
    assert answer.text.count("Écrivez une adresse e-mail comme nom@example.org.") >= 2
    assert "The list stays empty." in answer.text


def test_another_language_keeps_what_was_typed_and_goes_on_to_the_ticket(desk: Desk) -> None:
    begun = {**TYPED, **opened(desk), "email": "ada@example.org", "language": ""}
    form = desk.client.post("/support/contact/", data={**begun, "speak": "es"}, headers=FRENCH)
    assert (form.status_code, *spoken(form)) == (200, "es", "es")
    assert 'value="survey is not on the phone"' in form.text
    assert "The list stays empty. &#34;Why?&#34;" in form.text
    assert 'value="care.akvoflow.org"' in form.text
    assert 'role="alert"' not in form.text
    carried = re.search(r'name="language" value="([^"]*)"', form.text)[1]  # type: ignore[index]
    middle = desk.client.post("/support/contact/", data={**begun, "language": carried}, headers=FRENCH)
    assert spoken(middle) == ("es", "es")
    assert "Ninguno ayudó, enviar mi solicitud" in middle.text
    desk.clock.forward(seconds=30)
    sent = desk.client.post("/support/contact/", data={**hidden(middle.text), "step": "send"}, headers=FRENCH)
    assert stored(desk).language == "es"
    assert spoken(desk.client.get(sent.headers["Location"])) == ("es", "es")


def test_without_a_script_the_ticket_gets_the_language_that_the_page_was_read_in(desk: Desk) -> None:
    middle = desk.client.post("/support/contact/", data={**TYPED, **opened(desk)}, headers=FRENCH)
    desk.client.post("/support/contact/", data={**hidden(middle.text), "step": "send"}, headers=FRENCH)
    assert stored(desk).language == "fr"


def test_the_page_of_a_request_and_its_mails_speak_the_requests_language(desk: Desk) -> None:
    url = desk.send(language="fr").json["status_url"]
    page = desk.client.get(url, headers=SPANISH)
    assert spoken(page) == ("fr", "fr")
    assert "Nous l’avons. Personne ne l’a encore ouverte." in page.text
    (mail,) = relayed(desk).mails()
    assert "Content-Language: fr\n" in mail.read_text(encoding="utf-8").replace("\r\n", "\n")
    assert "Votre demande est arriv" in mail.read_text(encoding="utf-8")


def test_the_language_of_a_request_is_changed_on_its_page_and_a_line_begun_stays(desk: Desk) -> None:
    url = desk.send(language="fr").json["status_url"]
    begun = desk.client.post(f"{url}language", data={"speak": "es", "body": "The phone is a <b>Moto</b>"})
    assert (begun.status_code, *spoken(begun)) == (200, "es", "es")
    assert "The phone is a &lt;b&gt;Moto&lt;/b&gt;</textarea>" in begun.text
    assert stored(desk).language == "es"
    assert desk.client.post(f"{url}language?sent=1", data={"speak": "en"}).headers["Location"] == "./?sent=1"
    assert stored(desk).language == "en"
    assert desk.client.post(f"{url}language", data={"speak": "xx"}).status_code == 303
    assert stored(desk).language == "en"
    assert desk.client.post(f"{url[:-3]}x/language", data={"speak": "fr"}).status_code == 404
    assert stored(desk).language == "en"


def test_the_same_request_in_another_language_is_the_same_request(desk: Desk) -> None:
    first = desk.send(key="one-and-the-same", language="fr")
    again = desk.send(key="one-and-the-same", language="es")
    assert (again.status_code, again.json["reference"]) == (201, first.json["reference"])


def test_programs_are_refused_in_the_language_that_they_ask_for(desk: Desk) -> None:
    for headers, told in ((FRENCH, "Dites ce qui s’est passé."), (SPANISH, "Diga qué ocurrió."), ({}, "Say what happened.")):
        answer = desk.client.post(
            "/api/v1/tickets", json=desk.request(happened=""), headers={"Idempotency-Key": "x" * 20, **headers}
        )
        assert answer.json["fields"]["happened"] == told


def test_what_was_chosen_is_stored_in_english_and_read_in_the_readers_language(desk: Desk) -> None:
    form = desk.client.get("/support/contact/", headers=FRENCH).text
    assert '<option value="West-Africa">Afrique de l’Ouest</option>' in form
    assert '<option value="I don&#39;t know">Je ne sais pas</option>' in form
    context, device = {"role": "I don't know"}, {"where": "phone app", "connection": "none"}
    url = desk.send(product="rsr", hub="West-Africa", language="fr", context=context, device=device).json["status_url"]
    page = desk.client.get(url).text
    for label, text in (
        ("Votre rôle dans RSR", "Je ne sais pas"),
        ("Où cela se produit", "L’application sur un téléphone"),
        ("Connexion", "Aucune"),
    ):
        assert f"<dt>{label}</dt><dd>{text}</dd>" in page
    assert stored(desk).context == context


def test_no_cookie_is_set_by_choosing(desk: Desk) -> None:
    url = desk.send().json["status_url"]
    client = desk.client
    client.post("/support/contact/", data={**TYPED, "speak": "fr"})
    client.post(f"{url}language", data={"speak": "fr"})
    client.get("/support/contact/?language=es")
    assert client.get_cookie("language") is None
    assert list(client._cookies) == []


def test_titles_of_articles_say_that_they_are_in_english(desk: Desk) -> None:
    middle = desk.client.post("/support/contact/", data={**TYPED, **opened(desk)}, headers=FRENCH).text
    assert re.search(r'<span lang="en">[^<]+</span><span class="sr"> \(s’ouvre dans un nouvel onglet\)', middle)
    assert '<p class="snip" lang="en">' in middle
    english = desk.client.post("/support/contact/", data={**TYPED, **opened(desk)}).text
    assert '<p class="snip" lang="en">' not in english
