#!/usr/bin/env python3
"""Set up what is needed and run it, on a machine that has nothing but Python 3.11 or later.

    python3 tools/run.py demo [arguments of the demo]
    python3 tools/run.py test [--fast] [arguments for pytest]

Everything is installed into .venv-run/ beside this folder; nothing else on the machine changes.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts this may have an older one
    sys.exit(f"directives needs Python 3.11 or later; {sys.executable} is {sys.version.split()[0]}")

import argparse
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from dataclasses import field
from typing import NamedTuple

from environments import OWN
from environments import ROOT
from environments import Interpreter
from environments import SetupError
from environments import add_chromium
from environments import add_npm
from environments import add_redis_server
from environments import is_ready
from environments import other_interpreters
from environments import prepare


class Step(NamedTuple):
    """One headline of the run and the command behind it."""

    name: str
    command: list[str]


def main(arguments: list[str]) -> int:
    """Run what the command line asks for; returns the exit status."""
    options, rest = _parser().parse_known_args(arguments)
    try:
        if options.action == "demo":
            return run_demo(rest)
        return run_tests(rest, fast=options.fast)
    except SetupError as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/run.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser(
        "demo", help="install what the demo needs and start it", add_help=False, allow_abbrev=False
    )
    test = actions.add_parser("test", help="install everything and run every check", allow_abbrev=False)
    test.add_argument("--fast", action="store_true", help="leave out slow tests and other Pythons")
    return parser


def run_demo(arguments: list[str]) -> int:
    """Start the demo; returns its exit status."""
    set_up(OWN, "demo")
    return subprocess.call([OWN.python, "-m", "directives", "demo", *arguments], env=clean_environ())


def run_tests(arguments: list[str], *, fast: bool) -> int:
    """Run every check, also after one has failed; returns the exit status."""
    results = Results()
    if not fast:
        results.set_up_programs()
    stands = results.set_up(OWN, "dev")
    # Most of the time the tests wait for what they have started.
    with ThreadPoolExecutor(1) as beside:
        others = {
            each: beside.submit(results.set_up, each, "test")
            for each in ([] if fast else other_interpreters())
        }
        for step in checks(arguments, fast=fast) if stands else ():
            results.run(step)
        for interpreter, its in others.items():
            if its.result():
                results.run(pytest_step(interpreter, "-m", "not slow", *arguments))
    return results.close()


def checks(arguments: list[str], *, fast: bool) -> list[Step]:
    """What runs once, on the Python that runs this script."""
    scripts, python = OWN.scripts, OWN.python
    return [
        Step("ruff check", [str(scripts / "ruff"), "check", "."]),
        Step("ruff format", [str(scripts / "ruff"), "format", "--check", "."]),
        Step("import-linter", [str(scripts / "lint-imports"), "--no-logo"]),
        Step("mypy --strict", [python, "-m", "mypy"]),
        Step("pyright", [python, "-m", "pyright", "--pythonpath", python]),
        Step("mkdocs build --strict", [python, "-m", "mkdocs", "build", "--strict"]),
        pytest_step(OWN, *(["-m", "not slow"] if fast else []), *arguments),
    ]


def pytest_step(interpreter: Interpreter, *arguments: str) -> Step:
    """The test suite on one Python, in two processes."""
    command = [interpreter.python, "-m", "pytest", "-q", "-n", "2", *arguments]
    return Step(f"pytest on Python {interpreter.label}", command)


@dataclass
class Results:
    """Runs steps one by one and keeps count."""

    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def run(self, step: Step) -> None:
        """Run one step between a headline and a line with its outcome and time."""
        headline(step.name)
        started = time.monotonic()
        status = subprocess.call(step.command, cwd=ROOT, env=clean_environ(), stdin=subprocess.DEVNULL)
        (self.failed if status else self.passed).append(step.name)
        report(step.name, f"FAILED with exit status {status}" if status else "ok", started)

    def set_up(self, interpreter: Interpreter, extra: str) -> bool:
        """Make an environment; true if it stands, else a failed step."""
        try:
            set_up(interpreter, extra)
        except SetupError as error:
            print(f"run.py: {error}", flush=True)
            self.failed.append(f"set up Python {interpreter.label}")
            return False
        return True

    def set_up_programs(self) -> None:
        """See that there are the programs that slow tests start, else a failed step for each."""
        programs = (("redis-server", add_redis_server), ("chromium", add_chromium), ("npm", add_npm))
        for name, add in programs:
            try:
                add()
            except SetupError as error:
                print(f"run.py: {error}", flush=True)
                self.failed.append(f"set up {name}")

    def close(self) -> int:
        """Print what failed and the closing line; returns the exit status."""
        headline("summary of the steps")
        for name in self.failed:
            print(f"FAILED {name}")
        print(f"{len(self.passed)} passed, {len(self.failed)} failed", flush=True)
        return 1 if self.failed else 0


def set_up(interpreter: Interpreter, extra: str) -> None:
    """Make the environment if it does not stand yet, and say so, because it takes a while.

    Raises:
        SetupError: The environment cannot be made.
    """
    if is_ready(interpreter, extra):
        return
    headline(f"set up Python {interpreter.label} in {interpreter.home.relative_to(ROOT)}")
    started = time.monotonic()
    prepare(interpreter, extra)
    report(f"set up Python {interpreter.label}", "ok", started)


def headline(text: str) -> None:
    """Print what comes next."""
    print(f"\n== {text}", flush=True)


def report(name: str, outcome: str, started: float) -> None:
    """Print how something went and how long it took."""
    print(f"-- {name}: {outcome}, {time.monotonic() - started:.1f} s", flush=True)


def clean_environ() -> dict[str, str]:
    """The environment without this project's settings and without a foreign environment's paths."""
    foreign = {"PYTHONDIRECTIVES", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"}
    kept = {k: v for k, v in os.environ.items() if k not in foreign and not k.startswith("DIRECTIVES_")}
    return {**kept, "NO_MKDOCS_2_WARNING": "1"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
