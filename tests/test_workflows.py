"""The workflows are valid, and each command in them is one that there is."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml

from deflect_api import cli
from tests.conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def checked(path: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_keeps_to_the_published_schema(path: Path) -> None:
    said = checked(path)
    assert said.returncode == 0, said.stdout


def test_a_workflow_that_does_not_is_found(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(WORKFLOWS[0].read_text(encoding="utf-8").replace("runs-on:", "run-on:"), encoding="utf-8")
    assert checked(wrong).returncode != 0


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_command_and_option_of_a_workflow_exists(path: Path) -> None:
    steps = [step for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values() for step in job["steps"]]
    told = [line for step in steps for line in re.findall(r"\bdeflect ([^\n|>]*)", step.get("run", ""))]
    assert told
    for line in told:
        name, *words = line.split()
        command = cli.main.get_command(click.Context(cli.main), name)
        assert command, line
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known
