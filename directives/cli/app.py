"""The group of commands: each is imported when it is used, and its errors end here."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar

import click

if TYPE_CHECKING:
    from pathlib import Path

    from directives.settings import Settings

COMMANDS = {
    "audit": "Print what is exposed to the network, and by whom callable.",
    "build": "Write the manifest, the browser's bundle, and a client package.",
    "cache": "See and clear what cached functions have kept.",
    "call": "Call a function, in process or over HTTP.",
    "check": "Find what is wrong with the directives of a tree.",
    "demo": "Run a small shop that uses them.",
    "manifest": "List every function with a directive.",
    "prerender": "Render pages before anybody asks for them.",
    "run": "Run a script or module with directives on.",
    "show": "Print both halves of a file as source.",
    "vendor": "Put a Python for browsers into the static files.",
    "warm": "Compute cached results ahead of the first request.",
    "why": "Tell why a call of a cached function misses.",
}

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass(slots=True)
class Options:
    """What holds for every command."""

    traceback: bool = False
    settings: Settings | None = None


class Commands(click.Group):
    """A group whose help needs no command's module."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"directives.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def here() -> Path:
    """The folder that a command is about if it is given none: the working directory, or else that of the project it is for."""
    from pathlib import Path

    folder, told = Path.cwd(), click.get_current_context().ensure_object(Options).settings
    return folder if told is None or folder.is_relative_to(told.root) else told.root


def settings_of(folder: Path) -> Settings:
    """The settings of the project around a folder: those that its framework has told, else of its files and the environment."""
    from directives.settings import load_settings
    from directives.settings import project_root

    root, told = project_root(folder), click.get_current_context().ensure_object(Options).settings
    if told is None or not root.is_relative_to(told.root):
        return load_settings(root)
    is_another = root != told.root and (root / "pyproject.toml").is_file()
    return load_settings(root) if is_another else told


def example(*lines: str) -> str:
    """The end of a command's help."""
    return "\n    ".join(("\b\nExample:", *lines))


def traceback_option(function: Decorated) -> Decorated:
    """Let a command take ``--traceback``."""

    def remember(context: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            context.ensure_object(Options).traceback = True

    return click.option(
        "--traceback",
        is_flag=True,
        expose_value=False,
        callback=remember,
        help="Show where an error was raised.",
    )(function)


@click.group(
    "directives", cls=Commands, epilog=example("directives check", "directives run -m flask --app shop run")
)
@click.version_option(package_name="directives", message="%(prog)s %(version)s")
@traceback_option
def commands() -> None:
    """'use server', 'use client' and 'use cache' for Python.

    Exit codes: 0 for success, 1 for a failure or for errors that were found, 2 for misuse.
    """


def run_command_line(arguments: list[str], settings: Settings | None = None) -> int:
    """Run one command and turn every way it can end into an exit code."""
    options = Options(settings=settings)
    try:
        code: int | None = commands.main(
            arguments or ["--help"], prog_name="directives", standalone_mode=False, obj=options
        )
        sys.stdout.flush()
    except click.ClickException as error:
        return _fail(_misuse(error), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted", 130)
    except BrokenPipeError:
        # The reader of our output went away; flushing at exit would complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if options.traceback:
            raise
        return _fail(describe(error), 1)
    return code or 0


def describe(error: BaseException) -> str:
    """An exception in one line."""
    from directives.errors import DirectivesError

    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: {error.msg.splitlines()[0]}"
    text = _one_line(str(error))
    if isinstance(error, DirectivesError) and text:
        return text
    if isinstance(error, OSError) and isinstance(error.filename, str):
        return f"{error.filename}: {error.strerror}"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _misuse(error: click.ClickException) -> str:
    message = _one_line(error.format_message())
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"{message} Try `{context.command_path} --help`." if context else message


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _fail(message: str, code: int) -> int:
    print(f"error: {message}", file=sys.stderr)
    return code
