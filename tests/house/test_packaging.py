from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
START_FILES = ("directives.pth", "directives.start")
LOADED = "import sys; print('directives.hook' in sys.modules)"


class Distributions(NamedTuple):
    """What is built once for all tests of this file."""

    project: Path
    sdist: Path
    wheel: Path


def run(*command: str | Path) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """A copy of the project, its sdist, and the wheel made from that sdist."""
    project = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "directives", project / "directives", ignore=shutil.ignore_patterns("__pycache__"))
    for name in (
        "pyproject.toml",
        "setup.py",
        "setup.cfg",
        "README.md",
        "LICENSE",
        "_directives_start.py",
        *START_FILES,
    ):
        shutil.copy(ROOT / name, project)
    target = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--installer", "uv", "--outdir", target, project)
    return Distributions(project, next(target.glob("*.tar.gz")), next(target.glob("*.whl")))


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """The Python of an empty environment."""
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv")
    return tmp_path / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def install_command(installer: str, python: Path) -> list[str | Path]:
    if installer == "pip":
        return [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps"]
    return [sys.executable, "-m", "uv", "pip", "install", "-q", "--no-deps", "--python", python]


def test_wheel_and_sdist_hold_the_same_package(built: Distributions):
    """Both carry the start files, the gate module, the licence and each file of the package; neither the tests."""
    in_wheel = set(ZipFile(built.wheel).namelist())
    with tarfile.open(built.sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    package = {
        path.relative_to(built.project).as_posix()
        for path in (built.project / "directives").rglob("*")
        if path.is_file()
    }
    assert "directives/py.typed" in package
    assert {*START_FILES, "_directives_start.py", *package} <= in_wheel & in_sdist
    assert any(name.endswith("licenses/LICENSE") for name in in_wheel)
    assert not [name for name in in_wheel if name.startswith(("tests", "tools", "docs"))]


@pytest.mark.parametrize("editable", [False, True], ids=["wheel", "editable"])
@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_installed_package_starts_when_asked(
    built: Distributions, venv: Path, installer: str, editable: bool
):
    """However it is installed, ``-X directives`` and ``PYTHONDIRECTIVES`` turn the hook on, and nothing else does."""
    what = ["--editable", built.project] if editable else [built.wheel]
    run(*install_command(installer, venv), *what)
    purelib = Path(run(venv, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    assert all((purelib / name).is_file() for name in START_FILES)
    assert run(venv, "-c", "import _directives_start; print(callable(_directives_start.start))") == "True\n"
    assert run(venv, "-c", LOADED) == "False\n"
    assert run(venv, "-X", "directives", "-c", LOADED) == "True\n"


def test_uninstalling_leaves_nothing_behind(built: Distributions, venv: Path):
    """The start files are recorded, so they go with the package: a left-over .pth would break every start."""
    run(*install_command("pip", venv), "--editable", built.project)
    run(sys.executable, "-m", "pip", "--python", venv, "uninstall", "-q", "-y", "directives")
    assert not [path.name for path in venv.parents[1].rglob("*directives*")]
