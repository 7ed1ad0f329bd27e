"""What callers are told."""

from __future__ import annotations

from directives.errors import ExpectedError


class SoldOut(ExpectedError, status=409):
    tea: str
    left: int

    def __str__(self) -> str:
        return f"There are {self.left} g of {self.tea} left."
