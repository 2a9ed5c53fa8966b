"""Addresses and anchors are the ones in the pages that `mkdocs build` writes."""

import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from search import read_docs
from tests.search.conftest import Write

DEMANDING = """---
title: Headings of every kind
---
Lead.

## Twice
One.

## Twice
Two.

### With `code & <angle>` and *stress* [and a link](other.md)

## Named {#my-own-name}

## Größe und Übung
Text.

## 日本語の見出し

## 123

## !!!

!!! note "A box"

    #### Within a box
    Text.

<h2 id="raw-one">Raw</h2>

Setext
------

## Twice
Three.
"""

CONFIGS = {
    "plain": "markdown_extensions: [attr_list, admonition]\n",
    "permalinks": "markdown_extensions:\n  - attr_list\n  - admonition\n  - toc: {permalink: true, permalink_class: pin}\n",
    "unicode": (
        "markdown_extensions:\n  - attr_list\n  - admonition\n  - toc:\n      permalink: '#'\n"
        "      slugify: !!python/object/apply:pymdownx.slugs.slugify {kwds: {case: lower}}\n"
    ),
    "separator": "markdown_extensions:\n  - attr_list\n  - toc: {separator: _, baselevel: 2, anchorlink: true}\n",
    "named": "markdown_extensions:\n  attr_list: {}\n  toc: {slugify: !!python/name:markdown.extensions.toc.slugify_unicode }\n",
    "flat": "use_directory_urls: false\nmarkdown_extensions: [attr_list, md_in_html, pymdownx.superfences]\n",
}


class Headings(HTMLParser):
    """The ids of all headings below the page's title."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs).get("id")
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit() and found:
            self.ids.append(found)


@pytest.mark.parametrize("name", CONFIGS)
def test_anchors_and_addresses_are_those_of_the_built_site(write: Write, tmp_path: Path, name: str) -> None:
    config = write("mkdocs.yml", f"site_name: x\nplugins: []\ntheme: {{name: null, custom_dir: theme}}\n{CONFIGS[name]}")
    write("theme/main.html", "<main>{{ page.content }}</main>")
    write("docs/index.md", "Home\n")
    write("docs/a b/headings.md", DEMANDING)
    write("docs/a b/other.md", "# Title\n\nText\n\n## Part\n\n# Another\n")
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    subprocess.run([sys.executable, "-m", "mkdocs", "build", "-q", "-f", str(config)], check=True, env=quiet)
    for article in read_docs(config):
        page = tmp_path / "site" / unquote(article.url)
        html = (page / "index.html" if page.is_dir() else page).read_text("utf-8")
        ids = Headings(html).ids
        title_ids = ids[:1] if html.startswith("<main><h1") else []
        anchors = [section.url.partition("#")[2] for section in article.sections]
        assert anchors[0] == ""
        assert [*title_ids, *anchors[1:]] == ids
        assert all(section.url.partition("#")[0] == article.url for section in article.sections)
        assert article.path != "a b/headings.md" or len(ids) >= 11
