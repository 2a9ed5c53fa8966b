"""YAML that remembers its lines, so that an error in a settings file names the line to mend."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from deflect_api.errors import ConfigError

_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


def load(path: Path) -> tuple[Any, yaml.Node]:
    """Return the file's data and its node tree (for `line_of`).

    Raises ConfigError with the line when the file is missing, not UTF-8 or not YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist. Run the command in the folder that holds it.") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: this is not UTF-8 text. Save the file as UTF-8.") from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        return yaml.safe_load(text), node or yaml.ScalarNode("null", "")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{path}:{line}: {error.problem}. Check indentation, quotes and colons here.") from error


def line_of(node: yaml.Node | None, location: Sequence[str | int]) -> int:
    """Return the 1-based line of the deepest node that `location` (keys and indexes) reaches."""
    line = 1
    for step in location:
        if node is None:
            break
        line = _line(node, line)
        node = _child(node, step)
    return _line(node, line)


def _line(node: yaml.Node | None, default: int) -> int:
    return node.start_mark.line + 1 if node is not None and node.start_mark else default


def _child(node: yaml.Node, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        child = node.value[step]
        return child if isinstance(child, yaml.Node) else None
    return None


def fill_in(value: Any, environ: Mapping[str, str]) -> Any:
    """Replace each ${NAME} in the strings of `value` by the environment's value.

    Raises ConfigError that names the variable when it is not set.
    """
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _variable(match[1], environ), value)
    if isinstance(value, list):
        return [fill_in(item, environ) for item in value]
    if isinstance(value, dict):
        return {key: fill_in(item, environ) for key, item in value.items()}
    return value


def _variable(name: str, environ: Mapping[str, str]) -> str:
    try:
        return environ[name]
    except KeyError:
        raise ConfigError(
            f"The settings use ${{{name}}}, but {name} is not set. Set it in the environment, or remove it."
        ) from None
