"""Words: what counts as one, and that the same word is met however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import analysis


def words(text: str) -> list[str]:
    return [token.word for token in analysis.tokens(text)]


@pytest.mark.parametrize(
    ("one", "other"),
    [("São Tomé", "sao tome"), ("ＡＰＫ", "apk"), ("STRASSE", "straße"), ("don’t", "dont"), ("L’Été", "été"), ("ﬁle", "file")],
)
def test_case_accents_width_ligatures_and_apostrophes_do_not_matter(one: str, other: str) -> None:
    assert words(one) == words(other)


def test_a_version_is_found_whole_and_with_or_without_its_v() -> None:
    assert "2.10.2" in words("Flow v2.10.2 is out")
    assert "2.10.2" in words("version 2.10.2.")


def test_e_mail_and_email_meet() -> None:
    assert "email" in words("an e-mail")


def test_text_in_scripts_without_spaces_becomes_pairs_of_characters() -> None:
    assert words("水资源数据") == ["水资", "资源", "源数", "数据"]
    assert words("IMEI码") == ["imei", "码"]


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "submitted", "submit"),
        ("fr", "formulaires", "formulaire"),
        ("es", "encuestas", "encuesta"),
        ("pt-BR", "avaliações", "avaliacao"),
        ("it", "domande", "domanda"),
        ("id", "formulirnya", "formulir"),
    ],
)
def test_forms_of_a_word_have_one_stem(language: str, one: str, other: str) -> None:
    assert analysis.terms(one, language) == analysis.terms(other, language)


def test_a_language_without_a_stemmer_keeps_its_words() -> None:
    assert analysis.terms("submitted", "sw") == ["submitted"]


def test_words_with_digits_are_not_stemmed() -> None:
    assert analysis.terms("app2s", "en") == ["app2s"]


def test_a_token_says_where_it_stands() -> None:
    text = "Open the APK, then e-mail"
    assert [text[token.start : token.end] for token in analysis.tokens(text)] == [
        "Open", "the", "APK", "then", "e", "mail", "e-mail",
    ]  # fmt: skip


@given(st.text())
def test_any_text_has_terms_without_white_space(text: str) -> None:
    assert all(term and not any(c.isspace() for c in term) for term in analysis.terms(text))


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert analysis.fold(analysis.fold(text)) == analysis.fold(text)
