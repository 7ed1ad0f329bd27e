"""The Pythons for browsers: their packages are checked to the byte, and written where pages load them from."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import stat
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from directives.bundle import trim
from directives.bundle.runtimes import RUNTIMES
from directives.bundle.runtimes import BrowserPython
from directives.bundle.vendor import vendor
from directives.cli import main
from directives.errors import DirectivesError

FILES = {"micropython.mjs": b"export {}" * 100, "micropython.wasm": b"\0asm", "README.md": b"read me"}


def package(folder: Path, files: dict[str, bytes]) -> Path:
    """An npm package."""
    path = folder / "package.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def known(path: Path, name: str = "micropython") -> BrowserPython:
    """A runtime whose package is that file."""
    digest = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    return replace(RUNTIMES[name], integrity=f"sha512-{digest}")


def test_the_files_that_browsers_load_are_written(tmp_path: Path) -> None:
    """Each also packed, in a folder that is named by version; nothing else of the package."""
    path = package(tmp_path, FILES)
    sizes = vendor(known(path), tmp_path / "static", path)
    folder = tmp_path / "static" / "micropython-1.27.0"
    assert sorted(file.name for file in folder.iterdir()) == [
        "micropython.mjs",
        "micropython.mjs.gz",
        "micropython.wasm",
        "micropython.wasm.gz",
    ]
    for name, size in sizes.items():
        assert (folder / name).read_bytes() == FILES[name]
        packed = (folder / f"{name}.gz").read_bytes()
        assert (gzip.decompress(packed), len(packed)) == (FILES[name], size)


def test_another_package_is_refused(tmp_path: Path) -> None:
    """A changed byte, another version: nothing is written."""
    path = package(tmp_path, FILES)
    with pytest.raises(DirectivesError, match=r"not @micropython/\S+ 1\.27\.0 as it was published.*SHA-512"):
        vendor(RUNTIMES["micropython"], tmp_path / "static", path)
    assert not (tmp_path / "static").exists()


def test_npm_fetches_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name and exact version, running nothing of it; without npm, or when it fails, the error says what to do."""
    path = package(tmp_path, FILES)
    runtime = known(path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(DirectivesError, match=r"no `npm` here.*--from"):
        vendor(runtime, tmp_path / "static")
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f'#!/bin/sh\nPATH=/usr/bin:/bin\necho "$@" > {tmp_path}/said\ncp {path} "$4/p.tgz"\n')
    npm.chmod(npm.stat().st_mode | stat.S_IEXEC)
    vendor(runtime, tmp_path / "static")
    said = (tmp_path / "said").read_text().split()
    assert said[:3] == ["pack", f"{runtime.package}@{runtime.version}", "--pack-destination"]
    assert "--ignore-scripts" in said
    npm.write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    with pytest.raises(DirectivesError, match="failed: no network"):
        vendor(runtime, tmp_path / "static")


def test_without_node_the_standard_library_stays_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the list of packages on foreign hosts is empty."""
    monkeypatch.setenv("PATH", "")
    lock = json.dumps(
        {"info": {"abi": "x"}, "packages": {"numpy": {"file_name": "https://cdn.example/n.whl"}}}
    )
    files = dict.fromkeys(RUNTIMES["pyodide"].files, b"x") | {"pyodide-lock.json": lock.encode()}
    path = package(tmp_path, files)
    vendor(known(path, "pyodide"), tmp_path, path)
    folder = tmp_path / RUNTIMES["pyodide"].folder
    assert json.loads((folder / "pyodide-lock.json").read_bytes()) == {"info": {"abi": "x"}, "packages": {}}
    assert (folder / "python_stdlib.zip").read_bytes() == b"x"


def test_the_standard_library_is_bytecode_where_that_pays(tmp_path: Path) -> None:
    """What starts with a page is, the rest is source; tools, servers and odd encodings are left out."""
    names = [
        "json/__init__.py",
        "never_loaded.py",
        "pdb.py",
        "encodings/utf_8.py",
        "encodings/big5.py",
        "tkinter/x.py",
    ]
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as archive:
        for name in names:
            archive.writestr(name, "'''Doc.'''\nassert False\nvalue = 3\n")
    trim.trim(str(tmp_path / "old.zip"), str(tmp_path / "new.zip"))
    with zipfile.ZipFile(tmp_path / "new.zip") as archive:
        assert archive.namelist() == ["json/__init__.pyc", "never_loaded.py", "encodings/utf_8.pyc"]
        assert b"Doc." not in archive.read("json/__init__.pyc")


def test_the_command_finds_the_static_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one that there is; of several it asks which."""
    (tmp_path / "pyproject.toml").touch()
    path = package(tmp_path, FILES)
    monkeypatch.setattr("directives.cli.vendor.RUNTIMES", {"micropython": known(path)})
    monkeypatch.chdir(tmp_path)
    assert main(["vendor", "micropython", "--from", str(path)]) == 2
    assert "0 folders below" in capsys.readouterr().err
    (tmp_path / "shop/static").mkdir(parents=True)
    assert main(["vendor", "micropython", "--from", str(path)]) == 0
    assert (tmp_path / "shop/static/directives/micropython-1.27.0/micropython.wasm").exists()
    (tmp_path / "static").mkdir()
    assert main(["vendor", "micropython", "--from", str(path)]) == 2
    assert "--to" in capsys.readouterr().err
    assert main(["vendor", "micropython", "--from", str(path), "--to", "static"]) == 0
