"""A function that a loaded module has registered: its record, its code, and the function to call."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from collections.abc import Mapping
from functools import cached_property
from types import CodeType
from typing import TYPE_CHECKING
from typing import Any

from directives.compiler.packing import policy_of
from directives.errors import ArgumentsError
from directives.errors import SealError
from directives.functions.arguments import UNKNOWN
from directives.functions.arguments import Shape
from directives.functions.arguments import shape_of
from directives.functions.captured import find_code
from directives.functions.captured import find_wrapper
from directives.functions.captured import rebuild
from directives.functions.reference import ServerFunction
from directives.functions.schemas import Format
from directives.functions.validation import Arguments
from directives.functions.validation import Validate
from directives.functions.validation import evaluate
from directives.functions.validation import injected_by
from directives.functions.validation import make_validator

if TYPE_CHECKING:
    from directives.cache.wrapper import CachedCalls
    from directives.compiler.model import FunctionRecord
    from directives.compiler.model import Parameter
    from directives.functions.module import Module

SERVER = "use server"


class Registered:
    """A function that a loaded module has registered.

    Args:
        module: The module.
        constant: Its record, as the compiler left it in the bytecode.

    Attributes:
        live: The server function that the module made of it; ``None`` for a nested one, which is rebuilt for
            each call, and until the module has run its definition.
        calls: The calls of the cached function, once the module has made one.
    """

    def __init__(self, module: Module, constant: tuple[Any, ...]) -> None:
        self.module = module
        self.live: ServerFunction[..., Any] | None = None
        self.calls: CachedCalls | None = None
        self._constant = constant
        self._validators: dict[Format, Validate] = {}

    @property
    def id(self) -> str:
        """The function's ID."""
        function_id: str = self._constant[0]
        return function_id

    @cached_property
    def record(self) -> FunctionRecord:
        """What is known of the function."""
        from directives.compiler.packing import unpack_record

        return unpack_record(self.module.name, self.module.code.co_filename, self._constant)

    @property
    def policy(self) -> tuple[str, ...]:
        """The source text of its policies; the rest of the record stays packed."""
        return policy_of(self._constant)

    @cached_property
    def is_annotated(self) -> bool:
        """Whether there is anything to validate but the shape of a call."""
        return any(parameter.annotation for parameter in self.record.sendable)

    @cached_property
    def injected(self) -> frozenset[str]:
        """The names of its injected parameters."""
        return frozenset(parameter.name for parameter in self.record.parameters if parameter.injected)

    @cached_property
    def injections(self) -> tuple[tuple[str, Callable[..., Any], bool], ...]:
        """Each injected parameter with its source, and whether that takes the request.

        Raises:
            AnnotationError: Its annotation cannot be evaluated.
        """
        return tuple(
            (parameter.name, source, takes_request(source))
            for parameter in self.record.parameters
            if parameter.injected
            for source in (self._source(parameter),)
        )

    def _source(self, parameter: Parameter) -> Callable[..., Any]:
        annotation = evaluate(self.record, parameter.name, parameter.annotation, self.names())
        return injected_by(self.record, parameter.name, annotation).source

    @cached_property
    def shape(self) -> Shape:
        """What a call of it may look like."""
        return shape_of(self.record)

    @property
    def ready(self) -> bool:
        """Whether it can be called by its ID: a nested one as soon as its module's code is there.

        A cached function never is: its ID is no endpoint.
        """
        return self.live is not None or (self.record.nested and self.record.directive == SERVER)

    def validate(self, args: tuple[Any, ...], kwargs: dict[str, Any], form: Format) -> Arguments:
        """The arguments of a call as the function's annotations want them.

        Raises:
            ArgumentsError: They do not fit; names every one that does not.
            AnnotationError: An annotation cannot be checked against.
        """
        if not self.injected.isdisjoint(kwargs):
            # Where a function takes any name, this one would pass for one of those.
            raise ArgumentsError([(name, UNKNOWN) for name in kwargs if name in self.injected])
        if form is Format.FORM and not self.record.sendable:
            # A form always sends something, and be it the name of its button.
            return (), {}
        if not self.is_annotated and (form is not Format.FORM or len(self.record.sendable) == 1):
            self.shape.check(args, kwargs)
            return args, kwargs
        validate = self._validators.get(form)
        if validate is None:
            registered = self.module.registry.types.registered
            validate = self._validators[form] = make_validator(self.record, self.names(), form, registered)
        return validate(args, kwargs)

    def names(self) -> Mapping[str, Any]:
        """The names that the function's annotations can use: those of its module, and its type parameters."""
        own = getattr(inspect.unwrap(self.live), "__type_params__", ()) if self.live else ()
        return {**self.module.namespace, **{parameter.__name__: parameter for parameter in own}}

    def reference(self, sealed: str | None) -> ServerFunction[..., Any]:
        """The function itself, around the captured values that came with its ID.

        Raises:
            SealError: ``sealed`` was not made here for this function.
            OutdatedPageError: The function captures more now than when ``sealed`` was made.
        """
        if self.live is None:
            return rebuild(self, sealed)
        if sealed is not None:
            raise SealError("a sealed value came for a function that captures nothing")
        return self.live

    @cached_property
    def code(self) -> CodeType:
        """The function's code; every nested function's is part of its module's."""
        return find_code(self.module.code, self.record)

    @cached_property
    def wrapper_code(self) -> CodeType | None:
        """The code that applies the function's decorators, if it is nested and has any."""
        return find_wrapper(self.module.code, self.record)


def takes_request(source: Callable[..., Any]) -> bool:
    """Whether what gives an injected value wants the request: it has a parameter without a default."""
    try:
        parameters = inspect.signature(source).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(
        parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        for parameter in parameters
    )
