"""YAML that remembers its lines, so that an error in a settings file names the line to mend."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from deflect_api.errors import ConfigError

_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
_TIMESTAMP, _INT, _FLOAT = (f"tag:yaml.org,2002:{name}" for name in ("timestamp", "int", "float"))


class _Loader(yaml.SafeLoader):
    """YAML without its dates and its numbers to the base of sixty: 10:00 is text, not 600."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in (_TIMESTAMP, _INT, _FLOAT)]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_INT, re.compile(r"^[-+]?(0|[1-9][0-9]*)$"), list("-+0123456789"))
_Loader.add_implicit_resolver(_FLOAT, re.compile(r"^[-+]?[0-9]+\.[0-9]*$"), list("-+0123456789"))


def load(path: Path) -> tuple[Any, yaml.Node]:
    """Return the file's data and its node tree (for `line_of`).

    Raises ConfigError with the line when the file is missing, not UTF-8, not YAML, or says something twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist. Run the command in the folder that holds it.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}. Name a file that can.") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: this is not UTF-8 text. Save the file as UTF-8.") from error
    try:
        loader = _Loader(text)
        node = loader.get_single_node() or yaml.ScalarNode("tag:yaml.org,2002:null", "")
        _check_keys(path, node)
        return loader.construct_document(node), node
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(f"{path}:{line}: a control character stands here. Remove it.") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{path}:{line}: {error.problem}. Check indentation, quotes and colons here.") from error


def _check_keys(path: Path, root: yaml.Node) -> None:
    """Raise ConfigError when a block has one key twice: YAML would keep the last and say nothing."""
    left, seen = [root], set()
    while left:
        node = left.pop()
        if id(node) in seen or isinstance(node, yaml.ScalarNode):
            continue
        seen.add(id(node))
        keys = set()
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ((None, item) for item in node.value):
            if key and str(key.value) in keys:
                raise ConfigError(f"{path}:{_line(key, 1)}: {key.value} stands here a second time. Keep one of the two.")
            keys.add(str(key.value) if key else "")
            left.append(value)


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


def _child(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        child = node.value[step]
        return child if isinstance(child, yaml.Node) else None
    return None


def fill_in(value: Any, environ: Mapping[str, str], *, path: Path, node: yaml.Node | None) -> Any:
    """Replace each ${NAME} in the strings of `value` by the environment's value.

    Raises ConfigError that names line and variable when it is not set.
    """
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _variable(match[1], environ, f"{path}:{_line(node, 1)}"), value)
    steps = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else None
    if steps is None:
        return value
    filled = {step: fill_in(item, environ, path=path, node=_child(node, step)) for step, item in steps}
    return filled if isinstance(value, dict) else list(filled.values())


def _variable(name: str, environ: Mapping[str, str], place: str) -> str:
    try:
        return environ[name]
    except KeyError:
        raise ConfigError(
            f"{place}: this uses ${{{name}}}, but {name} is not set. Set it in the environment, or remove it."
        ) from None
