"""E02: what server code sees of a 'use client' module."""

from __future__ import annotations

from directives.islands import ClientReference
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]


def test_e02_a_client_module_is_references_alone_on_the_server(load: Load) -> None:
    """Its body is not executed and its imports are not followed."""
    module = load("""
        'use client'
        import nothing_that_exists_here
        def Counter(start): ...
        raise AssertionError("ran on the server")
    """)
    assert type(module.Counter) is ClientReference
    assert not hasattr(module, "nothing_that_exists_here")
