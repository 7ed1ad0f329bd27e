"""The fuzz targets: run for a moment each time, and the plain driver on a target that has a fault."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools" / "fuzz"
TARGETS = ("fuzz_decoder.py", "fuzz_endpoint.py")
# Read here, before the suite's own fixture takes settings of the caller out of the environment.
SECONDS = int(os.environ.get("DIRECTIVES_FUZZ_SECONDS", "60" if os.environ.get("CI") == "true" else "10"))


@pytest.mark.slow
def test_fuzzing_finds_nothing(tmp_path: Path) -> None:
    """No crash, no 5xx and no late answer, beginning with the corpus; with atheris where this Python has it."""

    def fuzzed(tool: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, TOOLS / tool, "--seconds", str(SECONDS), "--findings", tmp_path]
        return subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, timeout=2 * SECONDS + 120
        )

    with ThreadPoolExecutor(len(TARGETS)) as side_by_side:
        for done in side_by_side.map(fuzzed, TARGETS):
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
            assert "Done " in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch):
    """The module that runs targets."""
    monkeypatch.syspath_prepend(str(TOOLS))
    import driver

    return driver


def test_plain_mutations_find_a_fault(driver, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An input that does harm ends the run with status 1 and is kept."""

    def target(data: bytes) -> None:
        if b"then" in data and len(data) > 5:
            raise driver.Finding("harm was done")

    assert driver.mutate(target, [b"abcde", b""], [b"then"], 30, tmp_path, seed=1) == 1
    (file,) = tmp_path.iterdir()
    assert b"then" in file.read_bytes()
    assert "harm was done" in capsys.readouterr().out


def test_plain_mutations_begin_with_the_seeds(driver, tmp_path: Path) -> None:
    """Each seed is tried once, even without any time; the same seed number gives the same inputs."""
    tried: list[bytes] = []
    assert driver.mutate(tried.append, [b"one", b"two"], [], 0, tmp_path, seed=1) == 0
    assert tried == [b"one", b"two"]
    made = [
        [mutation.next() for _ in range(20)]
        for mutation in (driver.Mutation(driver.random.Random(7), [b"seed"], [b"word"]) for _ in range(2))
    ]
    assert made[0] == made[1]
    assert len(set(made[0])) > 10
