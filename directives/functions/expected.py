"""Expected errors, taken apart to travel and made again where they arrive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from directives.errors import ExpectedError


def taken_apart(error: ExpectedError) -> tuple[str, str, dict[str, Any]]:
    """What an expected error is known by, what it says, and its fields."""
    return type(error)._directives_type, str(error), error._directives_data()


def status_of(error: ExpectedError) -> int:
    """The HTTP status that the class of an expected error asks for."""
    return type(error)._directives_status


def made_again(name: str, data: Mapping[str, Any]) -> ExpectedError | None:
    """The error of another process, if this one has declared its class with fields that fit.

    Args:
        name: What the class is known by, as the wire has it; compared, never imported.
        data: The fields; their types come from the annotations of the class.
    """
    kind = declared(name)
    if kind is None:
        return None
    try:
        return kind(**fitted(kind, data))
    except Exception:  # noqa: BLE001 -- of another version than the server's: type and data are told as they are
        return None


def declared(name: str) -> type[ExpectedError] | None:
    """The class known by a name; the newest, if a module was loaded again.

    The interpreter knows the subclasses of a class: there is no second list that could disagree.
    """
    found = None
    pending = [ExpectedError]
    while pending:
        kind = pending.pop(0)
        pending += kind.__subclasses__()
        if vars(kind).get("_directives_type") == name:
            found = kind
    return found


def fitted(kind: type[ExpectedError], data: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as the annotations of a class want them."""
    from typing import get_type_hints

    hints = get_type_hints(kind, include_extras=True)
    return {name: as_annotated(hints[name], value) for name, value in data.items()}


def as_annotated(annotation: Any, value: Any) -> Any:
    """A value as its annotation wants it."""
    if annotation is Any or type(value) is annotation:
        return value
    from pydantic import ConfigDict
    from pydantic import PydanticUserError
    from pydantic import TypeAdapter

    try:
        adapter: TypeAdapter[Any] = TypeAdapter(annotation, config=ConfigDict(arbitrary_types_allowed=True))
    except PydanticUserError:
        # A model or dataclass brings a configuration of its own.
        adapter = TypeAdapter(annotation)
    return adapter.validate_python(value)
