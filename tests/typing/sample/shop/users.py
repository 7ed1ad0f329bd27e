from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from directives.errors import SignInRequired
from directives.request import CurrentRequest


def current_user(request: CurrentRequest) -> str:
    name = request.headers.get('X-User')
    if name is None:
        raise SignInRequired
    return name


async def signed_in(request: CurrentRequest, arguments: Mapping[str, Any]) -> bool:
    return current_user(request) != ''
