"""Environments in ``.venv-run/``: one for each Python, made when needed, with nothing but the standard library."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venv-run"
CACHE = "cache"
OLDEST = (3, 11)
INSTALLED_FROM = ("pyproject.toml", "setup.py", "directives.pth", "directives.start")
REDIS_SERVERS = ("redis-server", "valkey-server")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# As `pip config list` prints it; what only adds to the usual index is no such line.
INDEX_OF_PIP = re.compile(r"\.(index-url|no-index)=")
DESCRIBE = (
    "import platform, sys; v = sys.version_info;"
    "print(platform.python_implementation(), v.major, v.minor, v.releaselevel, sys.executable)"
)


class SetupError(Exception):
    """The machine lacks something; the message says what, and how to get it."""


class Interpreter(NamedTuple):
    """A CPython on this machine."""

    version: tuple[int, int]
    path: str

    @property
    def label(self) -> str:
        """``3.12``, to people and as a folder's name."""
        return ".".join(map(str, self.version))

    @property
    def home(self) -> Path:
        """The folder of its environment, made or not."""
        return FOLDER / self.label

    @property
    def scripts(self) -> Path:
        """The folder of the commands in its environment."""
        return self.home / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> str:
        """The Python in its environment."""
        return str(self.scripts / ("python.exe" if os.name == "nt" else "python"))


OWN = Interpreter(sys.version_info[:2], sys.executable)


def other_interpreters() -> list[Interpreter]:
    """The released CPythons of other versions, 3.11 or later, oldest first; one of each version."""
    found = {OWN.version: OWN}
    for path in _candidates():
        interpreter = _describe(path)
        if interpreter and interpreter.version >= OLDEST:
            found.setdefault(interpreter.version, interpreter)
    return sorted(interpreter for interpreter in found.values() if interpreter != OWN)


def _candidates() -> list[str]:
    """Paths of what may be a Python: pyenv's, newest first, then those on ``PATH``."""
    pyenv = Path.home() / ".pyenv" / "versions"
    named = [f"python3.{minor}" for minor in range(OLDEST[1], 30)]
    on_path = [path for name in named if (path := shutil.which(name))]
    return [str(path) for path in sorted(pyenv.glob("3.*/bin/python"), reverse=True)] + on_path


def _describe(path: str) -> Interpreter | None:
    """What a path turns out to be when run; pyenv's shims, for one, may refuse."""
    done = subprocess.run([path, "-c", DESCRIBE], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        return None
    implementation, major, minor, level, executable = done.stdout.decode().strip().split(" ", 4)
    if implementation != "CPython" or level != "final":
        return None
    return Interpreter((int(major), int(minor)), executable)


def is_ready(interpreter: Interpreter, extra: str) -> bool:
    """Whether the environment holds the package as it is described today, with the extra."""
    stamp = _stamp(interpreter, extra)
    return (
        Path(interpreter.python).exists()
        and stamp.exists()
        and stamp.read_text() == _fingerprint(interpreter)
    )


def prepare(interpreter: Interpreter, extra: str) -> None:
    """Make an environment, or bring it up to date, with the package and one extra.

    Raises:
        SetupError: The environment cannot be made, or pip fails; its output has been printed.
    """
    if not _is_whole(interpreter):
        _make(interpreter)
    _install(interpreter, extra)
    _stamp(interpreter, extra).write_text(_fingerprint(interpreter))


def _stamp(interpreter: Interpreter, extra: str) -> Path:
    return interpreter.home / f"{extra}.stamp"


def _fingerprint(interpreter: Interpreter) -> str:
    """Changes when an environment has to be installed anew."""
    digest = hashlib.sha256(os.path.realpath(interpreter.path).encode())
    for name in INSTALLED_FROM:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _is_whole(interpreter: Interpreter) -> bool:
    """An environment whose making was interrupted lacks pip."""
    return Path(interpreter.python).exists() and _succeeds(interpreter.python, "-m", "pip", "--version")


def _make(interpreter: Interpreter) -> None:
    if not _succeeds(interpreter.path, "-c", "import ensurepip, venv"):
        _add_venv(interpreter)
    command = [interpreter.path, "-m", "venv", "--clear", str(interpreter.home)]
    if subprocess.call(command, stdin=subprocess.DEVNULL):
        raise SetupError(f"{interpreter.path} could not make an environment in {interpreter.home}")


def _add_venv(interpreter: Interpreter) -> None:
    """Debian keeps ``venv`` in a package of its own."""
    _add_package(f"python{interpreter.label}-venv", f"{interpreter.path} has no 'venv' module")


def add_redis_server() -> None:
    """The tests of the store in Redis start a server of their own.

    Raises:
        SetupError: There is none, and it cannot be installed.
    """
    if not any(map(shutil.which, REDIS_SERVERS)):
        _add_package("redis-server", "this machine has no redis-server, which tests start")


def add_chromium() -> None:
    """The tests of the browser's side start one.

    Raises:
        SetupError: There is none, and it cannot be installed.
    """
    if not any(map(shutil.which, BROWSERS)):
        _add_package("chromium", "this machine has no Chromium, which tests start")


def add_npm() -> None:
    """The tests of components in Python fetch the browser's Pythons by it, and compile one's library with Node.

    Raises:
        SetupError: There is none, and it cannot be installed.
    """
    if not all(map(shutil.which, ("node", "npm"))):
        _add_package("npm", "this machine has no npm, by which tests fetch the Pythons of browsers")


def _add_package(package: str, lack: str) -> None:
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not is_root or shutil.which("apt-get") is None:
        raise SetupError(f"{lack}; install it (Debian: apt install {package}) and try again")
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", package]):
        if subprocess.call(command, env=environ, stdin=subprocess.DEVNULL):
            raise SetupError(f"'{shlex.join(command)}' failed; install {package} and try again")


def _install(interpreter: Interpreter, extra: str) -> None:
    target = f"{ROOT}[{extra}]"
    if _add_uv() and _succeeds(*_uv_install(interpreter, target)):
        return
    # What is imported is compiled then; the rest of it, most, takes half a minute.
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-compile"]
    done = subprocess.run(
        [interpreter.python, "-m", "pip", "install", *options, "--editable", target],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        sys.stdout.write(done.stdout.decode(errors="replace"))
        raise SetupError(f"pip could not install {target}; its output is above")


def _add_uv() -> bool:
    """Whether there is uv, which is quicker than pip, and nothing that it does not know: an index set for pip."""
    pip = [OWN.python, "-m", "pip"]
    if not _succeeds(*pip, "--version"):
        return False
    settings = subprocess.run([*pip, "config", "list"], capture_output=True, check=False).stdout
    if INDEX_OF_PIP.search(settings.decode(errors="replace")):
        return False
    return _succeeds(OWN.python, "-m", "uv", "--version") or _succeeds(*pip, "install", "uv")


def _uv_install(interpreter: Interpreter, target: str) -> list[str]:
    """All environments share one cache, beside them."""
    options = ["--cache-dir", str(FOLDER / CACHE), "--python", interpreter.python]
    return [OWN.python, "-m", "uv", "pip", "install", *options, "--editable", target]


def _succeeds(*command: str) -> bool:
    null = subprocess.DEVNULL
    try:
        return subprocess.call(command, stdin=null, stdout=null, stderr=null) == 0
    except OSError:
        return False
