"""The command line: ``python -m directives`` and ``directives``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from directives.settings import Settings


def main(arguments: Sequence[str] | None = None, settings: Settings | None = None) -> int:
    """Run the command line.

    Args:
        arguments: What follows the program's name; by default the process's own.
        settings: Those of the project in force, where a framework knows more of them than files and the environment say.

    Returns:
        The exit code: 0 for success, 1 for a failure or for errors that were found, 2 for misuse.
    """
    import sys

    from directives.cli.app import run_command_line

    return run_command_line(sys.argv[1:] if arguments is None else list(arguments), settings)
