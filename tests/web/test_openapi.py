"""The API's description is valid and true, and the API survives being fuzzed with it."""

import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import validate
from schemathesis import GenerationMode

from tests.conftest import Desk

CALLS = ["/api/v1/suggest", "/api/v1/events", "/api/v1/tickets"]


def test_the_description_is_valid_openapi_3_1(desk: Desk) -> None:
    description = desk.client.get("/api/v1/openapi.json").json
    assert description["openapi"].startswith("3.1")
    validate(description)


def test_every_api_address_is_described(desk: Desk) -> None:
    described = set(desk.client.get("/api/v1/openapi.json").json["paths"])
    served = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in desk.app.url_map.iter_rules() if rule.rule.startswith("/api/")
    }
    assert served - {"/api/v1/openapi.json"} <= described


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("address", CALLS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning:schemathesis", "ignore::DeprecationWarning:jsonschema")
def test_whatever_is_sent_the_answer_is_one_that_was_described(desk: Desk, address: str, mode: GenerationMode) -> None:
    operation = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", desk.app)[address]["POST"]
    described = {int(code) for code in operation.definition.raw["responses"]}
    met: set[int] = set()

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def fuzz(case: Any) -> None:
        answer = case.call()
        met.add(answer.status_code)
        assert answer.status_code in described, answer.text
        if answer.status_code >= 400:
            told = answer.json()
            assert set(told) == {"error", "detail", "fields"}
            assert told["fields"]

    fuzz()
    assert met
