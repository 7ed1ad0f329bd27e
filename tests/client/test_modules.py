"""The ES modules of 'use server' modules: what they hold, and how Node takes them."""

from __future__ import annotations

from pathlib import Path

from directives.client.modules import is_server_module
from directives.client.modules import module_source
from directives.compiler import compile_module
from directives.compiler.model import CompiledModule
from tests.client.script.node import put_scripts
from tests.client.script.node import run

SOURCE = '''\
"""The module's docstring."""
'use server'
from shop_database import rows as _rows

PRICE = 1234567

async def order(sku: str, quantity: int = PRICE, *, gift: bool = False) -> dict:
    """Order something."""
    return {"secret of the body": _rows(sku)}

async def everything(*names, **options): ...

async def nothing(): ...

async def prices():
    yield PRICE

async def delete(sku: str, /, why=None): ...

async def action(count: int): ...

async def _private(): ...

def plain_helper(): ...
'''


def compiled(source: str, name: str = "shop.actions") -> CompiledModule:
    """A module of a source text."""
    return compile_module(source, name, "actions.py")


def test_each_public_function_is_exported() -> None:
    """With ID, name, kind and the names of its parameters; nothing private, and nothing else of the source."""
    module = compiled(SOURCE.replace("def plain_helper(): ...\n", ""))
    ids = {record.qualname: record.id for record in module.records}
    assert is_server_module(module)
    assert module_source(module, "../../client.js") == "\n".join([
        "// shop.actions: calls of its server functions, written by directives.",
        'import { action as $action } from "../../client.js"',
        "",
        f'export const order = $action("{ids["order"]}", "order", "call", ["sku", "quantity"], true)',
        "",
        f'export const everything = $action("{ids["everything"]}", "everything", "call")',
        "",
        f'export const nothing = $action("{ids["nothing"]}", "nothing", "call")',
        "",
        f'export const prices = $action("{ids["prices"]}", "prices", "stream")',
        "",
        f'const $delete = $action("{ids["delete"]}", "delete", "call", ["sku", "why"])',
        "export { $delete as delete }",
        "",
        f'export const action = $action("{ids["action"]}", "action", "call", ["count"])',
        "",
    ])  # fmt: skip


def test_node_takes_it(tmp_path: Path) -> None:
    """The module can be imported, under names that JavaScript reserves too."""
    put_scripts(tmp_path)
    module = compiled(SOURCE.replace("def plain_helper(): ...\n", ""))
    (tmp_path / "actions.js").write_text(module_source(module, "./client.js"), "utf-8")
    program = """
    import * as actions from './actions.js'
    export const main = () => Object.entries(actions).map(([name, made]) => [name, made.name, typeof made])
    """
    names = ["action", "delete", "everything", "nothing", "order", "prices"]
    assert run(tmp_path, program) == [[name, name, "function"] for name in names]


def test_only_modules_that_begin_with_the_directive_have_one() -> None:
    """A function with a directive of its own is called by the pages that hand it out."""
    assert not is_server_module(compiled("async def buy():\n    'use server'\n"))
    assert not is_server_module(compiled("'use client'\ndef Button(): ...\n"))
    assert not is_server_module(compiled("x = 1\n"))
    assert not is_server_module(compiled("'use server'\nPRICE = 1\ndef plain(): ...\n"))
