"""The writers' commands, run as a writer runs them, on a small site of their own in a git repository of its own."""

import json
import re
import subprocess
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from deflect_api import cli, config, writing
from deflect_api.delivery.relay import utc_now
from deflect_api.errors import ConfigError, InputError
from deflect_api.intake import deflection
from deflect_api.store.db import Database
from deflect_api.writing import start
from search.frontmatter import split
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
    (site / "support.yml").write_text(
        f"products: {{pear: {{name: Pear}}}}\nhubs: [Europe]\nlint: {{house: true}}\n{priorities}", encoding="utf-8"
    )
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


def committed(writer: Served, message: str = "before") -> None:
    git(writer, "add", "--all", ".")
    git(writer, "commit", "--quiet", "-m", message)


def test_lint_speaks_json_and_sarif(writer: Served) -> None:
    git(writer, "init", "--quiet")
    page(writer, "scale").write_text(SCALE + "\nOpen [this](gone.md).\n", encoding="utf-8")
    said = writer.command("lint", "--format", "json")
    assert said.returncode == 1
    assert [(one["file"], one["rule"]) for one in json.loads(said.stdout)] == [("docs/pear/scale.md", "link")]
    run = json.loads(writer.command("lint", "--format", "sarif").stdout)["runs"][0]
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 15}
    page(writer, "scale").write_text(SCALE, encoding="utf-8")
    assert json.loads(writer.command("lint", "--format", "json").stdout) == []


def test_lint_names_a_published_page_that_is_gone_until_it_has_a_redirect(writer: Served) -> None:
    git(writer, "init", "--quiet")
    committed(writer)
    page(writer, "scale").rename(page(writer, "balance"))
    said = writer.command("lint", "--base", "HEAD")
    assert said.returncode == 1
    assert "pear/scale.md:1: the page was published and is gone" in said.stdout
    (writer.config.parent / "redirects.yml").write_text("pear/scale.md: pear/balance.md\n", encoding="utf-8")
    assert writer.command("lint", "--base", "HEAD").returncode == 0


def test_quality_compares_two_revisions_whatever_the_files_are_now(writer: Served) -> None:
    git(writer, "init", "--quiet")
    page(writer, "scale").write_text(SCALE.replace("scale two", "where is the balance"), encoding="utf-8")
    committed(writer)
    edited = SCALE.replace("scale two", "where is the balance").replace("Weigh fruit", "Weigh fruit with the balance")
    page(writer, "scale").write_text(edited, encoding="utf-8")
    committed(writer, "after")
    page(writer, "scale").unlink()
    said = writer.command("quality", "--base", "HEAD~1", "--head", "HEAD")
    assert said.returncode == 0, said.stderr
    assert "6 questions of 2 articles" in said.stdout
    assert "Found since HEAD~1: 1\n  where is the balance    pear/scale/\n" in said.stdout
    assert "Moved since HEAD~1: none" in said.stdout


def test_quality_asks_the_real_requests_of_the_golden_file(writer: Served) -> None:
    with writer.config.open("a", encoding="utf-8") as settings:
        settings.write("\nquality: {golden: golden.yml}\n")
    golden = writer.config.parent / "golden.yml"
    golden.write_text("- {text: Hello, article: pear/gone.md}\n", encoding="utf-8")
    assert "entry 1 should be" in writer.command("quality").stderr
    golden.write_text('- {text: "my zzzz is qqqq", article: pear/scale.md}\n', encoding="utf-8")
    said = writer.command("quality", "--summary", str(writer.home / "summary.md"))
    assert said.returncode == 1
    assert "6 questions of 2 articles, 1 real request" in said.stdout
    assert "success@1)    0.857" in said.stdout
    assert "NOT REACHED" in (writer.home / "summary.md").read_text(encoding="utf-8")


def test_quality_lists_keywords_that_take_another_articles_place(writer: Served) -> None:
    page(writer, "harvest").write_text(HARVEST.replace("[harvest]", "[put basket, basket]"), encoding="utf-8")
    page(writer, "scale").write_text(SCALE.replace("scale two", "put the basket"), encoding="utf-8")
    told = 'pear/harvest/ takes "put the basket" from pear/scale/'
    assert told in writer.command("quality", "--keywords").stdout
    page(writer, "harvest").write_text(HARVEST, encoding="utf-8")
    assert "takes" not in writer.command("quality", "--keywords").stdout


def test_explain_says_what_each_word_and_field_is_worth(writer: Served) -> None:
    said = writer.command("explain", "weigh on the scale", "--product", "pear", "--limit", "1")
    assert said.returncode == 0, said.stderr
    assert re.search(r"1\. Weigh fruit .*\n   pear/scale/\n   words   .*weigh \+\d", said.stdout)
    assert re.search(r"fields  .*title \+\d", said.stdout)
    assert "No article has any of these words" in writer.command("explain", "zzzz").stdout


def test_a_new_page_has_its_place_its_front_matter_and_its_types_parts(writer: Served) -> None:
    mkdocs = writer.config.parent / "mkdocs.yml"
    nav = "nav:\n  - Fruit:\n      - Pick:\n          - pear/harvest.md\n      - Weigh:\n          - pear/scale.md  # heavy\n"
    mkdocs.write_text(f"site_name: Pear\n{nav}# the end\n", encoding="utf-8")
    words = ("new", "My scale shows: nothing?", "--type", "troubleshooting", "--menu", "Pick", "--question", "scale is: dead")
    said = writer.command(*words)
    assert said.returncode == 0, said.stderr
    made = page(writer, "scale-shows-nothing")
    assert str(made) in said.stdout
    text = made.read_text(encoding="utf-8")
    assert "title: 'My scale shows: nothing?'" in text
    assert "  - 'scale is: dead'" in text
    parts = [line for line in text.splitlines() if line.startswith("## ")]
    assert parts[:4] == ["## Issue", "## Environment", "## Cause", "## Resolution"]
    assert "          - pear/harvest.md\n          - pear/scale-shows-nothing.md\n      - Weigh:" in mkdocs.read_text("utf-8")
    asked_for = {line.split(":")[0] for line in writer.command("lint").stdout.splitlines() if line.startswith("pear/scale-")}
    assert asked_for == {"pear/scale-shows-nothing.md"}
    assert "There is a page" in writer.command(*words).stderr


def test_a_new_page_needs_a_product_that_is_known(writer: Served) -> None:
    assert "--product pear" in writer.command("new", "X", "--product", "plum").stderr


@pytest.mark.parametrize("kind", start.TYPES)
def test_every_type_of_page_has_a_template_whose_levels_are_sound(kind: str) -> None:
    text = start.page(start.Draft("A title", "pear", kind), date(2026, 11, 25))
    meta, body = split(text)
    assert (meta["type"], meta["reviewed"]) == (kind, date(2026, 11, 25))
    assert body.startswith(("Say in two lines", "Answer the question"))
    assert "\n## " in body


def test_a_files_name_is_its_title_in_plain_letters() -> None:
    assert start.slug("Où est l'écran de ma carte ?") == "ou-est-lecran-de-ma-carte"
    assert start.slug("How do I do it?") == "how"
    with pytest.raises(InputError):
        start.slug("???")


def said(writer: Served, *words: str) -> str:
    """What a command says, run in this process: quicker where only its words count."""
    done = CliRunner().invoke(
        cli.main, words, env={**writer.environment, "DEFLECT_CONFIG": str(writer.config)}, catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_popular_and_explain_say_what_many_people_needed(writer: Served) -> None:
    assert "Popularity is off" in said(writer, "popular")
    page(writer, "nuts").write_text(PAGE.format(title="Weigh nuts", word="nut", text="Put the nuts down."), encoding="utf-8")
    before = re.findall(r"^\d\. (Weigh \w+)", said(writer, "explain", "wei"), re.M)
    assert sorted(before) == ["Weigh fruit", "Weigh nuts"]
    with writer.config.open("a", encoding="utf-8") as file:
        file.write("portal: {popularity: {weight: 1}}\n")
    assert "Nothing was opened" in said(writer, "popular")
    first, second = ({"Weigh fruit": "pear/scale/", "Weigh nuts": "pear/nuts/"}[title] for title in before)
    database = Database(f"sqlite:///{writer.home / 'deflect.db'}")
    with database.write() as session:
        for place in range(30):
            deflection.record(session, f"v{place}", deflection.Event(deflection.SOLVED, second), utc_now(), place=place)
        deflection.record(session, "one", deflection.Event(deflection.OPENED, first), utc_now(), place=0)
    database.close()
    assert re.findall(r"^\d\. (Weigh \w+)|^   needed  (.*)$", said(writer, "explain", "wei"), re.M) == [
        (before[1], ""), ("", "more than others: place 2 without"), (before[0], ""), ("", "less than others: place 1 without"),
    ]  # fmt: skip
    rows = [line.split() for line in said(writer, "popular").splitlines()[1:]]
    assert rows == [["30", "30", "0", "0", "1.00", second], ["1", "0", "1", "0", "-", first]]
