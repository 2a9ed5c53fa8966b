"""What leaves for a public place names nobody: patterned data and known names are gone, possible names are pointed out."""

import hypothesis
import hypothesis.strategies as st
import pytest

from deflect_api.desk.scrubbing import scrub
from deflect_api.desk.scrubbing.names import Person
from tests.desk import scrub_corpus

MUST_GO = ("mail", "phone", "imei", "token", "password", "link", "partner")
IN_ANOTHER_SCRIPT = ("Mohammed Al Fassi", "WangXiaoming")  # of 王小明 and محمد الفاسي: pointed out at most, as any name is


@pytest.fixture(scope="module")
def figures() -> scrub_corpus.Figures:
    return scrub_corpus.measure()


def test_the_corpus_has_two_hundred_texts(figures: scrub_corpus.Figures) -> None:
    assert figures.texts >= 200


@pytest.mark.parametrize("kind", MUST_GO)
def test_nothing_with_a_shape_and_no_known_name_is_missed(figures: scrub_corpus.Figures, kind: str) -> None:
    assert figures.share(kind) == 1, [miss for miss in figures.missed if miss.startswith(kind)]


def test_a_known_name_is_missed_only_where_it_is_written_in_another_script(figures: scrub_corpus.Figures) -> None:
    missed = [miss for miss in figures.missed if miss.startswith("known")]
    assert [miss for miss in missed if not any(name in miss for name in IN_ANOTHER_SCRIPT)] == []
    assert figures.share("known") >= 0.98


def test_possible_names_are_pointed_out_nine_times_in_ten(figures: scrub_corpus.Figures) -> None:
    assert figures.share("name") >= 0.9, figures.missed


def test_what_developers_need_stays(figures: scrub_corpus.Figures) -> None:
    assert figures.share("keep") >= 0.98, figures.missed


def test_without_its_rules_the_corpus_finds_misses() -> None:
    """The control: the figures above can fail."""
    bare = scrub_corpus.measure(scrub.Known())
    assert bare.share("known") < 0.5
    assert bare.share("partner") == 0


def test_one_thing_has_one_placeholder_in_all_texts() -> None:
    known = scrub.Known((Person(("Ada Obi",)), Person(("Ben Ito",))))
    done = scrub.scrub({"subject": "Ada and Ben", "body": "BEN wrote to a@example.org and A@example.org; Ada saw it"}, known)
    assert done.texts == {
        "subject": "[person 1] and [person 2]",
        "body": "[person 2] wrote to [mail 1] and [mail 1]; [person 1] saw it",
    }
    assert scrub.Replaced("Ada", "[person 1]") in done.replaced


def test_what_was_scrubbed_stays_as_it_is() -> None:
    known = scrub.Known((Person(("Ada Obi", "ada.obi")),))
    once = scrub.scrub({"t": "Ada, ada.obi@example.org, +254 712 345 678, https://example.org/x?y=1"}, known).texts["t"]
    assert scrub.scrub({"t": once}, known).texts["t"] == once


def test_a_name_that_a_person_points_out_goes_everywhere() -> None:
    done = scrub.scrub({"t": "Njoroge called; njoroge's phone"}, scrub.Known(), also=("Njoroge",))
    assert "joroge" not in done.texts["t"]


def test_a_name_that_is_also_a_word_goes_only_with_a_capital() -> None:
    known = scrub.Known((Person(("Will Obi",)),))
    assert scrub.scrub({"t": "Will says it will fail"}, known).texts["t"] == "[person 1] says it will fail"


@pytest.mark.parametrize(
    "piece", ["a", "1 ", "@", "a.", "(1", "+", "https://", "é", "A b ", "[at] ", "pass: ", "م", "\x00", "\u200b"]
)
def test_any_text_comes_to_an_end(piece: str) -> None:
    scrub.scrub({"t": piece * (10_000 // len(piece))}, scrub_corpus.KNOWN)


@hypothesis.given(text=st.text(max_size=200), name=st.text(min_size=1, max_size=60), partner=st.text(max_size=60))
@hypothesis.example(text="it stopped", name="++", partner="?* ( 日+")
@hypothesis.settings(deadline=None, max_examples=150)
def test_whatever_people_typed_as_names_a_text_can_be_scrubbed(text: str, name: str, partner: str) -> None:
    known = scrub.Known(people=(Person((name,)), Person((partner,), "partner")))
    assert set(scrub.scrub({"text": text}, known).texts) == {"text"}


@pytest.mark.parametrize("letters", ["a" * 20_000, "ab " * 6_000, "., " * 6_000])
def test_a_long_text_is_read_to_its_end(letters: str) -> None:
    """Patterns that may begin and end anywhere in a long word would never be done with it."""
    text = f". {letters}1"
    assert scrub.scrub({"text": text}, scrub.Known()).texts == {"text": text}


def test_a_title_is_a_word_of_its_own() -> None:
    done = scrub.scrub({"text": "see the potato field; ato Tesfaye planted it"}, scrub.Known())
    assert [done.texts["text"][start:end] for start, end in done.possible["text"]] == ["Tesfaye planted"]
