"""``ATOMIC_REQUESTS``: a call is one transaction in each database that is set so, as a view is.

See Django's "Database transactions", "Tying transactions to HTTP requests".
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from django.db import connections
from django.db import transaction

from directives.http.messages import HttpResponse


class Transactions:
    """The transactions of one call; both methods run in the thread that has its connections.

    Attributes:
        needed: Whether there are any.
    """

    def __init__(self) -> None:
        databases: Any = connections.settings
        self._databases = [alias for alias, settings in databases.items() if settings["ATOMIC_REQUESTS"]]
        self._begun: ExitStack | None = None
        self.needed = bool(self._databases)

    def begin(self) -> None:
        """Begin them."""
        if not self.needed:
            return
        with ExitStack() as begun:
            for alias in self._databases:
                atomic: Any = transaction.atomic(using=alias)
                begun.enter_context(atomic)
            self._begun = begun.pop_all()

    def end(self, reply: HttpResponse | None) -> None:
        """End them: what has failed is rolled back.

        Args:
            reply: The reply, if there is one: with a status of 400 or above it tells of a failure.
        """
        if self._begun is None:
            return
        if reply is None or reply.status >= 400:
            for alias in self._databases:
                transaction.set_rollback(True, using=alias)
        self._begun.close()
