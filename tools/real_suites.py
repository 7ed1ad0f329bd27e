#!/usr/bin/env python3
"""Run the test suites of well-known packages with the import hook and without it, and compare every outcome.

    python3 tools/real_suites.py [flask] [werkzeug] [attrs] [itsdangerous]

Each package comes as its source distribution and is installed from there, so that the hook takes its modules and its
tests for a project's own and transforms them. Exits with 1 if a test ends otherwise with the hook, or if there are no tests.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from xml.etree import ElementTree as ET

ROOT: Final = Path(__file__).resolve().parents[1]
SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Suite:
    """The test suite of one package.

    Attributes:
        package: Its name, and that of its module.
        needs: What its tests import.
        options: What pytest is told besides.
    """

    package: str
    needs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The module that shows whether the hook is at work."""
        return {"attrs": "attr"}.get(self.package, self.package)


SUITES: Final[Mapping[str, Suite]] = {
    suite.package: suite
    for suite in (
        Suite("flask", ("asgiref", "python-dotenv", "pytest<9")),
        Suite(
            "werkzeug",
            (
                "cffi",
                "cryptography",
                "ephemeral-port-reserve",
                "pytest-timeout",
                "pytest-xprocess",
                "watchdog",
            ),
            # Servers of its own, started by address in other processes.
            ("--deselect", "tests/test_serving.py"),
        ),
        Suite("attrs", ("cloudpickle", "hypothesis", "pympler", "pytest-xdist[psutil]")),
        Suite("itsdangerous", ("freezegun",)),
    )
}


def main() -> int:
    """Run the suites that were named, all of them if none was."""
    parser = argparse.ArgumentParser(description="Run real test suites with the hook and without.")
    parser.add_argument("packages", nargs="*", metavar="package", help=", ".join(SUITES))
    names = parser.parse_args().packages or list(SUITES)
    if unknown := set(names) - SUITES.keys():
        parser.error(f"no suite of {', '.join(sorted(unknown))}; there are {', '.join(SUITES)}")
    print(f"{'suite':<24} {'plain':<36} {'with the hook':<36} different")
    return max([compare(SUITES[name]) for name in names])


def compare(suite: Suite) -> int:
    """Run one suite both ways and print a line; 1 if they differ."""
    with TemporaryDirectory(prefix="directives-suite-") as name:
        folder = Path(name)
        source, python = prepare(suite, folder)
        transformed = loader_of(suite, source, python)
        if transformed != "DirectivesLoader":
            print(f"{source.name:<24} the hook is not at work: {suite.module} was loaded by {transformed}")
            return 1
        plain = outcomes(suite, source, python, folder / "plain.xml", {})
        hooked = outcomes(suite, source, python, folder / "hooked.xml", {"PYTHONDIRECTIVES": "1"})
    different = sorted(test for test in plain.keys() | hooked.keys() if plain.get(test) != hooked.get(test))
    print(f"{source.name:<24} {summary(plain):<36} {summary(hooked):<36} {len(different)}", flush=True)
    for test in different[:SHOWN]:
        print(f"    {test}: {plain.get(test)} -> {hooked.get(test)}")
    return 1 if different or "passed" not in plain.values() else 0


def prepare(suite: Suite, folder: Path) -> tuple[Path, Path]:
    """The unpacked source distribution of a package, and the Python of an environment it is installed in."""
    python = folder / "venv" / "bin" / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run([sys.executable, "-m", "venv", str(folder / "venv")])
    run([*pip, "download", "--no-deps", "--no-binary", suite.package, "--dest", str(folder), suite.package])
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    source = folder / archive.name.removesuffix(".tar.gz")
    run([*pip, "install", str(ROOT), "pytest", *suite.needs, "--editable", str(source)])
    return source, python


def loader_of(suite: Suite, source: Path, python: Path) -> str:
    """The class that loads the package's module when the hook is on."""
    code = f"import {suite.module}; print(type({suite.module}.__spec__.loader).__name__)"
    return run([str(python), "-X", "directives", "-c", code], cwd=source).strip()


def outcomes(
    suite: Suite, source: Path, python: Path, report: Path, environ: Mapping[str, str]
) -> dict[str, str]:
    """How each test of a suite ended."""
    command = [
        str(python),
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--junitxml={report}",
        *suite.options,
    ]
    subprocess.run(
        command,
        cwd=source,
        env={**clean_environ(), **environ},
        stdout=subprocess.DEVNULL,
        check=False,
        timeout=1800,
    )
    if not report.exists():
        return {}
    found: Counter[str] = Counter()
    ended = {}
    for case in ET.parse(report).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        found[name] += 1
        tags = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        ended[f"{name}#{found[name]}" if found[name] > 1 else name] = tags[0] if tags else "passed"
    return ended


def summary(ended: Mapping[str, str]) -> str:
    """``463 passed, 2 skipped``."""
    return ", ".join(f"{count} {how}" for how, count in Counter(ended.values()).most_common()) or "no tests"


def clean_environ() -> dict[str, str]:
    """The environment without what turns the hook on, or sets something for it."""
    return {name: value for name, value in os.environ.items() if "DIRECTIVES" not in name}


def run(command: Sequence[str], cwd: Path | None = None) -> str:
    """What a command prints; ends the program with what it says if it fails."""
    done = subprocess.run(command, cwd=cwd, env=clean_environ(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
