"""What the page's JavaScript calls: starts islands, tells them of events, ends them."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING
from typing import Any

from directives.browser.calls import function
from directives.browser.events import Event
from directives.browser.host import Host
from directives.browser.markup import Markup
from directives.browser.markup import shown
from directives.browser.state import rendering
from directives.browser.wire import decode

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from collections.abc import Callable

    from directives.browser.host import Page


class Island:
    """A component at work in the page.

    Args:
        number: What the page calls it.
    """

    running: dict[int, Island] = {}  # noqa: RUF012 -- MicroPython has no annotations

    def __init__(self, number: int) -> None:
        self.number = number
        self._view: Callable[[], Any] | None = None
        self._handlers: dict[str, Callable[..., Any]] = {}
        self._due = False

    async def start(self, module: str, name: str, properties: dict[str, Any]) -> None:
        """Call the component, and show what it gives."""
        try:
            component = getattr(_imported(module), name)
            made = component(**properties)
            if _is_awaitable(made):
                made = await made
            if callable(made) and not hasattr(made, "__html__"):
                self._view = made
                self.render()
            else:
                self._show(made)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it ends here: other islands go on
            self.fail("start", error)

    def render(self) -> None:
        """Call the view, and show what it gives."""
        self._due = False
        view = self._view
        if view is None or self.number not in Island.running:
            return
        rendering.reader = self.render_soon
        try:
            self._show(view())
        except Exception as error:  # noqa: BLE001 -- whatever it is, it ends here: other islands go on
            self.fail("render", error)
        finally:
            rendering.reader = None

    def render_soon(self) -> None:
        """Render once what is running now is over, however often this is called until then."""
        if not self._due:
            self._due = True
            start(self._rendered())

    async def _rendered(self) -> None:
        self.render()

    def _show(self, made: Any) -> None:
        handlers: dict[str, Callable[..., Any]] = {}
        text = str(shown(made, handlers))
        self._handlers = handlers
        Host.current.render(self.number, text)

    async def handle(self, name: str, event: Event) -> None:
        """Run a handler."""
        handler = self._handlers.get(name)
        if handler is None:
            return
        try:
            done = handler(event)
            if _is_awaitable(done):
                await done
        except Exception as error:  # noqa: BLE001 -- whatever it is, it ends here: other islands go on
            self.fail("event", error)

    def fail(self, phase: str, error: Exception) -> None:
        """Tell the page; other islands go on."""
        Host.current.fail(self.number, phase, _report(error))


def connect(page: Page) -> None:
    """Be told which page this is; first of all."""
    Host.current = page


def begin(number: int, module: str, name: str, properties: str, children: str | None = None) -> None:
    """Start an island.

    Args:
        number: What the page calls it.
        module: The component's module.
        name: The component.
        properties: Its properties, as JSON.
        children: The markup inside it, if the component takes it.
    """
    given = decode(json.loads(properties), function)
    if children is not None:
        given["children"] = Markup(children)
    island = Island.running[number] = Island(number)
    start(island.start(module, name, given))


def event(number: int, handler: str, facts: str) -> None:
    """Tell an island of an event.

    Args:
        number: The island.
        handler: The handler's name, as the island's markup has it.
        facts: What happened, as JSON.
    """
    island = Island.running.get(number)
    if island is not None:
        start(island.handle(handler, Event(json.loads(facts))))


def end(number: int) -> None:
    """Forget an island that has left the page."""
    Island.running.pop(number, None)


def start(work: Any) -> None:
    """Let a coroutine run."""
    _tasks.append(asyncio.create_task(work))
    if len(_tasks) > 100:
        _tasks[:] = [task for task in _tasks if not task.done()]


# A loop holds its tasks weakly.
_tasks: list[Any] = []


def _imported(module: str) -> Any:
    __import__(module)
    return sys.modules[module]


def _is_awaitable(value: Awaitable[Any] | Any) -> bool:
    # MicroPython's coroutines are generators, which have no `__await__`.
    return hasattr(value, "__await__") or (hasattr(value, "send") and hasattr(value, "throw"))


def _report(error: Exception) -> str:
    # MicroPython's own way, which CPython does not have.
    prints = getattr(sys, "print_exception", None)
    if prints is not None:
        import io

        out = io.StringIO()
        prints(error, out)
        return out.getvalue()
    import traceback

    return "".join(traceback.format_exception(error))
