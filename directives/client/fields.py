"""The fields of classes whose instances travel, read from a project's sources: what callers send, and what they get."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from directives.client.shapes import MODEL
from directives.client.shapes import MOST_HOPS
from directives.client.shapes import TYPED_DICTS
from directives.client.shapes import Found
from directives.client.shapes import Shapes

INNER: Final = frozenset(
    f"{module}.{name}"
    for module in ("typing", "typing_extensions", "dataclasses")
    for name in ("Annotated", "ClassVar", "Final", "InitVar", "NotRequired", "ReadOnly", "Required")
)
"""What stands around a type and says more of it."""
MARK: Final = "dataclasses.KW_ONLY"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a class.

    Attributes:
        given: What callers call it; ``None`` if they do not send it, empty if only running code knows.
        returned: What it is called in a result; ``None`` if it is in none.
        module: The module whose names its annotation uses.
        annotation: Its annotation.
        optional: Whether a caller may leave it out.
        missing: Whether it may be missing in a result as well.
    """

    given: str | None
    returned: str | None
    module: str
    annotation: ast.expr
    optional: bool
    missing: bool = False


def fields_of(shapes: Shapes, found: Found, hops: int = 0) -> dict[str, Field]:
    """The fields of a class whose instances are objects or tuples, those of its bases first.

    Args:
        shapes: The classes of the project.
        found: The class.
        hops: How many classes that are derived from it were looked at before.
    """
    assert isinstance(found.node, ast.ClassDef)
    fields: dict[str, Field] = {}
    for base in shapes.bases(found):
        if isinstance(base, Found) and hops < MOST_HOPS:
            fields |= fields_of(shapes, base, hops + 1)
    ancestors, config = shapes.ancestors(found), _config(shapes, found)
    is_model, is_dict = MODEL in ancestors, bool(ancestors & TYPED_DICTS)
    for statement in found.node.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation) if not name.startswith("__"):
                said = set(_said(shapes, found.module, annotation))
                is_none = "ClassVar" in said or shapes.resolve(found.module, annotation) == MARK
                if not is_none and not (is_model and name.startswith("_")):
                    missing = is_dict and not _is_required(found.node, said)
                    fields[name] = _field(found.module, statement, name, said, config, missing)
    return fields


def _field(
    module: str,
    statement: ast.AnnAssign,
    name: str,
    said: set[str],
    config: Mapping[str, ast.expr],
    missing: bool,
) -> Field:
    optional = missing or (statement.value is not None and not _insists(statement.value))
    words = dict(_words(statement))
    given, returned = _alias(words, config, "validation_alias", name), name
    if _is(config.get("serialize_by_alias"), True):
        returned = _alias(words, config, "serialization_alias", name)
    is_given, is_returned = not _is(words.get("init"), False), "InitVar" not in said
    is_returned = is_returned and not _is(words.get("exclude"), True)
    return Field(
        given if is_given else None,
        returned if is_returned else None,
        module,
        statement.annotation,
        optional,
        missing,
    )


def _alias(words: Mapping[str, ast.expr], config: Mapping[str, ast.expr], way: str, name: str) -> str:
    """What a field of a model is called outside (pydantic, Alias); empty if only running code knows."""
    by_name = any(_is(config.get(word), True) for word in ("populate_by_name", "validate_by_name"))
    match words.get(way, words.get("alias")):
        case ast.Constant(value=str(alias)):
            return alias
        case None:
            return "" if "alias_generator" in config and not by_name else name
    return ""


def _config(shapes: Shapes, found: Found, hops: int = 0) -> dict[str, ast.expr]:
    """What a model's ``model_config`` says, and those of its bases."""
    assert isinstance(found.node, ast.ClassDef)
    config: dict[str, ast.expr] = {}
    for base in shapes.bases(found):
        if isinstance(base, Found) and hops < MOST_HOPS:
            config |= _config(shapes, base, hops + 1)
    for statement in found.node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="model_config")], value=ast.Call(keywords=said)):
                config |= {each.arg: each.value for each in said if each.arg}
            case ast.Assign(targets=[ast.Name(id="model_config")], value=ast.Dict(keys=keys, values=values)):
                pairs = zip(keys, values, strict=True)
                config |= {str(key.value): value for key, value in pairs if isinstance(key, ast.Constant)}
    return config


def _is(node: ast.expr | None, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _said(shapes: Shapes, module: str, annotation: ast.expr) -> Iterator[str]:
    """The words around the type of a field: ``ClassVar``, ``NotRequired``."""
    while isinstance(annotation, ast.Subscript):
        word = shapes.resolve(module, annotation.value)
        if not isinstance(word, str) or word not in INNER:
            return
        yield word.rpartition(".")[2]
        annotation = annotation.slice.elts[0] if isinstance(annotation.slice, ast.Tuple) else annotation.slice


def _is_required(node: ast.ClassDef, said: set[str]) -> bool:
    """Whether a key of a ``TypedDict`` is always there (PEP 655)."""
    if {"Required", "NotRequired"} & said:
        return "Required" in said
    total = next((keyword.value for keyword in node.keywords if keyword.arg == "total"), None)
    return not _is(total, False)


def _insists(value: ast.expr) -> bool:
    """Whether what looks like a default is a description without one: ``field(repr=False)``, ``Field(gt=0)``."""
    if not isinstance(value, ast.Call) or not _describes(value):
        return False
    given = {keyword.arg for keyword in value.keywords}
    positional = bool(value.args) and not (
        isinstance(value.args[0], ast.Constant) and value.args[0].value is ...
    )
    return not positional and not given & {"default", "default_factory"}


def _describes(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in ("field", "Field")


def _words(statement: ast.AnnAssign) -> Iterator[tuple[str, ast.expr]]:
    """What descriptions of a field say, in ``Annotated`` and behind its name."""
    annotation = statement.annotation
    around = (
        annotation.slice.elts
        if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple)
        else []
    )
    for node in (*around, statement.value):
        if isinstance(node, ast.Call) and _describes(node):
            yield from ((keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg)
