"""The whole loop: a request, the queue, the developers, their fix, an agent's word, and the requester's mails in one thread."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from tests.conftest import ROOT
from tests.delivery import mail_server
from tests.delivery.mail_server import Postbox
from tests.journeys.conftest import Visitors
from tests.journeys.installation import Installation, text_of, wait_until
from tests.journeys.test_accessible import PAPER, RULES, RUN
from tests.second_line import github_server, slack_server
from tests.second_line.github_server import GitHubServer
from tests.second_line.slack_server import SlackServer

pytestmark = pytest.mark.browser
WHO = "amina.obi@example.org"
HAPPENED = (
    "The form 237070018 stays grey. My colleague Wanjiku sees it too, call her on +254 712 345 678. "
    "Amina Obi, IMEI 490154203237518"
)
SETTINGS = """
escalate:
  settings: {{token: {token}, url: "{github}"}}
  repositories: {{flow: akvo/akvo-flow}}
  hook_secret: {secret}
urgent:
  settings: {{token: {slack_token}, url: "{slack}"}}
  line: {{flow: [C-FLOW]}}
"""


@dataclass
class World:
    """The installation and all that it is connected to."""

    desk: Installation
    github: GitHubServer
    slack: SlackServer
    post: Postbox

    def mails(self, template: str) -> list[EmailMessage]:
        return [mail for _, mail in self.post.taken if f".{template}" in str(mail["Message-ID"])]

    def wait_for(self, template: str) -> EmailMessage:
        found: list[EmailMessage] = wait_until(lambda: self.mails(template), f"the mail {template}")
        return found[0]


@pytest.fixture
def world(tmp_path: Path, release: Any) -> Iterator[World]:
    with ExitStack() as stack:
        github, slack = stack.enter_context(github_server.running()), stack.enter_context(slack_server.running())
        post = stack.enter_context(mail_server.running())
        config = tmp_path / "support.yml"
        blocks = SETTINGS.format(
            token=github_server.TOKEN, github=github.url, secret=github_server.SECRET, slack=slack.url,
            slack_token=slack_server.TOKEN,
        )  # fmt: skip
        ours = (
            (ROOT / "support.yml")
            .read_text(encoding="utf-8")
            .replace("transport: folder", f"transport: smtp\n  port: {post.port}", 1)
        )
        config.write_text(ours + blocks, encoding="utf-8")
        (tmp_path / "current").symlink_to(release)
        desk = Installation(tmp_path, config)
        desk.extra["DEFLECT_AGENT_PASSWORD"] = "a long one of the tests"
        assert desk.command("agent", "add", "agent@example.org", "--name", "Maria").returncode == 0
        desk.start()
        github.hook = f"{desk.url}/hooks/github"
        yield World(desk, github, slack, post)
        desk.stop()
        assert github.wrongs == slack.wrongs == []


@pytest.fixture
def page(world: World, chromium: Browser) -> Iterator[Page]:
    """An agent's browser, signed in; whatever a page does wrong fails the test."""
    visitors = Visitors(chromium, world.desk.url)
    made = visitors(1280)
    made.goto("/desk/")
    made.get_by_label("Mail address").fill("agent@example.org")
    made.get_by_label("Password").fill("a long one of the tests")
    made.get_by_role("button", name="Sign in").click()
    yield made
    visitors.leave()
    assert not visitors.wrongs


def test_from_request_to_developers_and_back_in_one_thread(
    world: World, page: Page, looked_at: Callable[[Page, str], None]
) -> None:
    number, link = world.desk.send(
        WHO, name="Amina Obi", subject="Amina Obi: form is grey", happened=HAPPENED, partner="Clear Water"
    )
    received = world.wait_for("received")

    page.goto("/desk/")
    page.get_by_role("link", name="form is grey").click()
    page.get_by_role("button", name="Take it").click()
    page.get_by_text("Make it urgent").click()
    page.get_by_label("Why it is urgent").fill("A training begins tomorrow")
    page.get_by_role("button", name="Tell whoever is in line").click()
    wait_until(lambda: world.slack.posts, "a post in the chat")
    assert "Amina" not in str(world.slack.posts)
    assert "Clear Water" in world.slack.posts[0]["text"]

    page.get_by_role("link", name="Hand it to the developers").click()
    expect(page.get_by_label("Title")).to_have_value("[person 1]: form is grey")
    expect(page.get_by_role("region", name="What was taken out")).to_contain_text("490154203237518")
    looked_at(page, "review")
    page.get_by_label("Wanjiku").check()
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_label("What happens")).not_to_have_value("Wanjiku")
    page.get_by_role("button", name="Open the issue").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"#{number}")
    wait_until(lambda: world.github.issues, "an issue")
    issue = world.github.issues[1]
    for private in ("Amina", "Obi", "Wanjiku", "712", "490154203237518", "Clear Water", WHO):
        assert private not in issue["title"] + issue["body"]
    assert "237070018" in issue["body"]
    escalated = world.wait_for("escalated")

    wait_until(lambda: world.desk.rows("SELECT issue_id FROM escalation WHERE issue_id IS NOT NULL"), "the issue on the request")
    assert world.github.tell(world.github.comment(1, "A workaround: open the form online once."), "issue_comment") == 202
    assert world.github.tell(world.github.close(1, milestone="2.9.15")) == 202
    wait_until(lambda: len(world.desk.rows("SELECT id FROM task")) == 2, "two tasks")
    assert not world.mails("update"), "nothing goes to a requester without an agent"
    assert not world.mails("solved"), "nothing goes to a requester without an agent"

    page.goto("/desk/tasks")
    looked_at(page, "tasks")
    around = page.locator("form.task").filter(has_text="Workaround")
    around.get_by_role("button", name="Send it").click()
    update = world.wait_for("update")
    assert "open the form online once" in text_of(update)
    page.goto("/desk/mail")
    looked_at(page, "mail")
    page.goto(f"/desk/tickets/{number}")
    looked_at(page, "task")
    fixed = page.locator("form.task")
    fixed.get_by_label("Message to the requester").fill(
        "It is mended in version 2.9.15. Update the app, and the form is no longer grey."
    )
    fixed.get_by_role("button", name="Send it").click()
    solved = world.wait_for("solved")
    assert "2.9.15" in text_of(solved)

    root = received["Message-ID"]
    for mail in (escalated, update, solved):
        assert mail["In-Reply-To"] == mail["References"] == root
        assert str(mail["Subject"]).startswith(f"[{number}] ")
        assert str(mail["To"]).endswith(f"<{WHO}>")
        assert link in text_of(mail)
        assert mail.get_body(("html",)) is not None
    order = [str(mail["Message-ID"]).split(".")[1].partition("@")[0] for _, mail in world.post.taken]
    assert order == ["received", "escalated", "update", "solved"]
    page.goto(link)
    expect(page.get_by_text("It is solved.")).to_be_visible()


@pytest.fixture
def looked_at(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keep a picture of a page for people who look at it: where LOOK names a folder, else with the test's files."""
    folder = Path(os.environ.get("LOOK", tmp_path))

    def keep(page: Page, name: str) -> None:
        page.evaluate(AXE_SCRIPT)
        for scheme, width in (("dark", 320), ("light", 1280)):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # light or dark
            page.set_viewport_size({"width": width, "height": 900})
            expect(page.locator("body")).to_have_css("background-color", PAPER[scheme])
            assert page.evaluate(RUN, RULES) == []
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, f"{name} scrolls sideways at {width}"
            page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)

    return keep
