"""References to client components: what server code holds of a 'use client' module."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import get_args

from directives.errors import EncodeError

if TYPE_CHECKING:
    from types import FrameType

    from directives.wire.lowering import Instead
    from directives.wire.lowering import Look
    from directives.wire.lowering import Special
    from directives.wire.lowering import Tagged

When = Literal["load", "visible", "idle"]
"""When an island starts: with the page, once it is seen, or once the browser has nothing else to do."""

# What could end the script element, or a line of it, early.
SCRIPT_ESCAPES = str.maketrans(
    {"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029"}
)
# The mark of a slot in JSON, which writes its edges another way.
SLOT = re.compile(r'\{"\$":\["markup","\\u001a(\w+)\\u001a"\]\}')


class ClientReference:
    """A component of a 'use client' module, as server code sees it: its body never runs on the server.

    Calling it makes an ``Island``: markup that the component takes over in the client. See React's reference
    page of ``'use client'``.

    Args:
        module: The dotted name of the component's module.
        name: The component's name there.
        look: Gives what looks at the properties that are about to leave, if anything has to.
        special: How properties travel that the format does not know.
    """

    __slots__ = ("__name__", "__qualname__", "_look", "_module", "_special")

    def __init__(
        self, module: str, name: str, look: Callable[[], Look | None], special: Special | None = None
    ) -> None:
        self.__name__ = self.__qualname__ = name
        self._module = module
        self._look = look
        self._special = special

    @property
    def id(self) -> str:
        """Where the client finds the component: ``shop.widgets:Counter``."""
        return f"{self._module}:{self.__name__}"

    def __call__(self, *children: Any, client: When = "load", **properties: Any) -> Island:
        """An element of the component.

        Args:
            children: What stands inside it until the component is there, and what the component gets as ``children``
                if it has such a parameter: markup by ``__html__``, or text.
            client: When it starts in the browser.
            properties: What the component is called with; values that can travel, server functions among them.

        Raises:
            EncodeError: A property cannot travel; names it and its type, and underlines it at the call.
            TaintError: A property is tainted.
            ValueError: ``client`` is none of the three.
        """
        if client not in get_args(When):
            known = ", ".join(map(repr, get_args(When)))
            raise ValueError(
                f"client={client!r} of {self.id} does not say when it starts; write one of {known}"
            )
        if "children" in properties:
            children = (*children, properties.pop("children"))
        return Island(
            self.id, client, self._json(properties, sys._getframe(1)) if properties else None, children
        )

    def _json(self, properties: Mapping[str, Any], frame: FrameType) -> str:
        try:
            return self._encoded(properties)
        except EncodeError as error:
            name = next((name for name, value in properties.items() if self._is_refused(name, value)), None)
            raise self._refusal(error, name, frame) from None

    def _encoded(self, properties: Mapping[str, Any]) -> str:
        from directives.wire.untrusted.tagged_json import encode_json

        encoded = encode_json(properties, special=self._lowered, where="properties", look=self._look())
        return SLOT.sub("\x1a\\1\x1a", encoded.decode()).translate(SCRIPT_ESCAPES)

    def _lowered(self, value: Any) -> Tagged | Instead | None:
        """What is written for a value that the format does not know; for what passes through a cached function its mark."""
        from directives.cache.slot import PROPERTY
        from directives.cache.slot import Slot
        from directives.cache.slot import place_of

        if isinstance(value, Slot):
            return "markup", place_of(value).mark(PROPERTY)
        return None if self._special is None else self._special(value)

    def _is_refused(self, name: str, value: Any) -> bool:
        try:
            self._encoded({name: value})
        except EncodeError:
            return True
        return False

    def _refusal(self, error: EncodeError, name: str | None, frame: FrameType) -> EncodeError:
        from directives.cache.callsite import underline

        which = "a property" if name is None else f"property {name!r}"
        refusal = EncodeError(
            f"{which} of {self.id} cannot travel to the browser: {error}. Pass plain data, a registered class, markup, or a "
            "server function"
        )
        refusal.add_note(underline(frame, name=name))
        return refusal

    def __repr__(self) -> str:
        return f"<ClientReference {self.id}>"


class Island:
    """An element of a client component in server markup.

    Args:
        component: The component's ID.
        client: When it starts.
        properties: What the component is called with, as JSON that can stand in a script element.
        children: What stands inside it until the component is there.
    """

    __slots__ = ("_children", "_client", "_component", "_properties")

    def __init__(
        self, component: str, client: str, properties: str | None, children: tuple[Any, ...]
    ) -> None:
        self._component = component
        self._client = client
        self._properties = properties
        self._children = children

    def __html__(self) -> str:
        """The element as markup."""
        client = "" if self._client == "load" else f' client="{self._client}"'
        properties = (
            f'<script type="application/json" data-props>{self._properties}</script>'
            if self._properties
            else ""
        )
        children = "".join(map(markup, self._children))
        return f'<py-island component="{escape(self._component)}"{client}>{properties}{children}</py-island>'

    def __str__(self) -> str:
        return self.__html__()

    def __repr__(self) -> str:
        return f"<Island {self._component}>"


def markup(child: Any) -> str:
    """A child as markup: what knows its own keeps it, text is escaped."""
    html = getattr(child, "__html__", None)
    return str(html()) if html is not None else escape(str(child))


def property_of(value: Any) -> str:
    """What passed through a cached function, as it stands among an island's properties.

    Args:
        value: A server function, or markup.
    """
    from directives.functions.values import lower_function
    from directives.wire.untrusted.tagged_json import encode_json

    encoded = encode_json(
        value, special=lambda each: lower_function(each) or ("markup", str(each.__html__()))
    )
    return encoded.decode().translate(SCRIPT_ESCAPES)
