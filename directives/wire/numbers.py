"""Arrays of numbers, in one byte order and with names that do not depend on the machine."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Mapping
from typing import Any

TYPE_CODES = "bBhHiIlLqQfd"


def number_format(code: str) -> str | None:
    """The wire's name of an array's type code, family and size (``"i8"``), if it has one."""
    if len(code) != 1 or code not in TYPE_CODES:
        return None
    family = "f" if code in "fd" else "i" if code.islower() else "u"
    return f"{family}{array(code).itemsize}"


CODE_OF_FORMAT: Mapping[str | None, str] = {number_format(code): code for code in TYPE_CODES}


def little_endian(values: array[Any]) -> array[Any]:
    """``values`` with the bytes in the wire's order; works both ways."""
    if sys.byteorder == "big":
        values = values[:]
        values.byteswap()
    return values
