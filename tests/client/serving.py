"""A module that is served on this machine, and its client half: what a call goes through, from end to end."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import dedent
from threading import Thread
from types import ModuleType
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.serving import make_server

from directives.compiler import CompilerSettings
from directives.compiler import Role
from directives.compiler import compile_module
from directives.runtime import runtime
from directives.wsgi import DirectivesMiddleware
from tests.loading import Load

NAME = "shop_of_a_test"


@contextmanager
def served(
    load: Load, source: str, app: Callable[..., Any] | None = None
) -> Iterator[tuple[ModuleType, ModuleType]]:
    """Serve a module in a thread.

    Args:
        load: Loads its server half.
        source: Its source.
        app: The application around it, if there is one; wrapped already.

    Returns:
        The server half and the client half; the setting ``url`` leads from the one to the other.
    """
    plain = CompilerSettings(allow_sync_server_functions=True)
    module = load(source, settings=plain)
    server = make_server("127.0.0.1", 0, app or DirectivesMiddleware(NotFound()), threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    runtime.configure(url=f"http://127.0.0.1:{server.server_port}")
    try:
        yield module, client_half(source, plain)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def client_half(source: str, settings: CompilerSettings = CompilerSettings()) -> ModuleType:  # noqa: B008 - frozen
    """The client half of a module, as a module."""
    compiled = compile_module(dedent(source), NAME, f"{NAME}.py", Role.CLIENT, settings)
    assert compiled.client is not None, compiled.diagnostics
    client = ModuleType(NAME)
    exec(compile(compiled.client.source, "stubs.py", "exec", dont_inherit=True), client.__dict__)
    return client
