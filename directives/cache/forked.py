"""What a forked child begins anew: the threads that would end or give back what its parent had do not exist in it."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Renewed(Protocol):
    """What holds locks, or waits for threads."""

    def renew(self) -> None:
        """Begin anew."""
        ...


def renew_in_children(owner: Renewed) -> None:
    """Renew something in every child that is forked while it is alive."""
    if hasattr(os, "register_at_fork"):
        found = weakref.ref(owner)

        def renew() -> None:
            alive = found()
            if alive is not None:
                alive.renew()

        os.register_at_fork(after_in_child=renew)
