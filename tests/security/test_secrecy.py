"""What clients are given holds nothing of the server's: over two hundred words are looked for in every byte of it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from directives.bundle import make_bundle
from directives.client.package import write_client_package
from directives.compiler import Role
from directives.http.browser import browser_resources
from directives.manifest import build
from directives.runtime import Runtime
from directives.settings import load_settings
from tests.http.calling import request
from tests.security.marked import MODULES
from tests.security.marked import leaks
from tests.security.marked import leaks_below
from tests.security.marked import marked_project
from tests.security.marked import with_client_code


def test_the_package_of_stubs_holds_no_word_of_the_server(tmp_path: Path) -> None:
    """No body, constant, default, decorator, import, annotation, private name, comment or private docstring.

    Types for TypeScript tell of what travels: the fields of a result, and the values of an enum.
    """
    (project := tmp_path / "project").mkdir()
    words = marked_project(project)
    assert len(words) >= 200
    settings = load_settings(project)
    built = build(settings)
    assert built.manifest is not None, built.findings
    names = write_client_package(tmp_path / "package", built.modules, settings)
    assert len(names) == MODULES
    declared = [leak for leak in leaks_below(words, tmp_path / "package") if leak.endswith(".d.ts")]
    assert declared == leaks_below(words, tmp_path / "package")
    assert all(leak.startswith(("mark_field_of_a_dataclass_", "mark_enum_value_")) for leak in declared)
    stub = (tmp_path / "package/shop/actions_3.py").read_text()
    assert "async def order_3(sku: str, quantity: int" in stub
    assert "Order something." in stub


def test_the_modules_for_pages_hold_no_word_of_the_server(tmp_path: Path) -> None:
    """What is served for each module has the names of its functions and of their parameters, and no other word."""
    words = marked_project(tmp_path)
    runtime = Runtime()
    runtime.activate(load_settings(tmp_path), Role.SERVER)
    modules = browser_resources(runtime)["modules"]
    for number in range(MODULES):
        path = f"shop/actions_{number}.js"
        reply = modules(request(f"/_directives/modules/{path}", method="GET"), path)
        assert reply is not None
        assert isinstance(reply.body, bytes)
        assert leaks(words, path, reply.body) == []
        assert f"order_{number}".encode() in reply.body


def test_the_bundle_holds_no_word_of_the_server(tmp_path: Path) -> None:
    """Neither a file of it, for either Python, nor the script that says what is in it; what is built is what is served."""
    words = marked_project(tmp_path)
    with_client_code(tmp_path)
    runtime = Runtime()
    runtime.activate(load_settings(tmp_path), Role.SERVER)
    made = make_bundle(runtime.settings)
    assert made.findings == ()
    assert {entry.runtime for entry in made.bundle.entries.values()} == {"micropython", "pyodide"}
    assert [part.module for part in made.bundle.parts.values() if part.kind == "shared"] == []
    resources = browser_resources(runtime)
    served = {f"bundle/{address}": resources["bundle"] for address in made.bundle.parts}
    for path, resource in {**served, "islands.js": resources["islands.js"]}.items():
        rest = path.partition("/")[2]
        reply = resource(request(f"/_directives/{path}", method="GET"), rest)
        assert reply is not None, path
        assert isinstance(reply.body, bytes)
        assert leaks(words, path, reply.body) == []
    made.bundle.save(tmp_path / "bundle.cbor")
    assert leaks(words, "bundle.cbor", (tmp_path / "bundle.cbor").read_bytes()) == []


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_word_that_leaks_is_found(pack: type[bytes]) -> None:
    """In a name, in a content and in a compressed one: else the test above could not fail."""
    words = ["mark_one_1", "mark_two_2"]
    assert leaks(words, "a/mark_one_1.py", pack(b"nothing")) == ["mark_one_1 in a/mark_one_1.py"]
    assert leaks(words, "a.py", pack(b"x = 'mark_two_2'")) == ["mark_two_2 in a.py"]
    assert leaks(words, "a.py", pack(b"x = 'mark_'")) == []
