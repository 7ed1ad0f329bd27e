"""Values as they travel: tagged JSON, on a Python that may be a small one. See the page on the wire format."""

from __future__ import annotations

import json
import math
from binascii import a2b_base64
from binascii import b2a_base64
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from collections.abc import Callable

# Beyond these a number of JSON is not exact in every language.
SAFE = (1 << 53) - 1


def encode(value: Any) -> str:
    """A value as JSON text in ASCII.

    Raises:
        TypeError: A part of it cannot travel; names its type.
    """
    return json.dumps(_lower(value))


def decode(value: Any, function: Callable[[str, str | None], Any]) -> Any:
    """What a value of ``json.loads`` stands for.

    Args:
        value: The value.
        function: Makes a server function of its ID and what it captured.

    Raises:
        ValueError: It has a tag that this Python does not know.
    """
    if isinstance(value, list):
        return [decode(item, function) if isinstance(item, (list, dict)) else item for item in value]
    if not isinstance(value, dict):
        return value
    if "$" not in value:
        return {
            key: decode(item, function) if isinstance(item, (list, dict)) else item
            for key, item in value.items()
        }
    tag, payload = value["$"]
    payload = decode(payload, function)
    if tag == "function":
        return function(payload[0], payload[1])
    if tag == "markup":
        from directives.browser.markup import Markup

        return Markup(payload)
    return _raised(tag, payload)


def _raised(tag: str, payload: Any) -> Any:
    """The value of a tag."""
    simple = SIMPLE.get(tag)
    if simple is not None:
        return simple(payload)
    if tag in ("date", "time", "datetime", "timedelta"):
        import datetime

        if tag == "timedelta":
            return datetime.timedelta(*payload)
        return getattr(datetime, tag).fromisoformat(payload.partition("[")[0])
    if tag in TEXTS:
        module, name = TEXTS[tag]
        try:
            __import__(module)
        except ImportError:
            return payload
        import sys

        return getattr(sys.modules[module], name)(payload)
    raise ValueError("a value with the tag " + repr(tag) + " cannot be used in the browser")


SIMPLE: dict[str, Callable[[Any], Any]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "dict": dict,
    # MicroPython's takes no text.
    "bytes": lambda text: a2b_base64(text.encode()),
    "bytearray": bytearray,
    "int": int,
    "float": float,
    "complex": lambda parts: complex(parts[0], parts[1]),
    "range": lambda parts: range(parts[0], parts[1], parts[2]),
}
# Where a Python does not have the class, the value is its text.
TEXTS = {
    "decimal": ("decimal", "Decimal"),
    "uuid": ("uuid", "UUID"),
    "ip": ("ipaddress", "ip_address"),
    "ip-network": ("ipaddress", "ip_network"),
    "ip-interface": ("ipaddress", "ip_interface"),
    "path": ("pathlib", "PurePosixPath"),
}
NAMES = {
    "Decimal": "decimal",
    "UUID": "uuid",
    "IPv4Address": "ip",
    "IPv6Address": "ip",
    "IPv4Network": "ip-network",
    "IPv6Network": "ip-network",
    "IPv4Interface": "ip-interface",
    "IPv6Interface": "ip-interface",
    "PurePosixPath": "path",
    "PosixPath": "path",
}


def _lower(value: Any) -> Any:
    """A value in what JSON can say."""
    kind = type(value)
    if value is None or kind in (bool, str):
        return value
    if kind is int:
        return value if -SAFE <= value <= SAFE else _tagged("int", str(value))
    if kind is float:
        return value if math.isfinite(value) else _tagged("float", _odd(value))
    if kind is list:
        return [_lower(item) for item in value]
    if isinstance(value, dict):
        return _dict(value)
    if kind in (tuple, set, frozenset):
        return _tagged(kind.__name__, [_lower(item) for item in value])
    if kind is bytes:
        return _tagged("bytes", b2a_base64(value).decode().strip())
    if kind is bytearray:
        return _tagged("bytearray", _lower(bytes(value)))
    return _other(value, kind.__name__)


def _dict(value: dict[Any, Any]) -> Any:
    for key in value:
        if type(key) is not str or key == "$":
            return _tagged("dict", [[_lower(key), _lower(item)] for key, item in value.items()])
    return {key: _lower(item) for key, item in value.items()}


def _other(value: Any, name: str) -> Any:
    if name in NAMES:
        return _tagged(NAMES[name], str(value))
    if name in ("date", "datetime", "time"):
        return _tagged(name, value.isoformat())
    if name == "timedelta":
        return _tagged(name, [value.days, value.seconds, value.microseconds])
    if name == "complex":
        return _tagged(name, [value.real, value.imag])
    if name == "range":
        return _tagged(name, [value.start, value.stop, value.step])
    if name == "ServerFunction":
        return _tagged("function", [value.id, value.bound])
    raise TypeError(name + " cannot travel to the server")


def _odd(value: float) -> str:
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def _tagged(tag: str, payload: Any) -> dict[str, Any]:
    return {"$": [tag, payload]}
