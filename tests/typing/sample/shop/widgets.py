'use client'

from shop.actions import place_order


async def buy_button(sku: str) -> str:
    order = await place_order(sku)
    return f'<button>{order.left} left</button>'
