"""What writers are told, and that a sound site is left in peace."""

from pathlib import Path

from search.lint import Finding, lint
from tests.search.conftest import Write

GOOD = """---
title: A sound page
description: One sentence.
type: how-to
keywords: [other]
questions: [one, two, three]
related: [b.md]
---
See [b](b.md#part), [below](#more), [the web](https://example.org/x), [mail](mailto:a@b.org). ![A map](m.png)

## More
"""


def site(write: Write, page: str) -> Path:
    write("docs/a.md", page)
    write("docs/b.md", "---\nsearch: {exclude: true}\n---\n## Part\n")
    write("docs/m.png", "")
    return write("mkdocs.yml", "site_name: x\n")


def rules(found: list[Finding]) -> list[tuple[str, int]]:
    return [(finding.rule, finding.line) for finding in found]


def test_a_sound_page_has_no_findings(write: Write) -> None:
    assert lint(site(write, GOOD), house=True) == []


def test_a_foreign_site_need_not_have_our_front_matter(write: Write) -> None:
    assert lint(site(write, "Text.\n")) == []


def test_a_page_without_our_front_matter_is_told_each_part_it_lacks(write: Write) -> None:
    found = lint(site(write, "Text.\n"), house=True)
    assert {finding.rule for finding in found} == {"title", "description", "type", "keywords", "questions"}
    assert all(finding.file == "a.md" and finding.what and finding.mend for finding in found)


def test_too_few_questions_and_too_long_a_description_are_told(write: Write) -> None:
    page = GOOD.replace(", two, three", "").replace("One sentence.", "word " * 31)
    assert rules(lint(site(write, page), house=True)) == [("description", 3), ("questions", 6)]


def test_a_related_page_that_does_not_exist_is_told(write: Write) -> None:
    assert rules(lint(site(write, GOOD.replace("related: [b.md]", "related: [c.md]")), house=True)) == [("related", 7)]


def test_broken_links_and_anchors_are_told_with_their_line(write: Write) -> None:
    page = "One.\n\n[x](c.md)\n\n[y](b.md#none)\n\n[z](#none)\n\n[w](folder/)\n"
    assert rules(lint(site(write, page))) == [("link", 3), ("anchor", 5), ("anchor", 7), ("link", 9)]


def test_an_image_without_text_alternative_is_told(write: Write) -> None:
    assert rules(lint(site(write, "One.\n\n![](m.png)\n"))) == [("image-alt", 3)]


def test_front_matter_that_is_no_yaml_is_told(write: Write) -> None:
    assert rules(lint(site(write, "---\ntitle: a: b\n---\nText.\n"))) == [("front-matter", 1)]
