"""What writers are told, and that a sound site is left in peace."""

from datetime import date
from pathlib import Path

import pytest

from search.lint import Finding, House, lint
from tests.search.conftest import Write

GOOD = """---
title: A sound page
description: One sentence.
type: how-to
keywords: [other]
questions: [one, two, three]
applies_to: [app]
roles: [anyone]
reviewed: 2026-11-23
review_every: 12 months
related: [b.md]
---
See [b](b.md#part), [below](#more), [the web](https://example.org/x), [mail](mailto:a@b.org). ![A map](m.png)

## More
"""
OURS = House()


def site(write: Write, page: str, config: str = "site_name: x\n") -> Path:
    write("docs/a.md", page)
    write("docs/b.md", "---\nsearch: {exclude: true}\n---\n## Part\n")
    write("docs/m.png", "")
    return write("mkdocs.yml", config)


def rules(found: list[Finding]) -> list[tuple[str, int]]:
    return [(finding.rule, finding.line) for finding in found]


def test_a_sound_page_has_no_findings(write: Write) -> None:
    assert lint(site(write, GOOD), house=OURS) == []


def test_a_foreign_site_need_not_have_our_front_matter(write: Write) -> None:
    assert lint(site(write, "Text.\n")) == []


def test_a_page_without_our_front_matter_is_told_each_part_it_lacks(write: Write) -> None:
    found = lint(site(write, "Text.\n"), house=OURS)
    needed = {"title", "description", "type", "keywords", "questions", "applies_to", "roles", "reviewed", "review_every"}
    assert {finding.rule for finding in found} == needed
    assert all(finding.file == "a.md" and finding.what and finding.mend for finding in found)


def test_a_page_below_a_hidden_folder_needs_no_front_matter(write: Write) -> None:
    config = site(write, GOOD)
    write("docs/team/c.md", "Text.\n")
    assert lint(config, house=House(hidden=("team/",))) == []
    assert lint(config, house=OURS) != []


def test_a_hint_of_the_template_that_is_still_there_is_told(write: Write) -> None:
    house = House(hints=frozenset({"Say what helps.", "1. One step."}))
    config = site(write, GOOD + "\nSay what helps.\n\n1. One step.\n2. Another step.\n")
    length = len(GOOD.splitlines())
    assert rules(lint(config, house=house)) == [("hint", length + 2), ("hint", length + 4)]
    assert lint(config, house=OURS) == []


def test_too_few_questions_and_too_long_a_description_are_told(write: Write) -> None:
    page = GOOD.replace(", two, three", "").replace("One sentence.", "word " * 31)
    assert rules(lint(site(write, page), house=OURS)) == [("description", 3), ("questions", 6)]


@pytest.mark.parametrize(
    ("sound", "wrong", "rule"),
    [
        ("type: how-to", "type: story", "type"),
        ("keywords: [other]", "keywords: other, more", "keywords"),
        ("keywords: [other]", "keywords: [404]", "keywords"),
        ("questions: [one, two, three]", "questions: [one, two, two]", "questions"),
        ("roles: [anyone]", "roles: [{name: x}]", "roles"),
        ("reviewed: 2026-11-23", "reviewed: last week", "reviewed"),
        ("reviewed: 2026-11-23", "reviewed: '2026-11-23'", "reviewed"),
        ("review_every: 12 months", "review_every: often", "review_every"),
        ("applies_to: [app]", "applies_to: [app]\nsources: [a book]", "sources"),
        ("applies_to: [app]", "applies_to: [app]\nkeyword: [x]", "keyword"),
        ("title: A sound page", "title: 5", "title"),
        ("related: [b.md]", "related: [c.md]", "related"),
        ("related: [b.md]", "related: [a.md]", "related"),
    ],
)
def test_a_field_that_cannot_be_is_told_in_its_line(write: Write, sound: str, wrong: str, rule: str) -> None:
    page = GOOD.replace(sound, wrong)
    found = lint(site(write, page), house=OURS)
    line = next(number for number, text in enumerate(page.splitlines(), 1) if text.startswith(f"{rule}:"))
    assert (rule, line) in rules(found)
    assert {finding.rule for finding in found} == {rule}


def test_a_page_of_a_product_says_where_its_facts_come_from(write: Write) -> None:
    config = site(write, GOOD)
    write("docs/pear/labels.yml", "")
    write(
        "docs/pear/c.md", GOOD.replace("one, two, three", "four, five, six").replace("(b.md", "(../b.md").replace("(m.", "(../m.")
    )
    found = lint(config, house=House(products=("pear",)))
    assert [(finding.file, finding.rule) for finding in found] == [("pear/c.md", "sources")]


def test_a_page_that_nobody_reviewed_in_time_is_a_reminder_only(write: Write) -> None:
    config = site(write, GOOD)
    assert lint(config, today=date(2027, 11, 20)) == []
    found = lint(config, today=date(2028, 1, 1))
    assert [(finding.rule, finding.line, finding.minor) for finding in found] == [("stale", 9, True)]


def test_a_page_that_no_menu_leads_to_is_told(write: Write) -> None:
    config = site(write, GOOD, "site_name: x\nnav:\n  - b.md\n  - Twice:\n      - b.md\n")
    assert [(finding.file, finding.rule) for finding in lint(config, house=OURS)] == [("a.md", "nav"), ("b.md", "nav")]


def test_a_question_that_two_pages_ask_is_told(write: Write) -> None:
    config = site(write, GOOD)
    write("docs/c.md", GOOD.replace("one, two, three", "four, five, ONE").replace("A sound page", "Another"))
    found = lint(config, house=OURS)
    assert [(finding.file, finding.rule, finding.line) for finding in found] == [("c.md", "questions", 6)]


def test_broken_links_and_anchors_are_told_with_their_line(write: Write) -> None:
    page = "One.\n\n[x](c.md)\n\n[y](b.md#none)\n\n[z](#none)\n\n[w](folder/)\n"
    assert rules(lint(site(write, page))) == [("link", 3), ("anchor", 5), ("anchor", 7), ("link", 9)]


def test_an_image_without_text_alternative_or_file_is_told(write: Write) -> None:
    assert rules(lint(site(write, "One.\n\n![](m.png)\n"))) == [("image-alt", 3)]
    assert rules(lint(site(write, "One.\n\n![A map](gone.png)\n"))) == [("image", 3)]


def test_front_matter_that_is_no_yaml_is_told(write: Write) -> None:
    assert rules(lint(site(write, "---\ntitle: a: b\n---\nText.\n"))) == [("front-matter", 1)]


@pytest.mark.parametrize(
    ("page", "lines"),
    [
        ("## One\n\n### Two\n\n## Three\n", []),
        ("# Title\n\n## One\n\n#### Two\n", [5]),
        ("Text.\n\n### Two\n", [3]),
        ("```\n### no heading\n```\n", []),
    ],
)
def test_a_level_of_headings_that_is_skipped_is_told(write: Write, page: str, lines: list[int]) -> None:
    found = lint(site(write, page))
    assert rules(found) == [("heading-level", line) for line in lines]


def test_two_pages_of_a_folder_with_one_title_are_told(write: Write) -> None:
    config = site(write, "---\ntitle: Log in\n---\nText.\n")
    write("docs/pear/c.md", "# Log in\n")
    assert lint(config) == []
    write("docs/z.md", "---\ntype: faq\ntitle: LOG IN\n---\nText.\n")
    assert [(one.file, one.rule, one.line) for one in lint(config)] == [("z.md", "duplicate-title", 3)]
