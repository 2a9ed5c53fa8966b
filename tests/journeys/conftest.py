"""What the journeys share: one Chromium, one served installation, and visitors whose every complaint fails the test.

A page may not raise an error, write one to the console (a refused script or style does) or ask another site for anything.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from tests.journeys.installation import Installation

CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")  # the first has no window to draw
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WITHOUT_A_NETWORK = ("data:", "blob:", "about:")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's Chromium. Of this package alone: Playwright keeps an event loop, which other tests may not have."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        pytest.fail("No Chromium here. Run `make browser`: it installs it, or says which command does.", pytrace=False)
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def portal(tmp_path_factory: pytest.TempPathFactory, release: Any) -> Iterator[Installation]:
    """Our own portal with its service, in a process of its own: started once for all journeys."""
    home = tmp_path_factory.mktemp("portal")
    (home / "current").symlink_to(release)
    made = Installation(home)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="package")
def agent(portal: Installation) -> tuple[str, str]:
    """Address and password of an agent's account, made as an operator makes it."""
    portal.extra["DEFLECT_AGENT_PASSWORD"] = "a long one of the tests"
    made = portal.command("agent", "add", "agent@example.org", "--name", "Maria")
    assert made.returncode == 0, made.stderr
    return "agent@example.org", portal.extra["DEFLECT_AGENT_PASSWORD"]


@dataclass
class Visitors:
    """Browsers of people who do not know each other. Whatever their pages do wrong is noted in `wrongs`."""

    chromium: Browser
    origin: str
    wrongs: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    contexts: list[BrowserContext] = field(default_factory=list)

    def __call__(self, width: int = 1280, **options: Any) -> Page:
        """Open an empty page in a browser that has never been here; `options` are those of Playwright's new_context."""
        return self.browser(width, **options).new_page()

    def browser(self, width: int = 1280, **options: Any) -> BrowserContext:
        size: Any = {"width": width, "height": 640 if width < 600 else 900}
        context = self.chromium.new_context(viewport=size, base_url=self.origin, **{"locale": "en-GB", **options})
        context.on("weberror", lambda error: self.note(f"error in a page: {error.error}"))
        context.on("console", lambda said: said.type == "error" and self.note(f"in the console: {said.text}"))
        context.on("request", self._asked)
        self.contexts.append(context)
        return context

    def expect(self, *parts: str) -> None:
        """Allow complaints with these words in them: the test causes them itself."""
        self.expected += parts

    def note(self, wrong: str) -> None:
        if not any(part in wrong for part in self.expected):
            self.wrongs.append(wrong)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.origin + "/", *WITHOUT_A_NETWORK)):
            self.note(f"asked another site: {request.url}")

    def leave(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture
def visit(chromium: Browser, portal: Installation) -> Iterator[Callable[..., Page]]:
    """Call it for a page in a fresh browser: `visit()`, `visit(320)`, `visit(java_script_enabled=False)`."""
    visitors = Visitors(chromium, portal.url)
    yield visitors
    visitors.leave()
    assert not visitors.wrongs


@pytest.fixture
def at_the_desk(visit: Visitors, agent: tuple[str, str]) -> Callable[..., Page]:
    """Call it for a page at the queue, signed in; it takes what `visit` takes."""

    def sign_in(*size: int, **options: Any) -> Page:
        page = visit(*size, **options)
        page.goto("/desk/")
        page.get_by_label("Mail address").fill(agent[0])
        page.get_by_label("Password").fill(agent[1])
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Queue")).to_be_visible()
        return page

    return sign_in
