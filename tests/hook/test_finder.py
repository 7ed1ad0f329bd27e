"""Finding: which modules are covered, and how the hook lives with the finders of others."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
import zipfile
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.machinery import PathFinder
from importlib.machinery import SourceFileLoader
from importlib.machinery import SourcelessFileLoader
from pathlib import Path
from types import ModuleType
from zipimport import zipimporter

import pytest

from directives.compiler.model import Role
from directives.hook.finder import DirectivesFinder
from directives.hook.loader import DirectivesLoader
from directives.runtime import runtime
from directives.settings import Settings
from tests.hook.workspace import ACTIONS
from tests.hook.workspace import Workspace


def transformed(module: ModuleType) -> bool:
    """Whether the hook did its work on a module."""
    return "__directives__" in vars(module)


class Recorder(MetaPathFinder):
    """A finder that finds nothing, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Remember."""
        self.asked.append(fullname)


class UpperCasing(SourceFileLoader):
    """A loader of another tool: it changes a constant, and takes text as well as trees."""

    def source_to_code(self, data, path, *, _optimize=-1):  # type: ignore[no-untyped-def,override]
        """Compile with the name of the tool in a global."""
        code = super().source_to_code(data, path, _optimize=_optimize)
        return code.replace(
            co_consts=tuple("LOUD" if const == "quiet" else const for const in code.co_consts)
        )


class TextOnly(UpperCasing):
    """A loader that parses the text itself, as beartype's does."""

    def source_to_code(self, data, path, fullname=None, *, _optimize=-1):  # type: ignore[no-untyped-def]
        """Decode and parse, then compile."""
        import ast

        text = importlib.util.decode_source(data)
        tree = compile(text, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True, optimize=_optimize)
        return super().source_to_code(tree, path, _optimize=_optimize)


class OwnParser(TextOnly):
    """A loader that leaves no room for another transform."""

    def source_to_code(self, data, path, fullname=None, *, _optimize=-1):  # type: ignore[no-untyped-def]
        """Decode, and compile in one go."""
        return compile(importlib.util.decode_source(data), path, "exec")


class AnsweringFinder(MetaPathFinder):
    """A finder that answers itself, with a loader of its own, as typeguard's does."""

    def __init__(self, loader: type[SourceFileLoader]) -> None:
        self._loader = loader

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find what Python's path finder finds."""
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = self._loader(spec.loader.name, spec.loader.path)
        return spec


QUIET = ACTIONS + "    SOUND = 'quiet'\n"


def test_the_finder_is_first_and_stays_first(shop: Workspace, hooked: DirectivesFinder) -> None:
    """A finder that is put before it stands behind it."""
    recorder = Recorder()
    sys.meta_path.insert(0, recorder)
    assert sys.meta_path[:2] == [hooked, recorder]
    assert transformed(importlib.import_module("shop.actions"))
    assert [name for name in recorder.asked if name.startswith("shop")] == ["shop", "shop.actions"]


def test_a_finder_that_replaces_the_list_is_overtaken(shop: Workspace, hooked: DirectivesFinder) -> None:
    """However another finder came to be first, the next import puts ours before it."""
    recorder = Recorder()
    sys.meta_path = [recorder, *sys.meta_path]
    importlib.import_module("shop")
    assert sys.meta_path[:2] == [hooked, recorder]


def test_the_standard_library_passes(hooked: DirectivesFinder) -> None:
    """Nobody is asked for a standard module in its name, and nothing of the package itself is transformed."""
    recorder = Recorder()
    sys.meta_path.insert(1, recorder)
    assert hooked.find_spec("json.tool") is None
    assert hooked.find_spec("directives.cache") is None
    assert recorder.asked == []


def test_installed_packages_pass(workspace: Workspace, hooked: DirectivesFinder) -> None:
    """What lies in site-packages keeps Python's own loader, even under the project's folder."""
    workspace.write("venv/lib/python3/site-packages/other/__init__.py", ACTIONS)
    spec = hooked.find_spec("other", [str(workspace.root / "venv/lib/python3/site-packages")])
    assert spec is not None
    assert type(spec.loader) is SourceFileLoader


def test_packages_named_in_the_settings(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A package that is named is transformed wherever it is; ``exclude`` takes out a part of it."""
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "site-packages"
    for name in ("tools", "tools/inner"):
        (elsewhere / name).mkdir(parents=True)
        (elsewhere / name / "__init__.py").write_text("")
    settings = Settings(workspace.root, packages=("tools",), exclude=("tools.inner",))
    finder = DirectivesFinder(Role.SERVER, lambda: settings)
    tools = finder.find_spec("tools", [str(elsewhere)])
    inner = finder.find_spec("tools.inner", [str(elsewhere / "tools")])
    assert tools is not None
    assert inner is not None
    assert (type(tools.loader), type(inner.loader)) == (DirectivesLoader, SourceFileLoader)


def test_settings_that_change(workspace: Workspace) -> None:
    """What ``directives.configure`` changes counts for the next import."""
    workspace.write("shop/__init__.py", "")
    settings = Settings(workspace.root)
    finder = DirectivesFinder(Role.SERVER, lambda: settings)
    first = finder.find_spec("shop", [str(workspace.root)])
    settings = Settings(workspace.root, exclude=("shop",))
    second = finder.find_spec("shop", [str(workspace.root)])
    assert first is not None
    assert second is not None
    assert (type(first.loader), type(second.loader)) == (DirectivesLoader, SourceFileLoader)


def test_a_module_that_does_not_exist(hooked: DirectivesFinder) -> None:
    """It is reported as Python does."""
    with pytest.raises(ModuleNotFoundError, match="No module named 'no_such_module_at_all'"):
        importlib.import_module("no_such_module_at_all")


def test_modules_without_source_pass(workspace: Workspace, hooked: DirectivesFinder) -> None:
    """Bytecode without source is loaded by Python's loader for it."""
    import py_compile

    source = workspace.write("bare.py", "X = 1\n")
    py_compile.compile(str(source), cfile=str(workspace.root / "bare.pyc"))
    source.unlink()
    module = importlib.import_module("bare")
    assert type(module.__loader__) is SourcelessFileLoader


@pytest.mark.parametrize("other", [UpperCasing, TextOnly])
def test_another_tools_transform_applies_too(
    workspace: Workspace, hooked: DirectivesFinder, other: type[SourceFileLoader]
) -> None:
    """A loader that is a subclass of Python's comes after ours, given trees or parsing the text itself."""
    workspace.write("loud.py", QUIET)
    sys.meta_path.insert(0, AnsweringFinder(other))
    for _ in range(2):  # from source, then from bytecode
        module = importlib.import_module("loud")
        assert isinstance(module.__loader__, other)
        assert transformed(module)
        assert module.SOUND == "LOUD"
        assert [each.line for each in runtime.functions.records().values() if each.module == "loud"] == [4]
        del sys.modules["loud"]
        runtime.functions.forget("loud")


def test_bytecode_of_two_tools_is_apart(workspace: Workspace, hooked: DirectivesFinder) -> None:
    """What was cached with another tool's transform is not used without it."""
    workspace.write("loud.py", QUIET)
    finder = AnsweringFinder(UpperCasing)
    sys.meta_path.insert(0, finder)
    importlib.import_module("loud")
    sys.meta_path.remove(finder)
    del sys.modules["loud"]
    assert importlib.import_module("loud").SOUND == "quiet"


def test_a_tool_that_leaves_no_room_is_an_error(workspace: Workspace, hooked: DirectivesFinder) -> None:
    """Directives that would be lost are an error that names the tool, not silence."""
    workspace.write("loud.py", QUIET)
    sys.meta_path.insert(0, AnsweringFinder(OwnParser))
    with pytest.raises(
        Exception, match="leaves no room for its directives; exclude 'loud' from one of the two"
    ):
        importlib.import_module("loud")


@pytest.fixture
def archive(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A zip file of the project, on the path."""
    path = workspace.root / "shop.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("zipped/__init__.py", "")
        file.writestr("zipped/actions.py", "'use server'\nasync def order() -> int:\n    return 1\n")
        file.writestr("zipped/bad.py", "'use server'\ndef order() -> int: ...\n")
        file.writestr("zipped/fails.py", "'use server'\nasync def order() -> int: ...\n1 / 0\n")
        file.writestr("zipped/data.txt", "data")
    monkeypatch.syspath_prepend(str(path))
    return path


def test_zip_files(archive: Path, hooked: DirectivesFinder) -> None:
    """A module with directives in a zip file is transformed; one without keeps its loader."""
    module = importlib.import_module("zipped.actions")
    assert transformed(module)
    assert module.__file__ == str(archive / "zipped/actions.py")
    assert type(sys.modules["zipped"].__loader__) is zipimporter
    assert module.__loader__.get_data(str(archive / "zipped/data.txt")) == b"data"
    assert "'use server'" in module.__loader__.get_source("zipped.actions")


def test_errors_in_zip_files(archive: Path, hooked: DirectivesFinder) -> None:
    """They name the file inside the zip file, and leave nothing behind."""
    with pytest.raises(SyntaxError) as caught:
        importlib.import_module("zipped.bad")
    assert caught.value.filename == str(archive / "zipped/bad.py")
    with pytest.raises(ZeroDivisionError):
        importlib.import_module("zipped.fails")
    assert not runtime.functions.records()


def test_other_modules_stay_plain_while_one_is_loaded(workspace: Workspace, hooked: DirectivesFinder) -> None:
    """A nested import of a module that is not covered is cached under Python's own name."""
    workspace.write("outer.py", "import excluded\n" + "import inner\n")
    workspace.write("inner.py", "")
    workspace.write("excluded.py", "")
    settings = Settings(workspace.root, exclude=("excluded",))
    hooked._settings = lambda: settings
    importlib.import_module("outer")
    cached = {
        path.name.split(".")[0]: "directives" in path.name for path in workspace.root.glob("__pycache__/*")
    }
    assert cached == {"outer": True, "inner": True, "excluded": False}


def test_concurrent_and_nested_imports(workspace: Workspace, hooked: DirectivesFinder) -> None:
    """Many threads that import modules that import each other: each is transformed, and cached as that."""
    count = 120
    for number in range(count):
        nested = f"import many.module{number + 1}\n" if number % 3 == 0 and number + 1 < count else ""
        workspace.write(f"many/module{number}.py", f"{nested}async def order() -> int:\n    'use server'\n")
    workspace.write("many/__init__.py", "")
    failures: list[Exception] = []

    def import_share(first: int) -> None:
        try:
            for number in range(first, count, 4):
                importlib.import_module(f"many.module{number}")
        except Exception as error:
            failures.append(error)

    for _ in range(2):  # without bytecode, then with it
        threads = [threading.Thread(target=import_share, args=(first,)) for first in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        modules = [sys.modules.pop(f"many.module{number}") for number in range(count)]
        assert all(transformed(module) for module in modules)
        for module in modules:
            runtime.functions.forget(module.__name__)
    assert len(list(workspace.root.glob("many/__pycache__/module*directives*.pyc"))) == count
    assert not list(workspace.root.glob(f"many/__pycache__/*{sys.implementation.cache_tag}.pyc"))
