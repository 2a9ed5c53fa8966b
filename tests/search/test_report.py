"""Findings for people, programs and code hosts."""

import json

from search.findings import Finding
from search.report import as_json, as_sarif, as_text

WRONG = Finding("a.md", 3, "link", "the link x leads nowhere", "link to the .md file")
OLD = Finding("b.md", 9, "stale", "nobody has reviewed it", "compare it", minor=True)


def test_lines_name_place_fault_and_mend() -> None:
    assert as_text([WRONG, OLD]).splitlines() == [
        "a.md:3: the link x leads nowhere",
        "    Mend: link to the .md file.",
        "b.md:9: nobody has reviewed it",
        "    Reminder: compare it.",
    ]


def test_json_has_the_file_as_the_repository_has_it() -> None:
    first, second = json.loads(as_json([WRONG, OLD], "docs/"))
    assert first == {
        "file": "docs/a.md", "line": 3, "rule": "link", "level": "error",
        "what": WRONG.what, "mend": WRONG.mend,
    }  # fmt: skip
    assert second["level"] == "warning"


def test_sarif_has_a_result_for_each_finding_and_names_its_rules() -> None:
    log = json.loads(as_sarif([WRONG, OLD], "docs/", version="1.0"))
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["link", "stale"]
    assert [(one["ruleId"], one["level"]) for one in run["results"]] == [("link", "error"), ("stale", "warning")]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "docs/a.md"}, "region": {"startLine": 3}}


def test_nothing_found_is_an_empty_list_and_a_run_without_results() -> None:
    assert as_text([]) == ""
    assert json.loads(as_json([])) == []
    assert json.loads(as_sarif([]))["runs"][0]["results"] == []
