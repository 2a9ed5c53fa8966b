"""What must hold for any docs and any text: an answer, an article by its own title, nothing lost by what is added."""

import multiprocessing
import string
import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import Engine, Section, analysis, build_index
from search.build import IMPACTS
from search.update import FILE as RECORD

SOME = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WORDS = [
    "harvest",
    "basket",
    "barn",
    "pear",
    "plum",
    "scale",
    "tree",
    "bud",
    "leaf",
    "phone",
    "report",
    "value",
    "window",
    "green",
    "settings",
    "account",
]
word = st.one_of(st.sampled_from(WORDS), st.text(string.ascii_lowercase, min_size=3, max_size=9))
text = st.lists(word, min_size=1, max_size=12).map(" ".join)
title = st.lists(word, min_size=1, max_size=5).map(" ".join)
page = st.tuples(title, st.lists(st.tuples(title, text), min_size=1, max_size=3))
pages = st.lists(page, min_size=1, max_size=6)
Pages = list[tuple[str, list[tuple[str, str]]]]


def sections_of(listed: Pages) -> list[Section]:
    return [
        Section(f"{n}/", f"{n}/#{at}", head, body, heading=heading if at else "")
        for n, (head, parts) in enumerate(listed)
        for at, (heading, body) in enumerate(parts)
    ]


def engine_on(sections: Iterable[Section], root: str) -> Engine:
    build_index(sections, Path(root))
    return Engine(Path(root))


def shown(engine: Engine, typed: str, limit: int = 50) -> list[tuple[str, str, float]]:
    return [(found.article, found.url, found.score) for found in engine.suggest(typed, limit=limit, floor=0)]


def alike(title: str) -> tuple[str, ...]:
    """A title after analysis: what the search can tell of it."""
    return tuple(sorted({stem for stem in analysis.terms(title) if stem}))


@SOME
@given(pages)
def test_an_article_is_found_first_by_its_own_title(listed: Pages) -> None:
    titles = [alike(head) for head, _ in listed]
    with TemporaryDirectory() as root:
        engine = engine_on(sections_of(listed), root)
        for n, (head, _) in enumerate(listed):
            empty = analysis.stop_words(("en",))
            if any(found not in empty for found in analysis.words(head)):
                first = shown(engine, f"{head}\n")[0][0]
                assert titles[int(first[:-1])] == titles[n], head


@SOME
@given(pages, page, text)
def test_an_article_more_never_removes_another(listed: Pages, more: tuple[str, list[tuple[str, str]]], typed: str) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as two:
        before = shown(engine_on(sections_of(listed), one), f"{typed}\n")
        after = shown(engine_on(sections_of([*listed, more]), two), f"{typed}\n")
    assert {article for article, *_ in before} <= {article for article, *_ in after}


@SOME
@given(pages, page, st.integers(0, 7), text)
def test_an_edit_gives_what_a_full_build_gives(
    listed: Pages, other: tuple[str, list[tuple[str, str]]], at: int, typed: str
) -> None:
    many = [*listed, *((f"filler {n}", [("", f"nothing of note {n}")]) for n in range(12))]
    edited = [*many]
    edited[at % len(edited)] = other
    with TemporaryDirectory() as one, TemporaryDirectory() as two:
        build_index(sections_of(many), Path(one))
        updated, whole = build_index(sections_of(edited), Path(one)), build_index(sections_of(edited), Path(two))
        for name in (IMPACTS, RECORD):
            assert (updated / name).read_bytes() == (whole / name).read_bytes()
        assert Engine(Path(one)).digest == Engine(Path(two)).digest
        assert shown(Engine(Path(one)), typed) == shown(Engine(Path(two)), typed)


def test_edits_one_after_the_other_and_an_article_taken_out_give_what_a_full_build_gives(tmp_path: Path) -> None:
    listed = sections_of([(f"title {word}", [("", f"text of {word}"), (word, f"more of {word}")]) for word in WORDS])
    build_index(listed, tmp_path / "edited")
    for n in range(12):
        listed[n] = replace(listed[n], text=f"edited {n} {listed[n].text}")
        made = build_index(listed, tmp_path / "edited")
    listed = [section for section in listed if section.article != "3/"]
    made = build_index(listed, tmp_path / "edited")
    assert (made / IMPACTS).read_bytes() == (build_index(listed, tmp_path / "whole") / IMPACTS).read_bytes()


def test_an_index_elsewhere_is_updated_from_and_stays_as_it_was(tmp_path: Path) -> None:
    listed = sections_of([(f"title {word}", [("", f"text of {word}")]) for word in WORDS])
    live = build_index(listed, tmp_path / "live")
    sealed = {path.name: path.read_bytes() for path in live.iterdir()}
    edited = [replace(listed[0], text="quite another text"), *listed[1:]]
    made = build_index(edited, tmp_path / "next", before=tmp_path / "live")
    assert len(list(made.glob("*.seg"))) == 2  # what was there, and the edit: not a full build
    assert (made / IMPACTS).read_bytes() == (build_index(edited, tmp_path / "whole") / IMPACTS).read_bytes()
    assert {path.name: path.read_bytes() for path in live.iterdir()} == sealed


HARD = [
    "a" * 10_000, "ab" * 5_000, " ".join(f"word{n}" for n in range(5_000)), "harvest " * 100_000, "é.-/" * 200_000, "水" * 30_000,
    "".join(chr(n) for n in range(0x20, 0x110000, 97)), r"^(a+)+$|[\w.*?]{3,}(?P<x>\1)\\" * 200, "\x00\ufeff\u202e" * 3_000,
    "l'" * 5_000, "a_b" * 3_000, "-" * 10_000, "\ud800 harvest", "1.2.3-4/5@6" * 900,
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(HARD)))
@pytest.mark.parametrize("end", ["", " ", "\n"])
def test_a_hard_text_is_answered(engine: Engine, number: int, end: str) -> None:
    assert len(engine.suggest(HARD[number] + end, floor=0)) <= 3


@pytest.mark.parametrize("around", [0, 10, 100, 700])
def test_a_message_brings_its_article_however_long_the_paste(engine: Engine, around: int) -> None:
    other = "we weigh fruit and prune a tree with secateurs. "
    found = engine.suggest(
        other * (around // 10) + "Basket sync failed: code 4711, ask the warden" + " " + other * (around // 10)
    )
    assert found[0].article == "pear/lost-harvest/"


TYPED = [
    "harvest",
    "the harvst is not in the barn",
    "s",
    "weigh fr",
    "basket sync failed",
    "水",
    "cut above a bud " * 40,
    "leaf settings",
]


def test_threads_answer_as_one_thread_does(engine: Engine) -> None:
    alone = [shown(engine, typed) for typed in TYPED]
    together: list[list[list[tuple[str, str, float]]]] = []

    def ask() -> None:
        together.extend([shown(engine, typed) for typed in TYPED] for _ in range(10))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(together) == 80
    assert all(found == alone for found in together)


def _asked_elsewhere(root: str) -> list[list[tuple[str, str, float]]]:
    return [shown(Engine(Path(root)), typed) for typed in TYPED]


def test_processes_answer_as_one_does(engine: Engine, root: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        elsewhere = pool.map(_asked_elsewhere, [str(root)] * 2)
    assert elsewhere == [[shown(engine, typed) for typed in TYPED]] * 2
