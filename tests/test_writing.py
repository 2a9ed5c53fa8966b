"""The writers' commands, run as a writer runs them, on a small site of their own in a git repository of its own."""

import re
import subprocess
from pathlib import Path

import pytest

from deflect_api import config, writing
from deflect_api.errors import ConfigError
from tests.served import ROOT, Served

PAGE = """---
title: {title}
description: {title}.
type: how-to
keywords: [{word}]
questions: [{word} one, {word} two, {word} three]
applies_to: [app]
roles: [anyone]
sources: ["pear/app#1"]
reviewed: 2026-11-23
review_every: 12 months
---
{text}
"""
HARVEST = PAGE.format(title="Bring in the harvest", word="harvest", text="Open the barn for the harvest.")
SCALE = PAGE.format(title="Weigh fruit", word="scale", text="Put the basket on the scale.")


@pytest.fixture
def writer(tmp_path: Path) -> Served:
    """Somebody who writes for the product pear: two pages, each found by its questions."""
    site = tmp_path / "site"
    (site / "docs" / "pear").mkdir(parents=True)
    (site / "mkdocs.yml").write_text("site_name: Pear\ndocs_dir: docs\n", encoding="utf-8")
    (site / "docs" / "pear" / "labels.yml").write_text("- {source: 'pear/app#1', labels: [Barn]}\n", encoding="utf-8")
    (site / "docs" / "pear" / "harvest.md").write_text(HARVEST, encoding="utf-8")
    (site / "docs" / "pear" / "scale.md").write_text(SCALE, encoding="utf-8")
    ours = (ROOT / "support.yml").read_text(encoding="utf-8")
    priorities = "priorities:" + re.search(r"^priorities:(.*?)^# Each key", ours, re.M | re.S)[1]  # type: ignore[index]
    (site / "support.yml").write_text(f"products: {{pear: {{name: Pear}}}}\nhubs: [Europe]\n{priorities}", encoding="utf-8")
    home = tmp_path / "home"
    home.mkdir()
    return Served(home, config=site / "support.yml")


def page(writer: Served, name: str) -> Path:
    return writer.config.parent / "docs" / "pear" / f"{name}.md"


def git(writer: Served, *words: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(writer.config.parent), *who, *words], check=True, capture_output=True)


def test_sound_docs_have_nothing_to_mend(writer: Served) -> None:
    said = writer.command("lint")
    assert (said.returncode, said.stdout, said.stderr) == (0, "Nothing to mend.\n", "")


def test_lint_names_file_line_fault_and_mend_and_ends_with_1(writer: Served) -> None:
    page(writer, "scale").write_text(SCALE + "\nOpen **Bran**, or [this](gone.md).\n", encoding="utf-8")
    said = writer.command("lint")
    assert said.returncode == 1
    assert "pear/scale.md:15: **Bran** is not in pear/labels.yml\n    Mend: write it as the product does" in said.stdout
    assert "pear/scale.md:15: the link gone.md leads nowhere" in said.stdout
    assert said.stdout.endswith("2 things to mend, 0 reminders.\n")


def test_a_reminder_alone_does_not_stop_a_publish(writer: Served) -> None:
    page(writer, "scale").write_text(SCALE.replace("2026-11-23", "2020-01-01"), encoding="utf-8")
    said = writer.command("lint")
    assert said.returncode == 0
    assert "Reminder: compare it with the product" in said.stdout
    assert "0 things to mend, 1 reminder." in said.stdout


def test_quality_counts_the_questions_that_find_their_article(writer: Served) -> None:
    said = writer.command("quality")
    assert said.returncode == 0, said.stdout + said.stderr
    assert "6 questions of 2 articles" in said.stdout
    assert re.search(r"success@1\) +1\.000 +at least 0\.85\n", said.stdout)
    assert "typed until" not in said.stdout
    assert re.search(r"typed until .* 0\.\d{3}", writer.command("quality", "--keystrokes").stdout)


def test_quality_shows_the_misses_and_ends_with_1_below_what_is_set(writer: Served) -> None:
    asks_for_another = SCALE.replace("scale three", "how do i bring in the harvest").replace("scale two", "zzzz qqqq")
    page(writer, "scale").write_text(asks_for_another, encoding="utf-8")
    said = writer.command("quality")
    assert said.returncode == 1
    assert "NOT REACHED" in said.stdout
    assert "\n  zzzz qqqq\n    wanted  pear/scale/ (not found)\n    shown   nothing\n" in said.stdout
    assert "    wanted  pear/scale/ (not found)\n    shown   pear/harvest/\n" in said.stdout
    with writer.config.open("a", encoding="utf-8") as settings:
        settings.write("\nquality: {success1: 0.5, success3: 0.5}\n")
    assert writer.command("quality").returncode == 0


def test_quality_says_what_an_edit_gained_and_lost(writer: Served) -> None:
    page(writer, "scale").write_text(SCALE.replace("scale two", "where is the balance"), encoding="utf-8")
    git(writer, "init", "--quiet")
    git(writer, "add", ".")
    git(writer, "commit", "--quiet", "-m", "before")
    edited = SCALE.replace("scale two", "where is the balance").replace("Weigh fruit", "Weigh fruit with the balance")
    page(writer, "scale").write_text(edited, encoding="utf-8")
    other = HARVEST.replace("Open the barn for the harvest.", "Open.").replace("Bring in the harvest", "Barn")
    page(writer, "harvest").write_text(other.replace("[harvest]", "[barn]"), encoding="utf-8")
    said = writer.command("quality", "--base", "HEAD")
    assert "Found since HEAD: 1\n  where is the balance    pear/scale/\n" in said.stdout
    assert "Lost since HEAD: 3\n  harvest one    pear/harvest/\n" in said.stdout


def test_a_revision_that_is_none_is_told_plainly(writer: Served) -> None:
    git(writer, "init", "--quiet")
    for base in ("nowhere", "--output=x"):
        said = writer.command("quality", f"--base={base}")
        assert said.returncode == 1
        assert "git cannot read" in said.stderr
        assert "Traceback" not in said.stderr
    assert not list(writer.config.parent.glob("x*"))


def test_docs_that_cannot_be_read_are_told_plainly(writer: Served) -> None:
    (writer.config.parent / "mkdocs.yml").write_text("docs_dir: gone\n", encoding="utf-8")
    for command in ("lint", "quality"):
        said = writer.command(command)
        assert said.returncode == 1
        assert "there is no such folder" in said.stderr
        assert "Traceback" not in said.stderr


def test_no_questions_are_no_success(writer: Served) -> None:
    for name in ("harvest", "scale"):
        page(writer, name).write_text("---\ntitle: X\n---\nText.\n", encoding="utf-8")
    said = writer.command("quality")
    assert said.returncode == 1
    assert "nothing was measured" in said.stderr


def test_git_that_is_not_there_is_told(writer: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = config.load({"DEFLECT_HOME": str(tmp_path), "DEFLECT_CONFIG": str(writer.config)})
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="git is not installed"):
        writing.at_revision(settings.mkdocs, "HEAD", tmp_path)
