"""Running a script or a module as ``__main__``, which Python itself never imports."""

from __future__ import annotations

import builtins
import os
import sys
import warnings
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from importlib.util import spec_from_file_location
from pkgutil import get_importer
from types import ModuleType
from types import TracebackType
from typing import Any
from typing import Final
from typing import NoReturn

from directives.errors import DirectivesWarning
from directives.errors import RunError
from directives.hook.activation import enable
from directives.hook.activation import installed
from directives.hook.finder import DirectivesFinder
from directives.hook.loader import DirectivesLoader

INTERRUPTED: Final = 130


def run_script(path: str | os.PathLike[str], argv: Sequence[str] = ()) -> None:
    """Run a file as ``python path argv...`` would, with its directives.

    Args:
        path: A file, or a folder or zip file that holds a ``__main__.py``.
        argv: The arguments behind it.

    Raises:
        RunError: There is no such file.
        SystemExit: The script's own; with status 1 after an exception, which is printed as Python does.
    """
    finder = _finder()
    file = os.path.abspath(path)
    if not os.path.exists(file):
        raise RunError(f"cannot run {os.fspath(path)!r}: there is no such file")
    arguments = [os.fspath(path), *argv]
    if get_importer(file) is not None:
        _enter(file, arguments)
        spec = finder.find_spec("__main__", [file])
        if spec is None:
            raise RunError(f"cannot run {os.fspath(path)!r}: there is no __main__.py in it")
    else:
        _enter(os.path.dirname(os.path.realpath(file)), arguments)
        spec = _script_spec(file, finder)
    _run(spec)


def run_module(name: str, argv: Sequence[str] = ()) -> None:
    """Run a module as ``python -m name argv...`` would, with its directives.

    Args:
        name: The dotted name of the module, or of a package with a ``__main__``.
        argv: The arguments behind it.

    Raises:
        RunError: There is no such module, or it cannot be run.
        SystemExit: The module's own; with status 1 after an exception, which is printed as Python does.
    """
    _finder()
    _enter(os.getcwd(), [name, *argv])
    spec = _module_spec(name)
    sys.argv[0] = spec.origin or name
    _run(spec)


def _finder() -> DirectivesFinder:
    finder = installed()
    if finder is None:
        enable()
        finder = installed()
    assert finder is not None
    return finder


def _enter(folder: str, argv: list[str]) -> None:
    """Set what Python sets from its command line."""
    sys.argv[:] = argv
    if not sys.flags.safe_path:
        sys.path[0] = folder


def _script_spec(file: str, finder: DirectivesFinder) -> ModuleSpec:
    # Its stem as the name: by that, multiprocessing's children import the script, through the hook.
    name = os.path.basename(file).removesuffix(".py")
    if not file.endswith(".py") or "." in name or not finder.project.covers(name, file):
        warnings.warn_explicit(
            "the directives of this script count here but not in processes started by multiprocessing: they can "
            f"import it only as a .py file without a second dot, under {finder.project.settings.root}",
            DirectivesWarning,
            file,
            1,
        )
    loader = DirectivesLoader(name, file, finder.transform)
    spec = spec_from_file_location(name, file, loader=loader)
    assert spec is not None
    return spec


def _module_spec(name: str) -> ModuleSpec:
    try:
        spec = find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = find_spec(f"{name}.__main__")
    except ModuleNotFoundError as error:
        raise RunError(f"cannot run module {name!r}: {error}") from error
    except Exception as error:  # noqa: BLE001 - a package that fails as it is imported
        _end(error)
    if spec is None:
        raise RunError(
            f"cannot run module {name!r}: there is no such module, or it is a package without __main__"
        )
    if not hasattr(spec.loader, "get_code"):
        raise RunError(f"cannot run module {name!r}: its loader {spec.loader!r} has no code to give")
    return spec


def _run(spec: ModuleSpec) -> None:
    loader: Any = spec.loader
    main = ModuleType("__main__")
    vars(main).update(
        __spec__=spec,
        __loader__=loader,
        __package__=spec.parent,
        __file__=spec.origin,
        __cached__=spec.cached,
        __builtins__=builtins,
    )
    try:
        code = loader.get_code(spec.name)
        if code is None:
            raise RunError(f"cannot run {spec.origin!r}: its loader has no code to give")
        sys.modules["__main__"] = main
        exec(code, vars(main))  # noqa: S102 - what Python does with __main__
    except (RunError, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - what ends a script is shown, whatever it is
        _end(error)


def _end(error: BaseException) -> NoReturn:
    """Show an exception as Python does, without the frames that lead to the user's code, and exit."""
    error.__traceback__ = _own_frames(error.__traceback__)
    sys.excepthook(type(error), error, error.__traceback__)
    raise SystemExit(INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1)


def _own_frames(traceback: TracebackType | None) -> TracebackType | None:
    while traceback is not None and traceback.tb_frame.f_code.co_filename.startswith((__file__, "<frozen ")):
        traceback = traceback.tb_next
    return traceback
