"""What the network codecs do not know of values: server functions, files, forms, registered classes, markup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from directives.errors import ArgumentsError
from directives.errors import UnknownFunctionError
from directives.functions.admission import received
from directives.functions.reference import ServerFunction
from directives.functions.registry import Registry
from directives.wire.classes import Types
from directives.wire.lowering import Instead
from directives.wire.lowering import Special
from directives.wire.lowering import Tagged
from directives.wire.references import FileReference
from directives.wire.references import FormReference
from directives.wire.references import FunctionReference
from directives.wire.refused import Refused

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage


def lower_function(value: Any) -> tuple[str, Any] | None:
    """What the codecs write for a server function: its ID and, sealed, what it captured."""
    return ("function", [value.id, value.bound()]) if type(value) is ServerFunction else None


def special_for(types: Types, *, markup: bool) -> Special:
    """What the codecs ask about each value that they do not know.

    Args:
        types: The classes that were registered as values.
        markup: Whether markup may leave, as in a result; it is no argument.
    """

    def special(value: Any) -> Tagged | Instead | None:
        cls = type(value)
        if cls is ServerFunction:
            return lower_function(value)
        kind = types.registered(cls)
        if kind is not None:
            return Instead(kind.plain(value))
        if not hasattr(cls, "__html__"):
            return None
        if not markup:
            raise Refused("is no argument, because it is markup: pass its text, `str(...)`")
        return "markup", str(value.__html__())

    return special


def resolve(registry: Registry, value: Any, path: str, files: Mapping[str, FileStorage]) -> Any:
    """``value`` with every reference in it looked up.

    Args:
        registry: Where functions are found, exactly, by ID.
        value: A decoded value; its depth was bounded when it was decoded.
        path: Where it stands in the call, for errors.
        files: The files that came with the value, by name.

    Raises:
        ArgumentsError: A reference has an ID that no server function has, or names a file that did not come; names
            its path.
        SealError: What came with an ID was not sealed here for that function.
    """
    kind = type(value)
    if kind is FunctionReference:
        try:
            return received(registry.find(value.id), value.bound)
        except UnknownFunctionError:
            raise ArgumentsError([(path, "no server function has this ID")]) from None
    if kind is FileReference:
        if value.part not in files:
            raise ArgumentsError([(path, "no file of this name came with the call")])
        return files[value.part]
    if kind is FormReference:
        from directives.forms import FormData

        return FormData(
            [(name, resolve(registry, item, f"{path}.{name}", files)) for name, item in value.pairs]
        )
    if kind is dict:
        return {
            resolve(registry, key, path, files): resolve(registry, item, f"{path}.{key}", files)
            for key, item in value.items()
        }
    if kind in (list, tuple):
        return kind(resolve(registry, item, f"{path}[{index}]", files) for index, item in enumerate(value))
    if kind in (set, frozenset):
        return kind(resolve(registry, item, path, files) for item in value)
    return value
