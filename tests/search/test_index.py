"""Generations on disk: made once for the same content, switched in whole, never served damaged."""

import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from whoosh import index as whoosh_index

from search import Engine, IndexUnavailable, Section, arrays, build_index, digest_of, update
from search.build import open_index
from search.generations import CURRENT, KEPT, MANIFEST, publish


def section(word: str) -> Section:
    return Section(article=f"{word}/", url=f"{word}/", title=f"About {word}", text=f"All that is known of {word}.")


def made(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir() if path.is_dir())


def live(root: Path) -> Path:
    return root / (root / CURRENT).read_text().strip()


def test_the_same_sections_make_the_same_digest_and_nothing_anew(tmp_path: Path, sections: list[Section]) -> None:
    first = build_index(sections, tmp_path / "a")
    before = {path: path.stat().st_mtime_ns for path in first.iterdir()}
    assert build_index(list(sections), tmp_path / "a") == first
    assert {path: path.stat().st_mtime_ns for path in first.iterdir()} == before
    build_index(sections, tmp_path / "b")
    assert Engine(tmp_path / "a").digest == Engine(tmp_path / "b").digest == digest_of(sections)


@pytest.mark.parametrize("changed", [{"text": "Other"}, {"keywords": ("new",)}, {"language": "fr"}, {"breadcrumb": "New"}])
def test_any_change_makes_another_digest(sections: list[Section], changed: dict[str, object]) -> None:
    other = [replace(sections[0], **changed), *sections[1:]]  # type: ignore[arg-type]
    assert digest_of(other) != digest_of(sections)


def test_the_previous_generation_stays_and_older_ones_go(tmp_path: Path) -> None:
    names = [build_index([section(word)], tmp_path).name for word in ("one", "two", "three", "four", "five")]
    assert live(tmp_path).name == names[-1]
    assert made(tmp_path) == names[-KEPT:]


def test_a_record_that_an_older_version_made_is_not_built_upon(tmp_path: Path) -> None:
    folder = build_index([section("one")], tmp_path)
    assert update.is_of_now(folder)
    record = {name: array.copy() for name, array in arrays.open_mapped(folder / update.FILE).items() if name != "made_by"}
    (folder / update.FILE).unlink()
    arrays.save(folder / update.FILE, record)
    assert not update.is_of_now(folder)
    assert build_index([section("one"), section("two")], tmp_path) == live(tmp_path)


def test_a_generation_that_is_still_there_is_switched_back_to(tmp_path: Path) -> None:
    first = build_index([section("one")], tmp_path)
    build_index([section("two")], tmp_path)
    assert build_index([section("one")], tmp_path) == first
    assert live(tmp_path) == first
    assert len(made(tmp_path)) == 2


def test_sections_come_back_as_they_went_in(root: Path, sections: list[Section]) -> None:
    assert list(open_index(root).sections) == sections


def test_keywords_and_title_are_indexed_once_an_article(root: Path) -> None:
    with whoosh_index.open_dir(str(live(root))).reader() as reader:
        assert reader.doc_frequency("keywords", "vanished") == 1
        assert reader.doc_frequency("title", "barn") == 1


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [truncated, flipped, Path.unlink])
@pytest.mark.parametrize("pattern", ["*.seg", "*.toc", "impacts.bin", "record.bin", MANIFEST])
def test_a_damaged_generation_is_not_served_but_the_one_before(tmp_path: Path, damage: object, pattern: str) -> None:
    build_index([section("old")], tmp_path)
    new = build_index([section("new")], tmp_path)
    for path in new.glob(pattern):
        damage(path)  # type: ignore[operator]
    assert [s.article for s in Engine(tmp_path).suggest("known", floor=0)] == ["old/"]


def test_a_damaged_generation_is_built_anew(tmp_path: Path) -> None:
    broken = build_index([section("one")], tmp_path)
    truncated(next(broken.glob("*.seg")))
    mended = build_index([section("one")], tmp_path)
    assert mended != broken
    assert Engine(tmp_path).suggest("known", floor=0)


@pytest.mark.parametrize("content", ["", "nonsense", "../../etc", "000009-0123456789abcdef"])
def test_a_current_that_names_nothing_falls_back_to_the_newest(tmp_path: Path, content: str) -> None:
    build_index([section("one")], tmp_path)
    (tmp_path / CURRENT).write_text(content)
    assert Engine(tmp_path).suggest("known", floor=0)


def test_without_an_index_the_error_names_the_place_and_the_mend(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "none")
    with pytest.raises(IndexUnavailable, match=r"none.*build_index"):
        engine.suggest("anything")
    build_index([section("one")], tmp_path / "none")
    assert engine.suggest("known", floor=0)


def test_when_every_generation_is_damaged_the_error_names_them(tmp_path: Path) -> None:
    only = build_index([section("one")], tmp_path)
    truncated(only / MANIFEST)
    with pytest.raises(IndexUnavailable, match=only.name):
        assert Engine(tmp_path).digest


def test_a_build_that_dies_leaves_the_live_generation_and_its_rest_is_swept(tmp_path: Path) -> None:
    build_index([section("one")], tmp_path)

    def dies(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(tmp_path, "f" * 64, dies)
    assert Engine(tmp_path).suggest("known", floor=0)
    assert len(made(tmp_path)) == 2
    build_index([section("two")], tmp_path)
    assert not [name for name in made(tmp_path) if name.startswith("building")]


def test_an_empty_site_has_an_index_that_finds_nothing(tmp_path: Path) -> None:
    build_index([], tmp_path)
    assert Engine(tmp_path).suggest("anything", floor=0) == []


def test_two_builders_at_once_leave_a_whole_index(tmp_path: Path) -> None:
    builders = [threading.Thread(target=build_index, args=([section(w)], tmp_path)) for w in ("one", "two", "three", "four")]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert Engine(tmp_path).suggest("known", floor=0)


def test_a_running_engine_follows_a_switch(tmp_path: Path) -> None:
    now = [0.0]
    build_index([section("one")], tmp_path)
    engine = Engine(tmp_path, clock=lambda: now[0])
    assert [s.article for s in engine.suggest("known", floor=0)] == ["one/"]
    build_index([section("two")], tmp_path)
    now[0] += 1.0
    assert [s.article for s in engine.suggest("known", floor=0)] == ["two/"]
    assert engine.digest == digest_of([section("two")])


def test_a_running_engine_follows_a_link_to_another_root(tmp_path: Path) -> None:
    now = [0.0]
    build_index([section("one")], tmp_path / "a")
    build_index([section("two")], tmp_path / "b")
    (tmp_path / "current").symlink_to("a")
    engine = Engine(tmp_path / "current", clock=lambda: now[0])
    assert engine.digest == digest_of([section("one")])
    (tmp_path / "next").symlink_to("b")
    (tmp_path / "next").replace(tmp_path / "current")
    now[0] += 1.0
    assert engine.digest == digest_of([section("two")])


def test_a_running_engine_keeps_serving_when_the_index_is_gone(tmp_path: Path) -> None:
    now = [0.0]
    build_index([section("one")], tmp_path / "index")
    engine = Engine(tmp_path / "index", clock=lambda: now[0])
    assert engine.suggest("known", floor=0)
    shutil.rmtree(tmp_path / "index")
    now[0] += 1.0
    assert engine.suggest("known", floor=0)


def test_threads_see_one_generation_or_the_next_and_never_a_half(tmp_path: Path) -> None:
    both = [[section(f"{name}{n}") for n in range(6)] for name in ("old", "new")]
    build_index(both[0], tmp_path)
    engine = Engine(tmp_path)
    seen: list[tuple[str, ...]] = []
    failures: list[BaseException] = []
    done = threading.Event()

    def ask() -> None:
        try:
            while not done.is_set():
                seen.append(tuple(s.article[:3] for s in engine.suggest("what is known", limit=50, floor=0)))
        except BaseException as error:  # noqa: BLE001  a thread's failure must reach the test
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for n in range(4):
        build_index(both[(n + 1) % 2], tmp_path)
        wanted = ("old", "new")[(n + 1) % 2]
        while not failures and (not seen or seen[-1][:1] != (wanted,)):  # until the engine has followed
            done.wait(0.01)
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert set(seen) == {("old",) * 6, ("new",) * 6}
