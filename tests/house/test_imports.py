from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {
    "asttokens",
    "blake3",
    "cbor2",
    "click",
    "cryptography",
    "executing",
    "httpx",
    "pydantic",
    "rich",
    "werkzeug",
}
PRINT_MODULES = "import sys; print(*sys.modules)"


def modules_after(*arguments: str) -> set[str]:
    """The names in sys.modules of a new process."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.slow
def test_rooms_import_one_way_only():
    """import-linter finds no import against the way of the data."""
    lint_imports = Path(sysconfig.get_path("scripts"), "lint-imports")
    done = subprocess.run(
        [lint_imports, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


def test_importing_the_package_imports_no_dependency():
    """``import directives`` is cheap: no third-party module comes along."""
    assert not HEAVY & modules_after("-c", f"import directives; {PRINT_MODULES}")


def test_turning_the_hook_on_imports_no_dependency():
    """Start-up with the hook on is cheap too: dependencies are imported when a directive needs them."""
    modules = modules_after("-X", "directives", "-c", PRINT_MODULES)
    assert "directives.hook" in modules
    assert not HEAVY & modules


def test_nothing_of_the_package_is_imported_unless_asked():
    """An installed package that nobody asked for leaves only its gate line behind."""
    modules = modules_after("-c", PRINT_MODULES)
    assert not {name for name in modules if name.split(".")[0] in {"directives", "_directives_start"}}
