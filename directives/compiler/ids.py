"""The ID of a function: keyed BLAKE3 over where it stands and how it is called."""

from __future__ import annotations

from collections.abc import Iterable

from directives.compiler.model import Parameter

CONTEXT = "directives 2026-11-21 function id"
ID_BYTES = 20


def function_id(module: str, qualname: str, parameters: Iterable[Parameter], returns: str | None) -> str:
    """The ID of a function, stable while its module, qualified name and signature, as its callers know it, are.

    Not the body, and not the values of defaults: pages that are open survive a deploy. The key is public and
    only keeps these hashes apart from others; knowing an ID authorizes nothing.
    """
    from blake3 import blake3  # slow to import, and does not load in subinterpreters

    signature = tuple((p.name, p.kind, p.annotation, p.optional) for p in parameters)
    location = repr((module, qualname, signature, returns))
    return blake3(location.encode("utf-8", "surrogatepass"), derive_key_context=CONTEXT).hexdigest(
        length=ID_BYTES
    )
