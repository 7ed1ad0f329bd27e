from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch):
    """The two modules behind ``tools/run.py``."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import environments
    import run

    return run, environments


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_every_step_runs_and_the_last_line_counts_them(tools, capfd: pytest.CaptureFixture[str]):
    """A failed step does not keep the next from running; the closing line sums up and the status tells."""
    run, _ = tools
    results = run.Results()
    results.run(run.Step("broken", python("raise SystemExit(3)")))
    results.run(run.Step("whole", python("print('ran')")))
    status = results.close()
    lines = capfd.readouterr().out.splitlines()
    assert status == 1
    assert "ran" in lines
    assert any(line.startswith("-- broken: FAILED with exit status 3, ") for line in lines)
    assert lines[-2:] == ["FAILED broken", "1 passed, 1 failed"]


def test_all_steps_passing_is_success(tools, capfd: pytest.CaptureFixture[str]):
    """The status is 0 only if nothing failed."""
    run, _ = tools
    results = run.Results()
    results.run(run.Step("whole", python("pass")))
    assert results.close() == 0
    assert capfd.readouterr().out.endswith("\n1 passed, 0 failed\n")


def test_arguments_reach_pytest(tools):
    """What ``test`` does not know is pytest's; ``--fast`` leaves out slow tests."""
    run, _ = tools
    step = run.checks(["-k", "hook"], fast=True)[-1]
    assert step.command[-4:] == ["-m", "not slow", "-k", "hook"]


def test_settings_of_the_caller_reach_no_step(tools, monkeypatch: pytest.MonkeyPatch):
    """Checks start from a blank slate, and secrets of the caller's shell stay there."""
    run, _ = tools
    monkeypatch.setenv("DIRECTIVES_SECRET_KEYS", "x")
    monkeypatch.setenv("PYTHONDIRECTIVES", "1")
    assert not [name for name in run.clean_environ() if "DIRECTIVES" in name]


def test_other_pythons_are_newer_than_the_oldest(tools):
    """Only released CPythons that the package supports are tried, each version once."""
    _, environments = tools
    versions = [interpreter.version for interpreter in environments.other_interpreters()]
    assert versions == sorted(set(versions))
    assert all(version >= (3, 11) and version != sys.version_info[:2] for version in versions)


def script(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def bare_machine(tools, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """A Python without venv, as Debian ships it, and an apt-get that brings it and writes down its arguments."""
    _, environments = tools
    working = script(tmp_path / "working", "exit 0\n")
    python = f"""
        if [ "$1" = -c ]; then test -e {tmp_path}/installed; exit; fi
        mkdir -p "$4/bin" && cp {working} "$4/bin/python"
    """
    apt_get = f'echo "$*" >> {tmp_path}/log; touch {tmp_path}/installed\n'
    script(tmp_path / "bin" / "apt-get", apt_get)
    monkeypatch.setattr(environments, "FOLDER", tmp_path / "environments")
    return environments.Interpreter((3, 99), script(tmp_path / "python3.99", python))


def test_missing_venv_is_installed(tools, bare_machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """On a Debian where we may, the package with venv is installed, and the environment is made with it."""
    _, environments = tools
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert not environments.is_ready(bare_machine, "demo")
    environments.prepare(bare_machine, "demo")
    assert (tmp_path / "log").read_text() == "update -q\ninstall -q -y python3.99-venv\n"
    assert environments.is_ready(bare_machine, "demo")


@pytest.mark.parametrize(("user", "path"), [(1000, "bin"), (0, "empty")], ids=["not root", "no apt-get"])
def test_missing_venv_is_named(
    tools, bare_machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, user: int, path: str
):
    """Where venv cannot be installed, one line says what to install."""
    _, environments = tools
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(os, "environ", {"PATH": str(tmp_path / path)})
    with pytest.raises(
        environments.SetupError, match=r"python3\.99 has no 'venv' .*apt install python3\.99-venv"
    ):
        environments.prepare(bare_machine, "demo")


@pytest.mark.parametrize(
    ("package", "other"), [("redis-server", "valkey-server"), ("chromium", "google-chrome")]
)
def test_missing_program_is_installed(
    tools, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, package: str, other: str
):
    """Where we may; one that is there is left alone."""
    _, environments = tools
    add = {"redis-server": environments.add_redis_server, "chromium": environments.add_chromium}[package]
    script(tmp_path / "bin" / "apt-get", f'echo "$*" >> {tmp_path}/log\n')
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "environ", {"PATH": str(tmp_path / "bin")})
    add()
    assert (tmp_path / "log").read_text() == f"update -q\ninstall -q -y {package}\n"
    script(tmp_path / "bin" / other, "exit 0\n")
    add()
    assert len((tmp_path / "log").read_text().splitlines()) == 2


def test_missing_program_is_a_failed_step(tools, monkeypatch: pytest.MonkeyPatch, capfd, tmp_path: Path):
    """Where it cannot be installed, one line says what to install, and the other steps still run."""
    run, _ = tools
    monkeypatch.setattr(os, "environ", {"PATH": str(tmp_path)})
    results = run.Results()
    results.set_up_programs()
    assert results.failed == ["set up redis-server", "set up chromium", "set up npm"]
    said = capfd.readouterr().out
    assert "apt install redis-server" in said
    assert "apt install chromium" in said


def test_environment_is_ready_for_what_it_was_made_for(tools, bare_machine, tmp_path: Path):
    """Another extra, or another Python of that version, asks for an installation."""
    _, environments = tools
    (tmp_path / "installed").touch()
    environments.prepare(bare_machine, "demo")
    assert environments.is_ready(bare_machine, "demo")
    assert not environments.is_ready(bare_machine, "dev")
    other = environments.Interpreter(bare_machine.version, str(tmp_path / "working"))
    assert not environments.is_ready(other, "demo")


@pytest.mark.parametrize(
    ("settings", "uv_works", "installers"),
    [
        ("", True, ["uv"]),
        ("global.extra-index-url='https://more.example/'", True, ["uv"]),
        ("global.index-url='https://ours.example/'", True, ["pip"]),
        (":env:.no-index='1'", True, ["pip"]),
        ("", False, ["uv", "pip"]),
    ],
)
def test_what_installs(
    tools,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    settings: str,
    uv_works: bool,
    installers: list[str],
):
    """uv, which is quick; pip where it has been told of another index, and where uv fails."""
    _, environments = tools
    working = script(
        tmp_path / "working",
        f"""echo "$2 $*" >> {tmp_path}/log
        case "$*" in
            *"config list"*) echo "{settings}";;
            *"uv pip install"*) {str(uv_works).lower()};;
        esac
        """,
    )
    python = script(tmp_path / "python", f'mkdir -p "$4/bin" && cp {working} "$4/bin/python"\n')
    monkeypatch.setattr(environments, "FOLDER", tmp_path / "environments")
    monkeypatch.setattr(environments, "OWN", environments.Interpreter((3, 99), python))
    (tmp_path / "environments/3.99/bin").mkdir(parents=True)
    environments.prepare(environments.OWN, "demo")
    log = (tmp_path / "log").read_text().splitlines()
    assert [line.split()[0] for line in log if "--editable" in line] == installers


def test_usage_error_exits_with_2():
    """An unknown action is misuse, told in one line."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "run.py", "dance"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "dance" in done.stderr
