"""Coaching: only what fits is asked for, the most helpful first, and a text that says nothing is known in three languages."""

from collections.abc import Mapping

import pytest

from deflect_api import config
from deflect_api.config import Support
from deflect_api.intake.wording import coaching
from tests.conftest import ROOT

HAPPENED = "The new survey is missing in the list on both phones"
FLOW_BUG = {"product": "flow", "type": "bug", "subject": "survey is missing", "happened": HAPPENED}
VAGUE = [
    "it doesn't work",
    "It doesn’t work!!",
    "help",
    "HELP ME PLEASE",
    "not working pls",
    "Hello, the app is not working, please help",
    "problem",
    "error",
    "the dashboard is broken",
    "it crashes",
    "flow not working since yesterday",
    "Good morning team, urgent!!!",
    "ça ne marche pas",
    "Bonjour, l'application ne fonctionne pas, merci de m'aider",
    "aidez-moi svp",
    "j'ai un problème",
    "no funciona",
    "Hola, ¿me pueden ayudar por favor?",
    "tengo un problema urgente",
    "la aplicación no sirve",
    "ayuda",
]
TELLING = [
    "cannot log in",
    "survey not showing on the phone",
    "Could not fetch forms",
    "export is empty",
    "GPS does not lock",
    "",
    "l'export Excel est vide",
    "impossible de publier le formulaire",
    "le mot de passe est refusé",
    "no puedo publicar la encuesta",
    "el mapa está vacío",
    "表單沒有出現",
    "HTTP 500",
]


@pytest.fixture(scope="module")
def support() -> Support:
    return config.read_support(ROOT / "support.yml", {})


def look(support: Support, values: Mapping[str, str]) -> coaching.Progress:
    return coaching.look(values, coaching.parts_of(support))


def asked(support: Support, **values: str) -> set[str]:
    found = look(support, values)
    return {*found.there, *found.missing}


@pytest.mark.parametrize("text", VAGUE)
def test_a_text_that_only_says_that_it_fails_is_vague(text: str) -> None:
    assert coaching.is_vague(text)


@pytest.mark.parametrize("text", TELLING)
def test_a_text_that_names_a_thing_is_not(text: str) -> None:
    assert not coaching.is_vague(text)


def test_a_bug_is_asked_for_all_parts_and_a_question_for_no_steps(support: Support) -> None:
    bug = asked(support, product="flow", type="bug")
    assert {"happened", "doing", "expected", "steps", "context.instance", "context.survey", "device.where", "files"} <= bug
    question = asked(support, product="flow", type="question")
    assert question == {"happened", "doing", "context.instance"}
    assert asked(support, product="flow", type="feature request") == {"happened", "doing", "expected"}


def test_what_the_form_has_not_said_counts_as_a_question(support: Support) -> None:
    assert asked(support, product="flow") == asked(support, product="flow", type="question")


def test_only_the_chosen_product_is_asked_about(support: Support) -> None:
    rsr = asked(support, product="rsr", type="bug")
    assert {"context.project", "context.role", "context.page"} <= rsr
    assert not rsr & {"context.device_id", "context.instance", "context.survey", "device.app_version"}
    assert not [key for key in asked(support, product="other", type="bug") if key.startswith("context.")]


def test_an_app_brings_its_version_and_its_device_id(support: Support) -> None:
    app = {"device.app_version", "device.android_version", "context.device_id"}
    assert app <= asked(support, product="flow", type="question", **{"device.where": "phone app"})
    assert not app & asked(support, product="flow", type="bug", **{"device.where": "computer browser"})


def test_the_next_part_is_the_one_that_helps_most(support: Support) -> None:
    values: dict[str, str] = {"product": "flow", "type": "bug"}
    order = []
    for _ in range(20):
        key = look(support, values).next
        if not key:
            break
        order.append(key)
        values[key] = "phone app" if key == "device.where" else HAPPENED
    assert order[:5] == ["happened", "context.instance", "context.survey", "device.where", "context.device_id"]
    assert order[-1] == "device.android_version"
    assert look(support, values).missing == ()


def test_a_part_is_there_once_it_says_something(support: Support) -> None:
    assert look(support, FLOW_BUG).there == ("happened",)
    assert "steps" in look(support, {**FLOW_BUG, "steps": "open it"}).missing
    assert "steps" in look(support, {**FLOW_BUG, "steps": "Open the app, pull the list down"}).there


def test_a_vague_text_is_not_what_happened_however_long_it_is(support: Support) -> None:
    found = look(support, {**FLOW_BUG, "subject": "help", "happened": "Hello the app is not working please help me it is urgent"})
    assert found.vague
    assert found.next == "happened"
    assert not look(support, {**FLOW_BUG, "happened": "it doesn't work"}).vague  # the subject names the thing


def test_scripts_without_spaces_count_by_their_letters() -> None:
    assert coaching.count_words("手機上沒有出現新的表單") >= 5
    assert coaching.count_words("one two") == 2
