"""Loading: what is transformed, what is cached and where, and what an error leaves behind."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import pickle
import sys
import traceback
from importlib.resources import files
from importlib.util import cache_from_source
from pathlib import Path
from types import ModuleType

import pytest

from directives.compiler.model import CompiledModule
from directives.compiler.model import CompilerSettings
from directives.compiler.model import Role
from directives.errors import DirectivesWarning
from directives.errors import DirectiveSyntaxError
from directives.hook.finder import DirectivesFinder
from directives.hook.loader import DirectivesLoader
from directives.hook.loader import bytecode_path
from directives.hook.transform import Transform
from directives.runtime import runtime
from tests.hook.workspace import ACTIONS
from tests.hook.workspace import PROBE
from tests.hook.workspace import Workspace

pytestmark = pytest.mark.usefixtures("hooked")

CHECKED_HASH = 0b11


def transformed(module: ModuleType) -> bool:
    """Whether the hook did its work on a module."""
    return "__directives__" in vars(module)


def load_again(name: str) -> ModuleType:
    """The module, imported as if for the first time."""
    for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] == name.partition(".")[0]]:
        del sys.modules[loaded]
        runtime.functions.forget(loaded)
    importlib.invalidate_caches()
    return importlib.import_module(name)


class CountingCompiler:
    """A compiler that finds nothing to transform, and counts how often it is asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(
        self, source: bytes | str, name: str, filename: str, role: Role, settings: CompilerSettings
    ) -> CompiledModule:
        """Count."""
        self.calls += 1
        return CompiledModule(name, filename, role, None, (), (), None, None, transformed=False)


def test_a_module_is_transformed(shop: Workspace) -> None:
    """Its functions are registered, its docstring is kept."""
    module = importlib.import_module("shop.actions")
    assert transformed(module)
    assert module.__doc__ == "The actions."
    assert [record.qualname for record in runtime.functions.records().values()] == ["place_order"]


def test_a_warm_load_registers_too(shop: Workspace) -> None:
    """From bytecode, without the compiler, the same functions are registered."""
    load_again("shop.actions")
    cold = runtime.functions.records()
    (bytecode,) = [path for path in shop.tagged() if path.name.startswith("actions.")]
    written = bytecode.stat().st_mtime_ns
    load_again("shop.actions")
    assert runtime.functions.records() == cold
    assert bytecode.stat().st_mtime_ns == written


def test_the_bytecode_is_tagged(shop: Workspace) -> None:
    """Its name is one that Python itself can map back to the source, and that ``__cached__`` says."""
    module = importlib.import_module("shop.actions")
    (bytecode,) = [path for path in shop.tagged() if path.name.startswith("actions.")]
    assert module.__cached__ == str(bytecode)
    assert importlib.util.source_from_cache(str(bytecode)) == module.__file__
    assert not list(shop.root.glob(f"**/*.{sys.implementation.cache_tag}.pyc"))


def test_the_bytecode_is_checked_by_hash(shop: Workspace) -> None:
    """It says so in its header: PEP 552."""
    module = importlib.import_module("shop.actions")
    bytecode = Path(module.__cached__).read_bytes()
    assert bytecode[4] == CHECKED_HASH
    assert bytecode[8:16] == importlib.util.source_hash(Path(str(module.__file__)).read_bytes())


def test_the_tag_covers_what_changes_the_code(tmp_path: Path) -> None:
    """Role, settings, compiler and the module's name each make another tag; it is letters and digits."""
    base = Transform(Role.SERVER, CompilerSettings(), 1)
    others = [
        Transform(Role.CLIENT, CompilerSettings(), 1),
        Transform(Role.SERVER, CompilerSettings(allow_sync_server_functions=True), 1),
        Transform(Role.SERVER, CompilerSettings(frozenset({"default", "fast"})), 1),
        Transform(Role.SERVER, CompilerSettings(exposure="declared"), 1),
        Transform(Role.SERVER, CompilerSettings(), 2),
    ]
    tags = {base.tag("shop"), base.tag("store"), base.tag("shop", "pytest"), *(t.tag("shop") for t in others)}
    assert len(tags) == 8
    assert all(tag.isalnum() for tag in tags)


def test_one_file_under_two_names(shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The IDs of a module are made of its name: bytecode of the one name does not serve the other."""
    importlib.import_module("shop.actions")
    monkeypatch.syspath_prepend(shop.root / "shop")
    importlib.import_module("actions")
    assert {record.module for record in runtime.functions.records().values()} == {"shop.actions", "actions"}


def test_stale_bytecode_of_the_same_time_and_size(shop: Workspace) -> None:
    """A text that changed counts even if its file's time and size did not."""
    path = shop.write("shop/prices.py", "PRICE = 1\n")
    assert load_again("shop.prices").PRICE == 1
    status = path.stat()
    path.write_text("PRICE = 2\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert load_again("shop.prices").PRICE == 2


def test_a_touched_file_is_not_compiled_again(workspace: Workspace) -> None:
    """A new modification time over the same text, as CI makes them, costs nothing."""
    path = workspace.write("prices.py", "'use nothing'\n'use server!'\n")
    compiler = CountingCompiler()
    transform = Transform(Role.SERVER, CompilerSettings(), 1, compiler)
    DirectivesLoader("prices", str(path), transform).get_code("prices")
    os.utime(path, (1, 1))
    DirectivesLoader("prices", str(path), transform).get_code("prices")
    assert compiler.calls == 1


@pytest.mark.parametrize("damage", [b"", bytes(40), b"not bytecode at all, but long enough"])
def test_damaged_bytecode_is_made_anew(shop: Workspace, damage: bytes) -> None:
    """What is no bytecode in the place of ours is ignored and replaced."""
    bytecode = Path(load_again("shop.actions").__cached__)
    good = bytecode.read_bytes()
    bytecode.write_bytes(damage)
    assert transformed(load_again("shop.actions"))
    assert bytecode.read_bytes()[:16] == good[:16]


def test_no_bytecode_is_written_when_python_is_told_so(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``-B`` is honoured."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert transformed(importlib.import_module("shop.actions"))
    assert shop.tagged() == []


def test_bytecode_elsewhere(shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``sys.pycache_prefix`` is honoured, for writing and for reading."""
    elsewhere = tmp_path / "elsewhere"
    monkeypatch.setattr(sys, "pycache_prefix", str(elsewhere))
    load_again("shop.actions")
    assert {path.is_relative_to(elsewhere) for path in shop.tagged()} == {True}
    assert transformed(load_again("shop.actions"))


def test_a_place_where_nothing_can_be_written(shop: Workspace) -> None:
    """Where ``__pycache__`` cannot be, modules load uncached."""
    shop.write("shop/__pycache__", "a file is in the way")
    assert transformed(importlib.import_module("shop.actions"))
    assert shop.tagged() == []


@pytest.mark.parametrize(
    ("encoding", "prefix"),
    [("latin-1", b"# -*- coding: latin-1 -*-\n"), ("utf-8", b"\xef\xbb\xbf"), ("utf-8", b"")],
)
def test_encodings(workspace: Workspace, encoding: str, prefix: bytes) -> None:
    """A coding line and a byte order mark mean what they mean to Python."""
    text = "'use server'\nasync def greet() -> str:\n    return 'Grüße'\nNAME = 'Grüße'\n"
    workspace.write("greetings.py", prefix + text.encode(encoding))
    module = importlib.import_module("greetings")
    assert transformed(module)
    assert module.NAME == "Grüße"


def test_reload(shop: Workspace) -> None:
    """A reloaded module has its new functions, and not its old ones."""
    module = importlib.import_module("shop.actions")
    shop.write("shop/actions.py", "'use server'\nasync def cancel_order(sku: str) -> None: ...\n")
    importlib.reload(module)
    assert [record.qualname for record in runtime.functions.records().values()] == ["cancel_order"]


def test_namespace_packages(workspace: Workspace) -> None:
    """A package without ``__init__.py`` is none of ours, its modules are."""
    workspace.write("region/north/actions.py", ACTIONS)
    assert transformed(importlib.import_module("region.north.actions"))


def test_what_looks_at_source_still_does(shop: Workspace) -> None:
    """``inspect``, ``importlib.resources``, ``pkgutil`` and pickling by reference work."""
    shop.write("shop/data.pyc", "not bytecode, just a name")
    shop.write("shop/catalog.py", "async def order():\n    'use server'\n\nclass Item:\n    pass\n")
    catalog = importlib.import_module("shop.catalog")
    assert "'use server'" in inspect.getsource(catalog)
    assert pickle.loads(pickle.dumps(catalog.Item)) is catalog.Item
    assert files("shop").joinpath("data.pyc").read_text() == "not bytecode, just a name"
    assert catalog.__loader__.get_data(str(shop.root / "shop/data.pyc")) == b"not bytecode, just a name"


def test_errors_of_a_module_are_all_reported_and_nothing_is_left(shop: Workspace) -> None:
    """The exception names every finding; neither module nor bytecode nor function remains."""
    shop.write("shop/bad.py", "'use server'\ndef one() -> int: ...\ndef two() -> int: ...\n")
    with pytest.raises(DirectiveSyntaxError) as caught:
        importlib.import_module("shop.bad")
    assert len(caught.value.diagnostics) == 2
    assert "shop.bad" not in sys.modules
    assert [path for path in shop.tagged() if path.name.startswith("bad.")] == []
    assert not runtime.functions.records()


def test_a_module_that_fails_leaves_nothing_registered(shop: Workspace) -> None:
    """What its first lines registered is taken back when a later line raises."""
    shop.write("shop/bad.py", ACTIONS + "    1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        importlib.import_module("shop.bad")
    assert "shop.bad" not in sys.modules
    assert not runtime.functions.records()


def test_text_that_is_no_python(shop: Workspace) -> None:
    """It is reported by Python's own compiler, in its own words and place."""
    path = shop.write("shop/bad.py", "'use server'\nasync def order(:\n    pass\n")
    with pytest.raises(SyntaxError) as caught:
        importlib.import_module("shop.bad")
    assert type(caught.value) is SyntaxError
    assert (caught.value.filename, caught.value.lineno) == (str(path), 2)


@pytest.mark.parametrize("text", ["ues server", "us server", "use\\x20server", "use sevrer"])
def test_a_slip_in_either_word_fails_the_import(shop: Workspace, text: str) -> None:
    """No near-miss is overlooked by the scan for modules that may hold directives."""
    shop.write("shop/slip.py", f"async def order():\n    '{text}'\n")
    with pytest.raises(DirectiveSyntaxError, match="'use server'"):
        importlib.import_module("shop.slip")


@pytest.mark.parametrize("calls", [100, 500, 700, 900, 1_100])
def test_text_too_deep_for_a_transform_is_never_run_plain(shop: Workspace, calls: int) -> None:
    """CPython compiles some texts of which it takes no tree: their directives count, or the import fails."""
    shop.write("shop/deep.py", f"'use server'\nasync def order(x):\n    return x{'.a()' * calls}\n")
    try:
        module = importlib.import_module("shop.deep")
    except (SyntaxError, RecursionError):
        return
    assert transformed(module)


@pytest.mark.parametrize(
    ("text", "error", "frames"),
    [
        (ACTIONS + "    1 / 0\n", ZeroDivisionError, ["test_loader.py", "<string>", "fails.py"]),
        ("'use server'\ndef one() -> int: ...\n", DirectiveSyntaxError, ["test_loader.py", "<string>"]),
        ("'use server'\ndef one(:\n", SyntaxError, ["test_loader.py", "<string>"]),
    ],
)
def test_tracebacks_hold_no_frame_of_ours(
    shop: Workspace, text: str, error: type[Exception], frames: list[str]
) -> None:
    """An error in a module that is being imported looks as it does without the hook."""
    shop.write("shop/fails.py", text)
    with pytest.raises(error) as caught:
        exec("import shop.fails", {})
    assert [Path(frame.filename).name for frame in traceback.extract_tb(caught.value.__traceback__)] == frames


def test_warnings_of_the_compiler(shop: Workspace) -> None:
    """They are given when a text is compiled, at its own line, and the module loads."""
    finding = _warning(shop.root / "shop/odd.py")

    def compiler(
        source: bytes | str, name: str, filename: str, role: Role, settings: CompilerSettings
    ) -> CompiledModule:
        return CompiledModule(name, filename, role, None, (), (finding,), None, None, transformed=False)

    path = shop.write("shop/odd.py", "'use server'\n")
    loader = DirectivesLoader("shop.odd", str(path), Transform(Role.SERVER, CompilerSettings(), 1, compiler))
    with pytest.warns(DirectivesWarning, match=r"It is odd\. Make it even\. \[odd\]") as caught:
        loader.get_code("shop.odd")
    assert (caught[0].filename, caught[0].lineno) == (str(path), 1)


def _warning(path: Path) -> object:
    from directives.compiler.model import Diagnostic
    from directives.compiler.model import Span

    return Diagnostic("odd", "It is odd.", "Make it even.", str(path), Span(1, 0, 1, 3), severity="warning")


def test_the_argument_of_later_pythons(shop: Workspace, hooked: DirectivesFinder) -> None:
    """``source_to_code`` takes the ``fullname`` that Python 3.15 gives it."""
    path = shop.root / "shop/actions.py"
    loader = DirectivesLoader("shop.actions", str(path), hooked.transform)
    code = loader.source_to_code(path.read_bytes(), str(path), "shop.actions", _optimize=-1)
    assert "__directives__" in code.co_names


def test_optimised(shop: Workspace) -> None:
    """``-O`` has bytecode of its own."""
    assert shop.output("-X", "directives", "-c", PROBE) == ["True"]
    assert shop.output("-O", "-X", "directives", "-c", PROBE) == ["True"]
    names = sorted(path.name.partition(".opt-")[2][:2] for path in shop.tagged() if "actions" in path.name)
    assert names == ["1d", "di"]


def test_the_bytecode_file_is_named_as_python_names_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same folder, by the same rule, with a cache prefix as well; none where Python caches none."""
    path = str(tmp_path / "shop.web.py")
    tag = "directives0"
    level = sys.flags.optimize or ""
    assert bytecode_path(path, tag) == cache_from_source(path, optimization=f"{level}{tag}")
    assert bytecode_path("shop.py", tag) == cache_from_source("shop.py", optimization=f"{level}{tag}")
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "prefix"))
    assert bytecode_path(path, tag) == cache_from_source(path, optimization=f"{level}{tag}")
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setattr(sys.implementation, "cache_tag", None)
    assert bytecode_path(path, tag) is None
