"""An address that is not there: it leads on, or it searches for what it seems to ask."""

from dataclasses import replace

import pytest

from deflect_api.web import missing
from deflect_api.web.release import Release, open_release
from tests.conftest import Desk


@pytest.fixture
def moved(settings, release) -> Release:  # type: ignore[no-untyped-def]
    return replace(open_release(release), redirects={"flow/old-name/": "flow/phone-time/#messages"})


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("flow/old-name/", "flow/phone-time/#messages"),
        ("flow/old-name", "flow/phone-time/#messages"),
        ("flow/old-name.html", "flow/phone-time/#messages"),
        ("flow/phone-time", "flow/phone-time/"),
        ("flow/phone-time.html", "flow/phone-time/"),
        ("Flow/Phone-Time/", "flow/phone-time/"),
        ("flow/nothing/", None),
    ],
)
def test_an_old_or_mistyped_address_leads_to_its_page(moved: Release, asked: str, found: str | None) -> None:
    assert missing.moved_to(moved, asked) == found


def test_a_redirect_is_for_good_and_keeps_to_this_site(desk: Desk) -> None:
    answer = desk.client.get("/flow/phone-time.html")
    assert (answer.status_code, answer.location) == (308, "/flow/phone-time/")
    assert desk.client.get("//example.org/flow/phone-time.html").location in (None, "/flow/phone-time/")


def test_a_page_that_is_not_there_shows_what_its_address_asks_for(desk: Desk) -> None:
    answer = desk.client.get("/flow/the-phone-time-is-inaccurate/")
    assert answer.status_code == 404
    assert 'href="/flow/phone-time/' in answer.text
    assert 'value="the phone time is inaccurate"' in answer.text
    assert "Were you looking for one of these?" in answer.text


def test_an_address_without_words_still_offers_a_search(desk: Desk) -> None:
    answer = desk.client.get("/%E2%80%A6/")
    assert answer.status_code == 404
    assert "Were you looking" not in answer.text
    assert 'action="/search/"' in answer.text


@pytest.mark.parametrize("address", ["/nothing.css", "/assets/nothing.js", "/nothing.php.png"])
def test_a_file_that_is_not_there_searches_for_nothing(desk: Desk, address: str) -> None:
    answer = desk.client.get(address)
    assert answer.status_code == 404
    assert "Were you looking" not in answer.text


def test_what_an_address_holds_is_text_on_the_page(desk: Desk) -> None:
    assert "<script>alert" not in desk.client.get("/flow/<script>alert(1)</script>").text
    assert missing.words_of("flow/a-b_c/index.html") == "a b c"
    assert missing.words_of("x") == "x"
