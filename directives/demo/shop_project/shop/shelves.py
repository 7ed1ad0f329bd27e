"""What lies in the warehouse. It is the server's alone: no page's Python can reach it by an import."""

from __future__ import annotations

import directives.server_only  # noqa: F401 -- a mark

TEAS = [
    "Assam",
    "Ceylon",
    "Chamomile",
    "Darjeeling",
    "Genmaicha",
    "Keemun",
    "Lapsang",
    "Mint",
    "Oolong",
    "Rooibos",
    "Sencha",
    "Yunnan",
]
GRAMS = (50, 100, 250, 1000)
LEFT = {f"{tea}, {grams} g": (len(tea) * 37 + grams) % 50 for tea in TEAS for grams in GRAMS}


def rows() -> list[dict[str, str | int]]:
    """Each tea with its price and how many there are."""
    return [{"name": name, "cents": _cents(name), "left": left} for name, left in LEFT.items()]


def _cents(name: str) -> int:
    tea, _, size = name.partition(", ")
    return (len(tea) * 11 + 40) * int(size.removesuffix(" g")) // 10
