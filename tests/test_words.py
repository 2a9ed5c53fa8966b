"""The catalogues are complete: they hold what code and templates say, all of it translated, and placeholders are the same."""

import ast
import io
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from deflect_api import i18n, pseudo
from deflect_api.config import lines

ROOT = Path(__file__).parent.parent
LANGUAGES = [language for language in i18n.languages() if language != i18n.SOURCE_LANGUAGE]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "said": None, "saidn": (1, 2), "counted": (1, 2)}
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")
NEVER_SHOWN = ("ConfigError", "PermanentFailure", "TemporaryFailure", "UnknownOutcome", "DeliveryError", "ValueError")


@pytest.fixture(scope="module")
def said() -> dict[Any, tuple[str, ...]]:
    """Every text in code and templates, with its plural, and where it stands: as `make words` takes them."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["babel"]["mappings"]
    methods, options = [], {}
    for mapping in mappings:
        for pattern in mapping["pattern"] if isinstance(mapping["pattern"], list) else [mapping["pattern"]]:
            methods.append((pattern, mapping["method"]))
            options[pattern] = {name: value for name, value in mapping.items() if name not in ("method", "pattern")}
    found: dict[Any, tuple[str, ...]] = {}
    for name, _, message, _, _ in extract_from_dir(str(ROOT), methods, options, KEYWORDS):
        if name.startswith("deflect_api"):
            found[message] = (*found.get(message, ()), name)
    return found


def catalogue(language: str) -> Catalog:
    path = ROOT / "deflect_api" / "locale" / language / "LC_MESSAGES" / "deflect.po"
    return read_po(io.BytesIO(path.read_bytes()), locale=language, abort_invalid=True)


def in_pairs(catalogue: Catalog) -> Iterator[tuple[str, str]]:
    """Each translated text beside the one that it is made from; of plurals, the first form beside the singular."""
    for message in catalogue:
        if not message.id:
            continue
        if isinstance(message.id, str):
            yield message.id, str(message.string)
        else:
            yield from zip((message.id[0], *[message.id[-1]] * (len(message.string) - 1)), message.string, strict=True)


def test_french_and_spanish_are_there() -> None:
    assert {"fr", "es"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_every_text_and_no_other(language: str, said: dict[Any, tuple[str, ...]]) -> None:
    held = {message.id if isinstance(message.id, str) else tuple(message.id) for message in catalogue(language) if message.id}
    assert len(said) > 300
    assert set(said) - held == set(), "run make words, and translate these"
    assert held - set(said) == set(), "run make words: nobody says these any more"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_is_translated_and_checked_by_a_person(language: str) -> None:
    read = catalogue(language)
    assert [message.id for message in read if message.fuzzy and message.id] == []
    assert [source for source, text in in_pairs(read) if not text.strip()] == []
    wrong = [message.id for message in read if isinstance(message.id, tuple) and len(message.string) != read.num_plurals]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_translation_has_the_placeholders_and_the_spaces_of_its_text(language: str) -> None:
    pairs = list(in_pairs(catalogue(language)))
    places = [
        (source, text) for source, text in pairs if sorted(PLACEHOLDER.findall(source)) != sorted(PLACEHOLDER.findall(text))
    ]
    assert places == []
    assert [text for source, text in pairs if (text != text.strip()) != (source != source.strip())] == []


def test_french_keeps_its_signs_with_their_words() -> None:
    """A line must not begin with a colon: the space before it is one that does not break."""
    assert [text for _, text in in_pairs(catalogue("fr")) if re.search(r" [:;?!»]|« ", text)] == []


def untranslated(value: Any, path: str = "") -> Iterator[str]:
    """The texts of support.yml that people read and that lack one of our languages."""
    if isinstance(value, dict) and "en" in value:
        missing = [language for language in LANGUAGES if language not in value]
        if missing:
            yield f"{path}: {', '.join(missing)}"
    elif isinstance(value, dict):
        for key, below in value.items():
            if key in ("label", "hint", "warn", "hubs") and isinstance(below, str):
                yield f"{path}.{key}: {below}"
            yield from untranslated(below, f"{path}.{key}")
    elif isinstance(value, list):
        for at, below in enumerate(value):
            yield from untranslated(below, f"{path}[{at}]")


def test_our_own_settings_say_everything_in_every_language() -> None:
    settings, _ = lines.load(ROOT / "support.yml")
    assert list(untranslated({"products": settings["products"], "hubs": settings["hubs"]})) == []


def bare_errors(source: str) -> Iterator[tuple[int, str]]:
    """Where code raises an error with a text that no catalogue will know."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call) or not node.exc.args:
            continue
        name = node.exc.func.attr if isinstance(node.exc.func, ast.Attribute) else getattr(node.exc.func, "id", "")
        text = node.exc.args[0]
        if name not in NEVER_SHOWN and (
            isinstance(text, ast.JoinedStr) or (isinstance(text, ast.Constant) and isinstance(text.value, str))
        ):
            yield node.lineno, ast.unparse(text)


OF_THE_DESK = ("accounts", "second_line", "staff")  # folders of the web
FOR_PROGRAMS_AND_AGENTS = {
    "deflect_api/intake/abuse/holding.py",  # the desk speaks English
    "deflect_api/intake/notices.py",
    "deflect_api/intake/personal_data/privacy.py",
    "deflect_api/intake/reply_clock.py",
    "deflect_api/delivery/steering.py",
    "deflect_api/store/db.py",
    "deflect_api/intake/tickets.py: Choose one of the states.",
    "deflect_api/web/incidents.py",
    "deflect_api/web/release.py",  # for who runs the service
}


def test_what_requesters_are_refused_with_goes_through_the_catalogues() -> None:
    found = []
    for folder in ("intake", "store", "delivery", "web"):
        for path in sorted((ROOT / "deflect_api" / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if path.parent.name in OF_THE_DESK:
                continue
            texts = [f"{name}: {text.strip(chr(39))}" for _, text in bare_errors(path.read_text(encoding="utf-8"))]
            found += [text for text in texts if name not in FOR_PROGRAMS_AND_AGENTS and text not in FOR_PROGRAMS_AND_AGENTS]
    assert found == [], "say them with said()"


def test_a_bare_error_is_found() -> None:
    assert list(bare_errors('raise NotFound("There is nothing.")')) == [(1, "'There is nothing.'")]
    assert list(bare_errors('raise NotFound(said("There is nothing."))')) == []


def test_a_text_is_said_in_any_language_whatever_it_was_made_from() -> None:
    inner = i18n.saidn("%(num)s article may help", "%(num)s articles may help", 2)
    text = i18n.said("Error: %(title)s", title=inner)
    assert text == "Error: 2 articles may help"
    assert i18n.say(text, "fr") == "Erreur\u00a0: 2 articles peuvent aider"
    assert i18n.say(text, "es") == "Error: 2 artículos pueden ayudar"
    assert i18n.say("a person's 100% own words", "fr") == "a person's 100% own words"


@pytest.mark.parametrize(
    ("number", "french", "spanish"),
    [
        (0, "0 article peut", "0 artículos pueden"),
        (1, "1 article peut", "1 artículo puede"),
        (5, "5 articles peuvent", "5 artículos pueden"),
    ],
)
def test_numbers_take_the_form_that_the_language_gives_them(number: int, french: str, spanish: str) -> None:
    told = i18n.saidn("%(num)s article may help", "%(num)s articles may help", number)
    assert i18n.say(told, "fr").startswith(french)
    assert i18n.say(told, "es").startswith(spanish)


def test_a_pseudo_text_keeps_what_is_filled_in_and_is_longer() -> None:
    text = pseudo.text("At most %(num)s of {names}, 100%%.")
    assert text.startswith(pseudo.BEGIN)
    assert text.endswith(pseudo.END)
    assert [*PLACEHOLDER.findall(text), "100%%" in text] == ["%(num)s", "{names}", True]
    assert len(text) > 34 * 1.3
    assert pseudo.text("") == ""


@pytest.mark.parametrize(
    ("wishes", "found"),
    [
        (("fr-CA",), "fr"), (("es-419", "en"), "es"), (("pt-BR", "es"), "es"), (("de", "*"), "en"), ((), "en"),
        (("en-US", "fr"), "en"), (("en-xa",), "en_XA"), (("../../etc", '"><script>'), "en"),
    ],
)  # fmt: skip
def test_the_first_wish_that_we_have_is_chosen(wishes: tuple[str, ...], found: str) -> None:
    assert i18n.choose(*wishes) == found


def test_settings_written_as_yaml_hold_the_languages_that_there_are() -> None:
    raw = yaml.safe_load((ROOT / "support.yml").read_text(encoding="utf-8"))
    assert set(raw["hubs"][0]) == {"en", *LANGUAGES}
