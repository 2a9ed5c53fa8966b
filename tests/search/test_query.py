"""From text as typed to what is looked for: whole words, the growing one, slips of the pen, long texts."""

from hypothesis import assume, given
from hypothesis import strategies as st

from search import query, typos
from search.vocabulary import Vocabulary, gather

WORDS = {"survey": 5, "surveys": 2, "assignment": 3, "assign": 4, "form": 9, "format": 2, "device": 1, "zebra": 1}
KNOWN = gather(WORDS, {"survey": 5, "assign": 4, "form": 9, "format": 2, "devic": 1, "zebra": 1}, ["en"], early=["form"])


def options(text: str, vocabulary: Vocabulary = KNOWN) -> dict[str, dict[str, float]]:
    return {term.word: dict(term.options) for term in query.parse(text, vocabulary).terms}


def test_whole_words_are_stemmed() -> None:
    assert options("Surveys ") == {"surveys": {"survey": 1.0}}


def test_the_last_word_is_a_prefix_while_it_grows() -> None:
    assert set(options("my sur")["sur"]) == {"survey"}
    assert options("my sur ") == {}
    assert options("my sur. ") == {}


def test_a_whole_word_counts_more_than_what_it_may_become() -> None:
    found = options("form")["form"]
    assert found["form"] > found["format"]


def test_two_letters_complete_only_words_of_titles_and_headings() -> None:
    assert set(options("fo")["fo"]) == {"form"}
    assert options("su") == {}


def test_stop_words_are_dropped_unless_there_is_nothing_else() -> None:
    assert set(options("how do i form ")) == {"form"}
    assert query.parse("how do i ", KNOWN).unknown == 3


def test_a_word_with_a_slip_stands_for_the_known_one_and_counts_less() -> None:
    found = options("survay asignment ")
    assert found["survay"].keys() == {"survey"}
    assert found["asignment"].keys() == {"assign"}
    assert 0 < found["survay"]["survey"] < 1


def test_a_known_word_is_never_taken_for_a_slip() -> None:
    assert options("form ")["form"] == {"form": 1.0}


def test_words_the_index_does_not_know_are_counted_but_a_growing_one_is_not() -> None:
    assert query.parse("form xylophone ", KNOWN).unknown == 1
    assert query.parse("form xylophone", KNOWN).unknown == 0


def test_irregular_forms_and_synonyms_are_looked_for_too() -> None:
    known = gather(["send", "photo"], {"send": 1, "photo": 1}, ["en"])
    found = options("sent pictures picture ", known)
    assert found["sent"]["send"] > found["picture"]["photo"] > 0


def test_a_long_text_keeps_its_rarest_words_and_both_its_ends() -> None:
    common = [f"common{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(100)]
    known = gather([*common, "zebra"], {**dict.fromkeys(common, 90), "zebra": 1}, ["xx"])
    found = query.parse(" ".join([*common, "zebra "]), known)
    assert len(found.terms) == query.MAX_WORDS
    assert "zebra" in {term.word for term in found.terms}
    text = query.clipped("first " + "middle " * 5000 + "last")
    assert len(text) <= query.MAX_CHARS + 1
    assert (text.split()[0], text.split()[-1]) == ("first", "last")


def test_short_words_and_words_with_digits_have_no_typos() -> None:
    assert typos.candidates("fom", KNOWN) == []
    assert typos.candidates("form2", KNOWN) == []


def test_a_short_word_keeps_its_first_letter() -> None:
    assert typos.candidates("dorm", KNOWN) == []
    assert [word for word, _ in typos.candidates("zevra", KNOWN)] == ["zebra"]


def test_two_slips_are_forgiven_only_in_long_words() -> None:
    assert [word for word, _ in typos.candidates("asignmnet", KNOWN)] == ["assignment"]
    assert typos.candidates("sirvay", KNOWN) == []


def test_a_growing_word_with_a_slip_is_compared_with_the_beginnings_of_words() -> None:
    assert [word for word, _ in typos.candidates("asignm", KNOWN, growing=True)] == ["assignment"]


def slow_distance(one: str, two: str) -> int:
    """Optimal string alignment, straight from its definition."""
    if not one or not two:
        return len(one) + len(two)
    best = min(
        slow_distance(one[1:], two) + 1, slow_distance(one, two[1:]) + 1, slow_distance(one[1:], two[1:]) + (one[0] != two[0])
    )
    if one[:2] == two[:2][::-1] and len(one) > 1 and len(two) > 1:
        best = min(best, slow_distance(one[2:], two[2:]) + 1)
    return best


@given(st.text("abc", max_size=5), st.text("abc", max_size=5), st.integers(0, 3))
def test_the_distance_is_the_number_of_slips_up_to_the_limit(one: str, two: str, limit: int) -> None:
    assert typos.distance(one, two, limit) == min(slow_distance(one, two), limit + 1)


@given(st.sampled_from(KNOWN.ordered), st.integers(0, 9), st.sampled_from("aez"), st.sampled_from(["add", "drop", "change"]))
def test_the_sieve_never_hides_a_word_one_slip_away(known: str, at: int, letter: str, slip: str) -> None:
    at = min(at + 1, len(known) - 1)
    word = known[:at] + ("" if slip == "drop" else letter) + known[at + (slip != "add") :]
    assume(len(word) >= typos.SHORTEST)
    near = [other for other in KNOWN.ordered if typos.distance(word, other, 1) == 1]
    expected = near if word not in KNOWN.ordered else [word]
    assert {found for found, _ in typos.candidates(word, KNOWN)} == set(expected)
