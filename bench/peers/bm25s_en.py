"""bm25s: title twice and text in one field, stemmed; the last word stands for the words that begin so."""

import json
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np
import Stemmer

from bench.peers import SECTIONS, WORD, Search, distinct, split
from search import Section

COMPLETIONS = 50


def build(sections: Sequence[Section], folder: Path) -> None:
    stem = Stemmer.Stemmer("english").stemWords
    texts = [f"{s.title} {s.title} {s.heading} {' '.join(s.keywords)} {s.text}".casefold() for s in sections]
    tokens = [stem(WORD.findall(text)) for text in texts]
    retriever = bm25s.BM25()
    retriever.index(tokens, show_progress=False)
    retriever.save(str(folder / "index"))
    words = sorted({word for text in texts for word in WORD.findall(text)})
    (folder / "more.json").write_text(json.dumps([words, [section.article for section in sections]]))


def opened(folder: Path) -> Search:
    retriever = bm25s.BM25.load(str(folder / "index"), mmap=True)
    words, articles = json.loads((folder / "more.json").read_text())
    stem = Stemmer.Stemmer("english").stemWords

    def search(text: str, limit: int) -> list[str]:
        whole, growing = split(text)
        if growing:
            begin = bisect_left(words, growing)
            whole += [word for word in words[begin : begin + COMPLETIONS] if word.startswith(growing)]
        known = [token for token in dict.fromkeys(stem(whole)) if token in retriever.vocab_dict]
        if not known:
            return []
        scores = retriever.get_scores(known)
        best = np.argpartition(-scores, min(SECTIONS, len(scores) - 1))[:SECTIONS]
        ordered = best[np.argsort(-scores[best])]
        return distinct((articles[number] for number in ordered if scores[number] > 0), limit)

    return search
