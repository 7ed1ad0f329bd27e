"""The code of wrappers: one template for each shape of parameters, given the names of the user's own.

A wrapper has the user's own signature, so CPython binds positional, keyword and default arguments natively, and its free
variables are the user's own cells, so that a captured variable is read as late as the function itself would read it.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Final

FILENAME: Final = "<use cache>"
FUNCTION: Final = "function_"

# What has to be true of a hit: the argument is of the very type that it was kept for, and the entry is fresh.
PROBE: Final = """\
        try:
            kept = table_{place}
        except Exception:
            kept = never_
        {unpack}
        if {same}monotonic_() < kept.deadline and ((scope := scope_()) is None or serves_(scope, kept)):
            kept.hits += 1.0
            if kept.copied is None:
                return kept.shared
            return kept.copied.copy()
        return {missed}
"""
BODIES: Final = {
    "function": ("def", "        return {missed}\n"),
    "coroutine": ("async def", "        return {missed}\n"),
    "generator": ("def", "        yield from {missed}\n"),
    "async generator": ("async def", "        for item in {missed}:\n            yield item\n"),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a wrapper's code depends on besides names.

    Attributes:
        flavor: ``"function"``, ``"coroutine"``, ``"generator"`` or ``"async generator"``.
        positional_only: How many parameters stand before a ``/``.
        positional: How many can be given by position, those included.
        keyword_only: How many can be given by name alone.
        varargs: Whether there is an ``*args``.
        varkw: Whether there is a ``**kwargs``.
        captured: How many captured variables enter the key.
    """

    flavor: str
    positional_only: int
    positional: int
    keyword_only: int
    varargs: bool
    varkw: bool
    captured: int

    @property
    def arguments(self) -> int:
        """How many parameters there are."""
        return self.positional + self.keyword_only + self.varargs + self.varkw

    @property
    def is_plain(self) -> bool:
        """Whether the arguments are passed on as they stand."""
        return not (self.keyword_only or self.varargs or self.varkw or self.flavor.endswith("generator"))

    @property
    def is_awaited(self) -> bool:
        """Whether its entry is awaited."""
        return self.flavor in ("coroutine", "async generator")

    @property
    def is_probed(self) -> bool:
        """Whether a hit can be found by its arguments before a key is made of them."""
        return self.flavor in ("function", "coroutine") and not (self.varargs or self.varkw)


def shape_of(code: CodeType, captured: int) -> Shape:
    """The shape of a function's wrapper."""
    return Shape(
        flavor=flavor_of(code),
        positional_only=code.co_posonlyargcount,
        positional=code.co_argcount,
        keyword_only=code.co_kwonlyargcount,
        varargs=bool(code.co_flags & inspect.CO_VARARGS),
        varkw=bool(code.co_flags & inspect.CO_VARKEYWORDS),
        captured=captured,
    )


def flavor_of(code: CodeType) -> str:
    """What calling a function gives."""
    if code.co_flags & inspect.CO_ASYNC_GENERATOR:
        return "async generator"
    if code.co_flags & inspect.CO_COROUTINE:
        return "coroutine"
    return "generator" if code.co_flags & inspect.CO_GENERATOR else "function"


def wrapper_code(code: CodeType, captured: tuple[str, ...]) -> CodeType:
    """The code of the wrapper of a function.

    Args:
        code: The function's code.
        captured: The captured variables that enter the key.
    """
    shape = shape_of(code, len(captured))
    made = template(shape)
    count = shape.arguments
    cells = {_cell(index): name for index, name in enumerate(captured)}
    return made.replace(
        co_varnames=code.co_varnames[:count] + made.co_varnames[count:],
        co_freevars=tuple(cells.get(name, name) for name in made.co_freevars),
        co_name=code.co_name,
        co_qualname=code.co_qualname,
    )


@lru_cache(maxsize=256)
def template(shape: Shape) -> CodeType:
    """The code of wrappers of one shape, with names that do not matter."""
    parameters = [f"p{index}" for index in range(shape.positional + shape.keyword_only)]
    extra = ["args"] * shape.varargs + ["kwargs"] * shape.varkw
    cells = [_cell(index) for index in range(shape.captured)]
    keyword, body = BODIES[shape.flavor]
    missed = f"missed_({FUNCTION}, {_tuple(parameters + extra + cells)})"
    if shape.is_awaited:
        missed = f"await {missed}"
    if shape.is_probed:
        body = _probe(parameters + cells)
    source = (
        f"def make_({', '.join([FUNCTION, *cells])}):\n"
        f"    {keyword} wrapper({_signature(shape, parameters)}):\n"
        f"{body.replace('{missed}', missed)}"
    )
    outer = next(part for part in compile(source, FILENAME, "exec").co_consts if isinstance(part, CodeType))
    return next(part for part in outer.co_consts if isinstance(part, CodeType))


def _probe(values: list[str]) -> str:
    others = [f"kind{index}" for index in range(2, len(values))]
    kinds = ["kept.kind0", "kept.kind1"][: len(values)] + others
    same = "".join(f"type_({value}) is {kind} and " for value, kind in zip(values, kinds, strict=True))
    unpack = f"{_tuple(others)} = kept.kinds" if others else "pass"
    return PROBE.replace("{place}", _place(values)).replace("{unpack}", unpack).replace("{same}", same)


def _place(values: list[str]) -> str:
    """Where a ``Table`` has the entry of a call."""
    if len(values) == 2:
        return f"[{values[1]}][{values[0]}]"
    return f"[{values[0] if len(values) == 1 else _tuple(values)}]"


def _signature(shape: Shape, parameters: list[str]) -> str:
    written = list(parameters[: shape.positional])
    if shape.positional_only:
        written.insert(shape.positional_only, "/")
    if shape.varargs or shape.keyword_only:
        written.append("*args" if shape.varargs else "*")
    written += parameters[shape.positional :]
    return ", ".join(written + ["**kwargs"] * shape.varkw)


def _tuple(names: list[str]) -> str:
    return f"({', '.join(names)}{',' * (len(names) == 1)})"


def _cell(index: int) -> str:
    return f"c{index}"
