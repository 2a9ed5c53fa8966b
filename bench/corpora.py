"""What the benches search in: our docs, the public question sets kept beside the repository, and enlargements of our docs.

An enlargement is the same every time: our articles with their questions, and around them others whose words follow each other
as ours do, mixed with words of their own that grow with the size as those of a language do."""

import json
import os
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from search import Section, read_docs

ROOT = Path(__file__).resolve().parents[1]
RELEVANCE = Path(os.environ.get("RELEVANCE", ROOT.parent / "shared" / "relevance"))
PUBLIC = {"stackfaq": "en", "faquad-pt": "pt"}
SIZES = (2_000, 12_000, 38_000)
PRODUCTS = ("flow", "rsr", "lumen")
OWN = "our docs"
INVENTED = 60_000
SHARE_INVENTED = 0.12
_SYLLABLES = [
    "ba",
    "ri",
    "to",
    "men",
    "lo",
    "ka",
    "si",
    "du",
    "ver",
    "pla",
    "ne",
    "qui",
    "gor",
    "ta",
    "fi",
    "xe",
    "mu",
    "shi",
    "pra",
    "no",
    "el",
    "ja",
    "wi",
    "cor",
]


@dataclass(frozen=True)
class Question:
    """A text as people type it, and the grade of each article that answers it."""

    text: str
    answers: dict[str, int]


@dataclass(frozen=True)
class Corpus:
    name: str
    language: str
    sections: tuple[Section, ...]
    questions: tuple[Question, ...]


def names() -> list[str]:
    """What can be measured here: the public sets only where they are."""
    return [OWN, *(name for name in PUBLIC if (RELEVANCE / name).is_dir()), *(f"{size} sections" for size in SIZES)]


def load(name: str) -> Corpus:
    if name == OWN:
        return own()
    return public(name) if name in PUBLIC else enlarged(int(name.split(maxsplit=1)[0]))


def own() -> Corpus:
    articles = read_docs(ROOT / "mkdocs.yml", products=PRODUCTS, exclude=("team/",))
    questions = (Question(text, {article.url: 1}) for article in articles for text in article.questions)
    return Corpus(OWN, "en", tuple(s for article in articles for s in article.sections), tuple(questions))


def public(name: str) -> Corpus:
    folder, language = RELEVANCE / name, PUBLIC[name]
    sections = (
        Section(article=row["id"], url=row["id"], title=row["title"], text=row["text"], language=language)
        for row in rows(folder / "corpus.jsonl")
    )
    answers: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels.tsv").read_text("utf-8").splitlines():
        question, document, grade = line.split("\t")
        answers.setdefault(question, {})[document] = int(grade)
    questions = (Question(row["text"], answers.get(row["id"], {})) for row in rows(folder / "queries.jsonl"))
    return Corpus(name, language, tuple(sections), tuple(questions))


def rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def enlarged(size: int) -> Corpus:
    """Our docs among as many made-up sections as are lacking."""
    base = own()
    made = _made_up(base.sections, random.Random(size))
    more = [next(made) for _ in range(size - len(base.sections))]
    return Corpus(f"{size} sections", "en", (*base.sections, *more), base.questions)


def _made_up(sections: Sequence[Section], chance: random.Random) -> Iterator[Section]:
    words = [word for section in sections for word in re.findall(r"\w+", section.text)]
    after: dict[str, list[str]] = {}
    for one, two in pairwise(words):
        after.setdefault(one, []).append(two)

    def sentence(length: int) -> str:
        said, word = [], chance.choice(words)
        for _ in range(length):
            said.append(_invented(chance) if chance.random() < SHARE_INVENTED else word)
            word = chance.choice(after.get(word, words))
        return " ".join(said)

    number = 0
    while True:
        number += 1
        url, title, product = f"made-up/{number}/", sentence(chance.randrange(4, 8)).capitalize(), chance.choice(PRODUCTS)
        for part in range(chance.randrange(3, 9)):
            text = ". ".join(sentence(chance.randrange(6, 14)).capitalize() for _ in range(chance.randrange(2, 6)))
            yield Section(f"made-up/{number}/", f"{url}#{part}", title, text, product, sentence(3) if part else "")


def _invented(chance: random.Random) -> str:
    """A made-up word; the word of rank n comes up as often as 1/n, as words do."""
    rank = int(INVENTED ** chance.random())
    letters = random.Random(rank)
    return "".join(letters.choice(_SYLLABLES) for _ in range(letters.randrange(2, 5)))
