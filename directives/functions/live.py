"""Records of functions that no compiler has seen: made from the function itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from collections.abc import Mapping
from functools import cached_property
from types import CodeType
from types import FunctionType
from typing import TYPE_CHECKING
from typing import Any

from directives.access import HANDLE
from directives.compiler.ids import function_id
from directives.compiler.model import Capture
from directives.compiler.model import FunctionRecord
from directives.compiler.model import Parameter
from directives.compiler.records import FLAVORS
from directives.errors import DecoratorError
from directives.functions.registered import Registered
from directives.functions.validation import KINDS
from directives.functions.validation import injections_in

if TYPE_CHECKING:
    from directives.functions.module import Module

KIND_NAMES: Mapping[Any, str] = {kind: name for name, kind in KINDS.items()}
ADDRESS = re.compile(r" at 0x[0-9a-f]+", re.IGNORECASE)


def live_record(function: FunctionType, directive: str, policy: tuple[str, ...] = ()) -> FunctionRecord:
    """The record of a function, as the compiler would make it of its source.

    Args:
        function: The function; what its decorators made of it, if ``functools.wraps`` leads to it.
        directive: The text of the directive that its decorator stands for.
        policy: Its policies, as text.
    """
    inner = inner_function(function)
    code = inner.__code__
    parameters = tuple(_parameters(inner))
    returns = inner.__annotations__.get("return")
    nested = "<locals>" in inner.__qualname__
    shown = (Parameter(p.name, p.kind, _shown(inner, p), p.optional) for p in parameters if not p.injected)
    return FunctionRecord(
        id=function_id(
            inner.__module__, inner.__qualname__, shown, None if returns is None else _text(returns)
        ),
        module=inner.__module__,
        qualname=inner.__qualname__,
        directive=directive,
        file=code.co_filename,
        line=code.co_firstlineno,
        first_line=code.co_firstlineno,
        parameters=parameters,
        captures=tuple(Capture(n, itself=n == code.co_name) for n in code.co_freevars) if nested else (),
        nested=nested,
        flavor=flavor_of(code),
        policy=policy,
    )


def inner_function(function: FunctionType) -> FunctionType:
    """The function under all decorators, as far as ``functools.wraps`` leads."""
    inner = inspect.unwrap(function)
    return inner if isinstance(inner, FunctionType) else function


def flavor_of(code: CodeType) -> str:
    """What kind of function a code object is of."""
    return next((name for flag, name in FLAVORS.items() if code.co_flags & flag), "function")


def check_decorated(function: object, decorator: str, directive: str) -> FunctionType:
    """The function that a decorator was given.

    Raises:
        DecoratorError: It is none, or its module has directives in it; says what to write.
    """
    if isinstance(function, (staticmethod, classmethod)):
        raise DecoratorError(
            f"@{decorator} stands above @{type(function).__name__}: write it below, next to the function"
        )
    if not isinstance(function, FunctionType):
        kind = "a class" if isinstance(function, type) else f"an object of type {type(function).__qualname__}"
        raise DecoratorError(f"@{decorator} makes something of a function, and was given {kind}")
    if HANDLE in function.__globals__:
        raise DecoratorError(
            f"@{decorator} decorates {function.__qualname__}, whose module {function.__module__} has directives in it: "
            f"write {directive!r} as the first statement of the function instead"
        )
    return function


def _parameters(function: FunctionType) -> Iterator[Parameter]:
    for parameter in inspect.signature(function).parameters.values():
        annotation = parameter.annotation
        given = annotation is not parameter.empty
        yield Parameter(
            name=parameter.name,
            kind=KIND_NAMES[parameter.kind],
            annotation=_expression(function, parameter) if given else None,
            optional=parameter.default is not parameter.empty,
            injected=given and any(injections_in(_evaluated(function, annotation))),
        )


def _expression(function: FunctionType, parameter: inspect.Parameter) -> str:
    """A text that ``names`` of the function give the annotation for: its source, where that can be known."""
    if isinstance(parameter.annotation, str):
        return parameter.annotation
    text = _text(parameter.annotation)
    return text if _evaluated(function, text) == parameter.annotation else _stand_in(parameter.name)


def _stand_in(name: str) -> str:
    """The name under which the names of a function have an annotation that no text can be given for."""
    return f"type_of_{name}"


def _evaluated(function: FunctionType, annotation: Any) -> Any:
    """An annotation; what its text means, if it is one and means anything here."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, dict(function.__globals__))  # noqa: S307 - the user's own source
    except Exception:  # noqa: BLE001 - validation says so at the first call
        return None


def _text(annotation: Any) -> str:
    """An annotation as text that is the same in every process."""
    return (
        annotation if isinstance(annotation, str) else ADDRESS.sub("", inspect.formatannotation(annotation))
    )


def _shown(function: FunctionType, parameter: Parameter) -> str | None:
    """What of a parameter's annotation its function's ID is made of."""
    return _text(function.__annotations__[parameter.name]) if parameter.annotation else None


class LiveFunction(Registered):
    """A server function that was registered by a decorator.

    Args:
        module: Its module's side of the registry.
        function: The function, as its decorators made it.
        record: Its record.
    """

    def __init__(self, module: Module, function: FunctionType, record: FunctionRecord) -> None:
        super().__init__(module, (record.id,))
        self._inner = inner_function(function)
        self.__dict__["record"] = record

    @property
    def policy(self) -> tuple[str, ...]:
        """The names of its policies."""
        return self.record.policy

    def names(self) -> Mapping[str, Any]:
        """The names that the function's annotations can use, and those that stand for annotations."""
        given = self._inner.__annotations__.items()
        return {**super().names(), **{_stand_in(name): annotation for name, annotation in given}}

    @cached_property
    def code(self) -> CodeType:
        """The function's code."""
        return self._inner.__code__

    @cached_property
    def wrapper_code(self) -> CodeType | None:
        """A nested one has no decorators of its own."""
        return None
