"""What each setting may be, and what the text of a variable stands for."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from directives.errors import SettingsError

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", ""})
FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
NUMBER = re.compile(r"\d+(\.\d*)?")
SPANS = frozenset({"stale", "revalidate", "expire"})
STORE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
# Where the next store begins in a variable; an address may have commas, between servers.
NEXT_STORE = re.compile(rf",(?=\s*{STORE_NAME.pattern}\s*=)")
# Never shown in an error: addresses of stores have passwords in them.
HIDDEN = frozenset({"secret_keys", "cache_handlers"})


def parsed(name: str, text: str) -> Any:
    """The value that the text of a variable stands for; text that stands for none is left to the setting's check."""
    check = CHECKS[name]
    if check in (_boolean, _tags):
        lowered = text.strip().lower()
        if lowered in TRUE_WORDS | FALSE_WORDS:
            return lowered in TRUE_WORDS
    if check in (_size, _count):
        return int(text) if text.strip().isdecimal() else text
    if check in (_seconds, _share):
        return float(text) if NUMBER.fullmatch(text.strip()) else text
    if check in (_names, _tags):
        return [part.strip() for part in text.split(",") if part.strip()]
    if check is _handlers:
        pairs = (part.partition("=") for part in NEXT_STORE.split(text) if part.strip())
        return {key.strip(): value.strip() for key, _, value in pairs}
    return text


def _wrong(key: str, value: Any, expected: str, source: str) -> SettingsError:
    shown = "what it is (not shown: it may be secret)" if key in HIDDEN else repr(value)
    return SettingsError(key, f"{source}: setting {key!r} must be {expected}, not {shown}")


def _boolean(key: str, value: Any, source: str) -> bool:
    if type(value) is not bool:
        raise _wrong(key, value, "true or false", source)
    return value


def _size(key: str, value: Any, source: str) -> int:
    if type(value) is not int or value < 0:
        raise _wrong(key, value, "a whole number of bytes, 0 or more", source)
    return value


def _count(key: str, value: Any, source: str) -> int:
    if type(value) is not int or value < 0:
        raise _wrong(key, value, "a whole number, 0 or more", source)
    return value


def _tags(key: str, value: Any, source: str) -> tuple[str, ...]:
    if type(value) is bool:
        return ("*",) if value else ()
    return _names(key, value, source)


def _seconds(key: str, value: Any, source: str) -> float:
    if type(value) not in (int, float) or not 0 < value < math.inf:
        raise _wrong(key, value, "a number of seconds, more than 0", source)
    return float(value)


def _share(key: str, value: Any, source: str) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise _wrong(key, value, "a number from 0 to 1", source)
    return float(value)


def _function(key: str, value: Any, source: str) -> Any:
    if callable(value) or (isinstance(value, str) and FUNCTION.fullmatch(value)):
        return value
    raise _wrong(key, value, 'a function, or where it is: "package.module:function"', source)


def _text(key: str, value: Any, source: str) -> str:
    if not isinstance(value, str) or not value:
        raise _wrong(key, value, "a text that is not empty", source)
    return value


def _exposure(key: str, value: Any, source: str) -> str:
    if value not in ("all", "declared"):
        raise _wrong(key, value, '"all" or "declared"', source)
    return str(value)


def _runtime(key: str, value: Any, source: str) -> str:
    if value not in ("pyodide", "micropython"):
        raise _wrong(key, value, '"pyodide" or "micropython"', source)
    return str(value)


def _path(key: str, value: Any, source: str) -> str:
    text = _text(key, value, source)
    if not text.startswith("/") or text.endswith("/") or "?" in text or "#" in text:
        raise _wrong(key, value, 'a URL path such as "/_directives", with no slash at its end', source)
    return text


def _names(key: str, value: Any, source: str) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        raise _wrong(key, value, "a list of texts", source)
    if not all(isinstance(part, str) and part for part in value):
        raise _wrong(key, value, "a list of texts", source)
    return tuple(value)


def _profiles(key: str, value: Any, source: str) -> Mapping[str, Mapping[str, float]]:
    if not isinstance(value, Mapping) or not all(
        isinstance(name, str)
        and isinstance(spans, Mapping)
        and SPANS.issuperset(spans)
        and all(type(seconds) in (int, float) and seconds >= 0 for seconds in spans.values())
        for name, spans in value.items()
    ):
        raise _wrong(
            key, value, "a table such as {blog = {stale = 60, revalidate = 900, expire = 86400}}", source
        )
    return {name: dict(spans) for name, spans in value.items()}


def _handlers(key: str, value: Any, source: str) -> Mapping[str, str]:
    if not isinstance(value, Mapping) or not all(
        isinstance(name, str) and STORE_NAME.fullmatch(name) and isinstance(address, str) and address
        for name, address in value.items()
    ):
        expected = 'a table such as {fast = "redis://localhost"}, in a variable fast=redis://localhost'
        raise _wrong(key, value, f"{expected}, with names of letters, digits, _ and -", source)
    if "private" in value:
        raise SettingsError(
            key, f"{source}: 'use cache: private' keeps nothing on the server and takes no handler"
        )
    return dict(value)


def _calls(key: str, value: Any, source: str) -> Mapping[str, Sequence[Sequence[Any] | Mapping[str, Any]]]:
    if not isinstance(value, Mapping) or not all(
        isinstance(name, str)
        and FUNCTION.fullmatch(name)
        and isinstance(calls, (list, tuple))
        and all(isinstance(arguments, (list, tuple, Mapping)) for arguments in calls)
        for name, calls in value.items()
    ):
        raise _wrong(key, value, 'a table such as {"shop:stock" = [["tea"], {sku = "salt"}]}', source)
    return {name: list(calls) for name, calls in value.items()}


# Each gives the value as the setting has it, or raises a SettingsError that names the setting and its source.
CHECKS: Mapping[str, Callable[[str, Any, str], Any]] = {
    "packages": _names,
    "exclude": _names,
    "build_id": _text,
    "secret_keys": _names,
    "captured_max_age": _seconds,
    "captured_session": _function,
    "captured_size_limit": _size,
    "endpoint": _path,
    "allowed_origins": _names,
    "body_size_limit": _size,
    "upload_size_limit": _size,
    "allow_sync_server_functions": _boolean,
    "exposure": _exposure,
    "cache_life": _profiles,
    "call_timeout": _seconds,
    "replay_seconds": _seconds,
    "replay_size_limit": _size,
    "cache_handlers": _handlers,
    "cache_max_memory_size": _size,
    "cache_fill_timeout": _seconds,
    "cache_early_refresh": _share,
    "cache_warm": _calls,
    "prerender": _names,
    "prerender_store": _text,
    "live_tags": _tags,
    "live_streams": _count,
    "runtime": _runtime,
    "runtime_url": _path,
    "debug": _boolean,
    "url": _text,
}
