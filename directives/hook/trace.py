"""``-X directives=trace``: what each import of the project costs, in the spirit of ``-X importtime``."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from types import ModuleType
from typing import Any
from typing import Final

HEADER: Final = "directives: self [us] | cumulative | transformed | bytecode | module\n"


def write_to_stderr(text: str) -> None:
    """Write to whatever is ``sys.stderr`` now."""
    sys.stderr.write(text)


@dataclass(slots=True)
class Import:
    """An import under way; times in nanoseconds."""

    started: int
    nested: int = 0
    compiled: bool = False


class Trace:
    """Prints a line for each module of the project when its import is done, the inner ones first.

    Args:
        write: Takes the lines.
        clock: The time in nanoseconds.
    """

    def __init__(
        self,
        write: Callable[[str], object] = write_to_stderr,
        clock: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self._write = write
        self._clock = clock
        self._threads = threading.local()
        write(HEADER)

    def watch(self, loader: Any) -> Any:
        """The same loader, with its ``exec_module`` and ``source_to_code`` watched."""
        exec_module, source_to_code = loader.exec_module, getattr(loader, "source_to_code", None)
        always_compiled = source_to_code is None
        loader.exec_module = lambda module: self._execute(exec_module, module, always_compiled)
        if source_to_code is not None:
            loader.source_to_code = lambda *args, **options: self._compile(source_to_code, args, options)
        return loader

    def _running(self) -> list[Import]:
        if not hasattr(self._threads, "running"):
            self._threads.running = []
        return self._threads.running  # type: ignore[no-any-return]

    def _compile(self, source_to_code: Callable[..., CodeType], args: Any, options: Any) -> CodeType:
        running = self._running()
        if running:
            running[-1].compiled = True
        return source_to_code(*args, **options)

    def _execute(
        self, exec_module: Callable[[ModuleType], None], module: ModuleType, always_compiled: bool
    ) -> None:
        running = self._running()
        current = Import(self._clock(), compiled=always_compiled)
        running.append(current)
        try:
            exec_module(module)
        finally:
            running.pop()
            spent = self._clock() - current.started
            if running:
                running[-1].nested += spent
            self._line(module, current, spent, len(running))

    def _line(self, module: ModuleType, done: Import, spent: int, depth: int) -> None:
        own, cumulative = (spent - done.nested) // 1000, spent // 1000
        transformed = "yes" if "__directives__" in vars(module) else "no"
        bytecode = "no" if done.compiled else "yes"
        self._write(
            f"directives: {own:9} | {cumulative:10} | {transformed:11} | {bytecode:8} | "
            f"{'  ' * depth}{module.__name__}\n"
        )
