"""Whether anything was committed to a store's file since it was last read, without asking SQLite.

A write tells its number twice: to the file, as a part of what it commits, and just before that to a counter beside the file, in
memory that all processes share. So the counter never stays behind the file. Where it shows the very number that was read
along with something, that is still so; if a writer was killed in between, the counter is ahead until the next one commits.
"""

from __future__ import annotations

import mmap
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

COUNTER: Final = "-commits"  # what the name of its file ends with
SIZE: Final = 8
# How long a reader may go on with a file that was deleted, set aside or changed by another program, which counts nothing,
# in seconds. A writer looks each time.
LOOK_EVERY: Final = 0.1


def open_counter(path: Path, mode: int) -> memoryview[int]:
    """The number in a file, as all who open it see and set it; made where it is missing.

    Args:
        path: The file.
        mode: Who may open it, if it is made: those who may open the store's file.

    Raises:
        OSError: It cannot be had.
    """
    make_file(path, mode)
    file = os.open(path, os.O_RDWR)
    try:
        if os.fstat(file).st_size < SIZE:
            # Where the disk is full this is an error; what is first written in mapped memory would end the process.
            os.write(file, bytes(SIZE))
        return memoryview(mmap.mmap(file, SIZE)).cast("q")
    finally:
        os.close(file)


def make_file(path: Path, mode: int) -> None:
    """Make a file if it is missing, without ever opening one that is there.

    Args:
        path: The file.
        mode: Who may open it.

    Raises:
        OSError: It cannot be made.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    if mode != 0o600:
        path.chmod(mode)  # whatever the umask


@dataclass(slots=True, eq=False)
class Moment:
    """What was read at this moment stays right for as long as it lasts.

    Attributes:
        commits: The number of the last commit.
        counter: Where the next one is told.
        looked: When it was last seen that the file is the one under its path and that no other program wrote to it, in
            seconds of the store's clock.
    """

    commits: int
    counter: memoryview[int]
    looked: float

    def lasts(self) -> bool:
        """Whether nothing was committed since."""
        return self.counter[0] == self.commits

    def is_recent(self) -> bool:
        """Whether nobody need look at that yet."""
        return 0 <= time.time() - self.looked < LOOK_EVERY
