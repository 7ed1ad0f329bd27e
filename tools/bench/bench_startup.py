"""What the installed start files cost a Python that does not ask for the hook.

`python tools/bench/bench_startup.py` starts Python in two virtual environments in turns: one with
`directives.pth`, one without, otherwise alike. The start right before or after is the one to compare
with, so the difference is the median of the pairs' differences; processor time is steadier than time
on the clock where the machine has other things to do.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
import venv
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

REPOSITORY: Final = Path(__file__).parents[2]
STARTS: Final = 200
LIMIT_MS: Final = 0.1


def environment(folder: Path, files: tuple[str, ...]) -> Path:
    """The Python of a new virtual environment with the package on its path and these start files."""
    venv.create(folder, symlinks=True, with_pip=False)
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "aa_path.pth").write_text(f"{REPOSITORY}\n")
    for name in files:
        shutil.copy(REPOSITORY / name, site)
    return folder / "bin" / "python"


def start(python: Path) -> tuple[float, float]:
    """The milliseconds that one start and stop takes: on the clock, and of processor time."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    began = time.perf_counter_ns()
    child = os.posix_spawn(python, [str(python), "-c", "pass"], environ)
    _, status, usage = os.wait4(child, 0)
    clock = (time.perf_counter_ns() - began) / 1e6
    if status:
        raise SystemExit(f"{python} ended with status {status}")
    return clock, (usage.ru_utime + usage.ru_stime) * 1e3


def main() -> None:
    """Print the table."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        pythons = {
            "without": environment(folder / "without", ()),
            "with": environment(folder / "with", ("directives.pth", "directives.start")),
        }
        times: dict[str, list[tuple[float, float]]] = {kind: [] for kind in pythons}
        for turn in range(STARTS + 10):
            for kind in sorted(pythons, reverse=bool(turn % 2)):
                spent = start(pythons[kind])
                if turn >= 10:  # the first ones fill the caches of files
                    times[kind].append(spent)
    print(f"Python {sys.version.split()[0]}, {STARTS} starts each, in turns; medians in ms\n")
    print(f"{'':12} {'without':>9} {'with':>9} {'difference':>11} {'ratio':>7}   limit")
    for column, title in enumerate(("clock", "processor")):
        without, with_ = ([row[column] for row in times[kind]] for kind in ("without", "with"))
        difference = median(b - a for a, b in zip(without, with_, strict=True))
        ratio = median(b / a for a, b in zip(without, with_, strict=True))
        medians = f"{median(without):9.2f} {median(with_):9.2f}"
        print(f"{title:12} {medians} {difference:+11.3f} {ratio:6.3f}x   {LIMIT_MS:+.1f} ms")


if __name__ == "__main__":
    main()
