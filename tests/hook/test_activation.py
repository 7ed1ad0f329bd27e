"""Turning the hook on."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from directives.compiler.model import Role
from directives.errors import ActivationError
from directives.hook.activation import Request
from directives.hook.activation import requested
from tests.hook.workspace import PROBE
from tests.hook.workspace import REPOSITORY
from tests.hook.workspace import Workspace

ON = Request(Role.SERVER)


@pytest.mark.parametrize(
    ("xoptions", "environ", "expected"),
    [
        ({}, {}, None),
        ({"directives": True}, {}, ON),
        ({"directives": "client"}, {}, Request(Role.CLIENT)),
        ({"directives": "client, trace"}, {}, Request(Role.CLIENT, trace=True)),
        ({"directives": "server"}, {}, ON),
        ({}, {"PYTHONDIRECTIVES": "1"}, ON),
        ({}, {"PYTHONDIRECTIVES": "trace"}, Request(trace=True)),
        ({}, {"PYTHONDIRECTIVES": "0"}, None),
        ({}, {"PYTHONDIRECTIVES": ""}, None),
        ({"directives": "0"}, {"PYTHONDIRECTIVES": "1"}, None),
        ({"directives": "client"}, {"PYTHONDIRECTIVES": "server"}, Request(Role.CLIENT)),
    ],
)
def test_what_the_options_ask_for(
    xoptions: Mapping[str, str | bool], environ: Mapping[str, str], expected: Request | None
) -> None:
    """The option wins over the variable; "0" and an empty variable leave the hook off."""
    assert requested(xoptions, environ, ignore_environment=False) == expected


def test_the_environment_can_be_ignored() -> None:
    """Under -E and -I the variable counts for nothing, the option does."""
    assert requested({}, {"PYTHONDIRECTIVES": "1"}, ignore_environment=True) is None
    assert requested({"directives": True}, {}, ignore_environment=True) == ON


def test_an_unknown_option_is_refused_by_name() -> None:
    """The message says where the option was given and which ones there are."""
    with pytest.raises(
        ActivationError, match=r"-X directives: .* 'clent'; the options are server, client, trace"
    ):
        requested({"directives": "clent"}, {}, ignore_environment=False)


def test_both_roles_at_once_are_refused() -> None:
    """A process runs one half of a program."""
    with pytest.raises(ActivationError, match="either server or client"):
        requested({}, {"PYTHONDIRECTIVES": "client,server"}, ignore_environment=False)


@pytest.mark.parametrize("request_", [ON, Request(Role.CLIENT), Request(Role.SERVER, trace=True)])
def test_what_children_inherit_is_what_was_asked_for(request_: Request) -> None:
    """The text of a request, read again, is the same request."""
    assert requested({}, {"PYTHONDIRECTIVES": request_.text}, ignore_environment=False) == request_


def test_installed_but_not_asked_for(shop: Workspace) -> None:
    """With the start files alone nothing of the package is imported and nothing is transformed."""
    probe = f"import sys; print([m for m in sys.modules if m.startswith('directives')]); {PROBE}"
    assert shop.output("-c", probe) == ["[]", "False"]


def test_by_option(shop: Workspace) -> None:
    """``-X directives`` turns the hook on before any module of the project is imported."""
    assert shop.output("-X", "directives", "-c", PROBE) == ["True"]


def test_by_variable(shop: Workspace) -> None:
    """``PYTHONDIRECTIVES=1`` does the same."""
    assert shop.output("-c", PROBE, PYTHONDIRECTIVES="1") == ["True"]


def test_by_variable_ignored(shop: Workspace) -> None:
    """``-E`` ignores the variable."""
    assert shop.output("-E", "-c", PROBE, PYTHONDIRECTIVES="1") == ["False"]


def test_isolated_by_option(shop: Workspace) -> None:
    """``-I`` still honours the option."""
    probe = f"import sys; sys.path.insert(0, '.'); {PROBE}"
    assert shop.output("-I", "-X", "directives", "-c", probe) == ["True"]


def test_by_call(shop: Workspace) -> None:
    """``directives.enable()`` counts from then on; calling it again changes nothing."""
    finders = "print([type(f).__name__ for f in sys.meta_path].count('DirectivesFinder'))"
    probe = f"import sys, directives; directives.enable(); directives.enable(); {finders}; {PROBE}"
    assert shop.output("-c", probe) == ["1", "True"]


def test_by_call_after_the_option(shop: Workspace) -> None:
    """Asking for the other half in a process that runs one is an error."""
    finished = shop.run("-X", "directives=client", "-c", "import directives; directives.enable()", status=1)
    assert finished.stderr.splitlines()[-1].endswith(
        "the hook is already on for the client half of the program; one process cannot run the server half too"
    )


def test_by_call_with_other_settings(shop: Workspace) -> None:
    """Settings that come too late are an error, not ignored."""
    probe = (
        "import directives; from directives.settings import Settings; from pathlib import Path; "
        "directives.enable(); directives.enable(settings=Settings(Path('/elsewhere')))"
    )
    assert "already on with other settings" in shop.run("-c", probe, status=1).stderr


def test_by_sitecustomize(shop: Workspace) -> None:
    """The example of a ``sitecustomize.py`` turns the hook on without option or variable."""
    example = REPOSITORY / "sitecustomize_example"
    assert shop.output("-c", PROBE, PYTHONPATH=str(example)) == ["True"]


def test_the_gate_of_later_pythons(shop: Workspace) -> None:
    """What ``directives.start`` names asks the same question as the line of ``directives.pth``."""
    gate = f"import _directives_start; _directives_start.start(); {PROBE}"
    assert shop.output("-S", "-c", gate, PYTHONPATH=str(REPOSITORY)) == ["False"]
    # -S: no .pth file is read, so the gate alone turns the hook on.
    site = ":".join([str(REPOSITORY), *shop.output("-c", "import sys; print(*sys.path, sep=':')")])
    assert shop.output("-S", "-X", "directives", "-c", gate, PYTHONPATH=site) == ["True"]


def test_a_wrong_option_ends_python_with_one_line(shop: Workspace) -> None:
    """No traceback, nothing runs, status 2."""
    finished = shop.run("-X", "directives=clent", "-c", "print('ran')", status=2)
    assert finished.stdout == ""
    assert finished.stderr == (
        "directives: -X directives: there is no option 'clent'; the options are server, client, trace, "
        "separated by commas\n"
    )


def test_a_wrong_setting_ends_python_with_one_line(shop: Workspace) -> None:
    """A setting that is wrong is not ignored, and its place is named."""
    shop.write("pyproject.toml", "[tool.directives]\npackges = ['shop']\n")
    finished = shop.run("-X", "directives", "-c", "print('ran')", status=2)
    assert finished.stdout == ""
    assert finished.stderr.count("\n") == 1
    assert "pyproject.toml: there is no setting 'packges'; did you mean 'packages'?" in finished.stderr


def test_what_nobody_thought_of_ends_python_too(shop: Workspace) -> None:
    """Whatever goes wrong on the way: a program whose directives are ignored is never run."""
    code = "import os, subprocess, sys; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone');"
    code += "sys.exit(subprocess.call([sys.executable, '-X', 'directives', '-c', 'print(1)']))"
    finished = shop.run("-c", code, status=2)
    assert finished.stdout == ""
    assert finished.stderr == (
        "directives: the import hook cannot be turned on: FileNotFoundError: [Errno 2] No such file or directory\n"
    )


def test_the_client_half(shop: Workspace) -> None:
    """``-X directives=client`` loads stubs: nothing that the server half imports is imported."""
    probe = "import shop.actions, inspect; print(inspect.signature(shop.actions.place_order))"
    shop.write(
        "shop/actions.py",
        "'use server'\nimport no_such_module\n\nasync def place_order(sku: str) -> str: ...\n",
    )
    assert shop.output("-X", "directives=client", "-c", probe) == ["(sku: str) -> str"]
