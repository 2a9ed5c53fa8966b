"""A small made-up docs site, its index and an engine on it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from search import Engine, Section, build_index, read_docs

Write = Callable[[str, str], Path]

CONFIG = """
site_name: Orchard help
theme: {name: material}
plugins: []
markdown_extensions: [admonition, attr_list, toc: {permalink: true}]
"""

PAGES = {
    "index.md": "# Welcome\n\nFind your way.\n",
    "pear/index.md": "---\ntitle: Pear\n---\nEverything about the Pear app.\n",
    "pear/lost-harvest.md": """---
title: My harvest does not reach the barn
description: A harvest waits on the phone until it has a connection.
keywords: [crop vanished, upload]
questions: [harvest not arriving, where did my crops go]
---
Wait for a connection. The app sends each harvest on its own.

## Check the connection

Open **Settings** and look for the green leaf.

## Messages

`Basket sync failed: code 4711, ask the warden` means that the basket is full.
""",
    "pear/weigh-fruit.md": """---
title: Weigh fruit with the scale
questions: ["how do i use the scale, and where?"]
---
Put the basket on the scale. Wait for the beep.

## Units

Kilograms and pounds.
""",
    "plum/prune.md": "---\ntitle: Prune a tree\n---\nCut above a bud. A harvest follows next year.\n\n## Tools\n\nSecateurs.\n",
    "plum/sauté.md": "---\ntitle: Sauté ripe plums\n---\nHeat butter in a pan & add plums <b>slowly</b>.\n",
    "team/secret.md": "# For writers\n\nThe harvest manual of the staff.\n",
    "hidden.md": "---\nsearch: {exclude: true}\n---\n# Hidden harvest\n",
}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file below the site's folder; pages live in docs/."""

    def write_file(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return write_file


@pytest.fixture
def site(write: Write) -> Path:
    """The made-up site; its mkdocs.yml."""
    for name, text in PAGES.items():
        write(f"docs/{name}", text)
    return write("mkdocs.yml", CONFIG)


@pytest.fixture
def sections(site: Path) -> list[Section]:
    articles = read_docs(site, products=("pear", "plum"), exclude=("team/",))
    return [section for article in articles for section in article.sections]


@pytest.fixture
def root(tmp_path: Path, sections: list[Section]) -> Path:
    """Where the site's index is."""
    build_index(sections, tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture
def engine(root: Path) -> Engine:
    return Engine(root)
