"""A deploy, from end to end: files are edited, the program is started anew, and its store has seen the version before."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PYPROJECT = """\
[project]
name = "shop"

[tool.directives]
debug = false
build_id = "code"
"""
FILES = {
    "shop/__init__.py": "",
    "shop/runs.py": """\
from pathlib import Path

def ran(name: str) -> None:
    with Path("runs.txt").open("a") as file:
        file.write(f"{name}\\n")
""",
    "shop/prices.py": """\
PRICES = {'sencha': 480}

def price(tea: str) -> float:
    return PRICES[tea] / 100
""",
    "shop/catalog.py": """\
from shop.prices import price
from shop.runs import ran

def label(tea: str) -> str:
    'use cache: remote'
    ran('label')
    return f'{tea}: {price(tea)}'

def greeting() -> str:
    'use cache: remote'
    ran('greeting')
    return 'Good morning'

def page() -> str:
    'use cache: remote'
    ran('page')
    return f'{greeting()}, {label("sencha")}'
""",
    "main.py": """\
from shop.catalog import greeting, label, page
print(label('sencha'), greeting(), page(), sep='; ')
""",
}

Start = Callable[[], tuple[str, list[str]]]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project that has run once, so that its store is full."""
    for name, text in {"pyproject.toml": PYPROJECT, **FILES}.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert start(tmp_path) == (
        "sencha: 4.8; Good morning; Good morning, sencha: 4.8",
        ["label", "greeting", "page"],
    )
    return tmp_path


def start(folder: Path) -> tuple[str, list[str]]:
    """What the program says in a process of its own, and which of its cached functions ran for that."""
    runs = folder / "runs.txt"
    runs.unlink(missing_ok=True)
    said = run(folder, "-X", "directives", "main.py").strip()
    return said, runs.read_text().splitlines() if runs.exists() else []


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize("built", [False, True], ids=["sources", "built"])
def test_an_edit_of_one_function_leaves_the_other_entries_hitting(shop: Path, *, built: bool) -> None:
    """What it is reached by runs again, through any module; a comment changes nothing."""

    def deploy(name: str, old: str, new: str) -> tuple[str, list[str]]:
        edit(shop, name, old, new)
        if built:
            run(shop, "-m", "directives", "build")
        return start(shop)

    before = "sencha: 4.8; Good morning; Good morning, sencha: 4.8"
    after = "sencha: 5.1; Good morning; Good morning, sencha: 5.1"
    assert deploy("main.py", "print", "# the same\nprint") == (before, [])
    assert deploy("shop/prices.py", "480", "510") == (after, ["label", "page"])
    assert deploy("shop/prices.py", "PRICES =", "# cents\nPRICES =") == (after, [])
    said, ran = deploy("shop/catalog.py", "'Good morning'", "'Good evening'")
    assert (said.count("Good evening"), ran) == (2, ["greeting", "page"])
    # What an earlier version kept is still there for it: who takes a deploy back finds it.
    assert deploy("shop/catalog.py", "'Good evening'", "'Good morning'") == (after, [])


def test_without_the_setting_a_deploy_drops_everything(shop: Path) -> None:
    """Whatever was edited."""
    edit(shop, "pyproject.toml", 'build_id = "code"\n', "")
    assert start(shop)[1] == ["label", "greeting", "page"]
    assert start(shop)[1] == []
    edit(shop, "shop/prices.py", "480", "510")
    assert start(shop)[1] == ["label", "greeting", "page"]
