"""The address of a store, as the setting ``cache_handlers`` gives it: ``sqlite:///cache.db?size=256MB``."""

from __future__ import annotations

import re
from typing import Final
from typing import NoReturn

from directives.errors import SettingsError

SETTING: Final = "cache_handlers"
SIZES: Final = {"": 1, "B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}
SECONDS: Final = {"": 1.0, "s": 1.0, "ms": 0.001}
QUANTITY: Final = re.compile(r"(\d+(?:\.\d+)?) ?([A-Za-z]*)", re.ASCII)


def wrong(what: str) -> SettingsError:
    """The error that says what is wrong with the setting."""
    return SettingsError(SETTING, f"setting {SETTING!r}: {what}")


class Options:
    """What stands after the question mark of an address; each is taken once, and none may be left over.

    Args:
        query: The text after the question mark, in the notation of a URL.
        store: What the store is called in messages, without anything secret.
    """

    def __init__(self, query: str, store: str) -> None:
        from urllib.parse import parse_qsl

        pairs = parse_qsl(query, keep_blank_values=True)
        self._left = dict(pairs)
        self._taken: list[str] = []
        self._store = store
        if len(self._left) != len(pairs):
            self.refuse("an option is given twice")

    def text(self, name: str) -> str | None:
        """An option as it is written, if it is given."""
        self._taken.append(name)
        return self._left.pop(name, None)

    def flag(self, name: str) -> bool:
        """A switch, ``true`` or ``false``; off unless it is given.

        Raises:
            SettingsError: It is neither.
        """
        written = self.text(name) or "false"
        if written not in ("true", "false"):
            self.refuse(f"the option {name} is true or false, not {written!r}")
        return written == "true"

    def size(self, name: str, default: int) -> int:
        """A size in bytes, written like ``64MB``.

        Raises:
            SettingsError: It is no size.
        """
        return int(self._quantity(name, default, SIZES, "a size such as 64MB"))

    def seconds(self, name: str, default: float) -> float:
        """A span of time in seconds, written like ``250ms`` or ``1.5``.

        Raises:
            SettingsError: It is no span of time.
        """
        return self._quantity(name, default, SECONDS, "a time such as 250ms")

    def finish(self) -> None:
        """Raise for options that nobody took.

        Raises:
            SettingsError: There is one; names it and those there are.
        """
        if self._left:
            known = ", ".join(self._taken) or "none"
            self.refuse(f"there is no option {next(iter(self._left))!r}; the options are: {known}")

    def refuse(self, why: str) -> NoReturn:
        """Raise the error that names the setting and the store."""
        raise wrong(f"the store {self._store}: {why}")

    def _quantity(
        self, name: str, default: float, units: dict[str, int] | dict[str, float], wanted: str
    ) -> float:
        written = self.text(name)
        if written is None:
            return default
        found = QUANTITY.fullmatch(written)
        if found is None or found[2] not in units:
            self.refuse(f"the option {name} is {wanted}, not {written!r}")
        return float(found[1]) * units[found[2]]
