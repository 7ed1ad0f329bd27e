"""What the demo shows on the terminal."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console
from rich.text import Text


class Report:
    """Prints the steps of the demo and counts the checks that held.

    Args:
        stream: Where to; coloured if it is a terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._steps = 0
        self._held = 0
        self._failed = 0

    @property
    def succeeded(self) -> bool:
        """Whether there were checks and all of them held."""
        return self._held > 0 and not self._failed

    def heading(self, text: str) -> None:
        """A line that stands out."""
        self._console.print(f"\n{text}", style="bold")

    def step(self, text: str) -> None:
        """Begin a step."""
        self._steps += 1
        self.heading(f"{self._steps}. {text}")

    def line(self, text: str) -> None:
        """Something that happened."""
        self._console.print(f"   {text}", style="dim")

    def check(self, text: str, found: object, expected: object) -> None:
        """Something that must be as expected."""
        holds = found == expected
        self._held += holds
        self._failed += not holds
        mark = Text("   ok      ", "green") if holds else Text("   FAILED  ", "bold red")
        self._console.print(mark + Text(text if holds else f"{text}: found {found!r}, expected {expected!r}"))

    def summary(self) -> None:
        """How many checks held."""
        if self._failed:
            self._console.print(f"\n{self._failed} checks failed, {self._held} held", style="bold red")
        else:
            self._console.print(f"\nAll {self._held} checks held", style="bold green")

    def addresses(self, url: str) -> None:
        """Where to go on with a browser."""
        self.heading("Open these in a browser; Ctrl-C ends the demo")
        for path in ("/", "/products/1", "/orders"):
            self._console.print(f"   {url}{path}")
        self.heading("What is asked of the shop")
