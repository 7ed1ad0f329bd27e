"""React's and Next.js's directives for Python: plain Python plus five strings.

A module or function that begins with ``'use server'``, ``'use client'``, ``'use cache'``,
``'use cache: remote'`` or ``'use cache: private'`` means what it means there.

pytest loads a plugin of this package, and is to leave the package's own assertions as they are: PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from directives.decorators import use_server
    from directives.functions import ServerFunction
    from directives.hook import enable
    from directives.runtime import configure
    from directives.runtime import register_type

__version__ = "0.1.0"
__all__ = ["ServerFunction", "configure", "enable", "register_type", "use_server"]

# Imported when first used: the package costs nothing until it is asked for.
HOMES = {
    "ServerFunction": "functions",
    "configure": "runtime",
    "enable": "hook",
    "register_type": "runtime",
    "use_server": "decorators",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    value = getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
    globals()[name] = value
    return value
