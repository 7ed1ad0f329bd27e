"""The build of shells: each page is asked for in process, and those that are for everybody are kept together."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from queue import Empty
from queue import SimpleQueue
from typing import TYPE_CHECKING
from typing import Any

from directives.cache.ahead import WAITED_AHEAD
from directives.cache.ahead import users_frame
from directives.cache.entry import CacheEntry
from directives.cache.scope import FunctionScope
from directives.cache.scope import set_scope
from directives.cache.value import CachedValue
from directives.errors import SettingsError
from directives.shell.shelf import Shelf
from directives.shell.stages import AsgiStage
from directives.shell.stages import Stage
from directives.shell.stages import stage_for
from directives.shell.verdict import NotStatic

if TYPE_CHECKING:
    from types import FrameType

    from directives.runtime import Runtime
    from directives.shell.page import Shell
    from directives.shell.target import Target


class Kind(StrEnum):
    """What came of a page."""

    STATIC = "static"
    PARTIAL = "partial"
    DYNAMIC = "dynamic"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a page.

    Attributes:
        target: The page.
        kind: What it is.
        entry: Its entry, if it is to be kept; not stamped.
        reason: Why not.
    """

    target: Target
    kind: Kind
    entry: CacheEntry | None = None
    reason: NotStatic | None = None


def shelf_of(runtime: Runtime) -> Shelf:
    """Where a build puts its shells.

    Raises:
        SettingsError: Nobody but this process would see them there.
    """
    from directives.cache.handlers.memory import MemoryHandler

    shelf = Shelf(runtime)
    if isinstance(shelf.cached.handler, MemoryHandler):
        raise SettingsError(
            "prerender_store",
            f"the store {runtime.settings.prerender_store!r} is the memory of one process: shells are kept where servers find "
            "them, as in the store 'remote'",
        )
    return shelf


def prerender(app: Any, runtime: Runtime, *, jobs: int = 4) -> list[Outcome]:
    """Render the pages that the settings name and that are listed, and keep them: what ``directives prerender`` does.

    Args:
        app: The application, WSGI or ASGI.
        runtime: Its settings say which pages, and where they are kept.
        jobs: How many to render at a time.

    Raises:
        SettingsError: A page is none, or nobody but this process would see where they are kept.
        StoreError: The store does not answer; the old shells stay.
    """
    from directives.shell.listing import listed

    shelf = shelf_of(runtime)
    timeout = runtime.settings.cache_fill_timeout
    outcomes = list(rendered(app, listed(runtime), shelf, jobs=jobs, timeout=timeout))
    shelf.replace({each.target: each.entry for each in outcomes if each.entry is not None})
    return outcomes


def rendered(
    app: Any, targets: Sequence[Target], shelf: Shelf, *, jobs: int, timeout: float
) -> Iterator[Outcome]:
    """Render pages, and tell of each as it is done. Nothing is kept yet.

    Args:
        app: The application, WSGI or ASGI.
        targets: The pages.
        shelf: Says what entries are like.
        jobs: How many to render at a time.
        timeout: How many seconds one may take.
    """
    done: SimpleQueue[Outcome] = SimpleQueue()
    waiting = deque(targets)
    running: dict[Target, float] = {}
    with closing(stage_for(app)) as stage:
        while waiting or running:
            while waiting and len(running) < jobs:
                target = waiting.popleft()
                running[target] = time.monotonic() + timeout
                stage.start(target, _work(stage, target, shelf, done.put))
            try:
                outcome = done.get(timeout=max(0.0, min(running.values()) - time.monotonic()))
            except Empty:
                for target in [each for each, until in running.items() if until <= time.monotonic()]:
                    del running[target]
                    yield Outcome(target, Kind.FAILED, reason=_overdue(stage.stop(target), timeout))
            else:
                if running.pop(outcome.target, None) is not None:  # else it was given up
                    yield outcome


def _work(stage: Stage, target: Target, shelf: Shelf, report: Callable[[Outcome], None]) -> Any:
    def begin() -> tuple[FunctionScope, float]:
        scope = FunctionScope(shelf.cached)
        set_scope(scope)
        return scope, shelf.cached.handler.now()

    def work(render: Any) -> None:
        scope, began = begin()
        try:
            outcome = _kept(target, render(), scope, began)
        except BaseException as error:  # noqa: BLE001 -- it becomes the page's outcome
            outcome = _given_up(target, error)
        report(outcome)

    async def work_async(render: Any) -> None:
        scope, began = begin()
        try:
            outcome = _kept(target, await render(), scope, began)
        except BaseException as error:  # noqa: BLE001 -- as above
            outcome = _given_up(target, error)
        report(outcome)

    return work_async if isinstance(stage, AsgiStage) else work


def _kept(target: Target, shell: Shell, scope: FunctionScope, began: float) -> Outcome:
    value = CachedValue.of(shell.to_bytes())
    life = scope.caches.spread(scope.life())
    entry = CacheEntry(value, min(began, scope.since), life, scope.tags)
    return Outcome(target, Kind.PARTIAL if shell.parts else Kind.STATIC, entry)


def _given_up(target: Target, error: BaseException) -> Outcome:
    if not isinstance(error, NotStatic):
        error = NotStatic(f"raises {type(error).__name__}: {error}", failed=True)
    return Outcome(target, Kind.FAILED if error.failed else Kind.DYNAMIC, reason=error)


def _overdue(frame: FrameType | None, timeout: float) -> NotStatic:
    what = f"took longer than the {timeout:g} s of the setting cache_fill_timeout. {WAITED_AHEAD}"
    if frame is None:
        return NotStatic(what, failed=True)
    from directives.cache.callsite import underline

    return NotStatic(what, underline(users_frame(frame)), failed=True)
