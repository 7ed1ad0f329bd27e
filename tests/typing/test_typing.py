from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parent / "sample"
MYPY = [sys.executable, "-m", "mypy"]
PYRIGHT = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable]


@pytest.mark.parametrize("file", sorted(SAMPLE.rglob("*.py")), ids=lambda file: file.name)
def test_sample_project_is_legal(file: Path):
    """The sample uses every directive without a finding."""
    from directives.compiler import compile_module
    from directives.compiler import render_diagnostics

    name = ".".join(file.relative_to(SAMPLE).with_suffix("").parts)
    module = compile_module(file.read_bytes(), name, str(file))
    assert not module.diagnostics, render_diagnostics(module.diagnostics)


def test_sample_project_uses_every_directive():
    """A directive that the sample lacks would go unchecked."""
    from directives.compiler import compile_module

    modules = [compile_module(file.read_bytes(), file.stem, str(file)) for file in SAMPLE.rglob("*.py")]
    used = {record.directive for module in modules for record in module.records}
    used |= {module.directive.text for module in modules if module.directive}
    assert used == {"use server", "use client", "use cache", "use cache: remote", "use cache: private"}


@pytest.mark.slow
@pytest.mark.parametrize("command", [[*MYPY, "."], PYRIGHT], ids=["mypy", "pyright"])
def test_user_functions_keep_their_signatures(command: list[str]):
    """A strict user project has no errors, the expected ones are found, and each function keeps its types."""
    done = subprocess.run(command, cwd=SAMPLE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
