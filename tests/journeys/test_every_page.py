"""axe-core finds nothing on the pages that are built, light and dark, and on a small phone.

Of what is written like an article, one page in so many is looked at, and every other page; EVERY=1 looks at all (`make soak`).
The states of the form, the search and the desk are in test_accessible.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.journeys.test_accessible import PAPER, RULES

pytestmark = pytest.mark.browser
NOT_PAGES = ("shell.html", "404.html")
SAMPLED = {re.compile(r"/(flow|rsr|lumen)/[^/]+/"): 10, re.compile(r"/team/[^/]+/"): 4, re.compile(r"/offline/[^/]+"): 3}
PHONE = {"width": 320, "height": 640}
AT_ONCE = 2  # pages of two browsers are looked at at a time: one processor each
BEGIN = """([kind, values]) => {
  window.looked = axe.run({ runOnly: { type: kind, values }, resultTypes: ["violations"], preload: false, iframes: false });
  return true;
}"""
END = """async () => (await window.looked).violations.flatMap((rule) =>
  rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.failureSummary}`))"""
ALL = ["tag", RULES]
COLOURS = ["rule", ["color-contrast", "link-in-text-block"]]
"""What dark colours can change; the rest of a page is the same in both."""

Wrongs = dict[str, list[str]]


def addresses(release: Path) -> list[str]:
    """The pages of the release to look at, as a reader asks for them."""
    files = sorted(path.relative_to(release / "site").as_posix() for path in (release / "site").rglob("*.html"))
    pages = [f"/{file.removesuffix('index.html')}" for file in files if file not in NOT_PAGES]
    if os.environ.get("EVERY"):
        return pages
    alike = [([page for page in pages if kind.fullmatch(page)], one_in) for kind, one_in in SAMPLED.items()]
    assert all(len(group) >= one_in for group, one_in in alike)
    others = set(pages).difference(*(group for group, _ in alike))
    return [*sorted(others), *(page for group, one_in in alike for page in group[::one_in])]


def look(opened: list[tuple[Page, str]], scheme: str, checks: list[Any], wrong: Wrongs) -> None:
    for page, _ in opened:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type] # light or dark
        expect(page.locator("body")).to_have_css("background-color", PAPER[scheme])
        page.evaluate(BEGIN, checks)
    for page, address in opened:
        if found := page.evaluate(END):
            wrong.setdefault(address, []).extend(found)


def test_axe_finds_nothing_on_any_page_that_is_built(visit: Callable[..., Page], release: Path) -> None:
    pages, listed, wrong = [visit() for _ in range(AT_ONCE)], addresses(release), Wrongs()
    for start in range(0, len(listed), AT_ONCE):
        opened = list(zip(pages, listed[start : start + AT_ONCE], strict=False))
        for page, address in opened:
            page.goto(address, wait_until="commit")
        for page, _ in opened:
            page.wait_for_load_state("load")
            page.evaluate(AXE_SCRIPT)
        look(opened, "light", ALL, wrong)
        look(opened, "dark", COLOURS, wrong)
    assert not wrong


def test_axe_finds_nothing_on_a_small_phone(visit: Callable[..., Page], release: Path) -> None:
    page, wrong = visit(PHONE["width"]), Wrongs()
    for address in addresses(release)[::3]:
        page.goto(address)
        page.evaluate(AXE_SCRIPT)
        look([(page, address)], "light", ALL, wrong)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > PHONE["width"]:
            wrong.setdefault(address, []).append(f"{wide} px wide")
    assert not wrong
