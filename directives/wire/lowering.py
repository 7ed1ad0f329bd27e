"""From Python values to what a format can say itself, plus tagged values for the rest."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace
from typing import Any
from typing import NoReturn

from directives.errors import EncodeError
from directives.wire.kinds import Kind
from directives.wire.kinds import kind_of
from directives.wire.refused import Refused

# cbor2 recurses on the C stack and takes the process down with it: 102 levels on a 128 KiB thread.
MAX_DEPTH = 64
MAX_NODES = 1_000_000
TAGGED_DEPTH = 3

TEXTS = frozenset({str})
CONTAINERS = frozenset({list, tuple, dict})

Tagged = tuple[str, Any]
Lower = Callable[[Any], Tagged | None]
Look = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Instead:
    """What is written in place of a value, with nothing to tell them apart."""

    value: Any


# Gives a value's tag and payload, or what is written instead, or ``None``: then it may be a value by its shape.
Special = Callable[[Any], Tagged | Instead | None]


@dataclass(frozen=True, slots=True)
class Format:
    """What one format can say.

    Attributes:
        plain: The exact types it writes as they are.
        lower: Exact type to a function that gives the value's tag and payload, or ``None``
            when this very value can be written as it is.
        tagged: Makes the format's own notation of a tagged value.
        escape: A text key that a plain object may not have in this format.
        shaped: What to write for a value of a user's class, given its kind.
    """

    plain: frozenset[type]
    lower: Mapping[type, Lower]
    tagged: Callable[[str, Any], Any]
    escape: str | None = None
    shaped: Callable[[Kind, Any], Tagged | Instead] = lambda kind, value: Instead(kind.plain(value))


def lower(
    value: Any, form: Format, special: Special | None, where: str = "", look: Look | None = None
) -> Any:
    """``value`` in plain types of ``form``; parts that are plain already are not copied.

    Args:
        value: The value.
        form: The format.
        special: Is asked first about a value whose type the format does not know.
        where: What the path in an error begins with.
        look: Is shown every part, what parts are written as included; what it raises is raised.

    Raises:
        EncodeError: A part cannot travel; names its path below ``where``, and its type.
    """
    if look is not None:
        show(value, form, special, look)
    if type(value) in form.plain:
        return value
    try:
        return _Lowering(form, special).walk(value, MAX_DEPTH)
    except Refused as refused:
        _explain(value, form, special, where, refused)


def show(value: Any, form: Format, special: Special | None, look: Look) -> None:
    """Show a value to ``look``, part by part. What cannot travel ends it: lowering says so better."""
    known = {**dict.fromkeys(form.plain, _as_it_is), **form.lower}
    with suppress(Refused):
        _Showing(replace(form, plain=frozenset(), lower=known), special, look).walk(value, MAX_DEPTH)


def _as_it_is(value: Any) -> None:
    """Lower nothing."""


def lower_texts(form: Format) -> Format:
    """``form`` with every text looked at: used to find the one that has half a surrogate pair."""
    return replace(form, plain=form.plain - {str}, lower={**form.lower, str: _check_text})


def _check_text(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Refused("holds half a surrogate pair") from None


class _Lowering:
    __slots__ = ("form", "nodes", "special")

    def __init__(self, form: Format, special: Special | None) -> None:
        self.form = form
        self.special = special
        self.nodes = MAX_NODES

    def walk(self, value: Any, depth: int) -> Any:
        kind, form = type(value), self.form
        if kind in form.plain:
            return value
        if kind is dict:
            return self.mapping(value, depth - 1)
        if kind is list:
            return self.items(value, depth - 1)
        known = form.lower.get(kind)
        found = self.unknown(value, kind, depth) if known is None else known(value)
        return value if found is None else self.written(found, depth)

    def spend(self, depth: int) -> None:
        self.nodes -= 1
        if depth < 0:
            raise Refused(f"is nested deeper than {MAX_DEPTH} levels, or contains itself", local=False)
        if self.nodes < 0:
            raise Refused(
                f"holds more than {MAX_NODES} containers, or the same ones over and over", local=False
            )

    def items(self, value: list[Any], depth: int) -> list[Any]:
        self.spend(depth)
        plain = self.form.plain
        if plain.issuperset(map(type, value)):
            return value
        return [item if type(item) in plain else self.walk(item, depth) for item in value]

    def mapping(self, value: dict[Any, Any], depth: int) -> Any:
        self.spend(depth)
        plain = self.form.plain
        # Where texts are not plain they have to be looked at, keys too.
        if not TEXTS.issuperset(map(type, value)) or str not in plain or self.form.escape in value:
            pairs = [[key, item] for key, item in value.items()]
            return self.form.tagged("dict", self.items(pairs, depth - TAGGED_DEPTH + 1))
        if plain.issuperset(map(type, value.values())):
            return value
        return {key: item if type(item) in plain else self.walk(item, depth) for key, item in value.items()}

    def written(self, found: Tagged | Instead, depth: int) -> Any:
        """What is written for a value that is not plain."""
        if isinstance(found, Instead):
            if type(found.value) not in CONTAINERS:
                self.spend(depth := depth - 1)
            return self.walk(found.value, depth)
        tag, payload = found
        self.spend(depth - TAGGED_DEPTH)
        return self.form.tagged(tag, self.walk(payload, depth - TAGGED_DEPTH + 1))

    def unknown(self, value: Any, kind: type, depth: int) -> Tagged | Instead:
        """What to write for a value whose type the format does not know."""
        found = None if self.special is None else self.special(value)
        return self.shaped(value, kind, depth) if found is None else found

    def shaped(self, value: Any, kind: type, depth: int) -> Tagged | Instead:
        """What to write for a value of a user's class."""
        shape = kind_of(kind)
        if shape is None:
            raise Refused
        return self.form.shaped(shape, value)


class _Showing(_Lowering):
    __slots__ = ("look",)

    def __init__(self, form: Format, special: Special | None, look: Look) -> None:
        super().__init__(form, special)
        self.look = look

    def walk(self, value: Any, depth: int) -> Any:
        self.look(value)
        return super().walk(value, depth)

    def mapping(self, value: dict[Any, Any], depth: int) -> Any:
        self.spend(depth)
        for key, item in value.items():
            self.walk(key, depth)
            self.walk(item, depth)
        return value

    def shaped(self, value: Any, kind: type, depth: int) -> Tagged | Instead:
        shape = kind_of(kind)
        if shape is not None:
            self.spend(depth - 1)
            for part in shape.hidden(value):
                self.walk(part, depth - 1)
        return super().shaped(value, kind, depth)


def _explain(value: Any, form: Format, special: Special | None, where: str, refused: Refused) -> NoReturn:
    """Raise the error that names the innermost part that is refused."""
    found: tuple[str, Any, Refused] | None = ("", value, refused)
    while found is not None and refused.local:
        segment, value, refused = found
        where += segment
        found = _first_refused(_children(value, form, special), form, special)
    path = where.lstrip(".") or "value"
    raise EncodeError(f"{path}: {type(value).__qualname__} {refused.reason}") from None


def _first_refused(
    children: Iterator[tuple[str, Any]], form: Format, special: Special | None
) -> tuple[str, Any, Refused] | None:
    for segment, child in children:
        try:
            _Lowering(form, special).walk(child, MAX_DEPTH)
        except Refused as refused:
            return segment, child, refused
    return None


def _children(value: Any, form: Format, special: Special | None) -> Iterator[tuple[str, Any]]:
    kind = type(value)
    if kind in (list, tuple):
        yield from ((f"[{index}]", item) for index, item in enumerate(value))
    elif kind in (set, frozenset):
        yield from (("{member}", item) for item in value)
    elif kind is dict:
        for key, item in value.items():
            yield "{key}", key
            yield f".{key}" if type(key) is str and key.isidentifier() else f"[{_shown(key)}]", item
    elif kind not in form.lower:
        with suppress(Refused):
            yield from _parts(value, kind, special)


def _parts(value: Any, kind: type, special: Special | None) -> Iterator[tuple[str, Any]]:
    found = None if special is None else special(value)
    shape = kind_of(kind) if found is None else None
    if isinstance(found, Instead):
        yield "", found.value
    elif shape is not None:
        yield "", shape.plain(value)
        yield "", shape.state(value)


def _shown(key: Any) -> str:
    return repr(key)[:40] if type(key) in (str, int, bool, bytes, type(None)) else type(key).__qualname__
