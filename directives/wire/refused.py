"""Why a value cannot be written."""

from __future__ import annotations


class Refused(Exception):
    """A value cannot be lowered; the reason completes ``<type> ...``.

    ``local`` is false when the fault is the size of the whole rather than one part.
    """

    def __init__(self, reason: str = "cannot travel", *, local: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.local = local
