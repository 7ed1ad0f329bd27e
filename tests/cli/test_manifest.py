"""``directives manifest``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from directives.cli import main


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    """The JSON list on stdout, by qualified name."""
    return {function["qualname"]: function for function in json.loads(capsys.readouterr().out)}


def test_json_lists_functions_from_the_sources(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing was built every function is listed, and nothing is imported or written."""
    (shop / "shop/__init__.py").write_text("raise RuntimeError('imported')\n")
    assert main(["manifest", "--json"]) == 0
    functions = listed(capsys)
    assert list(functions) == ["place_order", "stock", "product_page.<locals>.buy"]
    order, buy = functions["place_order"], functions["product_page.<locals>.buy"]
    assert (order["module"], order["directive"], order["file"], order["line"]) == (
        "shop.actions",
        "use server",
        "shop/actions.py",
        7,
    )
    assert [p["name"] for p in order["parameters"]] == ["sku", "quantity", "due"]  # type: ignore[attr-defined]
    assert [c["name"] for c in buy["captures"]] == ["product_id"]  # type: ignore[attr-defined]
    assert not (shop / ".directives").exists()


def test_a_built_manifest_is_what_is_listed(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After a build the file is read: a change of the sources does not show until the next build."""
    assert main(["build"]) == 0
    (shop / "shop/pages.py").unlink()
    capsys.readouterr()
    assert main(["manifest", "--json"]) == 0
    assert "stock" in listed(capsys)


def test_a_stale_manifest_is_noted(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside the table of a built manifest, one line says that the sources have gone on."""
    main(["build"])
    capsys.readouterr()
    assert main(["manifest"]) == 0
    assert capsys.readouterr().err == ""
    (shop / "shop/pages.py").unlink()
    assert main(["manifest"]) == 0
    assert capsys.readouterr().err.endswith("run `directives build`\n")
    (shop / "shop/pages.py").write_text("async def f():\n    'use sever'\n")
    assert main(["manifest"]) == 0
    assert capsys.readouterr().err.endswith("run `directives check`\n")


def test_the_table_is_plain_and_whole_in_a_pipe(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal there are no colours, and no cell is cut or wrapped."""
    assert main(["manifest"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    rows = out.splitlines()
    assert len(rows) == 4
    assert "shop.actions.place_order(sku, quantity=..., *, due=...)" in rows[1]
    assert "shop.pages.stock(category, /, *, page=...)" in rows[2]
    assert "product_id" in rows[3]


def test_a_damaged_manifest_is_one_line(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is no manifest is an error that names it and says what to run."""
    (shop / ".directives").mkdir()
    (shop / ".directives/manifest.cbor").write_bytes(b"\xff\x00")
    assert main(["manifest"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "manifest.cbor" in err
    assert "run `python -m directives build`" in err
    assert err.count("\n") == 1


def test_an_error_in_the_sources_is_one_line(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sources that break a rule have no manifest; the error names file and line."""
    (shop / "shop/actions.py").write_text("'use server'\ndef f(): pass\n")
    assert main(["manifest"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: shop/actions.py:2: ")
    assert err.count("\n") == 1


def test_diff_compares_the_built_manifest_with_the_sources(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Removed, added and changed functions are listed; any of them makes the exit code 1."""
    main(["build"])
    pages = shop / "shop/pages.py"
    changed = pages.read_text().replace("page: int = 1", "page: int = 1, size: int = 9")
    pages.write_text(
        changed.replace("async def buy", "async def purchase").replace("return buy", "return purchase")
    )
    capsys.readouterr()
    assert main(["manifest", "diff", ".directives/manifest.cbor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    before, after = "page=...", "page=..., size=..."
    assert lines == [
        "- shop.pages.product_page.<locals>.buy(form) 'use server' captures product_id",
        "+ shop.pages.product_page.<locals>.purchase(form) 'use server' captures product_id",
        "! signature: {0}{1}) 'use cache' -> {0}{2}) 'use cache'".format(
            "shop.pages.stock(category, /, *, ", before, after
        ),
    ]


def test_diff_of_equal_manifests_is_silent(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two files with the same functions give no output and exit code 0."""
    main(["build", "--out", "one.cbor"])
    main(["build", "--out", "two.cbor"])
    capsys.readouterr()
    assert main(["manifest", "diff", "one.cbor", "two.cbor"]) == 0
    assert capsys.readouterr().out == ""
