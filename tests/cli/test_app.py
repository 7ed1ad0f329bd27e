"""What holds for every command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from directives.cli import main
from directives.cli.app import describe

COMMANDS = ["build", "cache", "call", "check", "demo", "manifest", "run", "show", "why"]


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """No arguments and --help print the commands and exit with 0."""
    assert main([]) == 0
    bare = capsys.readouterr().out
    assert main(["--help"]) == 0
    assert capsys.readouterr().out == bare
    assert all(f"\n  {name} " in bare for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The help of a command shows how it is typed."""
    assert main([name, "--help"]) == 0
    assert f"Example:\n      directives {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["chekc"], ["check", "--fromat=json"], ["check", "--format=xml"], ["show"], ["cache"]]
)
def test_misuse_is_one_line_and_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong command, option or value is explained on stderr in one line."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1


def test_what_the_system_refuses_is_said_in_words() -> None:
    """The file and the reason, not the name of an exception."""
    with pytest.raises(OSError, match="nowhere") as refused:
        Path("/nowhere/shop.py").read_text()
    assert describe(refused.value) == "/nowhere/shop.py: No such file or directory"


def test_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    """--version prints the installed version."""
    from importlib.metadata import version

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"directives {version('directives')}\n"


@pytest.mark.parametrize("position", ["before", "after"])
def test_traceback_shows_where_an_error_was_raised(
    position: str, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --traceback an error is not shortened, wherever the option stands."""
    from directives.errors import SettingsError

    (tmp_path / "pyproject.toml").write_text("[tool.directives]\nendpont = 1\n")
    monkeypatch.chdir(tmp_path)
    arguments = ["--traceback", "check"] if position == "before" else ["check", "--traceback"]
    with pytest.raises(SettingsError):
        main(arguments)


@pytest.mark.slow
def test_help_imports_no_command_and_no_room() -> None:
    """The help is quick: only click is imported for it."""
    code = (
        "import sys; from directives.cli import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert "click" in loaded
    assert not loaded & {"rich", "cbor2", "blake3", "httpx", "asttokens", "werkzeug", "directives.cli.check"}


@pytest.mark.slow
def test_a_closed_pipe_is_no_traceback(shop) -> None:
    """A reader that goes away, as `head` does, ends the command without noise."""
    (shop / "shop/many.py").write_text(
        "'use server'\n" + "".join(f"async def f{n}(): pass\n" for n in range(3000))
    )
    code = f"{sys.executable} -m directives manifest --json | head -n 1"
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, cwd=shop, check=False)
    assert (done.stdout, done.stderr) == ("[\n", "")
