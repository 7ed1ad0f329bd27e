"""What the shop has: asked once, until an order changes it."""

from __future__ import annotations

from directives.cache import cache_life
from directives.cache import cache_tag

from .models import Tea


def teas() -> list[dict[str, object]]:
    "use cache"
    cache_life("hours")
    cache_tag("teas")
    return list(Tea.objects.order_by("name").values("id", "name", "left"))
