"""The registry: server functions by their IDs, looked up exactly, in a dict filled as modules load."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable
from collections.abc import Mapping
from typing import TYPE_CHECKING

from directives.errors import DuplicateFunctionError
from directives.errors import StaleManifestError
from directives.errors import UnknownFunctionError
from directives.functions.module import Module
from directives.functions.registered import SERVER
from directives.functions.registered import Registered
from directives.functions.taints import Taints
from directives.wire.classes import Types

if TYPE_CHECKING:
    from directives.cache.caches import Caches
    from directives.compiler.model import FunctionRecord
    from directives.functions.sealer import Sealer


class Registry:
    """The functions with directives of one process.

    Args:
        sealer: Gives what seals captured values.
        manifest: Gives the records of functions whose modules may not be loaded yet, by ID.
        caches: Where cached functions keep their results; without any they run each time.

    Attributes:
        taints: What these functions must not let out.
        types: The classes of users that are values.
    """

    def __init__(
        self,
        sealer: Callable[[], Sealer],
        manifest: Callable[[], Mapping[str, FunctionRecord]],
        caches: Caches | None = None,
    ) -> None:
        self.sealer = sealer
        self.caches: Caches | None = caches
        self.taints = Taints()
        self.types = Types()
        self._manifest = manifest
        self._modules: dict[str, Module] = {}
        self._functions: dict[str, Registered] = {}
        self._lock = threading.Lock()

    def add(self, module: Module) -> None:
        """Register a module's functions; a module that runs again replaces what it registered before.

        But a module that runs as ``__main__`` stays, if it is imported a second time by its own name; and pieces of it that
        run one after the other, as the cells of a notebook do, leave each other's functions.

        Raises:
            DuplicateFunctionError: Another module has registered one of the IDs; names both places.
        """
        with self._lock:
            replaced = self._modules.get(module.name)
            if replaced and replaced.is_main and not module.is_main:
                return
            for function_id, function in module.functions.items():
                known = self._functions.get(function_id)
                if known and not (replaced and function_id in replaced.functions):
                    raise DuplicateFunctionError(
                        f"{function.record.place} and {known.record.place} have one ID, {function_id}; rename one of them"
                    )
            if replaced and replaced.is_main and replaced.namespace is module.namespace:
                module.functions = replaced.functions | module.functions
            self._forget(module.name)
            self._modules[module.name] = module
            self._functions.update(module.functions)

    def forget(self, name: str) -> None:
        """Take a module's functions out again, as when its body has failed."""
        with self._lock:
            self._forget(name)

    def _forget(self, name: str) -> None:
        module = self._modules.pop(name, None)
        for function_id in module.functions if module else ():
            del self._functions[function_id]

    def records(self) -> Mapping[str, FunctionRecord]:
        """The records of all functions registered so far, by ID."""
        return {function_id: function.record for function_id, function in list(self._functions.items())}

    def name(self, function_id: str) -> str | None:
        """The name of a server function that is loaded: its module's and its own."""
        registered = self._functions.get(function_id)
        return registered.record.full_name if registered is not None and registered.ready else None

    def find(self, function_id: str) -> Registered:
        """The server function with an ID; its module is imported if the manifest knows it.

        Raises:
            UnknownFunctionError: There is none. A cached function's ID is none either.
            StaleManifestError: The manifest names one, but its module no longer has it.
        """
        registered = self._functions.get(function_id)
        if registered is not None and registered.ready:
            return registered
        return self._load(function_id)

    def _load(self, function_id: str) -> Registered:
        known = self._functions.get(function_id)
        record = known.record if known else self._manifest().get(function_id)
        if record is None or record.directive != SERVER:
            raise UnknownFunctionError("no server function has this ID")
        if known is None or record.module in sys.modules:
            # Waits for a module that another thread is importing just now.
            importlib.import_module(record.module)
        registered = self._functions.get(function_id)
        if registered is None or not registered.ready:
            raise StaleManifestError(
                f"{record.place} is on record, but its module, as imported, did not "
                "register it: run `directives build` again, and start the server with the import hook on"
            )
        return registered
