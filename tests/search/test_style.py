"""Spelling, prose and grade: each rule has a page that breaks it and one that does not."""

from datetime import date
from pathlib import Path

import pytest

from search.lint import Finding, Style, lint
from search.reading import grade, prose
from tests.search.conftest import Write

STRICT = Style(strict=True)
HARD = (
    "Institutional considerations necessitate comprehensive organisational transformation, "
    "notwithstanding administrative irregularities."
)


def found_in(write: Write, page: str, style: Style = STRICT, config: str = "site_name: x\n") -> list[Finding]:
    write("docs/a.md", page)
    return lint(write("mkdocs.yml", config), style_of=style)


@pytest.mark.parametrize(
    "page",
    [
        "The colour of the organisation's visualisations is recognised at the centre.\n",
        "Open `fooled` and **Zzyx** in the UTF file of MkDocs, then close them.\n",
        "It's the people's list. Don't close it.\n",
        "![A map](zzyx.png)\n",
    ],
)
def test_british_words_names_labels_and_code_are_no_mistakes(write: Write, page: str) -> None:
    write("docs/zzyx.png", "")
    assert found_in(write, page) == []


def test_a_word_in_no_list_is_told_with_its_line(write: Write) -> None:
    (found,) = found_in(write, "Fine.\n\nYou will recieve it.\n")
    assert (found.rule, found.line, found.minor) == ("spelling", 3, False)
    assert "'recieve'" in found.what


def test_a_word_of_the_sites_own_list_or_of_its_labels_is_known(write: Write) -> None:
    write("spelling.txt", "# ours\nzzyx  # a name\n")
    write("docs/pear/labels.yml", "- {source: 'pear/app#1', labels: [Qwark it]}\n")
    assert found_in(write, "The zzyx's Qwark and two zzyxs.\n") == []


def test_a_page_in_another_language_goes_by_its_own_words(write: Write) -> None:
    assert found_in(write, "---\nlanguage: fr\n---\nLes questions sont ouvertes.\n") == []
    assert [found.rule for found in found_in(write, "---\nlanguage: fr\n---\nLes quetsions.\n")] == ["spelling"]
    assert found_in(write, "---\nlanguage: sw\n---\nMaswali yote.\n") == []


@pytest.mark.parametrize("page", ["You simply open it.\n", "Open the the list.\n", "Please open it.\n"])
def test_filler_and_doubled_words_are_told(write: Write, page: str) -> None:
    assert [found.rule for found in found_in(write, page)] == ["prose"]


def test_code_between_two_words_doubles_nothing(write: Write) -> None:
    assert found_in(write, "The address ends in `x` in the list, from 09:00 to 17:00.\n") == []


def test_a_guide_that_is_hard_to_read_is_a_reminder(write: Write) -> None:
    page = "---\ntype: how-to\n---\n"
    assert [(found.rule, found.minor) for found in found_in(write, page + HARD)] == [("grade", True)]
    assert found_in(write, page + "Open the list.\n") == []
    assert found_in(write, HARD) == []


def test_style_is_a_reminder_where_it_is_not_strict_and_can_be_left_out(write: Write) -> None:
    page = "You simply recieve it.\n"
    assert [found.minor for found in found_in(write, page, Style())] == [True, True]
    assert found_in(write, page, Style(off=("spelling", "prose"))) == []


def test_a_gap_stands_for_what_the_product_says() -> None:
    assert prose("<p>in <code>x</code> in</p>", gap="…") == ["in … in"]
    assert grade("") == 0.0


def test_a_page_that_is_overdue_is_a_reminder_on_any_site(write: Write) -> None:
    write("docs/a.md", "---\nreviewed: 2020-01-01\nreview_every: 6 months\n---\nText.\n")
    config: Path = write("mkdocs.yml", "site_name: x\n")
    assert [found.rule for found in lint(config, today=date(2026, 1, 1))] == ["stale"]
    assert lint(config, today=date(2020, 6, 1)) == []
