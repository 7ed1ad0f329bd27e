"""Client components on the server: when they start, and those that are written in JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ParamSpec
from typing import TypeVar

from directives.islands import ClientReference
from directives.islands import Island
from directives.islands import When

__all__ = ["Island", "When", "island", "javascript_component"]

P = ParamSpec("P")
R = TypeVar("R")


def island(component: Callable[P, R], *, client: When) -> Callable[P, R]:
    """A component that starts later; the same as ``client=`` at each call, in a form that type checkers follow.

    Args:
        component: A public name of a ``'use client'`` module.
        client: ``"load"``, ``"visible"`` or ``"idle"``.
    """
    return partial(component, client=client)  # type: ignore[arg-type]


def javascript_component(address: str, name: str = "default") -> ClientReference:
    """A client component that is an export of an ES module.

    Like a Python component it is called on the server with properties, and makes an island. In the browser the export
    is called with the properties and the element; see the page on islands.

    Args:
        address: The module's address on this site, ``"/static/chart.mjs"``.
        name: The name of the export.

    Raises:
        ValueError: The address is not one of this site.
    """
    from directives.functions import special_for
    from directives.runtime import runtime

    if not address.startswith("/") or address.startswith("//") or "\\" in address:
        raise ValueError(
            f"{address!r} is no path on this site: a component's module is served beside its page, /static/…"
        )
    functions = runtime.functions
    return ClientReference(address, name, functions.taints.look, special_for(functions.types, markup=True))
