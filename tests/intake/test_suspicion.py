"""Suspicion: what holds a request for a look by a person, and what does not."""

from datetime import timedelta
from typing import Any

import pytest

from deflect_api.intake.abuse.suspicion import Facts, Repeated, gist, judge

MANY_SITES = " ".join(f"https://shop{n}.example/buy" for n in range(5))
TEN_PAGES = " ".join(f"https://rsr.akvo.org/my-rsr/projects/{n}/results" for n in range(10))
AT_ONCE = timedelta(seconds=2.9)


@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        ({"trap": "https://shop.example"}, ("trap",)),
        ({"text": MANY_SITES}, ("links",)),
        ({"text": MANY_SITES.replace("https://", "www.")}, ("links",)),
        ({"same_words": Repeated(sessions=10, places=10)}, ("repeated",)),
        ({"without_work": True}, ("flood",)),
        ({"age": AT_ONCE, "same_words": Repeated(sessions=3, places=3)}, ("quick", "repeated")),
        ({"age": AT_ONCE, "same_words": Repeated(sessions=30)}, ("quick", "repeated")),
        ({"age": AT_ONCE, "text": "see https://one.example and https://two.example"}, ("quick", "links")),
        ({"trap": "x", "age": AT_ONCE, "text": MANY_SITES}, ("trap", "quick", "links")),
    ],
)
def test_what_looks_like_spam_is_held_and_says_why(facts: dict[str, Any], reasons: tuple[str, ...]) -> None:
    found = judge(Facts(**facts))
    assert found.holds
    assert found.reasons == reasons


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"trap": "  "},
        {"age": timedelta(seconds=3)},
        {"age": AT_ONCE},  # a kept draft is sent at once, too
        {"age": AT_ONCE, "text": "https://care.akvoflow.org is empty"},
        {"age": timedelta(days=6)},
        {"text": TEN_PAGES},
        {"text": "https://one.example https://two.example https://three.example https://four.example"},
        {"same_words": Repeated(sessions=9, places=9)},
        {"same_words": Repeated(sessions=200)},  # a class that copies the words on the board
        {"age": AT_ONCE, "same_words": Repeated(sessions=29, places=2)},
    ],
)
def test_one_weak_sign_holds_nobody(facts: dict[str, Any]) -> None:
    assert not judge(Facts(**facts)).holds


def test_every_reason_adds_to_the_score() -> None:
    one, both = judge(Facts(age=AT_ONCE)), judge(Facts(age=AT_ONCE, same_words=Repeated(sessions=30)))
    assert 0 < one.score < both.score
    assert judge(Facts()).score == 0


def test_the_same_words_are_the_same_however_they_are_set() -> None:
    text = "Buy our best pills now, they are cheap and good for you! Number 17"
    assert gist(text) == gist("  " + text.upper().replace(",", " --"))
    assert gist(text)
    for other in ("pills", "17"):  # two people write of two projects in the same words
        assert gist(text) != gist(text.replace(other, "18"))


def test_few_words_are_said_by_many_people() -> None:
    assert gist("It does not work!") == ""
    assert gist("") == ""
