from __future__ import annotations

import ast
import inspect
import re
from collections.abc import AsyncGenerator
from types import ModuleType
from typing import Any
from typing import get_type_hints

import pytest

from directives.client import stubs
from directives.compiler import CompilerSettings
from directives.compiler import Role
from directives.compiler import compile_module

SECRET = re.compile(r"SECRET\w*|secret\w*")
MODULE = '''\
#!SECRET shebang
# SECRET comment
"""SECRET module docstring."""

from __future__ import annotations

'use server'

import secret_module
import datetime as secret_alias
from secret_package.secret_child import SecretName, secret_name as renamed
from typing import Annotated, Literal, TypeVar, NewType
from enum import Enum

SECRET_KEY = 'SECRET constant'
SecretType = NewType('SecretType', int)
SecretVar = TypeVar('SecretVar', bound='SecretBound')
connection = secret_module.connect('SECRET address')


class SecretModel:
    """SECRET docstring of a class."""
    secret_field: int = 3


class Color(Enum):
    SECRET_RED = 'SECRET value'


@secret_module.secret_decorator('SECRET argument')
async def place(
    sku: SecretModel,
    quantity: int = secret_module.SECRET_LIMIT,
    at: secret_alias.datetime | None = None,
    kind: Literal['public literal', 3] = 'SECRET default',
    color: Literal[Color.SECRET_RED] = Color.SECRET_RED,
    rule: Annotated[str, renamed('SECRET rule'), 'SECRET metadata'] = f'SECRET {SECRET_KEY}',
    forward: 'secret_module.SecretForward | None' = None,
    nested: dict[str, list[SecretName]] = {'SECRET': 'default'},
    chosen: (int if secret_module.SECRET else str) = 1,
    called: secret_module.secret_call('SECRET') = lambda: SECRET_KEY,
    *rest: SecretType,
    page: SecretVar = 'SECRET keyword default',
    **extra: secret_module.SecretExtra,
) -> Annotated[list[SecretModel], 'SECRET unit']:
    """A public docstring."""
    # SECRET comment of a body
    secret_local = 'SECRET text of a body'

    async def secret_inner():
        'use server'
        """SECRET docstring of an inner function."""
        return SECRET_KEY
    return secret_local, secret_inner


async def rows(
    start: secret_alias.date,
) -> secret_module.SecretIterator[int]:
    if start == 'SECRET in a generator':
        yield SECRET_KEY


async def _secret_private(secret_parameter):
    """SECRET docstring of a private function."""


def secret_cached():
    """SECRET docstring of a cached function."""
    'use cache'
    return 'SECRET'


if SECRET_KEY == 'SECRET branch':
    async def conditional():
        return 'SECRET conditional'
'''
CLEAN = {"place", "rows", "conditional"}


def client_source(source: str, **settings: Any) -> str:
    module = compile_module(
        source, "shop.actions", "shop/actions.py", Role.CLIENT, CompilerSettings(**settings)
    )
    assert module.client is not None, module.diagnostics
    return module.client.source


def load_client(source: str) -> ModuleType:
    module = ModuleType("shop.actions")
    exec(compile(client_source(source), "shop/actions.py", "exec"), vars(module))
    return module


def test_nothing_but_signatures_and_docstrings_reaches_a_client():
    """No body, constant, default, decorator, import, comment, private name or server type is in a client half."""
    assert SECRET.findall(client_source(MODULE)) == []


def test_the_tree_of_a_client_half_has_no_more_than_its_source():
    """What is hidden from the text is not in the tree either."""
    module = compile_module(MODULE, "shop.actions", "shop/actions.py", Role.CLIENT)
    assert module.client is not None
    assert SECRET.findall(ast.dump(module.client.tree, include_attributes=True)) == []


def test_stubs_stand_where_their_functions_do():
    """A traceback through a stub shows the line that defines the function in the user's file."""
    source = "'use server'\nimport os\n\n\nasync def order(tea):\n    return tea\n"
    module = compile_module(source, "shop", "shop.py", Role.CLIENT)
    assert module.client is not None
    namespace: dict[str, Any] = {}
    exec(compile(module.client.tree, "shop.py", "exec"), namespace)
    code = namespace["order"].__wrapped__.__code__
    assert {line for _, _, line in code.co_lines() if line} == {5}


def test_a_client_half_holds_the_public_server_functions_alone():
    """Its names are the stubs, the handle they share, and modules that every client has."""
    tree = ast.parse(client_source(MODULE))
    functions = {node.name for node in tree.body if isinstance(node, ast.AsyncFunctionDef)}
    imported = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    assert functions == CLEAN
    assert imported == {"collections.abc", "datetime", "directives.client.stubs", "typing"}


def test_docstrings_and_plain_literals_are_part_of_the_contract():
    """A client sees the docstring of a public function and the values of a Literal."""
    source = client_source(MODULE)
    assert "A public docstring." in source
    assert "'public literal'" in source


@pytest.mark.parametrize("name", sorted(CLEAN))
def test_stubs_have_the_names_and_kinds_of_the_parameters(name: str):
    """A stub is called like the function it stands for."""
    stub = getattr(load_client(MODULE), name)
    server = next(
        node
        for node in ast.walk(ast.parse(MODULE))
        if isinstance(node, ast.AsyncFunctionDef) and node.name == name
    )
    exec(f"async def same({ast.unparse(plain(server.args))}): ...", {"DEFAULT": stubs.DEFAULT}, found := {})
    expected = inspect.signature(found["same"]).parameters.values()
    actual = inspect.signature(stub).parameters.values()
    assert [(p.name, p.kind, p.default) for p in actual] == [(p.name, p.kind, p.default) for p in expected]


def plain(args: ast.arguments) -> ast.arguments:
    """Parameters without annotations, each default replaced by a mark."""
    for argument in (
        *args.posonlyargs,
        *args.args,
        *args.kwonlyargs,
        *filter(None, (args.vararg, args.kwarg)),
    ):
        argument.annotation = None
    args.defaults = [ast.Name("DEFAULT") for _ in args.defaults]
    args.kw_defaults = [default and ast.Name("DEFAULT") for default in args.kw_defaults]
    return args


def test_the_annotations_of_stubs_can_be_evaluated():
    """Every annotation of a stub is a type of the standard library, or Any."""
    module = load_client(MODULE)
    hints = get_type_hints(module.place)
    assert hints["sku"] is Any
    assert hints["quantity"] is int
    assert hints["return"] == list[Any]
    assert get_type_hints(module.rows)["return"] == AsyncGenerator[Any, None]


@pytest.mark.parametrize(
    ("annotation", "imports", "expected"),
    [
        ("int", "", "int"),
        ("list[str]", "", "list[str]"),
        ("'int | None'", "", "int | None"),
        ("None", "", "None"),
        ("...", "", "_typing.Any"),
        ("Any", "from typing import Any", "_typing.Any"),
        ("t.Any", "import typing as t", "_typing.Any"),
        ("c.Iterable[int]", "import collections.abc as c", "_collections_abc.Iterable[int]"),
        ("collections.abc.Iterable[int]", "import collections.abc", "_collections_abc.Iterable[int]"),
        ("abc.Iterable[int]", "from collections import abc", "_collections_abc.Iterable[int]"),
        ("dt.date", "import datetime as dt", "_datetime.date"),
        ("date", "from datetime import date as date", "_datetime.date"),
        ("date", "from shop import date", "_typing.Any"),
        ("date", "from .datetime import date", "_typing.Any"),
        ("datetime.date", "import datetime\nimport shop as datetime", "_typing.Any"),
        ("Literal['a', -1, None]", "from typing import Literal", "_typing.Literal['a', -1, None]"),
        ("Literal[a.b]", "from typing import Literal", "_typing.Any"),
        ("Literal['a', {}]", "from typing import Literal", "_typing.Any"),
        ("Annotated[int, a.b]", "from typing import Annotated", "int"),
        ("list[Annotated[int, a]]", "from typing import Annotated", "list[int]"),
        (
            "Callable[[int, Order], None]",
            "from typing import Callable",
            "_typing.Callable[[int, _typing.Any], None]",
        ),
        ("tuple[int, ...]", "", "tuple[int, ...]"),
        ("dict[Order, int]", "", "dict[_typing.Any, int]"),
        ("Order[int]", "", "_typing.Any"),
        ("int", "int = str", "_typing.Any"),
        ("int", "from shop import int", "_typing.Any"),
        ("[int for _ in ()]", "", "_typing.Any"),
        ("'broken ['", "", "_typing.Any"),
        ("b'int'", "", "_typing.Any"),
        ("lambda: SECRET", "", "_typing.Any"),
        ("typing.secret.SECRET", "import typing", "_typing.Any"),
        ("Unpack[Order]", "from typing import Unpack", "_typing.Any"),
    ],
)
def test_annotations_keep_what_every_client_knows(annotation: str, imports: str, expected: str):
    """Builtins and value types of the standard library stay; what only the server can name becomes Any."""
    source = client_source(f"'use server'\n{imports}\nasync def f(x: {annotation}): ...\n")
    stub = ast.parse(source).body[-1]
    assert isinstance(stub, ast.AsyncFunctionDef)
    found = stub.args.args[0].annotation
    assert found is not None
    assert ast.unparse(found) == expected


def test_sync_server_functions_are_awaited_by_clients():
    """Where sync server functions are allowed, their stubs are coroutines all the same."""
    source = client_source("'use server'\ndef f(): ...\n", allow_sync_server_functions=True)
    assert "async def f()" in source


def test_a_client_module_is_itself_without_the_directive():
    """Client code is not secret from clients."""
    source = client_source("'use client'\nx = 1\n\ndef f():\n    return x\n")
    assert source == "x = 1\n\ndef f():\n    return x\n"
