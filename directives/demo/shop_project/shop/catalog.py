"""What the pages show, kept until something changes it."""

from __future__ import annotations

"use cache"

from directives.cache import cache_life
from directives.cache import cache_tag

from . import database


def products() -> list[database.Product]:
    """All products, the newest first."""
    cache_life("hours")
    cache_tag("stock", "products")
    return database.products()


def product(product_id: int) -> database.Product:
    """One product; raises ``LookupError`` if there is none."""
    cache_life("hours")
    cache_tag("stock", "products")
    return database.product(product_id)
