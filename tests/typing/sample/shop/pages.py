from __future__ import annotations

from directives.forms import FormData
from directives.request import redirect

from shop.actions import place_order


def product(sku: str) -> str:
    async def buy(form: FormData) -> None:
        'use server'
        order = await place_order(sku, int(form['quantity']))
        redirect(f'/orders/{order.id}')

    return f'<form action="{buy}" method="post"><input name="quantity"></form>'


def badge(sku: str) -> str:
    def text(count: int) -> str:
        """What stands on the badge."""
        'use cache'
        return f'{count} of {sku}'

    return text(3)
