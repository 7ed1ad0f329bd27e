"""``directives run``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from directives.cli import main

SCRIPT = """\
import sys
from directives import ServerFunction

async def act():
    'use server'

print(__name__, type(act) is ServerFunction, sys.argv[1:])
if "fail" in sys.argv:
    1 / 0
if "exit" in sys.argv:
    sys.exit(7)
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, since it turns the hook on."""
    command = [sys.executable, "-m", "directives", "run", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("program", [["script.py"], ["-m", "script"], ["-mscript"]], ids=" ".join)
def test_what_stands_behind_the_program_is_its_own(write, program: list[str]) -> None:
    """Directives count in __main__, and every argument passes through, --help and -m too."""
    folder = write({"pyproject.toml": "", "script.py": SCRIPT})
    done = run(folder, *program, "--help", "-m", "x", "--", "--traceback")
    expected = "__main__ True ['--help', '-m', 'x', '--', '--traceback']\n"
    assert (done.stdout, done.stderr, done.returncode) == (expected, "", 0)


@pytest.mark.slow
def test_the_program_ends_as_it_would_alone(write) -> None:
    """Its exit code is the command's; its traceback has no frame of ours."""
    folder = write({"pyproject.toml": "", "script.py": SCRIPT})
    assert run(folder, "script.py", "exit").returncode == 7
    failed = run(folder, "script.py", "fail")
    assert failed.returncode == 1
    assert failed.stderr.startswith("Traceback (most recent call last):\n  File ")
    assert failed.stderr.count("  File ") == 1
    assert failed.stderr.endswith("ZeroDivisionError: division by zero\n")


def test_without_a_program_it_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    """A script or module must be named."""
    assert main(["run"]) == 2
    assert capsys.readouterr().err.startswith("error: Name a script, or a module with -m.")


@pytest.mark.slow
def test_a_program_that_is_not_there_is_one_line(write) -> None:
    """Neither a missing script nor a missing module shows a traceback of ours."""
    folder = write({"pyproject.toml": ""})
    for arguments in (["nowhere.py"], ["-m", "nowhere"]):
        done = run(folder, *arguments)
        assert done.returncode == 1
        assert done.stderr.startswith("error: ")
        assert done.stderr.count("\n") == 1
