"""The bundle of a running server: what was built, or what the sources are by now."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from directives.bundle.make import make_bundle
from directives.bundle.model import DEFAULT_BUNDLE
from directives.bundle.model import Bundle
from directives.compiler import render_diagnostics
from directives.settings import Settings

log = logging.getLogger("directives")

Stamp = tuple[str, int, int]


class LiveBundle:
    """Gives a project's bundle. Safe for several threads.

    Where ``directives build`` has written one, that one. Else the sources are looked at each time, and what was made of
    them before is made anew when a file has changed.

    Args:
        settings: The project's settings.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._made: tuple[tuple[Stamp, ...], Bundle] | None = None

    def current(self) -> Bundle:
        """The bundle as it is now; an empty one if the sources have errors, which are in the log.

        Raises:
            DirectivesError: What was built is of another version.
            OSError: A file cannot be read.
        """
        with self._lock:
            stamps = self._stamps()
            if self._made is None or self._made[0] != stamps:
                self._made = stamps, self._make()
            return self._made[1]

    def _make(self) -> Bundle:
        built = self._settings.root / DEFAULT_BUNDLE
        if built.exists():
            bundle = Bundle.load(built)
            if self._is_outdated(bundle, built):
                log.warning(
                    "what the client code is by now is not in %s: run `directives build`, or remove that file while you "
                    "change things",
                    built,
                )
            return bundle
        made = make_bundle(self._settings)
        if made.errors:
            log.error("client components cannot run:\n%s", render_diagnostics(made.findings))
        return made.bundle

    def _is_outdated(self, bundle: Bundle, built: Path) -> bool:
        """Whether a newer file would make another one; many a deploy gives files new times and nothing else."""
        time = built.stat().st_mtime_ns
        return any(stamp[1] > time for stamp in self._source_stamps()) and (
            make_bundle(self._settings).bundle != bundle
        )

    def _stamps(self) -> tuple[Stamp, ...]:
        built = self._settings.root / DEFAULT_BUNDLE
        return (_stamp(built),) if built.exists() else tuple(self._source_stamps())

    def _source_stamps(self) -> Iterator[Stamp]:
        from directives.project import Project

        for _, path in Project(self._settings).source_files():
            yield _stamp(path)


def _stamp(path: os.PathLike[str]) -> Stamp:
    status = os.stat(path)
    return os.fspath(path), status.st_mtime_ns, status.st_size
