"""Section C, the store that processes share, by its number."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from directives.runtime import runtime
from directives.settings import Settings
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

ROOT = Path(__file__).parents[2]
SHOP = """
from pathlib import Path
import time

def stock(sku: str) -> list:
    'use cache: remote'
    with Path('runs').open('a') as file:
        file.write(f'{sku}\\n')
    time.sleep(0.3)
    return [sku, 7]
"""
CROWD = """
import sys
from concurrent.futures import ThreadPoolExecutor

import directives
directives.enable()
import shop

print('ready', flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(25) as pool:
    answers = list(pool.map(shop.stock, ['tea'] * 25))
print(answers == [['tea', 7]] * 25)
"""


def test_c18_results_survive_a_restart(load: Load, settings: Settings) -> None:
    """What was kept before the store was closed is found by the one that is opened after it."""
    module = load("""
    runs = []

    def stock(sku):
        'use cache: remote'
        runs.append(sku)
        return [sku, len(runs)]
    """)
    assert module.stock("tea") == ["tea", 1]
    runtime.caches.reset()
    assert module.stock("tea") == ["tea", 1]
    assert module.stock("salt") == ["salt", 2]
    runtime.caches.reset()
    assert module.runs == ["tea", "salt"]
    assert (settings.root / ".directives" / "cache.db").exists()


@pytest.mark.slow
def test_c18_one_of_many_processes_computes(tmp_path: Path) -> None:
    """8 processes with 25 threads each ask at once: the function runs once, and later processes find its result."""
    (tmp_path / "pyproject.toml").write_text('[tool.directives]\nbuild_id = "one"\n')
    (tmp_path / "shop.py").write_text(SHOP)
    assert [crowd_of(8, tmp_path), crowd_of(1, tmp_path)] == [["True"] * 8, ["True"]]
    assert (tmp_path / "runs").read_text() == "tea\n"


def crowd_of(count: int, folder: Path) -> list[str]:
    """What processes print that call the function at the same time."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CROWD],
            cwd=folder,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate()[0].strip() for process in processes]
