"""The registry: exact look-up by ID, filled as modules load."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType

import pytest

from directives.errors import DuplicateFunctionError
from directives.errors import StaleManifestError
from directives.errors import UnknownFunctionError
from directives.functions import Call
from directives.functions import Registry
from directives.functions import dispatch
from directives.functions.module import Module
from directives.runtime import runtime
from tests.loading import Load

SOURCE = """
    async def act():
        'use server'
        return 1
    def slow(x):
        'use cache'
        return x
"""


def test_finds_server_functions_alone(load: Load) -> None:
    """A cached function's ID is no endpoint."""
    act = load(SOURCE).act
    records = {record.qualname: record for record in runtime.functions.records().values()}
    assert runtime.functions.find(act.id).record == records["act"]
    with pytest.raises(UnknownFunctionError):
        runtime.functions.find(records["slow"].id)


@pytest.mark.parametrize("function_id", ["", "__class__", "../x", "act", "0" * 40, "\u0430" * 40])
def test_unknown_ids(load: Load, function_id: str) -> None:
    """Whatever is not an ID to the letter is unknown, and nothing is imported for it."""
    load("async def act():\n    'use server'")
    with pytest.raises(UnknownFunctionError):
        runtime.functions.find("1" * 40)
    before = set(sys.modules)
    with pytest.raises(UnknownFunctionError):
        runtime.functions.find(function_id)
    assert set(sys.modules) == before


def test_a_module_that_runs_again_replaces_its_functions(load: Load) -> None:
    """As ``importlib.reload`` does; IDs stay, removed functions go."""
    first = load("async def a(): 'use server'\nasync def b(): 'use server'")
    second = load("async def a(): 'use server'")
    assert second.a.id == first.a.id
    assert runtime.functions.find(second.a.id).live is second.a
    with pytest.raises(UnknownFunctionError):
        runtime.functions.find(first.b.id)


def test_duplicate_ids_name_both_places(load: Load) -> None:
    """Two modules cannot register one ID; the first stays."""
    act = load("async def act(): 'use server'").act
    known = runtime.functions.find(act.id)
    copy = Module(runtime.functions, "elsewhere", {}, known.module.code, (known._constant,))
    with pytest.raises(DuplicateFunctionError, match=r"elsewhere\.act .* and shop_of_a_test\.act"):
        runtime.functions.add(copy)
    assert runtime.functions.find(act.id) is known


def test_imports_the_module_that_the_manifest_names(load: Load) -> None:
    """A record is enough: the module is imported by the name on record, never by one from the wire."""
    act = load("async def act(): 'use server'", "shop_in_manifest").act
    record = runtime.functions.find(act.id).record
    registry = Registry(lambda: (b"key",), lambda: {record.id: record}, runtime.caches)
    with pytest.raises(StaleManifestError, match=r"shop_in_manifest\.act .*directives build"):
        registry.find(record.id)


def test_a_stale_manifest_is_an_unknown_function_to_callers(
    load: Load, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller learns nothing; the log says what to run."""
    act = load("async def act(): 'use server'", "shop_in_manifest").act
    record = replace(runtime.functions.find(act.id).record, qualname="gone")
    sys.modules["shop_in_manifest"] = ModuleType("shop_in_manifest")
    registry = Registry(lambda: (b"key",), lambda: {record.id: record}, runtime.caches)
    with pytest.raises(UnknownFunctionError) as unknown:
        dispatch(registry, Call(record.id))
    assert "gone" not in str(unknown.value)
    assert "directives build" in caplog.text


def test_the_running_program_stays_registered(load: Load) -> None:
    """A module run by ``python -m`` and then imported by its own name exists twice; calls go to the first."""
    source = "async def act(): 'use server'"
    imported = load(source)
    main = Module(
        runtime.functions,
        "shop_of_a_test",
        {"__name__": "__main__"},
        runtime.functions.find(imported.act.id).module.code,
        (runtime.functions.find(imported.act.id)._constant,),
    )
    runtime.functions.add(main)
    main.server_function(imported.act.id)(imported.act)
    again = load(source)
    assert runtime.functions.find(again.act.id).module is main
