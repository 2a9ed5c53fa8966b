"""Tantivy that forgives a slip in words of five letters and more, as ours does."""

from pathlib import Path

from bench.peers import Search, tantivy_en

build = tantivy_en.build


def opened(folder: Path) -> Search:
    return tantivy_en.opened(folder, fuzzy_from=5)
