"""Validation: the arguments of a call against the annotations of the function, before its body runs.

Types come from the annotations, never from the message: a dataclass, an enum or a model is built because a
parameter asks for it. pydantic does the work and is imported on the first call that needs it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING
from typing import Any
from typing import get_args

from directives.access import Injected
from directives.errors import AnnotationError
from directives.errors import ArgumentsError
from directives.functions import arguments
from directives.functions.form_fields import FormReader
from directives.functions.schemas import STRICT
from directives.functions.schemas import Changes
from directives.functions.schemas import Format
from directives.functions.typed_dicts import understood

if TYPE_CHECKING:
    from pydantic_core import ValidationError

    from directives.compiler.model import FunctionRecord
    from directives.wire.kinds import Kind

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
Validate = Callable[[tuple[Any, ...], dict[str, Any]], Arguments]

KINDS = {
    "positional": inspect.Parameter.POSITIONAL_ONLY,
    "any": inspect.Parameter.POSITIONAL_OR_KEYWORD,
    "varargs": inspect.Parameter.VAR_POSITIONAL,
    "keyword": inspect.Parameter.KEYWORD_ONLY,
    "varkw": inspect.Parameter.VAR_KEYWORD,
}
NOT_GIVEN = object()


# What pydantic calls the faults that need no annotation, in the words used without one.
SHAPE_REASONS = {
    "missing_argument": arguments.MISSING,
    "missing_keyword_only_argument": arguments.MISSING,
    "missing_positional_only_argument": arguments.MISSING,
    "multiple_argument_values": arguments.TWICE,
    "unexpected_keyword_argument": arguments.UNKNOWN,
    "unexpected_positional_argument": arguments.TOO_MANY,
}
# How pydantic names one of several types in a path, with the validators on it: "function-after[check(), str]".
SCHEMA = re.compile(r"[a-z-]+\[.*\]", re.DOTALL)
# Telling each fault of a large message would take a hundred times its size.
MAX_PROBLEMS = 1000


def make_validator(
    record: FunctionRecord,
    namespace: Mapping[str, Any],
    form: Format,
    registered: Callable[[type], Kind | None] = lambda cls: None,
) -> Validate:
    """What validates the arguments of one function's calls.

    Args:
        record: The function.
        namespace: The names its annotations can use.
        form: How the arguments come.
        registered: Gives the kind of a class that was registered as a value.

    Raises:
        AnnotationError: An annotation cannot be evaluated, or values cannot be checked against it.
    """
    from pydantic import ConfigDict
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError
    from pydantic_core import ArgsKwargs
    from pydantic_core import SchemaValidator
    from pydantic_core import ValidationError

    signature = signature_of(record, namespace)
    config = ConfigDict(arbitrary_types_allowed=True)
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(with_signature(record, signature), config=config)  # type: ignore[arg-type]
    except PydanticUserError as error:
        raise AnnotationError(
            f"the arguments of {record.full_name} cannot be validated: {error.message}"
        ) from None
    changes = Changes(registered, STRICT[form], fail_fast=True)
    untouched = arguments_of(adapter.core_schema)
    schema = changes.made(untouched)
    first_fault = SchemaValidator(schema)
    every_fault = cache(lambda: SchemaValidator(replace(changes, fail_fast=False).made(untouched)))
    reader = FormReader(schema) if form is Format.FORM else None
    positional = [p.name for p in record.sendable if p.by_position]
    has_defaults = any(p.optional for p in record.sendable)

    def validate(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
        whole = None
        if reader is not None and args and is_form(args[-1]):
            whole = reader.whole(len(args) - 1)
            args, kwargs = reader.arguments(args[:-1], args[-1])
        given = ArgsKwargs(args, kwargs)
        try:
            result: Arguments = first_fault.validate_python(given)
        except ValidationError as error:
            fault = error
        else:
            return without_defaults(result) if has_defaults else result
        if holds_few((args, kwargs)):
            try:
                every_fault().validate_python(given)
            except ValidationError as error:
                fault = error
        raise ArgumentsError(list(problems(fault, positional, whole)))

    return validate


def signature_of(record: FunctionRecord, namespace: Mapping[str, Any]) -> inspect.Signature:
    """The function's signature as callers see it, its annotations evaluated; a default is only marked."""
    return inspect.Signature([
        inspect.Parameter(
            parameter.name,
            KINDS[parameter.kind],
            default=NOT_GIVEN if parameter.optional else inspect.Parameter.empty,
            annotation=evaluate_sent(record, parameter.name, parameter.annotation, namespace),
        )
        for parameter in record.sendable
    ])  # fmt: skip


def evaluate_sent(
    record: FunctionRecord, parameter: str, text: str | None, namespace: Mapping[str, Any]
) -> Any:
    """The type of a parameter that callers send; one that is injected, unseen by the compiler, is refused."""
    annotation = evaluate(record, parameter, text, namespace)
    if any(injections_in(annotation)):
        raise AnnotationError(
            f"parameter {parameter!r} of {record.place} is injected by {text!r}, which "
            "the compiler cannot see through: write `Annotated[..., Injected(...)]` in the signature or in a variable "
            "of the same module"
        )
    return understood(annotation)


def injected_by(record: FunctionRecord, parameter: str, annotation: Any) -> Injected:
    """What an annotation injects."""
    for found in injections_in(annotation):
        return found
    raise AnnotationError(
        f"parameter {parameter!r} of {record.place} reads as injected, but its "
        "annotation has no `Injected` of directives.access when it is evaluated"
    )


def injections_in(annotation: Any) -> Iterator[Injected]:
    """Every ``Injected`` anywhere in an annotation, outermost first."""
    pending = [annotation]
    while pending:
        item = pending.pop()
        if isinstance(item, Injected):
            yield item
        elif type(item) is list:
            pending.extend(item)
        else:
            # An alias made by a `type` statement has a value, `Annotated` has metadata.
            metadata = getattr(item, "__metadata__", ())
            pending.extend((*get_args(item)[:1], *metadata) if metadata else get_args(item))
            if type(item).__name__ == "TypeAliasType":
                pending.append(item.__value__)


def evaluate(record: FunctionRecord, parameter: str, text: str | None, namespace: Mapping[str, Any]) -> Any:
    """The type that an annotation's source text means."""
    if text is None:
        return inspect.Parameter.empty
    try:
        value = eval(text, dict(namespace))  # noqa: S307 - the user's own source, not the wire's
    except Exception as error:  # noqa: BLE001 - whatever evaluating it raises
        raise AnnotationError(
            f"annotation {text!r} of parameter {parameter!r} of {record.place} cannot be "
            f"evaluated where arguments are validated: {type(error).__name__}: {error}; use names of the module"
        ) from None
    return evaluate(record, parameter, value, namespace) if isinstance(value, str) else value


def without_defaults(arguments: Arguments) -> Arguments:
    """The arguments that were given."""
    args, kwargs = arguments
    given = {name: value for name, value in kwargs.items() if value is not NOT_GIVEN}
    return tuple(value for value in args if value is not NOT_GIVEN), given


def arguments_of(schema: Any) -> Any:
    """The part of a function's core schema that is about its arguments; what it refers to stays around it."""
    if schema["type"] == "definitions":
        return {**schema, "schema": arguments_of(schema["schema"])}
    return schema["arguments_schema"]


def with_signature(record: FunctionRecord, signature: inspect.Signature) -> Callable[..., None]:
    """A function for pydantic to look at; nobody calls it."""

    def called(*args: Any, **kwargs: Any) -> None: ...

    called.__signature__ = signature  # type: ignore[attr-defined]
    called.__annotations__ = {
        name: parameter.annotation
        for name, parameter in signature.parameters.items()
        if parameter.annotation is not inspect.Parameter.empty
    }
    called.__module__ = record.module
    return called


def is_form(value: Any) -> bool:
    """Whether an argument is a form, which is to be read into the function's parameters."""
    from directives.forms import FormData

    return type(value) is FormData


def holds_few(values: Any) -> bool:
    """Whether so few values were sent that each fault among them can be told."""
    pending, count = [values], 0
    while pending:
        value = pending.pop()
        kind = type(value)
        if kind in (dict, list, tuple, set, frozenset):
            count += len(value)
            if count > MAX_PROBLEMS:
                return False
            pending.extend(value.values() if kind is dict else value)
    return True


def problems(
    error: ValidationError, positional: list[str], whole: str | None = None
) -> Iterable[tuple[str, str]]:
    """``(path, reason)`` for every value that was refused, up to a number; never the value itself.

    Args:
        error: What was found.
        positional: The names of the parameters that can be given by position.
        whole: The parameter whose fields are those of a form: its own name is no part of their paths.
    """
    count = error.error_count()
    if count > MAX_PROBLEMS:
        yield "arguments", f"{count} values do not fit"
        return
    for found in error.errors(include_url=False, include_input=False, include_context=False):
        first, *rest = found["loc"] or ("arguments",)
        reason = SHAPE_REASONS.get(found["type"], found["msg"])
        if isinstance(first, int):
            first = positional[first] if first < len(positional) else f"args[{first}]"
        parts = [part for part in rest if isinstance(part, int) or not SCHEMA.fullmatch(part)]
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
        yield path.removeprefix(".") if first == whole and path else f"{first}{path}", reason
