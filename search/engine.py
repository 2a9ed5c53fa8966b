"""Engine: suggestions for a text while it is typed. Safe in any number of threads: what they share is never changed,
only replaced whole when another generation has been switched in."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from search import demand, generations, query, snippet
from search.build import Opened, open_index
from search.errors import SearchError
from search.ranking import Hit, rank

DEFAULT_FLOOR = 3.0
"""What it shows and hides is measured in docs/team/settings.md, at portal.floor."""

CHECK_EVERY = 0.25
"""Seconds between looks at what generation is live."""


@dataclass(frozen=True)
class Suggestion:
    """An article worth reading. `url` leads to its best section; `snippet` is HTML with nothing but <mark> in it."""

    article: str
    url: str
    title: str
    heading: str
    breadcrumb: str
    snippet: str
    score: float


class Suggester(Protocol):
    """What the service needs of a search."""

    @property
    def digest(self) -> str: ...

    def suggest(
        self,
        text: str,
        *,
        product: str | None = None,
        language: str | None = None,
        limit: int = 3,
        floor: float | None = None,
        needed: Mapping[str, float] | None = None,
    ) -> list[Suggestion]: ...


@dataclass(frozen=True)
class _Live:
    opened: Opened
    products: Mapping[str, NDArray[np.float32]]


class Engine:
    """Suggests from the live generation under `root` and follows when another is switched in.

    Nothing is read until the first call. IndexUnavailable is raised only while there has never been an intact index."""

    def __init__(self, root: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._root = Path(root)
        self._clock = clock
        self._lock = Lock()
        self._live: _Live | None = None
        self._seen: tuple[int, ...] = ()
        self._checked = float("-inf")
        self._needed: tuple[Mapping[str, float], _Live, NDArray[np.float64]] | None = None

    @property
    def digest(self) -> str:
        """The digest of the generation that answers now. Raises IndexUnavailable."""
        return self._current().opened.digest

    def suggest(
        self,
        text: str,
        *,
        product: str | None = None,
        language: str | None = None,
        limit: int = 3,
        floor: float | None = None,
        needed: Mapping[str, float] | None = None,
    ) -> list[Suggestion]:
        """The articles that fit the text typed so far, best first, one suggestion each.

        `product` leaves out the articles of others; `language` only chooses how the text is analysed. A score
        below `floor` is not shown; None is the default floor, 0 shows weak matches too. `needed` says of articles, 0 to 1,
        how many people needed them: while little is typed it decides between what fits about as well, whatever the scores.
        Do not change a mapping once given. Raises IndexUnavailable."""
        live = self._current()
        board = live.opened.board
        asked = query.parse(text, board, language, product)
        allowed = None if product is None else live.products.get(product)
        if product is not None and allowed is None:
            return []
        least, most = DEFAULT_FLOOR if floor is None else floor, max(limit, 0)
        lifts = bool(needed) and demand.strength(asked) > 0
        hits = rank(board, asked, allowed, None if lifts else most)
        if needed and lifts:
            hits = demand.lifted(board, asked, hits, need=self._need(live, needed), allowed=allowed)
        strong = [hit for hit in hits if hit.score >= least][:most]
        found = snippet.Looked(frozenset(board.stems[stem] for term in asked.terms for stem, _ in term.stems), asked.growing)
        return [_suggestion(live.opened, hit, found) for hit in strong]

    def _need(self, live: _Live, needed: Mapping[str, float]) -> NDArray[np.float64]:
        """The need of each article by its number, made once for a mapping and a generation."""
        kept = self._needed
        if kept is None or kept[0] is not needed or kept[1] is not live:
            names = [live.opened.sections[first].article for first in live.opened.board.first[:-1].tolist()]
            kept = self._needed = (needed, live, demand.dense(needed, names))
        return kept[2]

    def _current(self) -> _Live:
        now = self._clock()
        live = self._live
        if live is not None and now - self._checked < CHECK_EVERY:
            return live
        if live is None:
            with self._lock:
                return self._followed(now)
        if self._lock.acquire(blocking=False):
            try:
                return self._followed(now)
            finally:
                self._lock.release()
        return live

    def _followed(self, now: float) -> _Live:
        seen = generations.fingerprint(self._root)
        self._checked = now
        live = self._live
        if live is not None and seen == self._seen:
            return live
        try:
            made = _read(self._root, live)
        except SearchError:
            if live is None:
                raise
            made = live
        self._live, self._seen = made, seen
        if live is not None and live is not made:
            live.opened.board.forget()
            live.opened.sections.forget()
        return made


def _read(root: Path, before: _Live | None) -> _Live:
    opened = open_index(root.resolve())  # a link switched meanwhile must not mix two roots
    if before and before.opened.digest == opened.digest:
        return before
    products: dict[str, NDArray[np.float32]] = {}
    for number, name in enumerate(opened.products):
        articles = opened.board.arrays["article_of"][opened.board.arrays["product_of"] == number]
        products[name] = np.zeros(opened.board.size, np.float32)
        products[name][articles] = 1
    return _Live(opened, products)


def _suggestion(opened: Opened, hit: Hit, found: snippet.Looked) -> Suggestion:
    section = opened.sections[hit.section]
    return Suggestion(
        article=section.article,
        url=section.url,
        title=section.title,
        heading=section.heading,
        breadcrumb=section.breadcrumb,
        snippet=snippet.passage(section.text or section.description, section.language, found),
        score=round(hit.score, 4),
    )
