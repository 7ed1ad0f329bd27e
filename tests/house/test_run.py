from __future__ import annotations

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


def test_missing_venv_is_named(tools, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Where venv is missing and cannot be installed, one line says what to install."""
    _, environments = tools
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(environments.SetupError, match=r"^/usr/bin/false has no 'venv' .*python3\.99-venv.*$"):
        environments.prepare(environments.Interpreter((3, 99), "/usr/bin/false"), "demo")


def test_usage_error_exits_with_2():
    """An unknown action is misuse, told in one line."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "run.py", "dance"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "dance" in done.stderr
