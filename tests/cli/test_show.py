"""``directives show``."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from directives.cli import main


def test_both_halves_are_printed_as_source(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The output is Python under a heading for each half, without colours in a pipe."""
    assert main(["show", "shop/actions.py"]) == 0
    out = capsys.readouterr().out
    server, client = out.split("# client half of shop.actions\n")
    assert server.startswith("# server half of shop.actions\n")
    assert "the price of gold" in server
    assert "the price of gold" not in client
    assert "Order something." in client
    assert "\x1b" not in out
    ast.parse(out)


@pytest.mark.parametrize("half", ["server", "client"])
def test_one_half_is_only_that_half(shop: Path, capsys: pytest.CaptureFixture[str], half: str) -> None:
    """With --half the output is the source of one half and nothing else."""
    assert main(["show", "shop/actions.py", "--half", half]) == 0
    out = capsys.readouterr().out
    assert ("SECRET" in out) is (half == "server")
    assert "half of" not in out


def test_a_module_without_client_half_says_so(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What clients cannot import has no client half: a comment beside the server's, an error alone."""
    assert main(["show", "shop/pages.py"]) == 0
    assert "# no client half: " in capsys.readouterr().out
    assert main(["show", "shop/pages.py", "--half", "client"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: shop/pages.py has no client half")


def test_a_file_with_errors_shows_them(write, capsys: pytest.CaptureFixture[str]) -> None:
    """There are no halves of a file with errors: they go to stderr and the exit code is 1."""
    write({"pyproject.toml": "", "bad.py": "async def f():\n    'use sever'\n"})
    assert main(["show", "bad.py"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "bad.py:2:5: error[misspelled-directive]" in err


@pytest.mark.parametrize("name", ["shop.actions.place_order", "shop.actions:place_order"])
def test_the_reach_of_a_function_is_printed(
    shop: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """With --reach: the fingerprint, each definition with its place, and what the sources do not tell."""
    actions = shop / "shop/actions.py"
    actions.write_text(actions.read_text().replace('"sku": sku', '"sku": getattr(sku, sku)'))
    assert main(["show", "--reach", name]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0][0] == "fingerprint"
    assert ["shop.actions.SECRET", "shop/actions.py:5"] in lines
    assert ["shop.actions.place_order", "shop/actions.py:7"] in lines
    assert lines[-1][0] == "shop/actions.py:9"


def test_the_reach_of_nothing_is_an_error(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that the sources do not have, and neither a file nor a name, or both."""
    assert main(["show", "--reach", "shop.actions.nobody"]) == 1
    assert capsys.readouterr().err == "error: the project's sources have no shop.actions.nobody\n"
    assert main(["show"]) == main(["show", "shop/pages.py", "--reach", "shop.pages.stock"]) == 2
