"""What programs can ask for, the page's script among them."""

from __future__ import annotations

"use server"

import asyncio
from collections.abc import AsyncIterator

from poll import votes

__all__ = ["watch"]


async def watch() -> AsyncIterator[dict[str, int]]:
    """The counts, and again whenever they have changed."""
    shown = None
    while True:
        counts = await asyncio.to_thread(votes.counts)
        if counts != shown:
            shown = counts
            yield counts
        await asyncio.sleep(0.2)
