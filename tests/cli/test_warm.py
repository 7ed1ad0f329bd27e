"""``directives warm``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from directives.cache.warming import Call
from directives.cache.warming import declared
from directives.errors import SettingsError
from directives.settings import Settings
from directives.settings import load_settings
from tests.cli.conftest import Write

PYPROJECT = """
[tool.directives]
build_id = "one"

[tool.directives.cache_warm]
"shop:stock" = [["tea"], ["salt"], {sku = "tea"}]
"shop:offers" = [[]]
"shop:rows" = [[2]]
"""
SHOP = """
import functools

def write(text):
    with open('runs', 'a') as file:
        file.write(text + '\\n')

def guarded(function):
    @functools.wraps(function)
    def refuse(*args):
        raise PermissionError('sign in first')
    return refuse

@guarded
def stock(sku):
    'use cache: remote'
    write(sku)
    return 7

async def offers():
    'use cache: remote'
    write('offers')
    return 7

async def rows(count):
    'use cache: remote'
    write('rows')
    for number in range(count):
        yield number

def regular():
    'use cache'

def plain():
    return 1

def broken():
    'use cache: remote'
    raise ConnectionError('no database')
"""


def warm(folder: Path) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, since it turns the hook on."""
    command = [sys.executable, "-m", "directives", "warm"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_what_is_declared_is_computed_once(write: Write) -> None:
    """Past the user's decorators; what is there is left alone the next time."""
    folder = write({"pyproject.toml": PYPROJECT, "shop.py": SHOP})
    for _ in range(2):
        done = warm(folder)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("5 of 5 results are ready, after ")
        assert sorted((folder / "runs").read_text().split()) == ["offers", "rows", "salt", "tea"]


DECLARING = """
from directives.cache import warm
from shop import guarded, write

@guarded
def label(tea, *, size=1):
    'use cache: remote'
    write(f'{tea} {size}')
    return tea

label.warm('sencha')
label.warm('assam', size=2)
warm(label, 'assam', size=2)
"""


def test_modules_declare_calls_too(write: Write) -> None:
    """By the function's own attribute, and by a function that type checkers know; each call is made once."""
    folder = write({"pyproject.toml": "[tool.directives]", "shop.py": SHOP, "labels.py": DECLARING})
    done = warm(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("2 of 2 results are ready")
    assert sorted((folder / "runs").read_text().splitlines()) == ["assam 2", "sencha 1"]


def test_what_cannot_be_computed_is_named(write: Write) -> None:
    """One line for each, and the others are computed."""
    names = ("broken", "regular", "plain", "nothing", "offers")
    lines = [f'"shop:{name}" = [[]]' for name in names]
    folder = write({"pyproject.toml": "\n".join(["[tool.directives.cache_warm]", *lines]), "shop.py": SHOP})
    done = warm(folder)
    assert done.returncode == 1
    assert done.stdout.startswith("1 of 5 results are ready")
    reasons = (
        "shop:broken(): ConnectionError: no database",
        "shop:regular(): shop:regular ('use cache') keeps its results where no other process finds them",
        "shop:plain(): cache_warm: shop:plain is no cached function",
        "shop:nothing(): cache_warm: shop:nothing cannot be imported",
    )
    assert all(f"error: {reason}" in done.stderr for reason in reasons)
    assert done.stderr.count("error: ") == 4


def test_what_is_not_kept_is_not_ready(write: Write) -> None:
    """A store that is away, or too small, is as good as a function that fails: the servers would find nothing."""
    for address in ("redis://127.0.0.1:1", "sqlite:///small.db?size=100"):
        settings = f'{PYPROJECT}[tool.directives.cache_handlers]\nremote = "{address}"\n'
        done = warm(write({"pyproject.toml": settings, "shop.py": SHOP}))
        assert done.returncode == 1, address
        assert done.stdout.startswith("0 of 5 results are ready")
        assert done.stderr.count("error: ") == 5
        assert "error: shop:stock('tea'): the result was computed, but is not in its store: " in done.stderr


def test_calls_are_declared_by_position_or_by_name(tmp_path: Path) -> None:
    """A list or a table for each call, and each is written as one would call it."""
    settings = Settings(tmp_path, cache_warm={"shop:stock": [["tea", 2], {"sku": "tea"}]})
    assert list(map(str, declared(settings))) == ["shop:stock('tea', 2)", "shop:stock(sku='tea')"]
    assert declared(settings)[1] == Call("shop:stock", (), {"sku": "tea"})


@pytest.mark.parametrize("written", ['"shop.stock" = [[]]', '"shop:stock" = "tea"', '"shop:stock" = ["tea"]'])
def test_what_declares_no_calls_is_an_error(tmp_path: Path, written: str) -> None:
    """A name that is none, or what is no list of calls."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.directives.cache_warm]\n{written}\n")
    with pytest.raises(SettingsError, match="'cache_warm' must be a table"):
        load_settings(tmp_path)
