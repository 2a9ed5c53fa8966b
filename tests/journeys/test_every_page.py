"""axe-core finds nothing on any page that is built, light and dark; every tenth is looked at on a small phone, too.

The states of the form, the search and the desk are in test_accessible.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.journeys.test_accessible import PAPER, RULES

pytestmark = pytest.mark.browser
NOT_PAGES = ("shell.html", "404.html")
PHONE = {"width": 320, "height": 640}
RUN = """async ([kind, values]) => {
  const found = await axe.run({ runOnly: { type: kind, values }, resultTypes: ["violations"] });
  return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.failureSummary}`));
}"""
ALL = ("tag", RULES)
COLOURS = ("rule", ["color-contrast", "link-in-text-block"])
"""What dark colours can change; the rest of a page is the same in both."""


def addresses(release: Path) -> list[str]:
    """Every page of the release, as a reader asks for it."""
    files = sorted(path.relative_to(release / "site").as_posix() for path in (release / "site").rglob("*.html"))
    return [f"/{file.removesuffix('index.html')}" for file in files if file not in NOT_PAGES]


def found_in(page: Page, scheme: str, checks: tuple[str, list[str]]) -> list[str]:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type] # light or dark
    expect(page.locator("body")).to_have_css("background-color", PAPER[scheme])
    found: list[str] = page.evaluate(RUN, list(checks))
    return found


def test_axe_finds_nothing_on_any_page_that_is_built(visit: Callable[..., Page], release: Path) -> None:
    page, wrong = visit(), {}
    listed = addresses(release)
    assert len(listed) > 150
    for address in listed:
        page.goto(address)
        page.evaluate(AXE_SCRIPT)
        found = [*found_in(page, "light", ALL), *found_in(page, "dark", COLOURS)]
        if found:
            wrong[address] = found
    assert not wrong


def test_axe_finds_nothing_on_a_small_phone(visit: Callable[..., Page], release: Path) -> None:
    page, wrong = visit(320), {}
    for address in addresses(release)[::10]:
        page.goto(address)
        page.evaluate(AXE_SCRIPT)
        if found := found_in(page, "light", ALL):
            wrong[address] = found
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > PHONE["width"]:
            wrong.setdefault(address, []).append(f"{wide} px wide")
    assert not wrong
