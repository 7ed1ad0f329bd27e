"""What visitors can do, by the page and by programs."""

from __future__ import annotations

"use server"

from typing import Annotated

from pydantic import Field

from book import entries

__all__ = ["latest", "sign"]


async def sign(
    name: Annotated[str, Field(min_length=1, max_length=60)],
    text: Annotated[str, Field(min_length=1, max_length=1000)],
) -> None:
    entries.add(name, text)


async def latest(count: Annotated[int, Field(gt=0, le=100)] = 10) -> list[entries.Entry]:
    return entries.latest(count)
