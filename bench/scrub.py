"""Prints how much the scrubber finds in the corpus of nasty texts, and every miss. `--control` takes two of its rules away.

Run: python -m bench.scrub [--control]
"""

import sys

from deflect_api.desk.scrubbing import scrub, scrub_patterns
from tests.desk import scrub_corpus


def main() -> None:
    control = "--control" in sys.argv
    if control:
        scrub_patterns.find = lambda *_, **__: []  # type: ignore[assignment]
    known = scrub.Known() if control else scrub_corpus.KNOWN
    figures = scrub_corpus.measure(known)
    print(f"{figures.texts} texts{', without patterns and known names' if control else ''}")
    for kind, (found, there) in sorted(figures.found.items()):
        print(f"{kind:<10}{found:>4} of {there}")
    for miss in figures.missed:
        print(f"missed: {miss}")
    print(f"marked that are no names: {figures.alarms}")


if __name__ == "__main__":
    main()
