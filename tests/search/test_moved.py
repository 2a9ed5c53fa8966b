"""A page address never dies: what lint says of pages that are gone, and where their addresses lead."""

from pathlib import Path

import pytest

from search.lint import Finding, lint, paths
from search.moved import addresses, read_redirects
from search.site import read_site
from tests.search.conftest import Write


def site(write: Write, redirects: str = "") -> Path:
    write("docs/index.md", "# Home\n")
    write("docs/new.md", "# New\n\n## Part\n")
    if redirects:
        write("redirects.yml", redirects)
    return write("mkdocs.yml", "site_name: x\n")


def told(found: list[Finding]) -> list[tuple[str, int, str]]:
    assert {one.rule for one in found} <= {"redirect"}
    return [(one.file, one.line, one.what) for one in found]


def test_a_page_that_is_gone_without_a_redirect_is_told(write: Write) -> None:
    config = site(write)
    assert paths(config) == ["index.md", "new.md"]
    assert lint(config, before=["index.md", "new.md"]) == []
    assert told(lint(config, before=["old.md"])) == [("old.md", 1, "the page was published and is gone")]


def test_a_page_that_is_gone_with_a_redirect_is_not(write: Write) -> None:
    assert lint(site(write, "old.md: new.md#part\n"), before=["old.md"]) == []


@pytest.mark.parametrize(
    ("redirects", "what"),
    [
        ("old.md: gone.md\n", "old.md leads to gone.md, which is no page"),
        ("old.md: new.md#gone\n", "new.md has no heading or anchor #gone"),
        ("new.md: index.md\n", "new.md is a page again"),
        ("old.md: old.md\n", "old.md leads to old.md, which is no page"),
        ("- old.md\n", "this is not a list of old and new pages"),
    ],
)
def test_a_redirect_that_cannot_be_is_told(write: Write, redirects: str, what: str) -> None:
    assert told(lint(site(write, redirects))) == [("redirects.yml", 1, what)]


def test_chains_of_redirects_are_followed_and_rings_end(write: Write) -> None:
    config = site(write, "oldest.md: older.md\nolder.md: new.md#part\na.md: b.md\nb.md: a.md\n")
    redirects, wrong = read_redirects(config)
    assert wrong == []
    found = addresses(read_site(config), redirects)
    assert found["oldest/"] == found["older/"] == "new/#part"
    assert set(found) == {"oldest/", "older/", "a/", "b/"}


def test_redirects_that_are_no_yaml_are_told(write: Write) -> None:
    (found,) = lint(site(write, "old.md: [\n"))
    assert "not readable as YAML" in found.what
