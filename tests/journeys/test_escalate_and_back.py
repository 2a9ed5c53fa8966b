"""The whole loop: request, queue, evaluation, the developers, their fix, an agent's word, the requester's mails in one thread.

And a fix of a known issue, which reaches everybody who waits for it after one look.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from deflect_api.desk.known_issues import Issue
from tests.conftest import ROOT
from tests.delivery import mail_server
from tests.delivery.mail_server import Postbox
from tests.journeys import desk_pages
from tests.journeys import pages as portal_pages
from tests.journeys.conftest import Visitors
from tests.journeys.installation import Installation, text_of, wait_until
from tests.journeys.test_accessible import PAPER, RULES, RUN
from tests.second_line import github_server, slack_server
from tests.second_line.github_server import GitHubServer
from tests.second_line.slack_server import SlackServer
from tests.sites import marked

pytestmark = pytest.mark.browser
WHO = "amina.obi@example.org"
HAPPENED = (
    "The form 237070018 stays grey. My colleague Wanjiku sees it too, call her on +254 712 345 678. "
    "Amina Obi, IMEI 490154203237518"
)
KNOWN = Issue("flow/form-not-in-app/", portal_pages.NOT_IN_APP, "flow", "open")
IN_ORDER = ["submitted", "taken", "severity", "priority", "escalated", "issue", "issue state"]
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
        github.start = datetime.now(UTC)
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
        (tmp_path / "current").symlink_to(marked(release, tmp_path / "releases" / "marked", KNOWN))
        desk = Installation(tmp_path, config)
        desk.extra["DEFLECT_AGENT_PASSWORD"] = "a long one of the tests"
        assert desk.command("agent", "add", "agent@example.org", "--name", "Maria").returncode == 0
        desk.start()
        github.hook = f"{desk.url}/hooks/github"
        yield World(desk, github, slack, post)
        desk.stop()
        assert github.wrongs == slack.wrongs == []


@pytest.fixture
def visitors(world: World, chromium: Browser) -> Iterator[Visitors]:
    """Browsers of the desk and of others; whatever a page does wrong fails the test."""
    made = Visitors(chromium, world.desk.url)
    yield made
    made.leave()
    assert not made.wrongs


@pytest.fixture
def page(visitors: Visitors) -> Page:
    """An agent's browser, signed in."""
    made = visitors(1280)
    made.goto("/desk/")
    made.get_by_label("Mail address").fill("agent@example.org")
    made.get_by_label("Password").fill("a long one of the tests")
    made.get_by_role("button", name="Sign in").click()
    expect(made.get_by_role("heading", name="Queue")).to_be_visible()
    return made


def test_from_request_to_developers_and_back_in_one_thread(
    world: World, page: Page, looked_at: Callable[[Page, str], None]
) -> None:
    number, link = world.desk.send(
        WHO, name="Amina Obi", subject="Amina Obi: form is grey", happened=HAPPENED, partner="Clear Water"
    )
    received = world.wait_for("received")

    page.goto("/desk/")
    page.get_by_role("link", name="form is grey").click()
    desk_pages.press(desk_pages.ready(page), "Take it")
    evaluate(page, Severity="significant", Impact="several", Urgency="this week")
    expect(desk_pages.glance(page, "Priority")).to_contain_text("high")
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
    assert "Severity: significant. Affected: several. Priority: urgent." in issue["body"]
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
    changes = [change for (change,) in world.desk.rows("SELECT change FROM journal_entry ORDER BY id")]
    at = [changes.index(change) for change in IN_ORDER]
    assert at == sorted(at), changes
    assert world.desk.rows("SELECT after FROM journal_entry WHERE change = 'status' ORDER BY id DESC LIMIT 1") == [("solved",)]
    page.goto(link)
    expect(page.get_by_text("It is solved.")).to_be_visible()


def evaluate(page: Page, **chosen: str) -> None:
    box = page.get_by_role("region", name="Evaluate")
    for label, value in chosen.items():
        box.get_by_label(label, exact=True).select_option(value)
    desk_pages.press(page, "Save evaluation")


def test_a_fix_of_a_known_issue_reaches_all_who_wait_after_one_look(
    world: World, visitors: Visitors, page: Page, looked_at: Callable[[Page, str], None]
) -> None:
    (first, _), (second, _) = world.desk.send(WHO), world.desk.send("ben@example.org")
    follow(world, visitors(), "fay@example.org")
    world.github.open_issue({"title": "Forms do not come", "body": ""})

    page.goto(f"/desk/tickets/{first}/second-line")
    page.get_by_label("Or its number").fill("1")
    page.get_by_role("button", name="Hang it on this issue").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"#{first}")
    wait_until(lambda: world.desk.rows("SELECT issue_id FROM escalation WHERE issue_id IS NOT NULL"), "the issue on the request")
    desk_pages.open_ticket(page, first)
    page.get_by_text("Is it a known issue?").click()
    page.get_by_label("It is the known issue").select_option(label=KNOWN.title)
    page.get_by_role("button", name="Mark it").click()
    desk_pages.noted(page, "issue is known")
    desk_pages.open_ticket(page, second)
    page.get_by_role("button", name="It is this one").click()
    expect(page.get_by_role("button", name="Not this one")).to_be_visible()

    assert world.github.tell(world.github.close(1, milestone="2.9.15")) == 202
    wait_until(lambda: world.desk.rows("SELECT id FROM task"), "a task")
    page.goto("/desk/tasks")
    expect(page.get_by_label(re.compile("also to all who wait for the known issue"))).to_be_checked()
    expect(page.get_by_text("1 follower, 1 other requester")).to_be_visible()
    looked_at(page, "fix-of-a-known-issue")
    assert not world.mails("solved"), "nothing goes out before an agent has read it"
    page.get_by_label("Message to the requester").fill("Version 2.9.15 mends it. Update the app.")
    page.get_by_role("button", name="Send it").click()
    wait_until(lambda: len(told(world)) >= 3, "three mails")
    assert sorted(told(world)) == sorted([WHO, "ben@example.org", "fay@example.org"])


def told(world: World) -> list[str]:
    """Whom the words of the fix reached."""
    return [who for to, mail in world.post.taken for who in to if "Version 2.9.15 mends it." in text_of(mail)]


def follow(world: World, page: Page, email: str) -> None:
    """Ask to hear when the known issue is fixed, and confirm the address, as people do."""
    page.goto(f"/known-issues/follow/{KNOWN.article}")
    page.get_by_label("Your mail address").fill(email)
    page.get_by_role("button", name="Me too, tell me when it is fixed").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    asked: list[EmailMessage] = wait_until(lambda: [mail for _, mail in world.post.taken if email in str(mail["To"])], "its mail")
    link = re.search(r"\S+/known-issues/following/\S+", text_of(asked[0]))
    assert link is not None
    page.goto(link[0])
    page.get_by_role("button", name="Yes, tell me").click()
    expect(page.get_by_role("heading", name="We tell you when it is fixed")).to_be_visible()


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
