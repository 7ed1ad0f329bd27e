"""The deferred parts of a page, each sent when it is ready."""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
from collections.abc import AsyncGenerator
from collections.abc import Callable
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from contextlib import nullcontext
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING
from typing import Any

from directives.cache.scope import set_scope
from directives.observing import fields
from directives.shell.markup import filled
from directives.shell.markup import unfilled

if TYPE_CHECKING:
    from directives.cache.scope import RequestScope
    from directives.shell.parts import Deferred
    from directives.shell.parts import Part

Around = Callable[[], AbstractContextManager[object]]

log = logging.getLogger("directives.shell")


async def contents(
    parts: Sequence[Deferred | Part],
    page: RequestScope,
    around: Around = nullcontext,
) -> AsyncGenerator[bytes, None]:
    """The content of deferred parts, in the order in which they are ready.

    A coroutine function runs in a task, a plain one in a thread, each in a context of its own with the request in it.

    Args:
        parts: The parts.
        page: What learns which cached results they use.
        around: Makes what each is surrounded with: the framework's own context of the request.
    """
    page.parts = None
    threads = ThreadPoolExecutor(len(parts), "directives-part")
    tasks = [asyncio.create_task(_content(part, page, around, threads)) for part in parts]
    try:
        for content in asyncio.as_completed(tasks):
            yield await content
    finally:
        for task in tasks:
            task.cancel()
        threads.shutdown(wait=False)


async def _content(
    part: Deferred | Part,
    page: RequestScope,
    around: Around,
    threads: ThreadPoolExecutor,
) -> bytes:
    set_scope(page)
    try:
        return filled(part.slot, await _markup(part.open(), around, threads))
    except Exception:
        digest = os.urandom(6).hex()
        told = fields(kind="deferred", digest=digest, function=part.function_name)
        log.exception("a deferred part of %s failed [digest %s]", page.path, digest, extra=told)
        return unfilled(part.slot, digest)


async def _markup(part: Deferred, around: Around, threads: ThreadPoolExecutor) -> str:
    from markupsafe import escape

    function: Callable[..., Any] = part.function
    call = partial(function, *part.args, **(part.kwargs or {}))
    if inspect.iscoroutinefunction(function):
        with around():
            return escape(await call())
    context = copy_context()
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(threads, lambda: context.run(_called, call, around))


def _called(call: Callable[[], Any], around: Around) -> str:
    from markupsafe import escape

    with around():
        return escape(call())
