"""What many people needed decides while little is typed, within bounds, and changes nothing else."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import Engine, Section, analysis, build_index
from search.build import open_index
from search.demand import SILENT, strength
from search.quality import questions_of
from search.query import parse
from search.sections import read_docs
from tests.search.test_properties import SOME, Pages, alike, engine_on, page, pages, sections_of, text, word

needs = st.lists(st.floats(0, 1), min_size=7, max_size=7)


def needed_of(values: list[float]) -> dict[str, float]:
    return {f"{n}/": value for n, value in enumerate(values)}


def found(engine: Engine, typed: str, needed: dict[str, float] | None = None, *, floor: float = 0) -> list[tuple[str, float]]:
    return [(one.article, one.score) for one in engine.suggest(typed, limit=50, floor=floor, needed=needed)]


def order(engine: Engine, typed: str, needed: dict[str, float] | None = None, **how: object) -> list[str]:
    return [one.article for one in engine.suggest(typed, floor=0, needed=needed, **{"limit": 99, **how})]  # type: ignore[arg-type]


@pytest.fixture
def alikes(tmp_path: Path) -> Engine:
    """Three guides about weighing, the one by hand with the longest title, and one that only mentions it."""
    titles = {"scale/": "Weigh with a scale", "floor/": "Weigh on a floor", "hand/": "Weigh fruit from many trees by hand"}
    listed = [Section(article, article, title, "Wait for the beep.") for article, title in titles.items()]
    build_index([*listed, Section("body/", "body/", "Prune a tree", "Then weigh what fell.")], tmp_path)
    return Engine(tmp_path)


def test_what_many_needed_comes_first_after_fewer_letters(alikes: Engine) -> None:
    assert order(alikes, "wei")[0] == order(alikes, "weigh")[0] != "hand/"
    for typed in ("wei", "weig", "weigh"):
        assert order(alikes, typed, {"hand/": 1.0})[0] == "hand/", typed


def test_more_need_comes_before_less(alikes: Engine) -> None:
    assert order(alikes, "wei", {"hand/": 1.0, "floor/": 0.4})[:2] == ["hand/", "floor/"]
    assert order(alikes, "wei", {"hand/": 0.4, "floor/": 1.0})[:2] == ["floor/", "hand/"]


def test_the_body_stays_below_the_titles_however_much_it_is_needed(alikes: Engine) -> None:
    assert order(alikes, "wei", {"body/": 1.0})[-1] == "body/"


def test_what_does_not_match_is_not_found(alikes: Engine) -> None:
    assert "hand/" not in order(alikes, "prun", {"hand/": 1.0})
    assert order(alikes, "zzz", {"hand/": 1.0}) == []


def test_articles_that_are_gone_and_numbers_out_of_bounds_do_no_harm(alikes: Engine) -> None:
    assert order(alikes, "wei", {"gone/": 1.0}) == order(alikes, "wei") == order(alikes, "wei", {"hand/": -5.0})
    wild = {"floor/": 1.0, "hand/": 1e9, "body/": 1e9}
    assert order(alikes, "wei", wild) == order(alikes, "wei", {"floor/": 1.0, "hand/": 1.0, "body/": 1.0})


def test_it_fades_as_more_is_typed(alikes: Engine, tmp_path: Path) -> None:
    board = open_index(tmp_path).board
    typed = ["w", "weig", "weighi", "weighing", "weighing m", "weighing my", "weighing my o"]
    assert [strength(parse(text, board)) for text in typed] == [1, 1, 1, 4 / 6, 3 / 6, 2 / 6, 1 / 6]
    assert strength(parse("weighing my ol", board)) == 0


@pytest.mark.parametrize("typed", ["weigh ", "weigh.", "weigh\n", "weigh with my old scales"])
def test_it_is_silent_once_the_last_word_is_whole_or_much_is_typed(alikes: Engine, typed: str) -> None:
    assert found(alikes, typed, {"hand/": 1.0}) == found(alikes, typed) != []


def test_a_weak_match_is_not_shown_because_it_is_needed_nor_instead_of_another(alikes: Engine) -> None:
    scores = dict(found(alikes, "wei"))
    assert scores["hand/"] < min(scores["scale/"], scores["floor/"])
    floor = (scores["hand/"] + min(scores["scale/"], scores["floor/"])) / 2
    assert order(alikes, "wei", {"hand/": 1.0})[0] == "hand/"
    shown = alikes.suggest("wei", limit=2, floor=floor, needed={"hand/": 1.0})
    assert sorted(one.article for one in shown) == ["floor/", "scale/"]


def test_whose_title_is_typed_stays_first(tmp_path: Path) -> None:
    pages = {"map/": ("Map", "It shows the land."), "maps/": ("A map of my maps", "A map, more maps and a map.")}
    build_index(
        [Section(name, name, title, body, keywords=("map",) * (name == "maps/")) for name, (title, body) in pages.items()],
        tmp_path,
    )
    engine = Engine(tmp_path)
    assert order(engine, "ma", {"maps/": 1.0}) == ["maps/", "map/"]
    assert order(engine, "map", {"maps/": 1.0}) == ["map/", "maps/"]


def test_words_that_stand_in_a_row_as_in_a_message_stay_above_the_same_words_apart(tmp_path: Path) -> None:
    texts = {"row/": "It says: ox yak zip.", "apart/": "A yak, an ox, a zip, and so on."}
    build_index([Section(name, name, "Maple", body) for name, body in texts.items()], tmp_path)
    engine = Engine(tmp_path)
    assert order(engine, "ox", {"apart/": 1.0})[0] == "apart/"
    assert order(engine, "ox yak z", {"apart/": 1.0}) == ["row/", "apart/"]


def test_a_product_leaves_out_the_needed_articles_of_others(tmp_path: Path) -> None:
    build_index([Section(f"{name}/", f"{name}/", "Weigh fruit", "Beep.", product=name) for name in ("pear", "plum")], tmp_path)
    assert order(Engine(tmp_path), "wei", {"plum/": 1.0}, product="pear") == ["pear/"]


def test_a_needed_article_that_is_not_among_the_best_is_found_too(tmp_path: Path) -> None:
    many = [
        Section(f"{n}/", f"{n}/", f"Weigh {name}", "Beep. " * (n + 1)) for n, name in enumerate("abcdefghijklmnopqrstuvwxyz" * 3)
    ]
    late = Section("late/", "late/", "How to weigh fruit of all kinds with a scale that hangs", "Beep.", product="plum")
    build_index([*many, late], tmp_path)
    engine = Engine(tmp_path)
    assert "late/" not in order(engine, "wei")
    assert "late/" in order(engine, "wei", {"late/": 1.0})
    assert set(order(engine, "wei")) < set(order(engine, "wei", {"late/": 1.0}))
    assert order(engine, "wei", {"late/": 0.001})[-1] == "late/"
    assert "late/" not in order(engine, "wei", {"late/": 1.0}, product="")


def test_it_follows_another_generation(tmp_path: Path) -> None:
    listed = [Section(name, name, f"Weigh {name[:-1]}", "Beep.") for name in ("pears/", "plums/")]
    build_index(listed, tmp_path)
    ticks = iter(range(99))
    engine, needed = Engine(tmp_path, clock=lambda: float(next(ticks))), {"plums/": 1.0}
    assert order(engine, "wei", needed)[0] == "plums/"
    build_index([Section("apples/", "apples/", "Weigh apples", "Beep."), *listed], tmp_path)
    assert order(engine, "wei", needed)[0] == "plums/"


@SOME
@given(pages, needs, word, st.integers(1, 5))
def test_an_article_more_or_less_needed_never_removes_another(listed: Pages, values: list[float], last: str, cut: int) -> None:
    with TemporaryDirectory() as root:
        engine = engine_on(sections_of(listed), root)
        digest, plain = engine.digest, found(engine, last[:cut])
        assert sorted(found(engine, last[:cut], needed_of(values))) == sorted(plain)
        assert engine.digest == digest
        assert found(engine, last[:cut]) == plain


@SOME
@given(pages, page, needs, text)
def test_an_article_added_never_removes_another(
    listed: Pages, more: tuple[str, list[tuple[str, str]]], values: list[float], typed: str
) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as two:
        before = order(engine_on(sections_of(listed), one), typed[:9], needed_of(values))
        after = order(engine_on(sections_of([*listed, more]), two), typed[:9], needed_of(values))
    assert set(before) <= set(after)


@SOME
@given(pages, needs, st.sampled_from(["", "\n"]))
def test_an_article_is_found_first_by_its_own_title_whatever_is_needed(listed: Pages, values: list[float], end: str) -> None:
    titles = [alike(head) for head, _ in listed]
    with TemporaryDirectory() as root:
        engine = engine_on(sections_of(listed), root)
        for n, (head, _) in enumerate(listed):
            first = order(engine, head + end)[:1]
            if first and titles[int(first[0][:-1])] == titles[n]:
                assert titles[int(order(engine, head + end, needed_of(values))[0][:-1])] == titles[n], head


@SOME
@given(pages, needs, word, st.integers(1, 5))
def test_the_body_is_never_lifted_above_a_title_or_heading(listed: Pages, values: list[float], last: str, cut: int) -> None:
    typed = last[:cut]

    def says_it(article: str) -> bool:
        head, parts = listed[int(article[:-1])]
        told = [head, *(heading for heading, _ in parts[1:])]
        return any(one.startswith(typed) for words in told for one in analysis.words(words))

    with TemporaryDirectory() as root:
        engine = engine_on(sections_of(listed), root)
        plain, lifted = order(engine, typed), order(engine, typed, needed_of(values))
    for at, body in enumerate(plain):
        above = [title for title in plain[:at] if says_it(title)] if not says_it(body) else []
        assert all(lifted.index(title) < lifted.index(body) for title in above)


def test_the_ranking_of_a_whole_question_does_not_change(release: Path) -> None:
    root = Path(__file__).parents[2]
    articles = read_docs(root / "mkdocs.yml", products=("flow", "rsr", "lumen"), exclude=("team/",))
    engine = Engine(release / "index")
    needed = {article.url: (n % 7) / 6 for n, article in enumerate(articles)}
    asked = questions_of(articles)
    assert len(asked) > 600
    assert min(sum(map(len, analysis.words(one.text))) for one in asked) >= SILENT
    for one in asked[::5]:
        assert engine.suggest(one.text, limit=10, needed=needed) == engine.suggest(one.text, limit=10), one.text
