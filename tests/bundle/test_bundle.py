"""What goes to browsers: the client half of a project, and why each file of it does."""

from __future__ import annotations

import asyncio
import gc
import os
import tracemalloc
from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path

import pytest

from directives.bundle import Bundle
from directives.bundle import LiveBundle
from directives.bundle import Made
from directives.bundle import make_bundle
from directives.compiler import Role
from directives.errors import DirectivesError
from directives.http import HttpResponse
from directives.http.serving import Serving
from directives.runtime import Runtime
from directives.settings import load_settings
from directives.wsgi import PageRequest
from tests.http.calling import header
from tests.http.calling import request

SHOP = {
    "shop/__init__.py": "import flask\nPASSWORD = 'hunter2'\n",
    "shop/table.py": """
        '''The module's docstring.'''
        from __future__ import annotations
        'use client'
        from typing import TYPE_CHECKING
        from directives.browser import html
        from .actions import place_order
        from . import money
        if TYPE_CHECKING:
            from .database import Row
        runtime = 'micropython'
        def Table(rows: list[Row], /, children=None):
            # A comment.
            import shop.dates
            return html('{}', [*rows, money.euros(1)])
        def Plain(): ...
    """,
    "shop/money.py": "def euros(cents: int) -> str:\n    '''In euros.'''\n    return f'€ {cents}'\n",
    "shop/dates.py": "import datetime\n",
    "shop/actions.py": """
        'use server'
        import sqlite3
        SECRET = 'hunter3'
        async def place_order(sku: str, left: int = 7) -> dict:
            '''Order.'''
            return {'secret': SECRET}
        async def watch():
            yield 1
        def _private(): ...
    """,
    "shop/database.py": "import sqlite3\n",
}
Write = Callable[[Mapping[str, str]], Made]


@pytest.fixture
def make(tmp_path: Path) -> Write:
    """Writes files of a project, and makes its bundle."""
    from textwrap import dedent

    def make(files: Mapping[str, str]) -> Made:
        for name, text in {"pyproject.toml": "", **files}.items():
            (file := tmp_path / name).parent.mkdir(exist_ok=True)
            file.write_text(dedent(text), "utf-8")
        return make_bundle(load_settings(tmp_path))

    return make


def sources(bundle: Bundle) -> dict[str, str]:
    """The content of the project's modules."""
    return {part.module: part.content.decode() for part in bundle.parts.values() if part.kind != "library"}


def test_the_bundle_is_what_client_code_imports(make: Write) -> None:
    """Client and shared modules, and stubs; no package's ``__init__``, nothing for types alone, no comment."""
    bundle = make(SHOP).bundle
    found = sources(bundle)
    assert sorted(found) == ["shop.actions", "shop.dates", "shop.money", "shop.table"]
    assert found["shop.money"] == "def euros(cents):\n    return f'€ {cents}'\n"
    assert "from shop.actions import place_order\nfrom shop import money\n" in found["shop.table"]
    assert "list(rows) + [money.euros(1)]" in found["shop.table"]
    for word in ("comment", "docstring", "TYPE_CHECKING", "Row"):
        assert word not in found["shop.table"]


def test_a_server_module_is_names_and_ids(make: Write) -> None:
    """Not even its parameters are there."""
    text = sources(make(SHOP).bundle)["shop.actions"]
    first, order, watch = text.splitlines()
    assert first == "from directives.browser.calls import ServerFunction as _F"
    assert order.startswith("place_order = _F('")
    assert order.endswith("', 'place_order')")
    assert watch.endswith("', 'watch', stream=True)")


def test_each_file_says_why_it_is_there(make: Write) -> None:
    """By the chain of imports that leads to it, and what kind of module it is."""
    parts = {part.module: part for part in make(SHOP).bundle.parts.values()}
    assert (parts["shop.money"].kind, parts["shop.money"].why) == ("shared", ("shop.table", "shop.money"))
    assert (parts["shop.table"].kind, parts["shop.table"].why) == ("client", ("shop.table",))
    assert parts["shop.actions"].kind == "stubs"
    assert parts["directives.browser.entry"].kind == "library"


def test_pages_learn_what_a_component_needs(make: Write) -> None:
    """Its runtime, its files, and which components take children."""
    bundle = make(SHOP).bundle
    (entry,) = bundle.entries.values()
    assert (entry.module, entry.runtime, entry.children) == ("shop.table", "micropython", ("Table",))
    assert {bundle.parts[address].module for address in entry.files} == {
        part.module for part in bundle.parts.values()
    }


def test_a_file_knows_who_loads_it(make: Write) -> None:
    """Both Pythons, where its text is the same for them."""
    other = SHOP["shop/table.py"].replace("'micropython'", "'pyodide'")
    bundle = make({**SHOP, "shop/other.py": other}).bundle
    runtimes = {
        (part.module, bundle.runtimes(part)) for part in bundle.parts.values() if part.kind != "library"
    }
    assert ("shop.actions", ("micropython", "pyodide")) in runtimes
    assert ("shop.table", ("micropython",)) in runtimes
    assert ("shop.money", ("pyodide",)) in runtimes


def test_a_file_has_another_address_when_it_changes(make: Write) -> None:
    """And the same one as long as it does not."""
    before = {part.module: part.address for part in make(SHOP).bundle.parts.values()}
    after = {
        part.module: part.address
        for part in make({**SHOP, "shop/money.py": "euros = str\n"}).bundle.parts.values()
    }
    assert {module for module in after if after[module] != before[module]} == {"shop.money"}


LEADS = {
    "marked": ("import directives.server_only\n", "'shop.money', which imports `directives.server_only`"),
    "marked_by_name": (
        "from directives import server_only\n",
        "'shop.money', which imports `directives.server_only`",
    ),
    "server code": ("def f():\n    'use cache'\n", "'shop.money', which holds server code, `f`"),
    "our own": ("from directives.cache import cache_tag\n", "'directives.cache', which is for servers alone"),
}


@pytest.mark.parametrize("lead", LEADS)
def test_server_code_that_client_code_reaches_is_an_error(make: Write, lead: str) -> None:
    """With the chain of imports, at the one that leads there; and nothing is made."""
    source, said = LEADS[lead]
    made = make({**SHOP, "shop/money.py": source})
    (finding,) = made.findings
    assert finding.slug == "server-in-bundle"
    assert said in finding.message
    assert "shop.table → shop.money" in finding.message
    assert not made.bundle.parts


def test_a_package_that_browsers_do_not_have_is_an_error(make: Write) -> None:
    """With its chain; the modules of the runtimes and of the standard library are none."""
    made = make({**SHOP, "shop/money.py": "import js\nimport json\nimport flask.json\n"})
    (finding,) = made.findings
    assert (finding.slug, finding.span.line) == ("foreign-in-bundle", 3)
    assert "shop.table → shop.money → flask.json" in finding.message


@pytest.mark.parametrize(
    "line",
    [
        "import smtplib",
        "from multiprocessing.pool import Pool",
        "from http.server import BaseHTTPRequestHandler",
    ],
)
def test_a_module_that_python_has_on_servers_alone_is_an_error(make: Write, line: str) -> None:
    """Pyodide has most of the standard library, and not what makes processes, servers and terminals."""
    table = SHOP["shop/table.py"].replace("'micropython'", "'pyodide'")
    (finding,) = make(
        {**SHOP, "shop/table.py": table, "shop/money.py": f"import http.client\n{line}\n"}
    ).findings
    assert (finding.slug, finding.span.line) == ("foreign-in-bundle", 2)
    assert f"'{line.split()[1]}'" in finding.message


@pytest.mark.parametrize(
    "caught", ["except ImportError", "except (AttributeError, ModuleNotFoundError)", "except"]
)
def test_an_import_that_may_fail_is_none(make: Write, caught: str) -> None:
    """As where one module stands in for another."""
    tried = f"try:\n    import tomllib, numpy, shop.dates\n{caught}:\n    import tomli as tomllib\nelse:\n    import json\n"
    table = SHOP["shop/table.py"].replace("'micropython'", "'pyodide'").replace("import shop.dates", "pass")
    made = make({**SHOP, "shop/table.py": table, "shop/money.py": tried})
    assert made.findings == ()
    assert "shop.dates" in sources(made.bundle)
    (finding,) = make(
        {**SHOP, "shop/table.py": table, "shop/money.py": tried.replace(caught, "except OSError")}
    ).findings[:1]
    assert finding.slug == "foreign-in-bundle"


def test_findings_come_in_the_order_of_the_lines(make: Write) -> None:
    """However the imports were followed."""
    made = make({**SHOP, "shop/money.py": "import flask\nimport numpy\nimport attrs\n"})
    assert [finding.span.line for finding in made.findings] == [1, 2, 3]


def test_shared_code_is_checked_for_the_runtime_of_its_users(make: Write) -> None:
    """MicroPython cannot run it; on Pyodide it may."""
    plain = {**SHOP, "shop/money.py": "import dataclasses\n"}
    assert [finding.slug for finding in make(plain).findings] == ["micropython-import"]
    table = plain["shop/table.py"].replace("'micropython'", "'pyodide'")
    assert make({**plain, "shop/table.py": table}).findings == ()


def test_errors_of_client_code_are_findings(make: Write) -> None:
    """Those of modules that no client code reaches are not this room's."""
    made = make(
        {
            **SHOP,
            "shop/table.py": "'use client'\nruntime = 'brython'\n",
            "shop/other.py": "def f():\n    'use sever'\n",
        }
    )
    assert [finding.slug for finding in made.findings] == ["unknown-runtime"]


def test_a_bundle_survives_its_file(make: Write, tmp_path: Path) -> None:
    """What was saved is loaded; another file is refused."""
    bundle = make(SHOP).bundle
    bundle.save(tmp_path / "bundle.cbor")
    assert Bundle.load(tmp_path / "bundle.cbor") == bundle
    (tmp_path / "bundle.cbor").write_bytes(b"\xa1gversion\x00")
    with pytest.raises(DirectivesError, match="directives build"):
        Bundle.load(tmp_path / "bundle.cbor")


def test_while_developing_the_bundle_follows_the_sources(make: Write, tmp_path: Path) -> None:
    """It is made anew when a file has changed, and not otherwise."""
    make(SHOP)
    live = LiveBundle(load_settings(tmp_path))
    first = live.current()
    assert live.current() is first
    (tmp_path / "shop/money.py").write_text("euros = repr\n")
    assert sources(live.current())["shop.money"] == "euros = repr\n"


def test_a_bundle_that_was_built_is_the_one_served(make: Write, tmp_path: Path) -> None:
    """The sources may be gone."""
    make(SHOP).bundle.save(tmp_path / ".directives/bundle.cbor")
    os.remove(tmp_path / "shop/table.py")
    assert "shop.table" in LiveBundle(load_settings(tmp_path)).current().entries


def test_a_bundle_that_the_sources_have_left_behind_is_said(
    make: Write, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Once it is served all the same; other times of the same sources are no reason to say so."""
    built, money = tmp_path / ".directives/bundle.cbor", tmp_path / "shop/money.py"
    make(SHOP).bundle.save(built)
    os.utime(built, (1_000_000_000, 1_000_000_000))
    LiveBundle(load_settings(tmp_path)).current()
    assert caplog.messages == []
    money.write_text("euros = repr\n")
    assert sources(LiveBundle(load_settings(tmp_path)).current())["shop.money"] != "euros = repr\n"
    (message,) = caplog.messages
    assert f"is not in {built}: run `directives build`" in message


def get(serving: Serving, path: str, root: str = "") -> HttpResponse:
    asked = request(f"/_directives/{path}", method="GET", root=root)
    return asyncio.run(serving.endpoint().handle(asked))


def test_pages_load_the_bundle_from_the_endpoint(make: Write, tmp_path: Path) -> None:
    """A file by its address, to be kept for ever; ``islands.js`` knows the addresses and is asked for anew."""
    bundle = make(SHOP).bundle
    runtime = Runtime()
    runtime.activate(load_settings(tmp_path), Role.SERVER)
    serving = Serving(runtime, PageRequest)
    script = get(serving, "islands.js")
    assert isinstance(script.body, bytes)
    known = script.body.decode().splitlines()[-1]
    assert known.startswith('start({"modules":{"shop.table":{"runtime":"micropython"')
    assert '"micropython":"/static/directives/micropython-1.27.0/"' in known
    assert header(script, "Cache-Control") == "no-cache"
    for address, part in bundle.parts.items():
        assert address in known
        file = get(serving, f"bundle/{address}")
        assert (file.status, file.body) == (200, part.content)
        assert "immutable" in header(file, "Cache-Control")
    for other in (
        "bundle/",
        "bundle/0000000000000000/shop/table.py",
        "bundle/../shop/database.py",
        "islands.js/x",
    ):
        assert get(serving, other).status == 404


def test_where_the_application_is_mounted_is_in_the_script(make: Write, tmp_path: Path) -> None:
    """As each request says; what callers make up, where a proxy lets them, takes no memory."""
    make(SHOP)
    runtime = Runtime()
    runtime.activate(load_settings(tmp_path), Role.SERVER)
    serving = Serving(runtime, PageRequest)
    for root in ("/a", "/b", "/a"):
        script = get(serving, "islands.js", root).body
        assert isinstance(script, bytes)
        assert f'"{root}/static/directives/micropython-1.27.0/"'.encode() in script
    tracemalloc.start()
    try:
        for number in range(100):
            get(serving, "islands.js", f"/{number}")
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 200_000
    finally:
        tracemalloc.stop()
