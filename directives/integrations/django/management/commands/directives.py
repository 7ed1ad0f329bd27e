"""``manage.py directives``: the command line, with the settings of the project."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.core.management.base import CommandError


class Command(BaseCommand):  # type: ignore[misc]  # Django has no annotations
    """What directives do in this project."""

    help = "What directives do in this project; `manage.py directives --help` lists the commands."
    requires_system_checks: list[str] = []  # noqa: RUF012 -- as Django has it

    def add_arguments(self, parser: Any) -> None:
        """Take what follows as it is: it is the command line's own."""
        parser.add_argument("arguments", nargs="*")

    def run_from_argv(self, argv: list[str]) -> None:
        """Run the command line on what follows ``manage.py directives``."""
        raise SystemExit(run(argv[2:]))

    def handle(self, *_: Any, arguments: list[str], **options: Any) -> None:
        """Run it from Python: ``call_command("directives", "check")``.

        Raises:
            CommandError: It has failed; says with which exit code.
        """
        code = run(arguments)
        if code:
            raise CommandError(f"directives {' '.join(arguments)} failed", returncode=code)


def run(arguments: list[str]) -> int:
    """Run the command line with the settings of the project; returns the exit code."""
    from directives.cli import main
    from directives.runtime import runtime

    return main(arguments, runtime.settings)
