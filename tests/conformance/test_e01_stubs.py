"""E01: what client code gets of a 'use server' module."""

from __future__ import annotations

import ast
import asyncio
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from directives.cli import main
from directives.client.modules import module_source
from directives.compiler import Role
from directives.compiler import compile_module

SOURCE = '''\
"""The module's docstring names vault-seven."""
'use server'
import datetime
from secrets_of_the_shop import vault
from sqlite3 import connect as open_database

PRICE_OF_GOLD = 1234567
_private_table = "table-of-passwords"
password = "hunter2"

class Ledger:
    """ledger-docstring"""

def _helper(secret_argument=PRICE_OF_GOLD):
    """helper-docstring"""

async def place_order(
    sku: str, quantity: int = PRICE_OF_GOLD, *, due: datetime.date = datetime.date(1999, 9, 9), book: Ledger = None
) -> dict:
    """Order something."""
    local_name = open_database("shop-rows.db").execute("select from-the-body")
    async def inner(): "inner-docstring"
    return {"said-by-the-body": local_name}
'''
SECRETS = [
    "vault",
    "secrets_of_the_shop",
    "sqlite3",
    "open_database",
    "1234567",
    "PRICE_OF_GOLD",
    "1999",
    "table",
    "password",
    "hunter2",
    "edger",
    "helper",
    "secret_argument",
    "local_name",
    "shop-rows",
    "from-the-body",
    "inner",
    "said-by-the-body",
]


def client_half() -> str:
    module = compile_module(SOURCE, "shop.actions", "shop/actions.py", Role.CLIENT)
    assert module.client is not None
    return module.client.source


@pytest.mark.parametrize("secret", SECRETS)
def test_e01_nothing_of_the_server_half_reaches_a_client(secret: str) -> None:
    """No body, constant, default, import, private name or docstring of the module is in the client half."""
    assert secret in SOURCE
    assert secret not in client_half()


def test_e01_the_module_for_javascript_has_names_and_an_id() -> None:
    """What the endpoint serves: no docstring, annotation or default either."""
    module = compile_module(SOURCE, "shop.actions", "shop/actions.py")
    (record,) = (record for record in module.records if record.qualname == "place_order")
    text = module_source(module, "./client.js")
    assert not [secret for secret in SECRETS if secret in text]
    line = '["sku", "quantity"], true)'
    assert (
        text.splitlines()[-1]
        == f'export const place_order = $action("{record.id}", "place_order", "call", {line}'
    )


def test_e01_a_client_sees_stubs_and_nothing_else() -> None:
    """The public names are the public server functions, with their own signature and docstring."""
    module = ModuleType("shop.actions")
    exec(compile(client_half(), "shop/actions.py", "exec", dont_inherit=True), module.__dict__)
    public = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    assert list(public) == ["place_order"]
    assert module.__all__ == ["place_order"]
    stub = public["place_order"]
    assert str(inspect.signature(stub)) == (
        "(sku: str, quantity: int = ..., *, due: datetime.date = ..., book: Any = ...) -> dict"
    )
    assert inspect.getdoc(stub) == "Order something."
    assert inspect.iscoroutinefunction(stub)


def test_e01_the_code_of_a_stub_holds_no_constant_of_the_server() -> None:
    """What is compiled and cached for a client has no trace either, the tree's hidden corners included."""
    tree = ast.parse(client_half())
    constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    names = {"place_order", "sku", "quantity", "due", "book", "Order something."}
    (function_id,) = {c for c in constants - names if isinstance(c, str)}
    assert len(function_id) == 40


def test_e01_a_client_package_has_nothing_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No byte of any file of the package that `build --client` writes names a secret of the server half."""
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").write_text("PRICE_OF_GOLD = 1234567\n")
    (tmp_path / "shop/actions.py").write_text(SOURCE)
    (tmp_path / "shop/internals.py").write_text("password = 'hunter2'\n")
    monkeypatch.chdir(tmp_path)
    assert main(["build", "--client", "client"]) == 0
    files = [path for path in (tmp_path / "client").rglob("*") if path.is_file()]
    text = "".join(path.read_text() for path in files)
    assert "place_order" in text
    assert [secret for secret in SECRETS if secret in text] == []
    assert "internals" not in text


def test_e01_a_stub_without_a_server_never_runs_the_body(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calling a stub with no server set is an error that names the variable; there is no body to fall back to."""
    from directives.errors import SettingsError

    namespace: dict[str, Any] = {"__name__": "shop.actions"}
    exec(compile(client_half(), "shop/actions.py", "exec", dont_inherit=True), namespace)
    with pytest.raises(SettingsError, match="DIRECTIVES_URL"):
        asyncio.run(namespace["place_order"]("tea"))
