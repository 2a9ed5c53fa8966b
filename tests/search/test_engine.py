"""Suggestions: the right article first, while the text grows, whatever is typed."""

import gc
import re
import shutil
from html import unescape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import Engine, IndexUnavailable, Section, Suggester, arrays, build_index, generations, query, ranking
from search.board import Board
from search.build import IMPACTS, open_index

LOST = "pear/lost-harvest/"


def articles(engine: Engine, text: str, **how: object) -> list[str]:
    return [suggestion.article for suggestion in engine.suggest(text, **how)]  # type: ignore[arg-type]


def test_a_suggestion_leads_to_the_section_that_answers(engine: Engine) -> None:
    first = engine.suggest("where is the green leaf in the settings")[0]
    assert (first.article, first.url) == (LOST, f"{LOST}#check-the-connection")
    assert (first.title, first.heading) == ("My harvest does not reach the barn", "Check the connection")
    assert first.breadcrumb == "Pear"
    assert first.snippet == ("Open <mark>Settings</mark> and look for the <mark>green</mark> <mark>leaf</mark>.")


def test_the_engine_is_a_suggester(engine: Engine) -> None:
    suggester: Suggester = engine
    assert suggester.suggest("harvest")


def test_an_article_is_suggested_once_however_many_sections_match(tmp_path: Path) -> None:
    parts = [Section(article="a/", url=f"a/#{n}", title="Apples", heading=f"Apple {n}", text="apple") for n in range(9)]
    build_index([*parts, Section(article="b/", url="b/", title="Pears", text="not an apple")], tmp_path)
    assert articles(Engine(tmp_path), "apple", limit=5, floor=0) == ["a/", "b/"]


def test_best_comes_first_and_the_limit_holds(engine: Engine) -> None:
    found = engine.suggest("harvest", limit=5, floor=0)
    assert [s.score for s in found] == sorted((s.score for s in found), reverse=True)
    assert len(found) > 1
    assert engine.suggest("harvest", limit=1, floor=0) == found[:1]
    assert engine.suggest("harvest", limit=0) == []


@pytest.mark.parametrize("text", ["", " ", "\n\t\u00a0", "?!…", "\u200b"])
def test_nothing_typed_finds_nothing(engine: Engine, text: str) -> None:
    assert engine.suggest(text, floor=0) == []


def test_a_title_is_found_from_its_first_letters(engine: Engine) -> None:
    for typed in ("wei", "weig", "weigh", "weigh f", "weigh fr"):
        assert articles(engine, typed)[0] == "pear/weigh-fruit/", typed


@pytest.mark.parametrize("text", ["the harvst is not in the barn", "harvset", "harvset raech"])
def test_typing_mistakes_are_forgiven(engine: Engine, text: str) -> None:
    assert articles(engine, text)[0] == LOST


def test_a_pasted_message_brings_its_article_with_long_text_around_it(engine: Engine) -> None:
    around = "Dear team, we weigh fruit with the scale every day and prune a tree, cut above a bud, with secateurs. "
    text = around * 20 + "Basket sync failed: code 4711, ask the warden" + around * 20
    first = engine.suggest(text)[0]
    assert (first.article, first.heading) == (LOST, "Messages")


def test_keywords_find_an_article_whose_text_lacks_them(engine: Engine) -> None:
    assert articles(engine, "vanished") == [LOST]


def test_accents_may_be_left_out(engine: Engine) -> None:
    assert articles(engine, "saute") == articles(engine, "SAUTÉ") == ["plum/saut%C3%A9/"]


def test_a_product_leaves_out_the_articles_of_others(engine: Engine) -> None:
    assert {a.split("/")[0] for a in articles(engine, "harvest", limit=9, floor=0)} >= {"pear", "plum"}
    assert {a.split("/")[0] for a in articles(engine, "harvest", product="plum", floor=0)} == {"plum"}
    assert articles(engine, "harvest", product="cherry", floor=0) == []


def test_excluded_pages_and_questions_are_never_found(engine: Engine) -> None:
    assert articles(engine, "manual of the staff", floor=0) == []
    assert "hidden/" not in articles(engine, "hidden harvest", limit=9, floor=0)


def test_a_weak_match_is_shown_only_when_asked_for(engine: Engine) -> None:
    text = "my neighbour wants to borrow a trumpet and play jazz in the kitchen next year with seventeen pans"
    assert engine.suggest(text) == []
    assert engine.suggest(text, floor=0)
    assert engine.suggest("harvest", floor=10**9) == []


def test_words_that_carry_no_subject_bring_nothing(engine: Engine) -> None:
    assert engine.suggest("how do I") == []


@pytest.mark.parametrize("language", ["en", "pt-BR", "zz", "", None])
def test_the_language_chooses_only_how_the_text_is_read(engine: Engine, language: str | None) -> None:
    assert articles(engine, "harvest barn", language=language)[0] == LOST


def test_text_in_another_language_of_the_site_is_stemmed_as_such(tmp_path: Path) -> None:
    pages = [
        Section(article="pt/", url="pt/", title="Formulários", text="As avaliações enviam.", language="pt-BR"),
        Section(article="en/", url="en/", title="Forms", text="People submit them.", language="en"),
    ]
    build_index(pages, tmp_path)
    engine = Engine(tmp_path)
    assert articles(engine, "avaliação ", floor=0) == articles(engine, "avaliacao ", language="pt", floor=0) == ["pt/"]
    assert articles(engine, "submitting ", floor=0) == ["en/"]


def test_text_without_spaces_between_words_is_found(tmp_path: Path) -> None:
    build_index([Section(article="zh/", url="zh/", title="提交调查表", text="打开应用程序。", language="zh")], tmp_path)
    assert articles(Engine(tmp_path), "调查") == articles(Engine(tmp_path), "如何提交调查", floor=0) == ["zh/"]


def test_a_snippet_is_escaped_and_marks_are_its_only_markup(engine: Engine) -> None:
    snippet = engine.suggest("saute butter")[0].snippet
    assert snippet == "Heat <mark>butter</mark> in a pan &amp; add plums slowly."


def test_html_in_the_text_never_reaches_the_page(tmp_path: Path) -> None:
    text = '<img src=x onerror=alert(1)> & <mark>plum</mark> "quoted"'
    build_index([Section(article="x/", url="x/", title="Plum", text=text)], tmp_path)
    snippet = Engine(tmp_path).suggest("plum onerror mark")[0].snippet
    assert set(re.findall(r"<[^>]*>", snippet)) == {"<mark>", "</mark>"}
    assert unescape(re.sub(r"</?mark>", "", snippet)) == text


def test_a_marked_word_is_escaped_too(tmp_path: Path) -> None:
    build_index([Section(article="x/", url="x/", title="Plugs", text="The plug a&1 fits.")], tmp_path)
    assert Engine(tmp_path).suggest("plug a&1")[0].snippet == "The <mark>plug</mark> <mark>a&amp;1</mark> fits."


def test_a_snippet_of_a_long_text_is_cut_between_words_around_the_matches(tmp_path: Path) -> None:
    before = " ".join(f"before{n}" for n in range(200))
    after = " ".join(f"after{n}" for n in range(200))
    build_index([Section(article="x/", url="x/", title="Long", text=f"{before} zebra crossing {after}")], tmp_path)
    snippet = Engine(tmp_path).suggest("zebra crossing")[0].snippet
    plain = re.sub(r"</?mark>", "", snippet)
    assert "<mark>zebra</mark> <mark>crossing</mark>" in snippet
    assert 120 <= len(plain) <= 200
    assert set(plain.strip("… ").split()) <= set(f"{before} zebra crossing {after}".split())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=())), limit=st.integers(-1, 9), floor=st.sampled_from([None, 0.0, 3.5]))
def test_any_text_gives_an_answer(engine: Engine, text: str, limit: int, floor: float | None) -> None:
    found = engine.suggest(text, limit=limit, floor=floor)
    assert len(found) <= max(limit, 0)
    assert len({s.article for s in found}) == len(found)


def test_while_the_last_word_grows_letters_in_common_count_less(tmp_path: Path) -> None:
    build_index([Section(article="a/", url="a/", title="Scale", text="Weigh fruit with it.")], tmp_path)
    board = open_index(tmp_path).board
    weights = [ranking.gram_weight(query.parse(text, board)) for text in ("wei", "weigh fruit " * 4 + "wit", "w" * 64, "wei ")]
    assert weights[0] == weights[3] / 2
    assert weights[0] < weights[1] < weights[3]
    assert weights[2] == weights[3]


def test_what_another_version_made_is_not_opened(tmp_path: Path) -> None:
    made = build_index([Section(article="a/", url="a/", title="Scale", text="Weigh fruit.")], tmp_path / "now")

    def write(folder: Path) -> None:
        shutil.copytree(made, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("manifest.json"))
        held = arrays.open_mapped(made / IMPACTS)
        arrays.save(folder / IMPACTS, {name: array for name, array in held.items() if name != "made_by"})

    generations.publish(tmp_path / "before", "0" * 64, write)
    with pytest.raises(IndexUnavailable):
        Engine(tmp_path / "before").suggest("weigh")
    assert Engine(tmp_path / "now").suggest("weigh", floor=0)


def test_a_generation_that_was_replaced_is_let_go(tmp_path: Path) -> None:
    def boards() -> set[int]:
        return {id(one) for one in gc.get_objects() if isinstance(one, Board)}

    before = boards()
    now = iter(range(100))
    engine = Engine(tmp_path, clock=lambda: float(next(now)))
    for text in ("weigh fruit", "weigh more fruit", "weigh no fruit"):
        build_index([Section(article="a/", url="a/", title="Scale", text=text)], tmp_path)
        assert engine.suggest("weigh", floor=0)
        gc.freeze()  # what is frozen is never looked at for circles
    gc.unfreeze()
    assert len(boards() - before) == 1


def test_a_japanese_word_is_marked_whole(tmp_path: Path) -> None:
    build_index([Section(article="a/", url="a/", title="x", text="アプリのデータを送る", language="ja")], tmp_path)
    assert Engine(tmp_path).suggest("データ", floor=0)[0].snippet == "アプリの<mark>データ</mark>を送る"
