"""Prices as people read them, on the server and in the browser."""

from __future__ import annotations


def euros(cents: int) -> str:
    return f"€ {cents / 100:.2f}"
