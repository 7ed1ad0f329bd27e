"""Reads a page of the documentation as what a reader does with it: files to write, commands to type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(
    r'^(?P<indent> *)```(?P<language>[\w-]+)(?: title="(?P<title>[^"]+)")?[^\n`]*\n(?P<body>.*?)^(?P=indent)```$',
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block.

    Attributes:
        language: The word after the backticks. What is wrong on purpose says ``py``, not ``python``.
        title: A file's name; for a console, the name of a terminal that stays open.
        body: The text.
        line: Where it starts, for messages.
    """

    language: str
    title: str | None
    body: str
    line: int


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a console block and the output shown below it."""

    text: str
    output: str


def pages() -> list[Path]:
    """The pages whose blocks are run, those with deliberate mistakes excepted."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [page for page in found if page.name != "diagnostics.md"]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(found["language"], found["title"], _dedent(found), text.count("\n", 0, found.start()) + 1)
        for found in FENCE.finditer(text)
    ]


def _dedent(found: re.Match[str]) -> str:
    return re.sub(f"^{found['indent']}", "", found["body"], flags=re.MULTILINE)


def commands(block: Block) -> list[Command]:
    """The commands of a console block: a line after a ``$`` and those after a ``>``, each with the lines below it."""
    parts = re.split(r"^\$ ", block.body, flags=re.MULTILINE)[1:]
    return [Command(*_typed_and_shown(part)) for part in parts]


def _typed_and_shown(part: str) -> tuple[str, str]:
    first, *rest = part.splitlines(keepends=True)
    more = list(takewhile(lambda line: line.startswith("> "), rest))
    return "".join([first, *(line[2:] for line in more)]).rstrip("\n"), "".join(rest[len(more) :])
