"""What several people asked: no word is told that fewer than enough of them typed."""

import pytest

from search.topics import Asked, Topic, topics

ASKED = [
    Asked("flow", "the tablet battery is empty"),
    Asked("flow", "Battery of the tablet is empty, Ada"),
    Asked("flow", "tablets battery empty fast"),
]


def test_texts_that_share_most_words_are_one_topic_in_words_that_all_used() -> None:
    assert topics(ASKED, 3) == [Topic("flow", "tablet battery empty", 3)]


def test_what_fewer_people_asked_is_not_told() -> None:
    assert topics(ASKED[:2], 3) == []


def test_two_products_are_two_topics() -> None:
    assert topics([*ASKED[:2], Asked("rsr", ASKED[2].text)], 3) == []
    assert [topic.product for topic in topics([*ASKED, *(Asked("rsr", one.text) for one in ASKED)], 3)] == ["flow", "rsr"]


def test_other_words_are_another_topic() -> None:
    others = [Asked("flow", "map without points")] * 4
    assert [(topic.words, topic.people) for topic in topics([*ASKED, *others], 3)] == [
        ("map without points", 4),
        ("tablet battery empty", 3),
    ]


@pytest.mark.parametrize("text", ["", "the of and", "12345678901 4139-k07c"])
def test_small_words_and_numbers_alone_are_no_topic(text: str) -> None:
    assert topics([Asked("flow", text)] * 5, 3) == []
