"""Server functions: the reference, the registry that finds one by its ID, and dispatch."""

from __future__ import annotations

from directives.functions.dispatch import Call
from directives.functions.dispatch import Started
from directives.functions.dispatch import dispatch
from directives.functions.expected import made_again
from directives.functions.expected import status_of
from directives.functions.expected import taken_apart
from directives.functions.module import Module
from directives.functions.module import calling_module
from directives.functions.reference import ServerFunction
from directives.functions.registry import Registry
from directives.functions.running import Around
from directives.functions.running import Plain
from directives.functions.running import as_it_is
from directives.functions.schemas import Format
from directives.functions.values import lower_function
from directives.functions.values import special_for

__all__ = [
    "Around",
    "Call",
    "Format",
    "Module",
    "Plain",
    "Registry",
    "ServerFunction",
    "Started",
    "as_it_is",
    "calling_module",
    "dispatch",
    "lower_function",
    "made_again",
    "special_for",
    "status_of",
    "taken_apart",
]
