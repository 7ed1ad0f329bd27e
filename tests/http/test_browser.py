"""What pages load from the endpoint: the scripts of this package, and modules of the project's functions."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from directives.client.static import SCRIPTS
from directives.client.static import script
from directives.compiler import Role
from directives.http import HttpResponse
from directives.http.serving import Serving
from directives.runtime import Runtime
from directives.settings import load_settings
from directives.wsgi import PageRequest
from tests.http.calling import header
from tests.http.calling import request

SHOP = {
    "pyproject.toml": "",
    "shop/__init__.py": "'use server'\nasync def opening_hours() -> str: ...\n",
    "shop/actions.py": "'use server'\nimport never_to_be_imported\nasync def order(sku: str) -> int: ...\n",
    "shop/views.py": "async def buy():\n    'use server'\n",
    "shop/plain.py": "PASSWORD = 'hunter2'\n",
    "shop/button.py": "'use client'\ndef Button(): ...\n",
}


@pytest.fixture
def serving(tmp_path: Path) -> Serving:
    """The endpoint of a project that is on the disk and not loaded."""
    for name, text in SHOP.items():
        (file := tmp_path / name).parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    runtime = Runtime()
    runtime.activate(load_settings(tmp_path), Role.SERVER)
    return Serving(runtime, PageRequest)


def get(serving: Serving, path: str) -> HttpResponse:
    """The response to a GET below the endpoint."""
    return asyncio.run(serving.endpoint().handle(request(f"/_directives/{path}", method="GET")))


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_served(serving: Serving, name: str) -> None:
    """As modules of JavaScript, whose type a browser insists on."""
    reply = get(serving, name)
    assert (reply.status, reply.body) == (200, script(name).encode())
    assert header(reply, "Content-Type") == "text/javascript; charset=utf-8"


def test_a_module_of_the_project_has_one_for_pages(serving: Serving) -> None:
    """At the path of its name, importing the client from the endpoint; nothing of the project is imported."""
    reply = get(serving, "modules/shop/actions.js")
    assert reply.status == 200
    assert isinstance(reply.body, bytes)
    assert b'import { action as $action } from "../../client.js"' in reply.body
    assert b'"order", "call", ["sku"])' in reply.body
    assert "shop.actions" not in sys.modules


def test_a_package_has_one_too(serving: Serving) -> None:
    """At its own name."""
    reply = get(serving, "modules/shop.js")
    assert isinstance(reply.body, bytes)
    assert b'from "../client.js"' in reply.body
    assert b"opening_hours" in reply.body


@pytest.mark.parametrize(
    "path",
    [
        "modules",
        "modules/",
        "modules/shop/views.js",
        "modules/shop/plain.js",
        "modules/shop/button.js",
        "modules/shop/actions.py",
        "modules/shop/actions",
        "modules/shop.actions.js",
        "modules/shop//actions.js",
        "modules/shop/../shop/actions.js",
        "modules//etc/passwd.js",
        "modules/os.js",
        "modules/never_to_be_imported.js",
        "modules/shop/actions.js/",
        "modules/SHOP/actions.js",
        "client.js/actions.js",
    ],
)
def test_every_other_path_is_404(serving: Serving, path: str) -> None:
    """Names are looked up exactly among the modules that begin with 'use server'."""
    before = set(sys.modules)
    reply = get(serving, path)
    assert (reply.status, header(reply, "X-Directives-Error")) == (404, "not-found")
    assert not {name for name in set(sys.modules) - before if name.startswith(("shop", "never"))}
