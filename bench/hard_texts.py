"""CPU milliseconds of whole calls, passages too, for the texts that are hardest on a search. `python -m bench.hard_texts`

Each text is asked with another ending each time, so nothing of the call as a whole can be remembered. First is the first of
them, with nothing known of its words yet; median is of the rest. Limit: 5 ms, for any text up to the body limit."""

import argparse
import random
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import corpora
from bench.side_by_side import WARM
from search import Engine, build_index

TIMES = 15


def texts(words: list[str]) -> Mapping[str, str]:
    """The texts by name; `words` are those of the corpus."""
    chance = random.Random(1)
    return {
        "10,000 characters of articles": " ".join(words)[:10_000],
        "5,000 words": " ".join(chance.choices(words, k=5_000)),
        "1 MB of words": " ".join(chance.choices(words, k=250_000))[:999_000],
        "1 MB of one letter": "a" * 999_000,
        "5,000 times one letter": "a " * 5_000,
        "all planes of Unicode": "".join(map(chr, (n for n in range(0x20, 0x110000, 97) if not 0xD800 <= n < 0xE000))),
        "10,000 Chinese characters": "".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(10_000)),
        "10,000 signs of eighteen letters each": "\ufdfa" * 10_000,
        "signs of regular expressions": r"(.*)+[a-z]{1,99}\d|^$" * 450,
        "1,000 unknown words": " ".join("".join(chance.choices("abcdefghij", k=8)) for _ in range(1_000)),
        "24 unknown words": " ".join("".join(chance.choices("abcdefghij", k=8)) for _ in range(24)),
        "accents on accents": ("e" + "\u0301" * 50) * 200,
        "elisions": "l'" * 5_000,
        "joined words": "a-b_c." * 1_700,
        "addresses": "a.b@c.org " * 1_000,
    }


def spent(engine: Engine, text: str) -> list[float]:
    found = []
    for n in range(TIMES):
        began = time.thread_time()
        engine.suggest(f"{text} {n}", floor=0)
        found.append((time.thread_time() - began) * 1000)
    return found


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--sections", type=int, default=2000)
    size = given.parse_args().sections
    sections = corpora.enlarged(size).sections
    with TemporaryDirectory(prefix="deflect-bench-") as folder:
        build_index(sections, Path(folder))
        engine = Engine(Path(folder))
        for text in WARM:
            engine.suggest(text, floor=0)
        print(f"### Hard texts, {size:,} sections\n\n| text | characters | first ms | median ms |\n| --- | ---: | ---: | ---: |")
        for name, text in texts([word for section in sections[::7] for word in section.text.split()]).items():
            times = spent(engine, text)
            print(f"| {name} | {len(text):,} | {times[0]:.1f} | {statistics.median(times[1:]):.1f} |", flush=True)


if __name__ == "__main__":
    main()
