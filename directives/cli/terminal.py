"""Output for people: coloured on a terminal, plain everywhere else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from typing import TextIO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from directives.compiler.model import Diagnostic

PLAIN_WIDTH = 4096
"""Columns of what is no terminal: wide enough that no table is wrapped or cut."""


def is_coloured(stream: TextIO) -> bool:
    """Whether colours go to ``stream``: a terminal, unless ``NO_COLOR`` is set (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def console(stream: TextIO) -> Console:
    """A rich console on ``stream``."""
    from rich.console import Console

    terminal = stream.isatty()
    return Console(
        file=stream,
        force_terminal=terminal,
        no_color=not is_coloured(stream),
        width=None if terminal else PLAIN_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
    )


def print_findings(findings: Sequence[Diagnostic], stream: TextIO) -> None:
    """Print findings with their lines underlined; nothing if there are none."""
    if findings:
        from directives.compiler import render_diagnostics

        print(render_diagnostics(findings, color=is_coloured(stream)), file=stream)
