"""Work that nobody waits for: a few daemon threads, started when there is something to do."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Callable
from queue import Empty
from queue import SimpleQueue
from typing import Final

MOST_THREADS: Final = 4
IDLE: Final = 10.0  # seconds that a thread waits for more work before it ends
GRACE: Final = 1.0  # seconds that the end of the process waits for work under way

Work = Callable[[], object]


class Background:
    """Runs work in threads of its own, each piece once, in no particular order."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._queue: SimpleQueue[Work] = SimpleQueue()
        self._threads = 0
        self._busy = 0
        self._closed = False

    def submit(self, work: Work) -> None:
        """Do something soon; what it raises is nobody's concern, so it has to see to that itself."""
        if self._process != os.getpid():
            self._start()  # a forked child has none of the threads
        with self._lock:
            if self._closed:
                return
            self._busy += 1
            if self._threads == 0:
                atexit.register(self.close)
            start = self._busy > self._threads and self._threads < MOST_THREADS
            self._threads += start
        self._queue.put(work)
        if start:
            threading.Thread(target=self._run, name="directives-refresh", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                work = self._queue.get(timeout=IDLE)
            except Empty:
                with self._lock:
                    if self._busy < self._threads:
                        self._threads -= 1
                        return
                continue
            try:
                if not self._closed:
                    work()
            finally:
                del work
                with self._lock:
                    self._busy -= 1

    def close(self) -> None:
        """Begin nothing more, and give what is under way a moment to end."""
        self._closed = True
        self.settle(GRACE)

    def settle(self, seconds: float) -> bool:
        """Wait until there is nothing under way, at most so many seconds; whether there is nothing."""
        until = time.monotonic() + seconds
        while self._busy and time.monotonic() < until:
            time.sleep(0.01)
        return not self._busy
