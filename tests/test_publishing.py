"""Publish by git, with a real bare repository and its hooks, while the service serves what is live."""

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from deflect_api.writing.publish import pushed
from tests.served import Served
from tests.sites import BATTERY, small_site

HOOK = """#!/bin/sh
export DEFLECT_HOME={home} DEFLECT_CONFIG={config} DEFLECT_URL={url}
exec {python} -m deflect_api.cli publish {words}
"""
SIM = BATTERY.replace("battery", "SIM card").replace("does not start", "has no signal").replace("no power", "no network")
WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")


class Writer:
    """Somebody with a clone; the bare repository it pushes to publishes to one installation."""

    def __init__(self, folder: Path, served: Served) -> None:
        self.clone, self.bare, self.served = folder / "clone", folder / "help.git", served
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.bare), at=folder)
        small_site(self.clone)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("remote", "add", "origin", str(self.bare))

    def hook(self, name: str = "post-receive", words: str = "") -> None:
        path = self.bare / "hooks" / name
        served = self.served
        path.write_text(
            HOOK.format(home=served.home, config=served.config, url=served.url, python=sys.executable, words=words),
            encoding="utf-8",
        )
        path.chmod(0o755)

    def git(self, *words: str, at: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", "-C", str(at or self.clone), *WHO, *words], capture_output=True, text=True, check=False, timeout=120
        )

    def page(self, name: str) -> Path:
        return self.clone / "docs" / "flow" / f"{name}.md"

    def push(self, message: str = "edit", *words: str) -> subprocess.CompletedProcess[str]:
        self.git("add", "--all", ".")
        self.git("commit", "--quiet", "-m", message)
        return self.git("push", "--quiet", "origin", *(words or ("main",)))

    @property
    def live(self) -> str:
        return (self.served.home / "current").resolve().name


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    home = tmp_path / "home"
    home.mkdir()
    config = tmp_path / "support.yml"
    served = Served(home, config=config)
    served.extra["DEFLECT_URL"] = served.url
    made = Writer(tmp_path, served)
    (made.clone / "support.yml").rename(config)
    made.hook()
    yield made
    if made.served.process is not None:
        made.served.stop()


def read(url: str, **form: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, data=urlencode(form).encode() if form else None, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_push_is_live_with_its_index_and_an_old_address_leads_on(writer: Writer) -> None:
    said = writer.push()
    assert f"Published release {writer.live} of" in said.stderr
    live = writer.live
    writer.served.start()
    page = writer.page("power")
    writer.page("battery").rename(page)
    page.write_text(page.read_text("utf-8").replace("Charge the phone", "Use the solar panel"), encoding="utf-8")
    assert "flow/battery.md:1: the page was published and is gone" in writer.push("rename").stderr
    assert writer.live == live
    (writer.clone / "redirects.yml").write_text("flow/battery.md: flow/power.md\n", encoding="utf-8")
    assert "Published release" in writer.push("redirect").stderr
    manifest = json.loads((writer.served.home / "current" / "manifest.json").read_text("utf-8"))
    assert [one["changed"][:2] for one in manifest["pages"] if one["path"] == "flow/power.md"] == ["20"]
    while "solar" not in (found := read(f"{writer.served.url}/api/v1/suggest", text="solar panel", session="s")[1]):
        pass
    assert "flow/power/" in found
    status, text = read(f"{writer.served.url}/flow/battery/")
    assert (status, "solar panel" in text) == (200, True)


def test_a_push_that_fails_its_checks_leaves_the_live_site_and_says_why(writer: Writer) -> None:
    writer.push()
    live, page = writer.live, writer.page("battery")
    sound = page.read_text("utf-8")
    page.write_text(sound + "\nSee [this](gone.md).\n", encoding="utf-8")
    said = writer.push()
    assert "flow/battery.md:15: the link gone.md leads nowhere" in said.stderr
    assert "Not published. The live site is as it was." in said.stderr
    page.write_text(sound.replace("[battery is empty, phone", "[zzzz, phone"), encoding="utf-8")
    said = writer.push()
    assert "Questions that do not find their article:" in said.stderr
    assert "zzzz    flow/battery/" in said.stderr
    assert writer.live == live


def test_a_rollback_brings_the_release_before_back_and_the_next_push_goes_on(writer: Writer) -> None:
    assert "no release before" in writer.served.command("rollback").stderr
    writer.push()
    first = writer.live
    page = writer.page("battery")
    page.write_text(page.read_text("utf-8").replace("Charge the phone", "Wait"), encoding="utf-8")
    writer.push()
    second = writer.live
    assert f"Live is release {first} again, in place of {second}" in writer.served.command("rollback").stdout
    assert writer.live == first
    said = writer.served.command("publish", "--repository", str(writer.bare))
    assert f"Switched back to release {second}" in said.stdout
    assert writer.live == second


def land(writer: Writer, message: str) -> str:
    """Push until it is taken, as who was overtaken does; return what the hook said."""
    writer.git("config", "pull.rebase", "true")
    while (done := writer.push(message)).returncode:
        writer.git("pull", "--quiet", "--rebase", "origin", "main")
    return done.stderr


def test_two_pushes_at_once_queue_and_the_last_one_is_live(writer: Writer) -> None:
    writer.push()
    other = Writer.__new__(Writer)
    other.clone, other.bare, other.served = writer.clone.parent / "other", writer.bare, writer.served
    writer.git("clone", "--quiet", str(writer.bare), str(other.clone), at=writer.clone.parent)
    other.page("sim").write_text(SIM, encoding="utf-8")
    page = writer.page("battery")
    page.write_text(page.read_text("utf-8").replace("Charge the phone", "Use the solar panel"), encoding="utf-8")
    said: list[str] = []
    first = threading.Thread(target=lambda: said.append(land(writer, "battery")))
    first.start()
    said.append(land(other, "sim"))
    first.join()
    assert len([text for text in said if "release" in text]) == 2
    files = json.loads((writer.served.home / "current" / "manifest.json").read_text("utf-8"))["files"]
    assert "flow/sim/index.html" in files
    site = writer.served.home / "current" / "site"
    assert "solar panel" in (site / "flow" / "battery" / "index.html").read_text("utf-8")


def test_a_pre_receive_hook_refuses_what_would_fail(writer: Writer) -> None:
    writer.push()
    writer.hook("pre-receive", "--check")
    page = writer.page("battery")
    sound = page.read_text("utf-8")
    page.write_text(sound + "\nSee [this](gone.md).\n", encoding="utf-8")
    refused = writer.push()
    assert refused.returncode != 0
    assert "the link gone.md leads nowhere" in refused.stderr
    page.write_text(sound + "\nCharge it again.\n", encoding="utf-8")
    taken = writer.push()
    assert taken.returncode == 0
    assert "is fit to publish" in taken.stderr


def test_settings_that_are_pushed_change_nothing_and_other_branches_are_left_alone(writer: Writer) -> None:
    (writer.clone / "support.yml").write_text("products: {}\n", encoding="utf-8")
    assert "support.yml differs from the one in use" in writer.push().stderr
    live = writer.live
    writer.page("battery").write_text("# Other\n", encoding="utf-8")
    assert "release" not in writer.push("draft", "HEAD:draft").stderr
    assert writer.live == live


@pytest.mark.parametrize(
    ("lines", "commit"),
    [
        ("a1 b2 refs/heads/main\n", "b2"),
        ("a1 b2 refs/heads/draft\nc3 d4 refs/heads/main\n", "d4"),
        ("a1 000 refs/heads/main\n", ""),
        ("", ""),
    ],
)
def test_only_a_push_to_the_branch_counts(lines: str, commit: str) -> None:
    assert pushed(lines, "main") == commit
