"""What other programs may ask of the shop: every public function here can be called over HTTP."""

from __future__ import annotations

"use server"

from directives.cache import update_tag

from . import catalog
from . import database


async def stock() -> dict[str, int]:
    """How many of each product are left."""
    return {product.name: product.stock for product in catalog.products()}


async def place_order(product_id: int, quantity: int = 1, *, customer: str) -> dict[str, int]:
    """Order some of a product.

    Returns:
        The order's number, and how many are left.
    """
    order = database.add_order(product_id, quantity, customer)
    update_tag("stock")
    return {"order": order, "left": catalog.product(product_id).stock}
