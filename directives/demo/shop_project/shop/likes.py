"""Who likes what: a number for everybody, and a cookie for each visitor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from directives.cache import update_tag
from directives.request import cookies

from . import database

YEAR = 31_536_000


def liked() -> list[str]:
    """The numbers of the products that this visitor likes."""
    return [number for number in cookies().get("liked", "").split("-") if number.isdecimal()]


def like_of(product_id: int) -> Callable[..., Any]:
    """What the button of a product calls: a second time it takes the first back."""

    async def like() -> None:
        "use server"
        now, number = liked(), str(product_id)
        step = -1 if number in now else 1
        now = [*now, number] if step > 0 else [each for each in now if each != number]
        database.add_likes(product_id, step)
        cookies().set("liked", "-".join(now), max_age=YEAR)
        update_tag("products")

    return like
