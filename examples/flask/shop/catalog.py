"""What the shop sells, read from the database once until somebody buys."""

from __future__ import annotations

from directives.cache import cache_tag

from .database import connection


def stock() -> dict[str, int]:
    """Grams of each tea."""
    "use cache"
    cache_tag("stock")
    return {row["name"]: row["grams"] for row in connection().execute("select * from tea order by name")}
