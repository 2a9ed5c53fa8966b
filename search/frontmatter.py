"""The metadata at the top of a page, read as MkDocs reads it: a YAML block, or else plain `Key: value` lines."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

_YAML_BLOCK = re.compile(r"-{3}[ \t]*\n(.*?\n)(?:\.{3}|-{3})[ \t]*\n", re.DOTALL)
_PAIR = re.compile(r" {0,3}([A-Za-z0-9_-]+):\s*(.*)")
_MORE = re.compile(r"(?: {4}|\t)\s*(.*)")


def split(source: str) -> tuple[dict[str, Any], str]:
    """The metadata and the Markdown below it. A block that is not a YAML mapping stays part of the text."""
    if block := _YAML_BLOCK.match(source):
        try:
            meta = yaml.safe_load(block[1])
        except yaml.YAMLError:
            return {}, source
        return (meta, source[block.end() :].lstrip("\n")) if isinstance(meta, dict) else ({}, source)
    return _plain(source)


def words(meta: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A list of texts, written as a YAML list or separated by commas."""
    value = meta.get(key)
    items = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(text for item in items if item is not None and (text := str(item).strip()))


def lines(meta: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A list of sentences: a comma inside one does not end it."""
    value = meta.get(key)
    return words({key: [value] if isinstance(value, str) else value}, key)


def _plain(source: str) -> tuple[dict[str, Any], str]:
    meta: dict[str, Any] = {}
    rest, key = source.split("\n"), ""
    while rest:
        line = rest.pop(0)
        if not line.strip():
            break
        if pair := _PAIR.match(line):
            key = pair[1].lower()
            meta[key] = f"{meta[key]} {pair[2].strip()}" if key in meta else pair[2].strip()
        elif key and (more := _MORE.match(line)):
            meta[key] += f" {more[1].strip()}"
        else:
            rest.insert(0, line)
            break
    return meta, "\n".join(rest).lstrip("\n")
