"""What an import costs through the hook, against plain Python: `python tools/bench/bench_import.py`.

The modules are those of the standard library; they are named in the setting `packages`, or else the
hook would pass them over. Two processes, one of each kind, run one after the other and make a pair;
the ratio is the median of the pairs' ratios, of processor time, so that a busy machine tells the same
as an idle one. Beside it stands the ratio of the fastest process of each kind.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

REPOSITORY: Final = Path(__file__).parents[2]
ROUNDS: Final = 25
WARM_MODULES: Final = 350
COLD_MODULES: Final = 300
# Modules that open windows, browsers or sockets when they are imported, or that are no use without an argument.
LEFT_OUT: Final = (
    "antigravity",
    "this",
    "idlelib",
    "turtledemo",
    "test",
    "lib2to3",
    "tkinter",
    "turtle",
    "__main__",
)

CHILD: Final = """
import sys, time, gc
names = sys.argv[2].split()
from pathlib import Path
import directives.hook.activation
from directives.compiler.model import Role
from directives.hook.finder import DirectivesFinder
from directives.runtime import runtime
from directives.settings import Settings
if sys.argv[1] != "plain":
    packages = tuple({name.partition(".")[0] for name in names}) if sys.argv[1] == "hook" else ()
    settings = Settings(Path.cwd(), packages=packages)
    DirectivesFinder(Role.SERVER, lambda: settings).install()
gc.collect()
start = time.process_time_ns()
for name in names:
    __import__(name)
print(time.process_time_ns() - start)
"""
CANDIDATES: Final = """
import sys, os, warnings, importlib, importlib.util, io
warnings.simplefilter("ignore")
import directives.hook.activation, directives.runtime
loaded = set(sys.modules)
left_out = tuple(sys.argv[1].split())
library = os.path.dirname(os.__file__)
for folder, folders, files in os.walk(library):
    folders[:] = sorted(f for f in folders if f not in ("site-packages", "__pycache__", "test", "tests"))
    for file in sorted(files):
        name = os.path.relpath(os.path.join(folder, file), library).removesuffix(".py").replace(os.sep, ".")
        name = name.removesuffix(".__init__")
        parts = name.split(".")
        if not file.endswith(".py") or parts[0] in left_out or parts[-1] == "__main__" or name in loaded:
            continue
        if not all(part.isidentifier() for part in parts):
            continue
        before, sys.stdout = sys.stdout, io.StringIO()
        try:
            importlib.import_module(name)
        except BaseException:
            sys.modules.pop(name, None)
            continue
        finally:
            sys.stdout = before
        print(name)
"""
# Our own bytecode is there even when the imports are cold: we were installed before.
OURSELVES: Final = """
import directives.hook.activation, directives.runtime, directives.compiler
directives.compiler.compile_module("'use server'", "ourselves", "ourselves.py")
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the table."""

    title: str
    mode: str
    modules: int
    limit: float
    warm: bool


CASES: Final = (
    Case(f"warm, {WARM_MODULES} modules through the hook", "hook", WARM_MODULES, 1.06, warm=True),
    Case(f"warm, {WARM_MODULES} modules that are passed over", "passed", WARM_MODULES, 1.00, warm=True),
    Case(f"cold, {COLD_MODULES} modules through the hook", "hook", COLD_MODULES, 1.05, warm=False),
)


def python(code: str, *arguments: str, bytecode: str, write: bool = True) -> str:
    """What a fresh Python prints, with bytecode in a place of its own."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environ |= {"PYTHONPATH": str(REPOSITORY), "PYTHONPYCACHEPREFIX": bytecode, "PYTHONWARNINGS": "ignore"}
    options = [] if write else ["-B"]
    command = [sys.executable, *options, "-c", code, *arguments]
    return subprocess.run(
        command, env=environ, capture_output=True, text=True, check=True, cwd=bytecode
    ).stdout


def measure(case: Case, names: list[str]) -> dict[str, list[float]]:
    """The milliseconds of each process, plain ones and those of the case."""
    text = " ".join(names[: case.modules])
    with TemporaryDirectory() as folder:
        if case.warm:
            for mode in ("plain", case.mode):
                python(CHILD, mode, text, bytecode=folder)
        else:
            python(OURSELVES, bytecode=folder)
        times: dict[str, list[float]] = {"plain": [], case.mode: []}
        for turn in range(ROUNDS):
            order = ("plain", case.mode) if turn % 2 else (case.mode, "plain")
            for mode in order:
                times[mode].append(int(python(CHILD, mode, text, bytecode=folder, write=False)) / 1e6)
    return {"plain": times["plain"], "hook": times[case.mode]}


def main() -> None:
    """Print the table."""
    with TemporaryDirectory() as folder:
        names = python(CANDIDATES, " ".join(LEFT_OUT), bytecode=folder).split()
    print(f"{len(names)} importable modules of the standard library; {ROUNDS} pairs of processes\n")
    print(f"{'import':45} {'plain ms':>9} {'hook ms':>9} {'ratio':>7} {'fastest':>8} {'limit':>7}")
    for case in CASES:
        times = measure(case, names)
        ratio = median(hooked / plain for plain, hooked in zip(times["plain"], times["hook"], strict=True))
        fastest = min(times["hook"]) / min(times["plain"])
        medians = f"{median(times['plain']):9.1f} {median(times['hook']):9.1f}"
        print(f"{case.title:45} {medians} {ratio:6.3f}x {fastest:7.3f}x {case.limit:6.2f}x", flush=True)


if __name__ == "__main__":
    main()
