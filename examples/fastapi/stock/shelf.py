"""What there is, as long as the server runs."""

from __future__ import annotations

from stock.models import Item

ITEMS = {
    item.sku: item for item in (Item(sku="s1", name="sencha", left=10), Item(sku="a1", name="assam", left=3))
}


def items() -> list[Item]:
    return list(ITEMS.values())


def find(sku: str) -> Item | None:
    return ITEMS.get(sku)


def take(sku: str, quantity: int) -> Item | None:
    """The item with what is left of it; nothing if there is not enough."""
    item = ITEMS.get(sku)
    if item is None or item.left < quantity:
        return None
    item.left -= quantity
    return item
