"""Runs a program as plain Python and transformed, and tells what each did.

A program may call ``log(value)``, which notes the evaluation and gives the value back. What it logs and prints, what
it raises and where, has to be the same both ways.
"""

from __future__ import annotations

import contextlib
import io
import sys
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from types import ModuleType
from typing import Any

from directives.compiler import compile_module
from directives.compiler import render_diagnostics
from directives.runtime import runtime

MODULE = "program_of_a_test"


@dataclass(frozen=True)
class Raised:
    """An exception that a program did not catch.

    Attributes:
        type: The name of its class.
        message: Its text.
        frames: Of each frame of the program's own: function, line, and the columns that a traceback underlines.
    """

    type: str
    message: str
    frames: tuple[tuple[str, int | None, int | None, int | None], ...]


@dataclass(frozen=True)
class Outcome:
    """All that can be seen of a run."""

    printed: str
    logged: tuple[str, ...]
    raised: Raised | None


def run_plain(source: bytes | str, filename: str) -> Outcome:
    """Run a program as Python alone understands it."""
    return run(compile(source, filename, "exec", dont_inherit=True), filename)


def run_transformed(source: bytes | str, filename: str) -> Outcome:
    """Run the server half of a program."""
    module = compile_module(source, MODULE, filename)
    assert module.transformed, "a program without a directive proves nothing"
    assert module.server is not None, render_diagnostics(module.diagnostics)
    return run(compile(module.server.tree, filename, "exec", dont_inherit=True), filename)


def run(code: CodeType, filename: str) -> Outcome:
    """Run the code of a program in a module of its own."""
    logged: list[str] = []
    raised = None

    def log(value: Any) -> Any:
        logged.append(repr(value))
        return value

    printed = io.StringIO()
    with in_module() as module, contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        vars(module)["log"] = log
        try:
            exec(code, vars(module))
        except Exception as error:
            raised = describe(error, filename)
    return Outcome(printed.getvalue(), tuple(logged), raised)


def describe(error: BaseException, filename: str) -> Raised:
    """An exception by its type, its text and the program's own frames in its traceback, with what is underlined."""
    frames = traceback.extract_tb(error.__traceback__)
    own = (frame for frame in frames if frame.filename == filename)
    places = tuple((frame.name, frame.lineno, frame.colno, frame.end_colno) for frame in own)
    return Raised(type(error).__qualname__, str(error), places)


@contextlib.contextmanager
def in_module() -> Iterator[ModuleType]:
    """A fresh module for a program; forgotten afterwards, with the functions that it registered.

    Its cached functions run each time: what is compared here is the compiler's work.
    """
    module = ModuleType(MODULE)
    sys.modules[MODULE] = module
    caches, runtime.functions.caches = runtime.functions.caches, None
    try:
        yield module
    finally:
        runtime.functions.caches = caches
        del sys.modules[MODULE]
        runtime.functions.forget(MODULE)
