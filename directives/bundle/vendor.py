"""Puts a Python for browsers into a project's own files, so that nothing is loaded from a foreign host."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from directives.bundle.runtimes import BrowserPython
from directives.errors import DirectivesError
from directives.manifest.model import write_atomically

STANDARD_LIBRARY = "python_stdlib.zip"
LOCK = "pyodide-lock.json"
REBUILD = """\
import { readFileSync, writeFileSync } from 'node:fs'
const [folder, program] = process.argv.slice(1)
const { loadPyodide } = await import(`file://${folder}/pyodide.mjs`)
const python = await loadPyodide({ indexURL: `${folder}/` })
python.FS.writeFile('/old.zip', readFileSync(`${folder}/python_stdlib.zip`))
python.runPython(readFileSync(program, 'utf8') + "\\ntrim('/old.zip', '/new.zip')\\n")
writeFileSync(`${folder}/new.zip`, python.FS.readFile('/new.zip'))
"""


def vendor(runtime: BrowserPython, folder: Path, archive: Path | None = None) -> Mapping[str, int]:
    """Write the files that a browser needs, each also packed (``.gz``) for servers that hand out such.

    Args:
        runtime: Which Python.
        folder: Where its own folder is made, ``pyodide-<version>``.
        archive: Its npm package, if that is here already; else the command ``npm`` fetches it.

    Returns:
        The files' names, with how many bytes each has when it is packed.

    Raises:
        DirectivesError: There is no ``npm``, or it fails; or the package is not the one that this release knows.
        OSError: A file cannot be read or written.
    """
    with tempfile.TemporaryDirectory() as temporary:
        package = archive or _fetch(runtime, Path(temporary))
        content = package.read_bytes()
        check_integrity(runtime, content, str(package))
        contents = _unpack(runtime, package)
    if LOCK in contents:
        contents[LOCK] = _own_packages_alone(contents[LOCK])
    if STANDARD_LIBRARY in contents:
        contents[STANDARD_LIBRARY] = _as_bytecode(contents)
    packed = {name: gzip.compress(data, 9, mtime=0) for name, data in contents.items()}
    for name, data in contents.items():
        write_atomically(folder / runtime.folder / name, data)
        write_atomically(folder / runtime.folder / f"{name}.gz", packed[name])
    return {name: len(data) for name, data in packed.items()}


def check_integrity(runtime: BrowserPython, content: bytes, place: str) -> None:
    """Compare a package with what this release was tested with.

    Raises:
        DirectivesError: It is another one, or was changed.
    """
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    if f"sha512-{digest}" != runtime.integrity:
        raise DirectivesError(
            f"{place} is not {runtime.package} {runtime.version} as it was published: its SHA-512 differs from the one in "
            "directives.bundle.runtimes; nothing was written"
        )


def _fetch(runtime: BrowserPython, folder: Path) -> Path:
    npm = shutil.which("npm")
    what = f"{runtime.package}@{runtime.version}"
    if npm is None:
        raise DirectivesError(
            f"there is no `npm` here to fetch {what}: install it, or run `npm pack {what}` elsewhere and give the file "
            "with --from"
        )
    command = [npm, "pack", what, "--pack-destination", str(folder), "--ignore-scripts", "--silent"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    found = sorted(folder.glob("*.tgz"))
    if done.returncode or len(found) != 1:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise DirectivesError(f"`npm pack {what}` failed: {last}")
    return found[0]


def _unpack(runtime: BrowserPython, package: Path) -> dict[str, bytes]:
    """The files of a package whose bytes are known: nothing in it has to be feared."""
    contents = {}
    with tarfile.open(package, "r:gz") as archive:
        for name in runtime.files:
            member = archive.extractfile(f"package/{name}")
            assert member is not None, name
            contents[name] = member.read()
    return contents


def _own_packages_alone(lock: bytes) -> bytes:
    """The list of packages without those that lie on a foreign host."""
    listed = json.loads(lock)
    return json.dumps({**listed, "packages": {}}, separators=(",", ":")).encode()


def _as_bytecode(contents: Mapping[str, bytes]) -> bytes:
    """The standard library, compiled by the very Python that will read it; as it came where there is no ``node``."""
    node = shutil.which("node")
    if node is None:
        return contents[STANDARD_LIBRARY]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, data in contents.items():
            (folder / name).write_bytes(data)
        program = folder / "trim.py"
        program.write_bytes(files("directives.bundle").joinpath("trim.py").read_bytes())
        command = [node, "--input-type=module", "-e", REBUILD, str(folder), str(program)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DirectivesError(f"the standard library could not be compiled: {done.stderr.strip()[-400:]}")
        return (folder / "new.zip").read_bytes()
