"""Findings as people, programs and code hosts read them: lines, JSON, SARIF 2.1.0. Pure."""

import json
from collections.abc import Iterable
from typing import Any

from search.findings import Finding

SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(found: Iterable[Finding]) -> str:
    lines = []
    for finding in found:
        lines.append(f"{finding.file}:{finding.line}: {finding.what}")
        lines.append(f"    {'Reminder' if finding.minor else 'Mend'}: {finding.mend}.")
    return "".join(f"{line}\n" for line in lines)


def as_json(found: Iterable[Finding], folder: str = "") -> str:
    """A list of objects; `folder` is put before each file."""
    return json.dumps([_plain(finding, folder) for finding in found], indent=1, ensure_ascii=False) + "\n"


def as_sarif(found: Iterable[Finding], folder: str = "", *, version: str = "") -> str:
    """One run (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html); a code host shows it beside the lines."""
    listed = list(found)
    rules = [{"id": name} for name in sorted({finding.rule for finding in listed})]
    driver = {"name": "deflect lint", "version": version, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": [_result(one, folder) for one in listed]}
    return json.dumps({"$schema": SARIF, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False) + "\n"


def _plain(finding: Finding, folder: str) -> dict[str, Any]:
    return {
        "file": f"{folder}{finding.file}",
        "line": finding.line,
        "rule": finding.rule,
        "level": _level(finding),
        "what": finding.what,
        "mend": finding.mend,
    }


def _result(finding: Finding, folder: str) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": f"{folder}{finding.file}"}, "region": {"startLine": finding.line}}
    return {
        "ruleId": finding.rule,
        "level": _level(finding),
        "message": {"text": f"{finding.what}. {'Reminder' if finding.minor else 'Mend'}: {finding.mend}."},
        "locations": [{"physicalLocation": place}],
    }


def _level(finding: Finding) -> str:
    return "warning" if finding.minor else "error"
