"""A class of the user's own that is a value, and who the request is from."""

from __future__ import annotations

from directives import register_type
from directives.cache import memo
from directives.request import cookies


class Money:
    def __init__(self, cents: int) -> None:
        self.cents = cents


def to_cents(money: Money) -> int:
    return money.cents


def from_cents(sent: object) -> Money:
    if type(sent) is not int:
        raise ValueError('a number of cents is wanted')
    return Money(sent)


register_type(Money, encode=to_cents, decode=from_cents)


@memo
def current_name(default: str = 'somebody') -> str:
    return cookies().get('name', default)


@memo
async def balance(name: str) -> Money:
    return Money(len(name))
