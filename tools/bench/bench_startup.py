"""What the installed start files cost a Python that does not ask for the hook.

`python tools/bench/bench_startup.py` starts Python in virtual environments in turns, otherwise alike: one without
`directives.pth`, one with it, and two with a file of that name that is empty or says `import sys`: less than that
no package can install that is to start with Python. The starts of one turn are compared, so a difference is
the median of the turns' differences; processor time is steadier than time on the clock where the machine has other
things to do.
"""

from __future__ import annotations

import os
import sys
import time
import venv
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

REPOSITORY: Final = Path(__file__).parents[2]
STARTS: Final = 200
LIMIT_MS: Final = 0.1


def environment(folder: Path, content: str | None) -> Path:
    """The Python of a new virtual environment, with a start file of this content."""
    venv.create(folder, symlinks=True, with_pip=False)
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "aa_path.pth").write_text(f"{REPOSITORY}\n")
    if content is not None:
        (site / "directives.pth").write_text(content)
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
    kinds = {
        "no file": None,
        "an empty file": "",
        "import sys": "import sys\n",
        "directives": (REPOSITORY / "directives.pth").read_text(),
    }
    times: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    with TemporaryDirectory() as name:
        pythons = {
            kind: environment(Path(name) / str(index), content)
            for index, (kind, content) in enumerate(kinds.items())
        }
        for turn in range(STARTS + 10):
            for kind in sorted(pythons, reverse=bool(turn % 2)):
                spent = start(pythons[kind])
                if turn >= 10:  # the first ones fill the caches of files
                    times[kind].append(spent)
    print(f"Python {sys.version.split()[0]}, {STARTS} starts each, in turns; medians in ms\n")
    for column, title in enumerate(("clock", "processor")):
        print(f"{title:16} {'start':>9} {'more than none':>15} {'than empty':>11} {'ratio':>7}")
        for kind, rows in times.items():
            here, none, empty = (
                [row[column] for row in each] for each in (rows, times["no file"], times["an empty file"])
            )
            ratio = median(here) / median(none)
            print(
                f"  {kind:14} {median(here):9.2f} {more(here, none):+15.3f} {more(here, empty):+11.3f} {ratio:6.3f}x"
            )
    print(f"\nlimit: {LIMIT_MS:+.1f} ms")


def more(these: Iterable[float], those: Iterable[float]) -> float:
    """The median of the turns' differences."""
    return median(a - b for a, b in zip(these, those, strict=True))


if __name__ == "__main__":
    main()
