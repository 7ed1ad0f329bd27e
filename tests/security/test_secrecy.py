"""What clients are given holds nothing of the server's: over two hundred words are looked for in every byte of it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from directives.client.package import write_client_package
from directives.manifest import build
from directives.settings import load_settings
from tests.security.marked import MODULES
from tests.security.marked import leaks
from tests.security.marked import leaks_below
from tests.security.marked import marked_project


def test_the_package_of_stubs_holds_no_word_of_the_server(tmp_path: Path) -> None:
    """No body, constant, default, decorator, import, annotation, private name, comment or private docstring."""
    (project := tmp_path / "project").mkdir()
    words = marked_project(project)
    assert len(words) >= 200
    settings = load_settings(project)
    built = build(settings)
    assert built.manifest is not None, built.findings
    names = write_client_package(tmp_path / "package", built.modules, settings)
    assert len(names) == MODULES
    assert leaks_below(words, tmp_path / "package") == []
    stub = (tmp_path / "package/shop/actions_3.py").read_text()
    assert "async def order_3(sku: str, quantity: int" in stub
    assert "Order something." in stub


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_word_that_leaks_is_found(pack: type[bytes]) -> None:
    """In a name, in a content and in a compressed one: else the test above could not fail."""
    words = ["mark_one_1", "mark_two_2"]
    assert leaks(words, "a/mark_one_1.py", pack(b"nothing")) == ["mark_one_1 in a/mark_one_1.py"]
    assert leaks(words, "a.py", pack(b"x = 'mark_two_2'")) == ["mark_two_2 in a.py"]
    assert leaks(words, "a.py", pack(b"x = 'mark_'")) == []
