"""What pages may ask of the warehouse, from the browser."""

from __future__ import annotations

"use server"

from . import shelves


async def receive(name: str, quantity: int) -> int:
    """Put some of a tea on its shelf; returns how many there are."""
    if name not in shelves.LEFT or not 0 < quantity <= 100:
        raise ValueError(name)
    shelves.LEFT[name] += quantity
    return shelves.LEFT[name]
