"""Directives that come too late, or lie outside of the project, are reported."""

from __future__ import annotations

from pathlib import Path

from tests.hook.workspace import PROBE
from tests.hook.workspace import Workspace

WARNING = "ImportedBeforeActivationWarning: the directives of this file do nothing: "


def test_a_module_imported_before(shop: Workspace) -> None:
    """It is named with file, line and the ways to turn the hook on in time."""
    shop.write("shop/plain.py", "NAME = 'use server'\n")
    probe = f"import shop.plain, shop.actions, directives; directives.enable(); {PROBE}"
    finished = shop.run("-c", probe)
    assert finished.stdout == "False\n"
    advice = (
        "module 'shop.actions' was imported before the hook was on; start Python with `-X directives`, set "
        "PYTHONDIRECTIVES=1, or call directives.enable() before the first import of the project"
    )
    place = f"{shop.root}/shop/actions.py:2"
    assert finished.stderr.splitlines() == [f"{place}: {WARNING}{advice}", "  'use server'"]


def test_a_script_with_directives(workspace: Workspace) -> None:
    """Python never imports the script it runs: the warning says how to run it."""
    workspace.write("app.py", "\n'use server'\nprint('runs')\n")
    finished = workspace.run("-X", "directives", "app.py")
    assert finished.stdout == "runs\n"
    advice = "Python runs a script without importing it; start it with `python -m directives run app.py`"
    place = f"{workspace.root}/app.py:2"
    assert finished.stderr.splitlines() == [f"{place}: {WARNING}{advice}", "  'use server'"]


def test_a_script_that_turns_the_hook_on(workspace: Workspace) -> None:
    """A script that calls ``enable()`` has no directives itself, and is told so once."""
    workspace.write("app.py", "import directives\ndirectives.enable()\nasync def f():\n    'use server'\n")
    finished = workspace.run("app.py")
    assert finished.stderr.count("start it with `python -m directives run") == 1


def test_nothing_to_report(shop: Workspace) -> None:
    """A script without directives, and modules that came in time, are no news."""
    shop.write("app.py", f"{PROBE}\nimport directives; directives.enable()\n")
    finished = shop.run("-X", "directives", "app.py")
    assert (finished.stdout, finished.stderr) == ("True\n", "")


def test_where_warnings_are_errors(workspace: Workspace) -> None:
    """With ``-W error`` the program does not start."""
    workspace.write("app.py", "'use server'\n")
    finished = workspace.run("-W", "error", "-X", "directives", "app.py", status=2)
    assert finished.stderr.startswith("directives: the directives of this file do nothing")


def test_a_module_outside_of_the_project(workspace: Workspace, tmp_path_factory) -> None:
    """It runs as plain Python, and the warning says what makes its directives count."""
    other: Path = tmp_path_factory.mktemp("other")
    (other / "toys.py").write_text("'use server'\nasync def play(): ...\nprint('runs')\n")
    (other / "plain.py").write_text("NAME = 'use server'\n")
    finished = workspace.run("-X", "directives", "-c", "import plain, toys, toys", PYTHONPATH=str(other))
    assert finished.stdout == "runs\n"
    assert finished.stderr.splitlines() == [
        f"{other}/toys.py:1: OutsideProjectWarning: the directives of this file do nothing: module 'toys' lies outside of "
        f"the project in {workspace.root}; start Python in the folder of its project, or name it in the setting `packages`",
        "  'use server'",
    ]


def test_what_is_installed_or_excluded_is_no_news(workspace: Workspace, tmp_path_factory) -> None:
    """Nobody expects the directives of these to count."""
    other: Path = tmp_path_factory.mktemp("other")
    for folder in ("site-packages", "tools"):
        (other / folder).mkdir()
    (other / "site-packages" / "toys.py").write_text("'use server'\nasync def play(): ...\n")
    (other / "tools" / "games.py").write_text("'use server'\nasync def play(): ...\n")
    workspace.write("pyproject.toml", "[tool.directives]\nexclude = ['games']\n")
    places = f"{other / 'site-packages'}:{other / 'tools'}"
    finished = workspace.run("-X", "directives", "-c", "import toys, games", PYTHONPATH=places)
    assert finished.stderr == ""
