"""Colours: on a terminal, and nowhere else."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from directives.cli import main


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _usual_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")


def typed(shop: Path, *arguments: str) -> str:
    """What a command prints on a terminal; ``check`` has something to find."""
    if arguments[0] == "check":
        (shop / "wrong.py").write_text("async def f():\n    'use sever'\n")
    with redirect_stdout(Terminal()) as terminal:
        main(arguments)
    return terminal.getvalue()


@pytest.mark.parametrize("arguments", [("show", "shop/actions.py"), ("manifest",), ("check",)], ids=" ".join)
def test_what_people_look_at_is_coloured(
    shop: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """A terminal gets colours, unless NO_COLOR is set."""
    assert "\x1b[" in typed(shop, *arguments)
    monkeypatch.setenv("NO_COLOR", "1")
    plain = typed(shop, *arguments)
    assert plain
    assert "\x1b[3" not in plain


@pytest.mark.parametrize(
    "arguments",
    [("manifest", "--json"), ("check", "--format=json"), ("check", "--format=github")],
    ids=" ".join,
)
def test_what_programs_read_is_never_coloured(shop: Path, arguments: tuple[str, ...]) -> None:
    """Machine output is plain on a terminal, too."""
    printed = typed(shop, *arguments)
    assert printed
    assert "\x1b" not in printed
