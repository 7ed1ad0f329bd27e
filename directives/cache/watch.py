"""Whether the cache is watched, and by what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from directives.cache.replay import Replays
    from directives.cache.trace import Trace


@dataclass(frozen=True, slots=True)
class Watch:
    """What is told of every hit and miss; nothing, unless somebody is developing.

    Attributes:
        trace: Logs them.
        replays: Shows what a function printed again.
    """

    trace: Trace | None = None
    replays: Replays | None = None

    @classmethod
    def of(cls, developing: bool, logged: bool, root: Path) -> Watch:
        """What the settings ask for.

        Args:
            developing: The setting ``debug``.
            logged: Whether ``DIRECTIVES_DEBUG_CACHE`` is set.
            root: The project's folder.
        """
        if not developing and not logged:
            return cls()
        from directives.cache.journal import Journal
        from directives.cache.replay import Replays
        from directives.cache.trace import Trace

        return cls(Trace(logged, Journal(root) if logged else None), Replays())
