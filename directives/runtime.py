"""The one runtime object of a process, and what transformed modules find it by."""

from __future__ import annotations

import threading
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar

from directives.cache.caches import Caches
from directives.errors import DirectivesError
from directives.functions import Module
from directives.functions import Registry
from directives.functions import calling_module
from directives.settings import Settings
from directives.settings import load_settings
from directives.settings import merge
from directives.settings import project_root

if TYPE_CHECKING:
    from directives.compiler.model import FunctionRecord
    from directives.compiler.model import Role
    from directives.functions.sealer import Sealer
    from directives.observing import Observer


T = TypeVar("T")


class Runtime:
    """The state of a process: its settings, its role, and the functions its modules have registered.

    Attributes:
        functions: The registry.
        caches: The caches.
        role: The half of the program that this process runs; ``None`` while the hook is off.
        in_force: Stands for the settings and the observer: another object when one of them has changed.
        listings: What lists the parameters of pages that are rendered ahead, by the pattern of their path.
    """

    def __init__(self) -> None:
        self.caches = Caches(lambda: self.settings)
        self.functions = Registry(self.sealer, self.manifest_records, self.caches)
        self.role: Role | None = None
        self.in_force = object()
        self.listings: dict[str, Callable[[], Iterable[Any]]] = {}
        self._settings: Settings | None = None
        self._observer: Observer | None = None
        self._secret_keys: tuple[bytes, ...] | None = None
        self._sealer: Sealer | None = None
        self._records: Mapping[str, FunctionRecord] | DirectivesError | None = None
        self._lock = threading.RLock()

    @property
    def settings(self) -> Settings:
        """The settings in force; read from the project around the working directory when first asked for.

        Raises:
            SettingsError: One of them is unknown or has a value of the wrong type.
        """
        settings = self._settings
        if settings is None:
            with self._lock:
                settings = self._settings = self._settings or load_settings(project_root(Path.cwd()))
        return settings

    def configure(self, **values: Any) -> None:
        """Lay settings over those of ``pyproject.toml`` and the environment.

        Raises:
            SettingsError: One of them is unknown or has a value of the wrong type; none is changed.
        """
        with self._lock:
            self._use(merge(self.settings, values, "directives.configure()"))

    def activate(self, settings: Settings, role: Role) -> None:
        """Take the settings and the role that the hook was turned on with."""
        with self._lock:
            self._use(settings)
            self.role = role

    def _use(self, settings: Settings) -> None:
        self._settings = settings
        self._secret_keys = self._sealer = self._records = None
        self.caches.reset()
        self.in_force = object()  # last: whoever sees it begins again with all of the above

    @property
    def observer(self) -> Observer | None:
        """What watches the calls that this process answers and makes, if anything does."""
        return self._observer

    @observer.setter
    def observer(self, observer: Observer | None) -> None:
        self._observer, self.in_force = observer, object()

    def secret_keys(self) -> tuple[bytes, ...]:
        """The keys that seal captured values: the first seals, all open."""
        keys = self._secret_keys
        if keys is None:
            from directives.secret_keys import load_secret_keys

            with self._lock:
                keys = self._secret_keys = self._secret_keys or load_secret_keys(self.settings)
        return keys

    def sealer(self) -> Sealer:
        """What seals captured values by the settings in force."""
        sealer = self._sealer
        if sealer is None:
            with self._lock:
                sealer = self._sealer = self._sealer or self._make_sealer(self.settings)
        return sealer

    def _make_sealer(self, settings: Settings) -> Sealer:
        from directives.functions.sealer import Sealer
        from directives.functions.sealer import session_named

        return Sealer(
            self.secret_keys(),
            settings.captured_max_age,
            settings.captured_size_limit,
            session_named(settings.captured_session),
        )

    def manifest_records(self) -> Mapping[str, FunctionRecord]:
        """The records of the project by ID: of the manifest that was built, else of the project's sources.

        Raises:
            ManifestError: The manifest that was built cannot be used.
            DuplicateFunctionError: Two functions have one ID.
        """
        records = self._records
        if records is None:
            with self._lock:
                if self._records is None:
                    self._records = self._look_up_records()
                records = self._records
        if isinstance(records, DirectivesError):
            raise records.with_traceback(None)
        return records

    def _look_up_records(self) -> Mapping[str, FunctionRecord] | DirectivesError:
        """The records, or why there are none: anybody's wrong ID asks for them, so it is found out once."""
        from directives.manifest import importable
        from directives.manifest import load_or_compute

        try:
            return load_or_compute(self.settings, importable).records
        except DirectivesError as error:
            return error


runtime = Runtime()


def configure(**values: Any) -> None:
    """Set settings from Python; see ``directives.settings.Settings`` for their names.

    Raises:
        SettingsError: One of them is unknown or has a value of the wrong type; none is changed.
    """
    runtime.configure(**values)


def register_type(
    cls: type[T], *, encode: Callable[[T], Any], decode: Callable[[Any], T], name: str | None = None
) -> None:
    """Make the instances of a class values, which server functions take and return and nested ones capture.

    Dataclasses, pydantic models, named tuples and enums are values without it. Call it in a module that every process
    imports, beside the class. What a message holds never chooses a class: over the network an instance arrives where a
    parameter is annotated with its class, and a caller gets what ``encode`` made of a result.

    Args:
        cls: The class, exactly; its subclasses are not registered by it.
        encode: What travels for an instance: a value of other types.
        decode: An instance from what ``encode`` gave. From the network it gets whatever a caller sent: it raises
            ``ValueError`` for what is none of its.
        name: What the class is called in what is kept; stays when the class is renamed or moves.
            Unless given, its module and qualified name.

    Raises:
        DuplicateTypeError: The class or the name is registered already, or the class travels by itself.

    >>> from fractions import Fraction
    >>> register_type(Fraction, encode=str, decode=Fraction)
    """
    runtime.functions.types.register(cls, encode, decode, name)


def module(name: str, records: tuple[tuple[Any, ...], ...]) -> Module:
    """Register the module that calls this; transformed code does so in its first statement."""
    made = calling_module(runtime.functions, name, records, 1)
    runtime.functions.add(made)
    return made
