"""Which pages are rendered ahead: those that are named, and those whose parameters a function lists."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any
from typing import Final
from typing import TypeVar
from urllib.parse import quote

from directives.errors import SettingsError
from directives.shell.target import Target

if TYPE_CHECKING:
    from directives.runtime import Runtime

# Flask and Django write `<id>` and `<int:id>`, Starlette `{id}` and `{id:int}`.
PARAMETER: Final = re.compile(r"<(?:[^<>:]+:)?(\w+)>|\{(\w+)(?::[^{}]+)?\}")
SETTING: Final = "prerender"

Listing = TypeVar("Listing", bound=Callable[[], Iterable[Any]])


def static_params(pattern: str, /) -> Callable[[Listing], Listing]:
    """List the parameters with which a page is rendered ahead.

    It decorates a function that gives them, to be written beside the page's view: for each a mapping by name, or the
    value alone where the pattern has one parameter. The function is called by ``directives prerender``.

    Args:
        pattern: The pattern of the page's path, as the router has it: ``/product/<id>``, ``/product/{id}``.

    Raises:
        SettingsError: The pattern is no path with a parameter.

    See Next.js, "generateStaticParams"::

        @static_params("/product/<sku>")
        def products() -> list[str]:
            return ["tea", "salt"]
    """
    if not pattern.startswith("/") or PARAMETER.search(pattern) is None:
        raise SettingsError(SETTING, f"static_params() takes a path with a parameter, not {pattern!r}")

    def register(listing: Listing) -> Listing:
        from directives.runtime import runtime

        runtime.listings[pattern] = listing
        return listing

    return register


def listed(runtime: Runtime) -> list[Target]:
    """The pages that the settings name, and those whose parameters are listed; each once, in that order.

    Raises:
        SettingsError: One of them is no page; what a listing gives does not fit its pattern.
    """
    named = [Target.parse(address) for address in runtime.settings.prerender]
    for pattern, listing in runtime.listings.items():
        named += [Target.parse(filled(pattern, given)) for given in _called(listing)]
    return list(dict.fromkeys(named))


def filled(pattern: str, given: Any) -> str:
    """The path that a pattern has with some parameters.

    Raises:
        SettingsError: They are not those of the pattern.
    """
    names = [first or second for first, second in PARAMETER.findall(pattern)]
    values = given if isinstance(given, Mapping) else dict.fromkeys(names[:1], given)
    if set(values) != set(names):
        raise SettingsError(
            SETTING,
            f"static_params({pattern!r}) was given {given!r}, and its parameters are {', '.join(names)}: give a mapping with "
            "a value for each",
        )
    return PARAMETER.sub(lambda found: quote(str(values[found[1] or found[2]]), safe="/"), pattern)


def _called(listing: Callable[[], Any]) -> Sequence[Any]:
    import asyncio
    import inspect

    given = listing()
    if inspect.isawaitable(given):

        async def wait() -> Any:
            return await given

        given = asyncio.run(wait())
    return list(given)
