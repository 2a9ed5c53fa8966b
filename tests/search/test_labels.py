"""Bold and code style quote the product: what labels.yml does not have is told, and nothing else."""

from pathlib import Path

from search.findings import Finding
from search.labels import Book, read_book, unknown
from search.lint import House, lint
from tests.search.conftest import Write

LABELS = """
- source: pear/app@b0e2ced:strings.xml
  labels: [Settings, "Harvest: all"]
  messages: ["Basket  full: <name>"]
- source: pear/app#12
  values: ["pear.example.org/app2"]
"""


def book(write: Write, text: str = LABELS) -> Book:
    write("docs/pear/labels.yml", text)
    return read_book(write("docs/x", "").parent, "pear/labels.yml")


def told(found: list[Finding]) -> list[tuple[str, int, str]]:
    return [(finding.rule, finding.line, finding.what) for finding in found]


def test_each_text_is_known_with_its_line_and_source(write: Write) -> None:
    read = book(write)
    assert read.findings == ()
    assert [(quote.text, quote.kind, quote.line) for quote in read.quotes] == [
        ("Settings", "labels", 3),
        ("Harvest: all", "labels", 3),
        ("Basket  full: <name>", "messages", 4),
        ("pear.example.org/app2", "values", 6),
    ]
    assert read.quotes[3].source == "pear/app#12"


def test_what_is_not_in_the_file_is_told_with_its_line(write: Write) -> None:
    source = "Open **Settings** > **Setings**.\n\nIt says `Basket full: <name>`, then `Oh no`.\n"
    html = """<p>Open <strong>Settings</strong> &gt; <strong>Setings</strong>.</p>
        <p>It says <code>Basket full: &lt;name&gt;</code>, then <code>Oh no</code>.</p>"""
    assert told(list(unknown("pear/a.md", source, html, book(write)))) == [
        ("label", 1, "**Setings** is not in pear/labels.yml"),
        ("message", 3, "`Oh no` is not in pear/labels.yml"),
    ]


def test_titles_table_heads_code_blocks_and_numbers_are_no_labels(write: Write) -> None:
    html = """<p class="admonition-title"><strong>Careful</strong></p><table><tr><th><strong>Head</strong></th></tr></table>
        <pre><code>a line to copy</code></pre><p><strong>1</strong> <strong>12.5 %</strong></p><p><strong>Settings</strong></p>"""
    assert list(unknown("pear/a.md", "", html, book(write))) == []
    assert len(list(unknown("pear/a.md", "", "<table><tr><td><strong>Cell</strong></td></tr></table>", book(write)))) == 1


def test_an_entry_without_a_source_or_of_an_unknown_kind_is_told(write: Write) -> None:
    read = book(write, "- labels: [Settings]\n- source: a book\n  buttons: [x]\n")
    assert [(finding.rule, finding.line) for finding in read.findings] == [
        ("label-source", 1),
        ("label-source", 2),
        ("labels", 2),
    ]


def test_a_missing_or_unreadable_file_is_told(write: Write) -> None:
    docs = write("docs/a.md", "").parent
    assert [finding.rule for finding in read_book(docs, "pear/labels.yml").findings] == ["labels"]
    assert [finding.rule for finding in book(write, "- source: [").findings] == ["labels"]


def test_the_pages_of_a_product_are_compared_with_its_file_and_no_others(write: Write) -> None:
    config: Path = write("mkdocs.yml", "site_name: x\n")
    write("docs/pear/labels.yml", LABELS)
    hidden = "---\nsearch: {exclude: true}\n---\n"
    write("docs/pear/index.md", hidden + "**Settings** and **Unknown**.\n")
    write("docs/index.md", hidden + "**Unknown**.\n")
    found = lint(config, house=House(products=("pear",)))
    assert [(finding.file, finding.line, finding.rule) for finding in found] == [("pear/index.md", 4, "label")]
