"""Captured values: read from a nested function's cells, sealed, and put back around its code anywhere."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from types import CellType
from types import CodeType
from types import FunctionType
from typing import TYPE_CHECKING
from typing import Any
from typing import Protocol

from directives.compiler.packing import WRAPPED
from directives.errors import EncodeError
from directives.errors import OutdatedPageError
from directives.errors import UnknownTypeError
from directives.functions.admission import check_policy
from directives.functions.reference import ServerFunction
from directives.functions.sealed_functions import lowering
from directives.functions.sealed_functions import raising

if TYPE_CHECKING:
    from directives.compiler.model import Capture
    from directives.compiler.model import FunctionRecord
    from directives.functions.registered import Registered


class Closure(Protocol):
    """What is read of a function and its captured variables."""

    __code__: CodeType
    __defaults__: tuple[Any, ...] | None
    __kwdefaults__: dict[str, Any] | None

    @property
    def __closure__(self) -> tuple[CellType, ...] | None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """What a nested server function was made from.

    Attributes:
        registered: The function as its module registered it.
        function: The function itself, without its decorators.
        wrapper: What applies its decorators to a rebuilt one, if it has any.
    """

    registered: Registered
    function: Closure
    wrapper: Closure | None

    def seal(self, outer: tuple[Any, ...] = (), *, limited: bool = True) -> str | None:
        """The values that travel, sealed; ``None`` if there are none.

        Args:
            outer: The origins being sealed around this one, to find a function that captures itself in a circle.
            limited: Whether it has to fit into an address.
        """
        plaintext = self.plaintext(outer)
        if plaintext is None:
            return None
        registered = self.registered
        sealer = registered.module.registry.sealer()
        return sealer.seal(registered.record, plaintext, self._sizes if limited else None)

    def plaintext(self, outer: tuple[Any, ...] = ()) -> bytes | None:
        """The values that travel, as they are sealed; see ``seal``."""
        record = self.registered.record
        if self in outer:
            raise EncodeError(
                f"server function {record.full_name} captures itself by way of another function"
            )
        held = self.held()
        if not any(held):
            return None
        from directives.wire.trusted import dumps

        registry = self.registered.module.registry
        special = lowering((*outer, self))
        try:
            # It is encrypted, but whoever holds the page can send it back, and what comes of that is sent in the open.
            return dumps(held, types=registry.types, special=special, look=registry.taints.look())
        except EncodeError as error:
            raise EncodeError(f"server function {record.full_name} cannot be handed out: {error}") from None

    def _sizes(self) -> dict[str, int]:
        """How many bytes each part takes, for the error that it is too much."""
        from directives.wire.trusted import dumps

        values, *defaults = self.held()
        parts: dict[str, Any] = {repr(name): value for name, value in values.items()}
        parts["the default values of its parameters"] = defaults
        types, special = self.registered.module.registry.types, lowering((self,))
        return {name: len(dumps(value, types=types, special=special)) for name, value in parts.items()}

    def held(self) -> tuple[dict[str, Any], tuple[Any, ...] | None, dict[str, Any] | None]:
        """The values that travel by name, and the function's defaults.

        Raises:
            NameError: A captured variable has no value yet.
        """
        values = dict(self._travelling(self.registered.record))
        return values, self.function.__defaults__, self.function.__kwdefaults__

    def _travelling(self, record: FunctionRecord) -> Iterator[tuple[str, Any]]:
        cells = dict(cells_of(self.function))
        if self.wrapper:
            cells |= cells_of(self.wrapper)
        for capture in record.captures:
            if capture.travels:
                try:
                    yield capture.name, cells[capture.name].cell_contents
                except ValueError:
                    raise NameError(
                        f"server function {record.full_name} captures {capture.name!r}, which has no value yet",
                        name=capture.name,
                    ) from None


def rebuild(registered: Registered, sealed: str | None) -> ServerFunction[..., Any]:
    """Make a nested server function anew around the values it captured, in any process.

    Args:
        registered: The function as its module registered it.
        sealed: The sealed values, as they came off the wire.

    Raises:
        SealError: ``sealed`` was not made here for this function.
        OutdatedPageError: The function captures more now than when ``sealed`` was made, or it has expired.
    """
    record = registered.record
    values, defaults, kwdefaults = open_captured(registered, sealed)
    cells = {capture.name: cell_of(capture, record, values, registered) for capture in record.captures}
    function = build(registered.code, registered, cells)
    function.__defaults__ = defaults
    function.__kwdefaults__ = kwdefaults
    decorated: Callable[..., Any] = function
    wrapper = None
    if registered.wrapper_code:
        wrapper = build(registered.wrapper_code, registered, cells)
        decorated = wrapper(function)
        check_policy(registered, decorated)
    reference = ServerFunction(decorated, record.id, Nested(registered, function, wrapper), home=registered)
    for capture in record.captures:
        if capture.itself:
            cells[capture.name].cell_contents = reference
    return reference


def open_captured(
    registered: Registered, sealed: str | None
) -> tuple[dict[str, Any], tuple[Any, ...] | None, dict[str, Any] | None]:
    """What ``Nested.seal`` sealed: captured values by name, and the function's defaults."""
    if sealed is None:
        return {}, None, None
    from directives.wire.trusted import loads

    registry = registered.module.registry

    plaintext = registry.sealer().open(registered.id, sealed)
    try:
        values, defaults, kwdefaults = loads(plaintext, types=registry.types, special=raising(registry))
    except UnknownTypeError as error:
        raise OutdatedPageError(f"server function {registered.record.full_name}: {error}") from error
    return values, defaults, kwdefaults


def cell_of(
    capture: Capture, record: FunctionRecord, values: dict[str, Any], registered: Registered
) -> CellType:
    """The cell of one captured variable."""
    if capture.itself:
        return CellType()
    if capture.module is not None:
        return CellType(import_captured(capture, registered.module.namespace))
    if capture.name not in values:
        raise OutdatedPageError(
            f"server function {record.full_name} now captures {capture.name!r}, which this page does not hold; reload it"
        )
    return CellType(values[capture.name])


def import_captured(capture: Capture, namespace: dict[str, Any]) -> Any:
    """What the import statement that binds a captured name binds it to."""
    name = capture.module or ""
    package = namespace.get("__package__") or None
    if capture.attribute is None:
        importlib.import_module(name, package)
        # `import a.b` binds `a`.
        return importlib.import_module(name.partition(".")[0])
    module = importlib.import_module(name, package)
    try:
        return getattr(module, capture.attribute)
    except AttributeError:
        return importlib.import_module(f"{module.__name__}.{capture.attribute}")


def build(code: CodeType, registered: Registered, cells: dict[str, CellType]) -> FunctionType:
    """A function of ``code`` in its module, around the given cells."""
    closure = tuple(cells[name] for name in code.co_freevars)
    function = FunctionType(code, registered.module.namespace, code.co_name, None, closure)
    function.__module__ = registered.module.namespace.get("__name__", registered.module.name)
    return function


def cells_of(function: Closure) -> Iterator[tuple[str, CellType]]:
    """The cells of a function by the names of its captured variables."""
    return zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)


def find_code(module: CodeType, record: FunctionRecord) -> CodeType:
    """A function's code within its module's."""
    for code in codes_in(module):
        if code.co_qualname == record.qualname and code.co_firstlineno == record.first_line:
            return code
    raise LookupError(f"{record.full_name} is not part of the code of its module")


def find_wrapper(module: CodeType, record: FunctionRecord) -> CodeType | None:
    """The code of the generated lambda over a function's decorators, if it has one."""
    for code in codes_in(module) if record.wrapper_line else ():
        if code.co_firstlineno == record.wrapper_line and code.co_varnames[:1] == (WRAPPED,):
            return code
    return None


def codes_in(module: CodeType) -> Iterator[CodeType]:
    """Every code object in a module's code."""
    pending = [module]
    while pending:
        code = pending.pop()
        yield code
        pending.extend(constant for constant in code.co_consts if isinstance(constant, CodeType))
