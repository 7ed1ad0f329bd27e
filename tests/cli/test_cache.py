"""``directives cache`` and ``directives why``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from directives.cli import main
from directives.hook.activation import installed
from directives.runtime import runtime
from tests.cli.conftest import Write

CATALOG = """\
from directives.cache import cache_life, cache_tag

def stock(tea: str, page: int = 1) -> int:
    'use cache: remote'
    cache_life('hours')
    cache_tag('stock')
    return 7

def local(tea: str) -> int:
    'use cache'
    return 7

def plain():
    return 7
"""


@pytest.fixture
def catalog(write: Write, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project with cached functions, as the working directory of a process that is watched."""
    before, role, path = runtime.settings, runtime.role, list(sys.path)
    root = write({"pyproject.toml": "", "tea_catalog.py": CATALOG})
    monkeypatch.setenv("DIRECTIVES_DEBUG_CACHE", "1")
    monkeypatch.setenv("PYTHONDIRECTIVES", "0")  # which enable() sets, and the end of the test takes back
    finder = installed()
    if finder is not None:
        sys.meta_path.remove(finder)
    runtime._settings = None
    yield root
    made = installed()
    if made is not None:
        sys.meta_path.remove(made)
    if finder is not None:
        sys.meta_path.insert(0, finder)
    sys.path[:] = path
    sys.modules.pop("tea_catalog", None)
    runtime.functions.forget("tea_catalog")
    runtime._settings, runtime.role = before, role
    runtime.caches.reset()


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command prints."""
    capsys.readouterr()
    assert main(list(words)) == 0
    return capsys.readouterr().out


def test_why(catalog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The function is imported and not run; a shared store is asked, of others it is said that they cannot be."""
    name = "tea_catalog:stock"
    assert printed(capsys, "why", name, "sencha") == "tea_catalog.stock: miss, never seen\n"
    main(["call", name, "sencha"])
    assert "hit: computed" in printed(capsys, "why", name, "sencha", "page=1")
    told = printed(capsys, "cache", "why", name, "assam", "--json")
    assert json.loads(told)["differing"] == ["tea"]
    main(["cache", "clear", "--tag", "stock"])
    assert "the tag 'stock' was invalidated" in printed(capsys, "why", name, "sencha")


def test_why_of_what_is_none(catalog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line that says so."""
    assert main(["why", "tea_catalog:plain"]) == 1
    assert capsys.readouterr().err == (
        "error: plain is no cached function: neither a directive, with the import hook on, nor @use_cache makes it one\n"
    )


def test_stats_tags_and_clear(catalog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What shared stores hold and what was computed by watched processes; clearing forgets both."""
    for tea in ("sencha", "assam"):
        main(["call", "tea_catalog:stock", tea])
    main(["call", "tea_catalog:local", "sencha"])
    rows = json.loads(printed(capsys, "cache", "stats", "--json"))
    assert [(row["store"], row["entries"]) for row in rows if "store" in row] == [("remote", 2)]
    counted = {row.pop("function"): row for row in rows if "function" in row}
    assert 0 < counted["tea_catalog.stock"].pop("bytes") < 2_000
    assert counted == {
        "tea_catalog.stock": {"entries": 2, "computed": 2, "results": 2, "processes": 1},
        "tea_catalog.local": {"entries": 0, "bytes": 0, "computed": 1, "results": 1, "processes": 1},
    }
    assert main(["cache", "stats"]) == 0
    shown = capsys.readouterr()
    assert "remote" in shown.out
    assert "by that process alone" in shown.err
    assert json.loads(printed(capsys, "cache", "tags", "--json")) == [
        {"tag": "stock", "functions": ["tea_catalog.stock"], "computed": 2}
    ]
    assert "tea_catalog.stock" in printed(capsys, "cache", "tags")
    assert printed(capsys, "cache", "clear") == "remote: cleared\n"
    rows = json.loads(printed(capsys, "cache", "stats", "--json"))
    assert [(row.get("store"), row["entries"]) for row in rows] == [("remote", 0)]
    assert main(["cache", "tags"]) == 0
    assert "nothing was computed" in capsys.readouterr().err


def test_a_store_that_there_is_not(catalog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Misuse, and the stores that there are."""
    assert main(["cache", "clear", "default"]) == 2
    assert "There is no shared store 'default'; there are: " in capsys.readouterr().err


def test_a_store_that_is_away(catalog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is named, and the others are shown and cleared all the same."""
    (catalog / "pyproject.toml").write_text(
        '[tool.directives]\ncache_handlers = {away = "redis://127.0.0.1:1"}\n'
    )
    main(["call", "tea_catalog:stock", "sencha"])
    for words, answer in (
        (("stats", "--json"), '"store": "remote"'),
        (("clear", "--tag", "stock"), "remote: dropped what is tagged stock\n"),
        (("clear",), "remote: cleared\n"),
    ):
        capsys.readouterr()
        assert main(["cache", *words]) == 1
        shown = capsys.readouterr()
        assert answer in shown.out
        assert shown.err.startswith("error: the store 'away': ")
        assert shown.err.count("\n") == 1


def test_stats_of_what_is_not_the_projects(
    catalog: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results of functions that are gone from the sources are counted together; no journal is needed for any of it."""
    monkeypatch.delenv("DIRECTIVES_DEBUG_CACHE")
    main(["call", "tea_catalog:stock", "sencha"])
    (catalog / "tea_catalog.py").write_text("")
    rows = json.loads(printed(capsys, "cache", "stats", "--json"))
    assert [(row["function"], row["entries"]) for row in rows if "function" in row] == [("(others)", 1)]
