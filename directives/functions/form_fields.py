"""Forms as arguments: fields to parameters, by name, as far as the annotations reach.

A form says everything in text, and says nothing of what was left empty. What is read here is put into the shape that the
parameters want; whether the texts fit is for validation. Names of fields are looked up by those of parameters and never
followed on their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING
from typing import Any
from typing import Final

if TYPE_CHECKING:
    from directives.forms import FormData

MISSING: Final[Any] = object()
MAX_DEPTH = 16  # structures in one another; a type that holds itself would go on as far as a name does

# Types of schema around another one, and where they have it.
AROUND: Mapping[str, str] = {
    "json-or-python": "python_schema",
    "lax-or-strict": "lax_schema",
    **dict.fromkeys(
        ("dataclass", "definitions", "function-after", "function-before", "function-wrap", "model"), "schema"
    ),
}
ITEMS = frozenset({"list", "set", "frozenset", "tuple", "generator"})
STRUCTURES = frozenset({"model-fields", "typed-dict", "dataclass-args", "named-tuple"})
# What an empty field cannot mean.
NEVER_EMPTY = frozenset({
    "bool", "complex", "date", "datetime", "decimal", "enum", "float", "int", "is-instance", "literal", "none", "time",
    "timedelta", "uuid",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """What a parameter or field looks like in a form.

    Attributes:
        kinds: The types of schema that it may be.
        fields: Those of a structure, by name.
        items: The schema of a collection's items.
        choices: The values of a ``Literal`` or an enum, by their text.
        classes: The classes whose instances it takes, such as a file's.
        optional: Whether it may be left out.
    """

    kinds: frozenset[str] = frozenset()
    fields: Mapping[str, Any] = field(default_factory=dict)
    items: Any = None
    choices: Mapping[str, Any] = field(default_factory=dict)
    classes: tuple[type, ...] = ()
    optional: bool = False

    def __or__(self, other: Shape) -> Shape:
        return Shape(
            self.kinds | other.kinds,
            {**self.fields, **other.fields},
            self.items or other.items,
            {**self.choices, **other.choices},
            self.classes + other.classes,
            self.optional or other.optional,
        )


class FormReader:
    """Reads the arguments of one function out of forms.

    Args:
        schema: The core schema of the function's arguments.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._definitions = {each["ref"]: each for each in schema.get("definitions", ())}
        arguments = schema["schema"] if schema["type"] == "definitions" else schema
        self._parameters: list[Mapping[str, Any]] = arguments["arguments_schema"]
        self._rest = arguments.get("var_kwargs_schema")
        self._rest_is_structure = arguments.get("var_kwargs_mode") == "unpacked-typed-dict"

    def whole(self, before: int) -> str | None:
        """The one parameter that the form as a whole is read into: its fields are the form's.

        Args:
            before: How many parameters have their arguments already.
        """
        left = self._parameters[before:]
        if len(left) == 1 and not self._rest and self.shape(left[0]["schema"]).kinds & STRUCTURES:
            name: str = left[0]["name"]
            return name
        return None

    def arguments(self, before: tuple[Any, ...], form: FormData) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positional and keyword arguments for a form.

        Args:
            before: The arguments that go before it.
            form: The form.
        """
        reading = _Reading(self, form)
        args, kwargs = list(before), {}
        whole = self.whole(len(before))
        for index, parameter in enumerate(self._parameters[len(before) :]):
            name, schema = parameter["name"], parameter["schema"]
            value = reading.structure("", self.shape(schema), 0) if whole else MISSING
            if value is MISSING:
                value = reading.form_itself(self.shape(schema), first=index == 0)
            if value is MISSING:
                value = reading.value(name, schema)
            if value is not MISSING:
                if parameter.get("mode") == "positional_only":
                    args.append(value)
                else:
                    kwargs[name] = value
        return tuple(args), {**self._others(reading, form), **kwargs}

    def _others(self, reading: _Reading, form: FormData) -> dict[str, Any]:
        """What goes into ``**kwargs``."""
        if self._rest is None:
            return {}
        if self._rest_is_structure:
            return reading.structure("", self.shape(self._rest), 0)
        own = {parameter["name"] for parameter in self._parameters}
        others = {name: reading.value(name, self._rest) for name in form if name not in own}
        return {name: value for name, value in others.items() if value is not MISSING}

    def shape(self, schema: Mapping[str, Any]) -> Shape:
        """What a schema looks like in a form."""
        kind: str = schema["type"]
        if kind == "definition-ref":
            return self.shape(self._definitions[schema["schema_ref"]])
        if kind in AROUND:
            return self.shape(schema[AROUND[kind]])
        if kind == "chain":
            return self.shape(schema["steps"][0])
        if kind == "default":
            return replace(self.shape(schema["schema"]), optional=True)
        if kind == "nullable":
            return self.shape(schema["schema"]) | Shape(frozenset({"none"}))
        if kind in ("union", "tagged-union"):
            return self._either(schema["choices"])
        return _leaf(kind, schema)

    def _either(self, choices: Any) -> Shape:
        either = Shape()
        for choice in choices.values() if isinstance(choices, Mapping) else choices:
            either |= self.shape(choice[0] if isinstance(choice, tuple) else choice)
        return either


def _leaf(kind: str, schema: Mapping[str, Any]) -> Shape:
    if kind in STRUCTURES:
        return Shape(frozenset({kind}), dict(_fields(schema["fields"])))
    if kind in ITEMS:
        items = schema.get("items_schema") or {"type": "any"}
        return Shape(frozenset({kind}), items=items[0] if type(items) is list else items)
    if kind in ("literal", "enum"):
        members = schema["expected"] if kind == "literal" else schema["members"]
        values = (member.value if isinstance(member, Enum) else member for member in members)
        return Shape(frozenset({kind}), choices={str(value): value for value in values})
    if kind == "is-instance" and isinstance(schema["cls"], type):
        return Shape(frozenset({kind}), classes=(schema["cls"],))
    return Shape(frozenset({kind}))


def _fields(fields: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a structure by the names that they are given by."""
    for name, found in (
        fields.items() if isinstance(fields, Mapping) else ((each["name"], each) for each in fields)
    ):
        alias = found.get("validation_alias")
        schema = found["schema"]
        if found.get("required") is False and schema["type"] != "default":
            schema = {"type": "default", "schema": schema}
        yield alias if isinstance(alias, str) else name, schema


class _Reading:
    """One form being read."""

    def __init__(self, reader: FormReader, form: FormData) -> None:
        self._reader = reader
        self._form = form
        self._above = {prefix for name in form for prefix in _prefixes(name)}

    def form_itself(self, shape: Shape, *, first: bool) -> Any:
        """The form, for a parameter that takes one; a first one without an annotation does."""
        from directives.forms import FormData

        if any(issubclass(FormData, cls) for cls in shape.classes) or (first and "any" in shape.kinds):
            return self._form
        return self._form.to_dict() if first and "dict" in shape.kinds else MISSING

    def value(self, name: str, schema: Mapping[str, Any], depth: int = 0) -> Any:
        """What the fields of a name and those below it say."""
        shape = self._reader.shape(schema)
        if shape.fields and name in self._above and depth < MAX_DEPTH:
            return self.structure(name, shape, depth)
        if shape.items is not None:
            return self._items(name, shape, depth)
        given = self._form.getlist(name)
        texts = [text for text in given if not _is_left_empty(text, shape)]
        if texts:
            # A checkbox may have a hidden field of its name before it: what counts is the last.
            return _chosen(texts[-1], shape)
        if given and "none" in shape.kinds:
            return None
        # A checkbox that is not ticked is not sent.
        return (
            False if "bool" in shape.kinds and not shape.optional and "none" not in shape.kinds else MISSING
        )

    def structure(self, name: str, shape: Shape, depth: int) -> dict[str, Any]:
        """A structure of the fields ``name.field``."""
        prefix = f"{name}." if name else ""
        read = {key: self.value(prefix + key, schema, depth + 1) for key, schema in shape.fields.items()}
        return {key: value for key, value in read.items() if value is not MISSING}

    def _items(self, name: str, shape: Shape, depth: int) -> Any:
        """All fields of one name, or the structures ``name[0].field``, ``name[1].field`` and so on."""
        item = self._reader.shape(shape.items)
        if item.fields and f"{name}[0]" in self._above and depth < MAX_DEPTH:
            found: list[Any] = []
            while f"{name}[{len(found)}]" in self._above:
                found.append(self.structure(f"{name}[{len(found)}]", item, depth + 1))
            return found
        texts = [text for text in self._form.getlist(name) if not _is_left_empty(text, item)]
        if not texts and (shape.optional or "none" in shape.kinds):
            return MISSING
        return [_chosen(text, item) for text in texts]


def _prefixes(name: str) -> Iterator[str]:
    """``a`` and ``a.b`` of ``a.b.c``."""
    end = -1
    for _ in range(MAX_DEPTH):
        end = name.find(".", end + 1)
        if end < 0:
            return
        yield name[:end]


def _is_left_empty(sent: Any, shape: Shape) -> bool:
    """Whether a field was sent only because a browser sends those that nobody filled in."""
    if isinstance(sent, str):
        return not sent and sent not in shape.choices and shape.kinds <= NEVER_EMPTY
    return not sent.filename


def _chosen(sent: Any, shape: Shape) -> Any:
    return shape.choices.get(sent, sent) if isinstance(sent, str) else sent
