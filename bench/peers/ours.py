"""Our own search, without snippets as on all sides."""

from collections.abc import Sequence
from pathlib import Path

from bench.peers import Search
from search import Section, build_index, query
from search.build import open_index
from search.ranking import rank


def build(sections: Sequence[Section], folder: Path) -> None:
    build_index(sections, folder)


def opened(folder: Path) -> Search:
    found = open_index(folder)
    board = found.board
    names = [found.sections[number].article for number in board.first[:-1].tolist()]

    def search(text: str, limit: int) -> list[str]:
        return [names[hit.article] for hit in rank(board, query.parse(text, board))[:limit]]

    return search
