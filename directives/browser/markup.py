"""Markup that is made of a template and values, escaped unless they are markup themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from directives.browser.state import State

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping


class Markup:
    """Text that is HTML already.

    Args:
        text: The HTML.
        handlers: The functions that its ``data-on-…`` attributes name.
    """

    def __init__(self, text: str, handlers: Mapping[str, Callable[..., Any]] | None = None) -> None:
        self.text = text
        self.handlers = handlers or {}

    def __html__(self) -> str:
        return self.text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return "Markup(" + repr(self.text) + ")"


def html(template: str, *values: Any, **named: Any) -> Markup:
    """Markup made of a template with places for values, as ``str.format`` has them: ``{}``, ``{name}``, ``{price:.2f}``.

    Texts are escaped, so a value can stand between tags and in an attribute with quotes around it. ``Markup`` stays as it
    is, the items of a list or generator stand one behind the other, ``None`` is nothing, a ``State`` is its value. A
    function is a handler: in ``data-on-click="{add}"`` it is called with each click, with an ``Event``.

    Args:
        template: HTML. A brace that is no place is written twice.
        values: What goes to ``{}``.
        named: What goes to ``{name}``.
    """
    handlers: dict[str, Callable[..., Any]] = {}
    plain = [shown(value, handlers) for value in values]
    texts = {name: shown(value, handlers) for name, value in named.items()}
    return Markup(template.format(*plain, **texts), handlers)


def shown(value: Any, handlers: dict[str, Callable[..., Any]]) -> Any:
    """A value as it stands in HTML; a number stays one, so that a template can say its format.

    Args:
        value: The value.
        handlers: Gets the functions in it.
    """
    if isinstance(value, State):
        value = value.value
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, Markup):
        handlers.update(value.handlers)
        return value.text
    if hasattr(value, "__html__"):
        return value.__html__()
    if callable(value):
        return _handler(value, handlers)
    if isinstance(value, (bytes, dict)):
        return escape(str(value))
    try:
        items = iter(value)
    except TypeError:
        return escape(str(value))
    return "".join([str(shown(item, handlers)) for item in items])


def escape(text: str) -> str:
    """A text with what HTML means otherwise written so that it does not."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if '"' in text:
        text = text.replace('"', "&#34;")
    if "'" in text:
        text = text.replace("'", "&#39;")
    return text


def _handler(function: Callable[..., Any], handlers: dict[str, Callable[..., Any]]) -> str:
    """The name of a function in an island; the same as long as the function is, so that nothing is rendered anew for it."""
    name = f"f{id(function):x}"
    handlers[name] = function
    return name
