"""What callers may learn."""

from __future__ import annotations

from directives.errors import ExpectedError


class SoldOut(ExpectedError, status=409):
    """There is no tea left."""

    left: int

    def __str__(self):
        return f"only {self.left} left"
