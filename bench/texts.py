"""How a question comes out of other hands: with a slip, in another order, in other words. The same every time."""

import random
from collections.abc import Callable

LETTERS = "aeiourstln"
OPENINGS = ("hello, ", "please help: ", "i have a problem, ", "good morning. ", "")
CLOSINGS = (", thanks", ", what can i do", ", can you help", "", " please")
OTHER_WORDS = {
    "delete": "get rid of", "remove": "get rid of", "photo": "snapshot", "image": "snapshot", "phone": "handset",
    "app": "application", "form": "questionnaire", "email": "mail", "folder": "directory", "error": "failure",
    "fails": "does not work", "change": "modify", "edit": "modify", "add": "create", "create": "set up",
    "find": "locate", "see": "view", "show": "display", "send": "transmit", "user": "person", "users": "people",
    "login": "sign in", "password": "passcode", "website": "site", "map": "chart", "data": "information",
}  # fmt: skip


def slip(text: str, chance: random.Random) -> str:
    """One letter left out, added, changed or swapped in one longer word."""
    words = text.split()
    long = [n for n, word in enumerate(words) if len(word) >= 5 and word.isalpha()]
    if not long:
        return text
    place = chance.choice(long)
    word, at, kind = words[place], chance.randrange(1, len(words[place]) - 1), chance.randrange(4)
    letter = chance.choice(LETTERS)
    words[place] = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
    )[kind]
    return " ".join(words)


def shuffled(text: str, chance: random.Random) -> str:
    words = text.split()
    chance.shuffle(words)
    return " ".join(words)


def reworded(text: str, chance: random.Random) -> str:
    """Known words in other words, and what people put around a question."""
    words = (OTHER_WORDS.get(word.casefold(), word) for word in text.split())
    return f"{chance.choice(OPENINGS)}{' '.join(words)}{chance.choice(CLOSINGS)}"


WAYS: dict[str, Callable[[str, random.Random], str]] = {
    "clean": lambda text, _: text,
    "typos": slip,
    "order": shuffled,
    "reworded": reworded,
}
