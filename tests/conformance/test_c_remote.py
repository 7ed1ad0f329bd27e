"""Section C, the store that processes share, by its number."""

from __future__ import annotations

from pathlib import Path

import pytest

from directives.runtime import runtime
from directives.settings import Settings
from tests.cache.crowds import Project
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

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
CROWD = "print(threads(lambda: shop.stock('tea')) == [['tea', 7]] * 25)"


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
    shop = Project(tmp_path, "sqlite", SHOP)
    assert [shop.together(*[CROWD] * 8), shop.together(CROWD)] == [["True"] * 8, ["True"]]
    assert shop.runs == ["tea"]
