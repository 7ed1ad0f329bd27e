"""Who may call, asked of Django's users: predicates for ``@requires``."""

from __future__ import annotations

from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from directives.errors import SignInRequired
from directives.integrations.django.requests import request
from directives.request import CurrentRequest

Predicate = Callable[[CurrentRequest, Mapping[str, Any]], Awaitable[bool]]


async def signed_in(_: CurrentRequest, arguments: Mapping[str, Any]) -> bool:
    """Admits whoever is signed in: ``@requires(signed_in)``.

    See ``request.user`` and ``login_required`` in Django's "Using the Django authentication system".

    Args:
        arguments: Those of the call; they do not matter.

    Raises:
        SignInRequired: Nobody is signed in.
    """
    user = await request().auser()
    if not user.is_authenticated:
        raise SignInRequired("nobody is signed in")
    return True


def permitted(permission: str) -> Predicate:
    """A predicate that admits whoever has a permission: ``@requires(permitted("shop.add_order"))``.

    See ``permission_required`` in Django's "Using the Django authentication system".

    Args:
        permission: Its name, with that of its application.
    """

    async def has_permission(current: CurrentRequest, arguments: Mapping[str, Any]) -> bool:
        await signed_in(current, arguments)
        user = await request().auser()
        return bool(await user.ahas_perm(permission))

    return has_permission
