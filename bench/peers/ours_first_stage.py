"""Our own search without its last leg, the 4-grams: what it costs before them."""

from pathlib import Path

import numpy as np

from bench.peers import Search, ours
from search import ranking

build = ours.build


def opened(folder: Path) -> Search:
    ranking._alike = lambda _board, _query, articles, _sections: np.zeros(len(articles), np.float32)  # type: ignore[assignment]
    return ours.opened(folder)
