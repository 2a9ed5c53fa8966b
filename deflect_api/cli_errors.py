"""How a command ends that could not do what was asked: with a plain line and exit status 1."""

import functools
import sys
from collections.abc import Callable
from typing import Any

import click

from deflect_api.errors import DeflectError


def told(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn our errors into a plain line and exit status 1."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except DeflectError as error:
            click.echo(error.detail, err=True)
            sys.exit(1)

    return run
