"""What a handler learns of what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Event:
    """An event of an island's element, as data.

    Attributes:
        type: ``"click"``, ``"input"``, …
        value: The value of the field that it happened in; ``""`` elsewhere.
        checked: Whether the box that it happened in is ticked.
        name: The name of the field.
        key: The key that was pressed.
        data: The ``data-…`` attributes of the element that has the handler, without ``data-``.
        fields: For a form, what its fields hold: a list of texts for each name.
    """

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.type: str = facts["type"]
        self.value: str = facts.get("value") or ""
        self.checked: bool = facts.get("checked") or False
        self.name: str = facts.get("name") or ""
        self.key: str = facts.get("key") or ""
        self.data: dict[str, str] = facts.get("data") or {}
        self.fields: dict[str, list[str]] = facts.get("fields") or {}

    def __repr__(self) -> str:
        return "<Event " + self.type + ">"
