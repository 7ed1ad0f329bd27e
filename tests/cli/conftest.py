"""A project to run commands in."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path

import pytest

ACTIONS = '''\
"""What customers do."""
'use server'
from datetime import date

SECRET = "the price of gold"

async def place_order(sku: str, quantity: int = 1, *, due: date | None = None) -> dict:
    """Order something."""
    return {"sku": sku, "quantity": quantity, "secret": SECRET}
'''
PAGES = """\
from .actions import place_order

def stock(category: str, /, *, page: int = 1) -> list[dict]:
    'use cache'
    return []

def product_page(product_id: int):
    async def buy(form):
        'use server'
        return product_id
    return buy
"""
SHOP = {
    "pyproject.toml": '[project]\nname = "corner shop"\nversion = "1.2.3"\n',
    "shop/__init__.py": "",
    "shop/actions.py": ACTIONS,
    "shop/pages.py": PAGES,
}

Write = Callable[[Mapping[str, str | bytes]], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes the files of a project and makes it the working directory."""

    def write_files(files: Mapping[str, str | bytes]) -> Path:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        monkeypatch.chdir(tmp_path)
        return tmp_path

    return write_files


@pytest.fixture
def shop(write: Write) -> Path:
    """A small project as the working directory."""
    return write(SHOP)
