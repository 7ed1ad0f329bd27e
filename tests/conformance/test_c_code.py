"""Sections C and E: the version of a function's code in its keys, and what passes through a cached function."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest
from markupsafe import Markup

from directives.compiler import compile_module
from directives.errors import SlotError
from directives.functions import Call
from directives.functions import dispatch
from directives.runtime import runtime
from directives.settings import Settings
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]


HELPER = "def helper(): return {}\n"
CATALOG = """
    from code_shop_helper import helper

    ran = []

    def stock():
        'use cache: remote'
        ran.append('stock')
        return helper()

    def greeting():
        'use cache: remote'
        ran.append('greeting')
        return 'hello'
"""
PAGES = """
    ran = []

    def layout(title, children):
        'use cache'
        ran.append(title)
        return f'<h1>{title}</h1>{children}', children

    def shout(children):
        'use cache'
        return children.upper()

    async def buy(count):
        'use server'
        return count * 2

    def button(label, action):
        'use cache'
        ran.append(label)
        return {'markup': f'<form action="{action}">{label}</form>', 'action': action}
"""


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    """Other tests see nothing of these modules."""
    before = dict(runtime.caches.functions)
    yield
    runtime.functions.forget("code_shop")
    runtime.caches.functions.clear()
    runtime.caches.functions.update(before)


def deployed(load: Load, settings: Settings, helper: str, **changes: Any) -> list[str]:
    """What runs anew when both functions are called in a process that was started after a deploy."""
    for name, text in {"code_shop_helper": helper, "code_shop": dedent(CATALOG)}.items():
        (settings.root / f"{name}.py").write_text(text)
    runtime.configure(**changes)
    load(helper, "code_shop_helper")
    module = _load_file(load, settings.root / "code_shop.py")
    module.stock(), module.greeting()
    ran: list[str] = module.ran
    return ran


def _load_file(load: Load, path: Path) -> Any:
    """The module of a file, compiled with the stores of the settings."""
    compiled = compile_module(
        path.read_bytes(), path.stem, str(path), settings=runtime.settings.compiler_settings()
    )
    assert compiled.half is not None, compiled.diagnostics
    module = ModuleType(path.stem)
    sys.modules[path.stem] = module
    try:
        exec(compile(compiled.half.tree, str(path), "exec", dont_inherit=True), module.__dict__)
    finally:
        del sys.modules[path.stem]
    return module


def test_c02_a_new_build_drops_everything(load: Load, settings: Settings):
    """Whatever the build's name changes; the same build serves what it kept."""
    assert deployed(load, settings, HELPER.format(1), build_id="monday") == ["stock", "greeting"]
    assert deployed(load, settings, HELPER.format(1), build_id="monday") == []
    assert deployed(load, settings, HELPER.format(1), build_id="tuesday") == ["stock", "greeting"]


def test_c02_by_code_a_deploy_drops_what_it_changed(load: Load, settings: Settings):
    """A changed helper in another module drops the results of the function that calls it, and no others."""
    assert deployed(load, settings, HELPER.format(1), build_id="code") == ["stock", "greeting"]
    assert deployed(load, settings, "# why\n" + HELPER.format(1), build_id="code") == []
    assert deployed(load, settings, HELPER.format(2), build_id="code") == ["stock"]


def test_c07_markup_passes_through(load: Load):
    """It is not part of the key, and each call's output holds its own; on a hit too."""
    module = load(PAGES)
    for text in ("<b>one</b>", "<i>two</i>"):
        assert module.layout("tea", Markup(text)) == (f"<h1>tea</h1>{text}", Markup(text))
    assert module.ran == ["tea"]


def test_c07_looking_inside_names_the_argument(load: Load):
    """An error, not a result that other callers would get."""
    with pytest.raises(SlotError, match=r"shout\(\) looks inside its argument children: \.upper"):
        load(PAGES).shout(Markup("tea"))


def test_e05_a_server_function_passes_through_and_works(load: Load):
    """The page holds a reference that calls it."""
    module = load(PAGES)
    for _ in range(2):
        made = module.button("Buy", module.buy)
        assert made["action"] is module.buy
        assert made["markup"] == f'<form action="?_directives={module.buy.id}">Buy</form>'
    assert module.ran == ["Buy"]
    started = dispatch(runtime.functions, Call(made["action"].id, (21,)))
    assert started.result is not None
    assert asyncio.run(started.result) == 42
