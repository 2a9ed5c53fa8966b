"""Writes every mail to requesters and followers as people see it: plain, and pictures at 360 px, light and dark. Needs Chromium.

Run: python -m bench.mails FOLDER
"""

import sys
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from shutil import which

from playwright.sync_api import sync_playwright

from deflect_api import config
from deflect_api.config import Settings
from deflect_api.delivery import follower_mail, mail, way_to_form, your_requests
from deflect_api.delivery.mail import Letter
from deflect_api.store.desk import Follower
from deflect_api.store.models import Comment, Message, Ticket
from tests.conftest import ROOT

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WORDS = "Open the app once while the phone is online; the form then comes by itself.\n\nWhich version does Settings > About show?"


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    ours = config.load(
        {"DEFLECT_HOME": str(folder / "home"), "DEFLECT_CONFIG": str(ROOT / "support.yml"), "DEFLECT_SECRET": "look"}
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
        for name, made in mails(ours).items():
            (folder / f"{name}.txt").write_text(_part(made, "plain"), encoding="utf-8")
            for scheme in ("light", "dark"):
                page = browser.new_page(viewport={"width": 360, "height": 640}, color_scheme=scheme)  # type: ignore[arg-type]
                page.set_content(_part(made, "html"))
                wide = page.evaluate("document.documentElement.scrollWidth")
                page.screenshot(path=folder / f"{name}-{scheme}.png", full_page=True)
                print(f"{name:<12} {scheme:<6} {wide} px wide")
                page.close()
        browser.close()


def mails(ours: Settings) -> dict[str, EmailMessage]:
    """Compose one mail of each kind."""
    ticket = Ticket(
        id=1042, email="ada@example.org", name="Ada", cc=[], language="en", subject="The form is grey", product="flow",
        happened="x",
        link_nonce="n", reply_due_at=AT, created_at=AT,
    )  # fmt: skip
    said = Comment(author="Maria", body=WORDS, at=AT)
    url = "https://help.example.org/requests/1042/Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4/"
    found = {kind: mail.compose(Letter(kind, ticket, url, said, 7, AT), ours) for kind in mail.SUBJECTS}
    follower = Follower(id=3, article="flow/form-not-in-app/", email="fay@example.org", language="en", nonce="n")
    told = {"title": "A form is not in the app", "text": WORDS, "agent": "Maria"}
    for kind in (follower_mail.CONFIRM, follower_mail.FIXED):
        found[kind] = follower_mail.compose(Message(id=8, created_at=AT, payload={"template": kind, **told}), follower, ours)
    wanted = Message(id=9, created_at=AT, payload=your_requests.owe("ada@example.org", "en"))
    found["your_requests"] = your_requests.compose(wanted, [ticket, ticket], ours)
    asked = Message(id=9, created_at=AT, payload={"email": "new@example.org", "answers": "<a@example.org>"})
    return {**found, "way_to_form": way_to_form.compose(asked, ours)}


def _part(made: EmailMessage, kind: str) -> str:
    part = made.get_body((kind,))
    assert part is not None
    return str(part.get_content())


if __name__ == "__main__":
    main()
