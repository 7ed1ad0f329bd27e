"""Scripts and modules that run as ``__main__`` with their directives."""

from __future__ import annotations

import json
import sys

import pytest

from tests.hook.workspace import Workspace

SHOW = """\
import sys

async def order(sku: str) -> str:
    'use server'
    return sku

if __name__ == '__main__':
    print(repr(order), order.__module__, '__directives__' in globals())
    print(__file__, __spec__.name, repr(__package__), sys.modules['__main__'].order is order)
    print(sys.argv, sys.path[0])
"""
FAIL = """\
'use server'

async def order(): ...

def _inner():
    raise ValueError('oh')

_inner()
"""


def run(*arguments: str) -> tuple[str, ...]:
    """The arguments of Python that run a program with its directives."""
    return ("-m", "directives", "run", *arguments)


def test_a_script(workspace: Workspace) -> None:
    """It is transformed, and finds its arguments, path and ``__main__`` as ``python script`` sets them."""
    workspace.write("bin/app.py", SHOW)
    root = workspace.root
    assert workspace.output(*run("bin/app.py", "-x", "1")) == [
        "<ServerFunction __main__.order> __main__ True",
        f"{root}/bin/app.py app '' True",
        f"['bin/app.py', '-x', '1'] {root}/bin",
    ]


def test_a_script_has_the_ids_of_the_manifest(workspace: Workspace) -> None:
    """However it is started, its functions are those of the module that its file is."""
    workspace.write(
        "app.py", "async def order(sku): 'use server'\nif __name__ == '__main__': print(order.id)\n"
    )
    (listed,) = json.loads(workspace.run("-m", "directives", "manifest", "--json").stdout)
    assert listed["module"] == "app"
    assert workspace.output(*run("app.py")) == [listed["id"]]
    assert workspace.output(*run("-m", "app")) == [listed["id"]]
    assert workspace.output("-X", "directives", "-m", "app") == [listed["id"]]


def test_a_module(workspace: Workspace) -> None:
    """``run -m`` does what ``python -m`` does."""
    workspace.write("shop/app.py", SHOW)
    root = workspace.root
    assert workspace.output(*run("-m", "shop.app", "x"))[1:] == [
        f"{root}/shop/app.py shop.app 'shop' True",
        f"['{root}/shop/app.py', 'x'] {root}",
    ]


@pytest.mark.parametrize("arguments", [("-X", "directives", "-m", "shop"), run("-m", "shop")])
def test_a_package(workspace: Workspace, arguments: tuple[str, ...]) -> None:
    """A package runs its ``__main__``; plain ``python -m`` does too, as it imports what it runs."""
    workspace.write("shop/__init__.py", "")
    workspace.write("shop/__main__.py", SHOW)
    assert workspace.output(*arguments)[1] == f"{workspace.root}/shop/__main__.py shop.__main__ 'shop' True"


def test_a_folder(workspace: Workspace) -> None:
    """A folder with a ``__main__.py`` can be run."""
    workspace.write("app/__main__.py", SHOW)
    assert workspace.output(*run("app"))[2] == f"['app'] {workspace.root}/app"


def test_runpy(workspace: Workspace) -> None:
    """``runpy.run_module`` runs the transformed code."""
    workspace.write("app.py", SHOW)
    probe = "import runpy; runpy.run_module('app', run_name='__main__', alter_sys=True)"
    assert workspace.output("-X", "directives", "-c", probe)[0].endswith(" True")


def test_exit_codes(workspace: Workspace) -> None:
    """The script's own exit code is the process's."""
    workspace.write("app.py", "'use server'\nraise SystemExit(7)\n")
    workspace.run(*run("app.py"), status=7)


def test_an_exception_looks_as_without_us(workspace: Workspace) -> None:
    """The traceback is the one that plain Python prints."""
    workspace.write("app.py", FAIL)
    assert workspace.run(*run("app.py"), status=1).stderr == workspace.run("app.py", status=1).stderr


def test_an_error_in_the_script_itself(workspace: Workspace) -> None:
    """Text that is no Python is reported as plain Python does."""
    workspace.write("app.py", "'use server'\nasync def order(:\n")
    assert workspace.run(*run("app.py"), status=1).stderr == workspace.run("app.py", status=1).stderr


def test_a_wrong_directive_in_the_script(workspace: Workspace) -> None:
    """It is reported with its line, without a traceback, and nothing of the script runs."""
    workspace.write("app.py", "print('runs')\ndef order():\n    'use server'\n")
    finished = workspace.run(*run("app.py"), status=1)
    assert finished.stdout == ""
    assert finished.stderr.startswith(f'  File "{workspace.root}/app.py", line ')
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing.py",), "cannot run 'nothing.py': there is no such file"),
        (("shop",), "cannot run 'shop': there is no __main__.py in it"),
        (("-m", "nothing"), "cannot run module 'nothing': there is no such module"),
        (
            ("-m", "shop"),
            "cannot run module 'shop': there is no such module, or it is a package without __main__",
        ),
        (
            ("-m", "shop.nothing.at_all"),
            "cannot run module 'shop.nothing.at_all': No module named 'shop.nothing'",
        ),
    ],
)
def test_what_cannot_be_run(shop: Workspace, arguments: tuple[str, ...], message: str) -> None:
    """One line says what is not there."""
    probe = (
        "import sys; from directives.errors import RunError; from directives.hook import run_module, run_script\n"
        "try:\n"
        "    run_module(sys.argv[2]) if sys.argv[1] == '-m' else run_script(sys.argv[1])\n"
        "except RunError as error:\n"
        "    print(error)\n"
    )
    (line,) = shop.output("-c", probe, *arguments)
    assert line.startswith(message)


def test_a_script_that_children_cannot_import(workspace: Workspace) -> None:
    """A name that no import statement can say is warned of."""
    workspace.write("app.v2.py", SHOW)
    finished = workspace.run(*run("app.v2.py"))
    assert finished.stdout.startswith("<ServerFunction __main__.order>")
    assert "not in processes started by multiprocessing" in finished.stderr


def test_an_interrupted_script(workspace: Workspace) -> None:
    """It ends with the status that shells give an interrupted program."""
    workspace.write("app.py", "'use server'\nraise KeyboardInterrupt\n")
    finished = workspace.run(*run("app.py"), status=130)
    assert finished.stderr.splitlines()[-1] == "KeyboardInterrupt"


def test_the_stdlib_is_untouched(workspace: Workspace) -> None:
    """A module that is not the project's runs as ever."""
    assert workspace.output(*run("-m", "platform")) == workspace.output("-m", "platform")
    assert sys.modules["__main__"].__name__ == "__main__"
