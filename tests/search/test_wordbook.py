"""Synonyms that writers keep, by product: they bring articles whose words are others, and slips in the file are named."""

from pathlib import Path

import pytest

from search import DocsError, Engine, Section, build_index, read_synonyms
from tests.search.conftest import Write

PAGES = [
    Section(article="pear/a/", url="pear/a/", title="Empty the basket", text="How it is done.", product="pear"),
    Section(article="plum/b/", url="plum/b/", title="Fill the basket", text="How it is done.", product="plum"),
]


def test_each_word_of_a_group_stands_for_the_others(site: Path, write: Write) -> None:
    write("docs/pear/synonyms.yml", "- [Basket, crate, Körbe]\n- [crate, box]\n")
    found = read_synonyms(site, products=("pear", "plum"))
    assert found == {
        "pear": {
            "basket": ("crate", "korbe"),
            "box": ("crate",),
            "crate": ("basket", "korbe", "box"),
            "korbe": ("basket", "crate"),
        }
    }


def test_a_synonym_brings_the_article_and_only_for_its_product(tmp_path: Path) -> None:
    build_index(PAGES, tmp_path, synonyms={"pear": {"crate": ("basket",)}})
    engine = Engine(tmp_path)
    assert [s.article for s in engine.suggest("crate ", product="pear", floor=0)] == ["pear/a/"]
    assert engine.suggest("crate ", product="plum", floor=0) == []
    assert {s.article for s in engine.suggest("crate ", floor=0)} == {"pear/a/", "plum/b/"}


def test_the_word_itself_counts_more_than_its_synonym(tmp_path: Path) -> None:
    crate = Section(article="pear/c/", url="pear/c/", title="Empty the crate", text="How it is done.", product="pear")
    build_index([*PAGES, crate], tmp_path, synonyms={"": {"crate": ("basket",)}})
    assert next(iter(Engine(tmp_path).suggest("empty crate ", product="pear", floor=0))).article == "pear/c/"


def test_synonyms_belong_to_the_digest(tmp_path: Path) -> None:
    one = build_index(PAGES, tmp_path)
    assert build_index(PAGES, tmp_path, synonyms={"": {"crate": ("basket",)}}) != one


@pytest.mark.parametrize(
    ("text", "named"),
    [("pear: plum", "list of groups"), ("- [one]", "two words"), ("- [two words, one]", "two words"), ("- [", "YAML")],
)
def test_what_is_wrong_in_the_file_is_named(site: Path, write: Write, text: str, named: str) -> None:
    write("docs/pear/synonyms.yml", text)
    with pytest.raises(DocsError, match=rf"synonyms.yml.*{named}"):
        read_synonyms(site, products=("pear",))
