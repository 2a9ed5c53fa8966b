"""What the writers' commands share: errors as plain lines, and numbers with their word."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from deflect_api.errors import DeflectError


def told(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn our errors into a plain line and exit status 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except DeflectError as error:
            click.echo(error.detail, err=True)
            sys.exit(1)

    return run


def count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
