"""``directives call``."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from collections.abc import Generator
from collections.abc import Sequence
from typing import Any

import click

from directives.cli.app import example
from directives.cli.app import traceback_option

KEYWORD = re.compile(r"([^\W\d]\w*)=(.*)", re.DOTALL)


@click.command(
    "call",
    context_settings={"ignore_unknown_options": True},
    epilog=example(
        "directives call shop.actions:place_order A-1 quantity=2",
        "directives call shop.actions.stock --url http://127.0.0.1:8000",
    ),
)
@click.argument("name")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[VALUE | KEY=VALUE]...")
@click.option("--url", help="Call the server at this address over HTTP instead of in this process.")
@traceback_option
def command(name: str, arguments: tuple[str, ...], url: str | None) -> int:
    """Call the function NAME, with directives on, and print its result.

    NAME is `package.module:function` or dotted. A value is JSON if it can be read as JSON, else a
    text. The result is printed as JSON, or as Python shows it; the items of a generator one a line.
    """
    from directives.runtime import configure

    positional, keywords = parse_arguments(arguments)
    enable_here(remote=url is not None)
    if url is not None:
        configure(url=url)
    function = find_function(name)
    if not callable(function):
        raise click.ClickException(f"{name} is no function but of type {type(function).__name__}")
    asyncio.run(_call(function, positional, keywords))
    return 0


def parse_arguments(words: Sequence[str]) -> tuple[list[Any], dict[str, Any]]:
    """Positional and keyword arguments from the words of a command line."""
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for word in words:
        if match := KEYWORD.fullmatch(word):
            keywords[match[1]] = _value(match[2])
        elif keywords:
            raise click.UsageError(f"The value {word!r} follows a KEY=VALUE: values go first.")
        else:
            positional.append(_value(word))
    return positional, keywords


def find_function(name: str) -> Any:
    """What ``package.module:function`` or its dotted spelling names; its module is imported."""
    module, colon, qualname = name.partition(":")
    if not colon:
        module, _, qualname = name.rpartition(".")
    if not (module and qualname):
        raise click.UsageError(f"{name!r} names no function: write package.module:function.")
    if not colon:
        return _find_dotted(name)
    return _attribute(_import(module), qualname)


def _find_dotted(name: str) -> Any:
    """Look for the longest part of ``name`` that is a module; the rest are attributes."""
    module, _, qualname = name.rpartition(".")
    while True:
        try:
            return _attribute(_import(module), qualname)
        except ModuleNotFoundError as error:
            parent, _, last = module.rpartition(".")
            if error.name != module or not parent:
                raise
            module, qualname = parent, f"{last}.{qualname}"


def _import(module: str) -> Any:
    from importlib import import_module

    return import_module(module)


def _attribute(module: Any, qualname: str) -> Any:
    found = module
    for part in qualname.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise click.ClickException(f"the module {module.__name__} has no {qualname!r}") from None
    return found


def enable_here(*, remote: bool = False) -> None:
    """Turn the hook on for the modules of the working directory."""
    from directives.compiler.model import Role
    from directives.hook import enable

    # The console script does not put the working directory on the path; `python -m` does.
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.insert(0, os.getcwd())
    enable(Role.CLIENT if remote else Role.SERVER)


async def _call(function: Any, positional: list[Any], keywords: dict[str, Any]) -> None:
    result = function(*positional, **keywords)
    if isinstance(result, AsyncIterator):
        async for item in result:
            _print(item)
    elif isinstance(result, Generator):  # which `asyncio.iscoroutine` takes for a coroutine of old
        for item in result:
            _print(item)
    else:
        _print(await result if asyncio.iscoroutine(result) else result)


def _print(value: Any) -> None:
    try:
        print(json.dumps(value, ensure_ascii=False, allow_nan=False), flush=True)
    except (TypeError, ValueError, RecursionError):
        print(repr(value), flush=True)


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except ValueError:
        return text


def _no_constant(text: str) -> Any:
    """Python's reader takes ``NaN`` and ``Infinity``, which JSON does not have: they are texts."""
    raise ValueError(text)
