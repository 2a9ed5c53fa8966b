"""From text as typed to what is looked for: whole words, the growing one, slips of the pen, long texts."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from search import Section, build_index, query, typos
from search.board import Board
from search.build import open_index
from search.impacts import rarity
from search.query import Query

TEXT = "survey surveys assignment assign form forms format device zebra"


def board_of(root: Path, texts: Iterable[str], language: str = "en") -> Board:
    listed = [Section(article=f"{n}/", url=f"{n}/", title="", text=text, language=language) for n, text in enumerate(texts)]
    build_index(listed, root)
    return open_index(root).board


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return board_of(tmp_path, [TEXT])


def stems(board: Board, asked: Query) -> dict[str, dict[str, float]]:
    return {term.word: {board.stems[stem]: share for stem, share in term.stems} for term in asked.terms}


def grown(board: Board, text: str) -> list[str]:
    low, high = query.parse(text, board).terms[-1].grows or (0, 0)
    return list(board.words[low:high])


def near(board: Board, word: str, *, growing: bool = False) -> list[str]:
    return [board.words[number] for number, _ in typos.candidates(word, board.words, board.typos, growing=growing)]


def test_whole_words_are_stemmed(board: Board) -> None:
    assert stems(board, query.parse("Surveys ", board)) == {"surveys": {"survey": 1.0}}


def test_a_word_that_the_index_has_in_another_form_is_known_by_its_stem(board: Board) -> None:
    assert stems(board, query.parse("surveyed ", board)) == {"surveyed": {"survey": 1.0}}


def test_the_last_word_is_a_prefix_while_it_grows(board: Board) -> None:
    assert grown(board, "my sur") == ["survey", "surveys"]
    assert query.parse("my sur ", board).terms == ()
    assert query.parse("my sur. ", board).terms == ()


def test_a_growing_word_is_looked_for_as_it_stands_too(board: Board) -> None:
    assert stems(board, query.parse("form", board)) == {"form": {"form": 1.0}}
    assert grown(board, "form") == ["form", "format", "forms"]


def test_stop_words_are_dropped_unless_there_is_nothing_else(board: Board) -> None:
    assert set(stems(board, query.parse("how do i form ", board))) == {"form"}
    assert query.parse("how do i ", board).unknown > 0


def test_a_word_with_a_slip_stands_for_the_known_one_and_counts_less(board: Board) -> None:
    found = stems(board, query.parse("survay asignment ", board))
    assert found["survay"].keys() == {"survey"}
    assert found["asignment"].keys() == {"assign"}
    assert 0 < found["survay"]["survey"] < 1


def test_words_the_index_does_not_know_are_counted_but_a_growing_one_is_not(board: Board) -> None:
    assert query.parse("form xylophone ", board).unknown > 0
    assert query.parse("form xylophone", board).unknown == 0


def test_irregular_forms_and_synonyms_are_looked_for_too(tmp_path: Path) -> None:
    board = board_of(tmp_path, ["send photo"])
    found = stems(board, query.parse("sent pictures picture ", board))
    assert found["sent"]["send"] > found["picture"]["photo"] > 0


def test_a_long_text_keeps_its_rarest_words(tmp_path: Path) -> None:
    common = [f"common{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(100)]
    board = board_of(tmp_path, [" ".join(common)] * 5 + ["zebra"], "xx")
    found = query.parse(" ".join([*common, "zebra "]), board)
    assert len(found.terms) == query.MAX_TERMS
    assert "zebra" in {term.word for term in found.terms}


def test_a_very_long_text_is_known_by_other_forms_of_its_words_too(tmp_path: Path) -> None:
    board = board_of(tmp_path, [TEXT])
    strange = " ".join(f"unknown{n}" for n in range(query.MAX_LOOKED_UP - 1))
    asked = query.parse(f"surveyed {strange} assignments {strange}x. ", board)
    assert stems(board, asked) == {"surveyed": {"survey": 1.0}}, "the first that no article has as written"
    assert asked.unknown == pytest.approx(len(set(strange.split())) * rarity(1, 0) + 2 * rarity(1, 0))


def test_a_very_long_text_finds_nothing_where_no_article_has_its_words(tmp_path: Path) -> None:
    asked = query.parse(" ".join(f"unknown{n}" for n in range(500)), board_of(tmp_path, [TEXT]))
    assert asked.terms == ()
    assert asked.unknown == pytest.approx(499 * rarity(1, 0)), "the last may still grow"


@pytest.mark.parametrize("text", [" " * 20_000, "\n" * 20_000, "word" + " " * 20_000])
def test_a_long_text_may_be_white_space(text: str) -> None:
    assert query.clipped(text).split() == text.split()


def test_a_longer_text_keeps_both_its_ends() -> None:
    text = query.clipped("first " + "middle " * 5000 + "last")
    assert len(text) <= query.MAX_CHARS + 1
    assert (text.split()[0], text.split()[-1]) == ("first", "last")


def test_short_words_and_words_with_digits_have_no_typos(board: Board) -> None:
    assert near(board, "fom") == []
    assert near(board, "form2") == []


def test_a_short_word_keeps_its_first_letter(board: Board) -> None:
    assert near(board, "dorm") == []
    assert near(board, "zevra") == ["zebra"]


def test_two_slips_are_forgiven_only_in_long_words(board: Board) -> None:
    assert near(board, "asignmnet") == ["assignment"]
    assert near(board, "sirvay") == []


def test_a_growing_word_with_a_slip_is_compared_with_the_beginnings_of_words(board: Board) -> None:
    assert near(board, "asignm", growing=True) == ["assignment"]


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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(TEXT.split()), st.integers(0, 9), st.sampled_from("aez"), st.sampled_from(["add", "drop", "change", "swap"])
)
def test_the_table_never_hides_a_word_one_slip_away(board: Board, known: str, at: int, letter: str, slip: str) -> None:
    at = min(at + 1, len(known) - 1)
    word = known[:at] + ("" if slip == "drop" else letter) + known[at + (slip != "add") :]
    if slip == "swap":
        word = known[: at - 1] + known[at] + known[at - 1] + known[at + 1 :]
    assume(len(word) >= typos.SHORTEST and word not in board.words)
    expected = [other for other in board.words if typos.distance(word, other, 1) == 1]
    if len(word) <= typos.SHORT:
        expected = [other for other in expected if other[0] == word[0]]
    assert set(near(board, word)) == set(expected)
