"""The Python client: stubs with the server's signatures that call it over HTTP."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from directives.client.client import Client
    from directives.client.connections import Connections
    from directives.client.retries import idempotent
    from directives.client.stubs import sync

__all__ = ["Client", "Connections", "idempotent", "sync"]

# Imported when first used: a stub is imported long before it is called, if it is at all.
HOMES = {"Client": "client", "Connections": "connections", "idempotent": "retries", "sync": "stubs"}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    value = getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
    globals()[name] = value
    return value
