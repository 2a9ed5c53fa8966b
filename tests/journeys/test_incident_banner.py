"""What a lead tells everybody is on the portal's own pages too, in the browser and without a publish."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.installation import Installation

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
TEXT = "We know that <b>exports</b> are slow; no need to report."


@pytest.fixture
def told(portal: Installation) -> Iterator[None]:
    made = portal.command("incident", "set", TEXT, "--product", "flow")
    assert made.returncode == 0, made.stderr
    yield
    portal.command("incident", "clear")


def test_it_stands_on_pages_of_its_product_and_on_those_of_all_and_the_service_renders_it_once(visit: Visit, told: None) -> None:
    for address in ("/", "/flow/form-not-in-app/", "/support/contact/", "/search/"):
        page = visit()
        page.goto(address)
        banner = page.get_by_role("status").filter(has_text=TEXT)
        expect(banner).to_have_count(1)
        expect(banner).to_contain_text("Flow:")
    page = visit()
    with page.expect_response(lambda answer: "/api/v1/incident" in answer.url) as asked:
        page.goto("/rsr/")
    assert asked.value.json()["incidents"] == []
    expect(page.get_by_text(TEXT)).to_have_count(0)


def test_without_scripts_the_form_tells_it(visit: Visit, told: None) -> None:
    page = visit(java_script_enabled=False)
    page.goto("/support/contact/")
    expect(page.get_by_role("status").filter(has_text=TEXT)).to_be_visible()
