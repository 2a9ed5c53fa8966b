"""A text of support.yml is one text, or one for each language; what no catalogue knows is told with its line."""

from pathlib import Path

import pytest

from deflect_api import i18n
from tests.config.test_config import MADE_LINES, SMALL, read, refusal

LABEL = SMALL.replace("{name: Flow}", "{name: Flow, fields: [{name: page, label: %s}]}")


def test_a_text_is_read_in_each_language_and_english_stands_for_the_others(tmp_path: Path) -> None:
    label = read(tmp_path, LABEL % "{en: Page, fr: La page}").products["flow"].fields[0].label
    assert label == "Page"
    assert [i18n.say(label, language) for language in ("en", "fr", "es")] == ["Page", "La page", "Page"]
    assert i18n.say(label, "en_XA").startswith("⟦P")


def test_one_text_is_the_same_in_all_of_them(tmp_path: Path) -> None:
    label = read(tmp_path, LABEL % "Form ID").products["flow"].fields[0].label
    assert [i18n.say(label, language) for language in ("en", "fr")] == ["Form ID", "Form ID"]


def test_hubs_and_choices_may_be_mixed(tmp_path: Path) -> None:
    hubs = read(tmp_path, SMALL.replace("[Asia]", "[Asia, {en: Europe, es: Europa}]")).hubs
    assert hubs == ("Asia", "Europe")
    assert "Europe" in hubs
    assert [i18n.say(hub, "es") for hub in hubs] == ["Asia", "Europa"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{en: Page, xx: Page}", "there is no language xx. Use en, es, fr"),
        ("{fr: Page}", "the text in en is missing"),
        ("{en: ''}", "write a text, or one for each language"),
        ("[Page]", "write a text, or one for each language"),
        ("5", "write a text, or one for each language"),
    ],
)
def test_what_is_wrong_with_a_text_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    found = refusal(tmp_path, LABEL % text)
    assert f"support.yml:2: products.flow.fields.0.label: {told}" in found
    assert MADE_LINES > 2
