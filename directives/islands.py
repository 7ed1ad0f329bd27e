"""References to client components: what server code holds of a 'use client' module."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING
from typing import Any

from directives.errors import EncodeError

if TYPE_CHECKING:
    from directives.wire.lowering import Look
    from directives.wire.lowering import Special

# What could end the script element, or a line of it, early.
SCRIPT_ESCAPES = str.maketrans(
    {"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029"}
)


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

    def __call__(self, *children: Any, **properties: Any) -> Island:
        """An element of the component.

        Args:
            children: What stands inside it until the component is there: markup by ``__html__``, or text.
            properties: What the component is called with; values that can travel, server functions among them.
        """
        return Island(self, children, properties)

    def __repr__(self) -> str:
        return f"<ClientReference {self.id}>"


class Island:
    """An element of a client component in server markup.

    Args:
        component: The component.
        children: What stands inside it until the component is there.
        properties: What the component is called with.
    """

    __slots__ = ("_children", "_component", "_properties")

    def __init__(
        self, component: ClientReference, children: tuple[Any, ...], properties: dict[str, Any]
    ) -> None:
        self._component = component
        self._children = children
        self._properties = properties

    def __html__(self) -> str:
        """The element as markup.

        Raises:
            EncodeError: A property cannot travel; names it and its type.
            TaintError: A property is tainted.
        """
        properties = (
            f'<script type="application/json" data-props>{self._json()}</script>' if self._properties else ""
        )
        children = "".join(map(markup, self._children))
        return f'<py-island component="{escape(self._component.id)}">{properties}{children}</py-island>'

    def __str__(self) -> str:
        return self.__html__()

    def __repr__(self) -> str:
        return f"<Island {self._component.id}>"

    def _json(self) -> str:
        from directives.wire.untrusted import encode_json

        try:
            encoded = encode_json(
                self._properties,
                special=self._component._special,
                where="properties",
                look=self._component._look(),
            )
        except EncodeError as error:
            raise EncodeError(f"a property of {self._component.id} cannot travel: {error}") from None
        return encoded.decode().translate(SCRIPT_ESCAPES)


def markup(child: Any) -> str:
    """A child as markup: what knows its own keeps it, text is escaped."""
    html = getattr(child, "__html__", None)
    return str(html()) if html is not None else escape(str(child))
