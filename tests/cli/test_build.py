"""``directives build``."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from directives.cli import main
from directives.manifest import Manifest
from directives.manifest import from_project
from directives.settings import load_settings


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_build_writes_the_manifest_without_importing(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file holds every function; the project's modules are not run."""
    (shop / "shop/__init__.py").write_text("raise RuntimeError('imported')\n")
    assert main(["build"]) == 0
    manifest = Manifest.load(shop / ".directives/manifest.cbor")
    assert manifest.records == from_project(load_settings(shop)).records
    assert [record.qualname for record in manifest.records.values()] == [
        "place_order",
        "stock",
        "product_page.<locals>.buy",
    ]
    assert "3 functions" in capsys.readouterr().out


def test_two_builds_of_equal_sources_are_equal(shop: Path) -> None:
    """The manifest has no time, path or order of the machine in it; other sources are another build."""
    for name in ("one", "two"):
        assert main(["build", "--out", f"{name}.cbor"]) == 0
    (shop / "shop/pages.py").write_text((shop / "shop/pages.py").read_text() + "\n# changed\n")
    assert main(["build", "--out", "three.cbor"]) == 0
    one, two, three = (shop / f"{name}.cbor" for name in ("one", "two", "three"))
    assert one.read_bytes() == two.read_bytes()
    assert Manifest.load(one).records == Manifest.load(three).records
    assert Manifest.load(one).build_id != Manifest.load(three).build_id


def test_a_client_package_in_the_project_is_no_source_of_it(shop: Path) -> None:
    """The stubs have the names of the modules they stand for: these are what a build and a fingerprint are of."""
    for name in ("one", "two"):
        assert main(["build", "--out", f"{name}.cbor", "--client", "a/client"]) == 0
    assert (shop / "one.cbor").read_bytes() == (shop / "two.cbor").read_bytes()


def test_the_setting_build_id_names_the_build(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a build is given a name, the manifest has it."""
    monkeypatch.setenv("DIRECTIVES_BUILD_ID", "release-7")
    assert main(["build"]) == 0
    assert Manifest.load(shop / ".directives/manifest.cbor").build_id == "release-7"


def test_errors_keep_what_was_built(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A project with errors is not built: the old manifest stays, no package is written."""
    assert main(["build"]) == 0
    before = contents(shop / ".directives")
    (shop / "shop/actions.py").write_text("'use server'\ndef f(): pass\n")
    capsys.readouterr()
    assert main(["build", "--client", "client"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "shop/actions.py:2:5: error[sync-server-function]" in err
    assert err.endswith("error: nothing was built\n")
    assert contents(shop / ".directives") == before
    assert not (shop / "client").exists()


def test_duplicate_ids_name_both_places(write, capsys: pytest.CaptureFixture[str]) -> None:
    """Two files of one module name with the same function are an error that names both."""
    action = "'use server'\nasync def f(): pass\n"
    write({"pyproject.toml": "", "a.py": action, "a/__init__.py": "\n" + action})
    assert main(["build"]) == 1
    err = capsys.readouterr().err
    assert "a.py:2" in err
    assert "a/__init__.py:3" in err
    assert err.count("\n") == 1


def test_client_package_has_stubs_and_no_server_source(shop: Path) -> None:
    """Only modules that begin with 'use server' are in it, without bodies, constants or defaults."""
    assert main(["build", "--client", "out/client"]) == 0
    files = contents(shop / "out/client")
    assert {name for name in files if not name.startswith("_directives/")} == {
        "README.md",
        "package.json",
        "pyproject.toml",
        "shop/__init__.py",
        "shop/actions.d.ts",
        "shop/actions.js",
        "shop/actions.py",
        "shop/actions.pyi",
        "shop/py.typed",
    }
    assert b"gold" not in b"".join(files.values())
    assert b"SECRET" not in b"".join(files.values())
    metadata = tomllib.loads(files["pyproject.toml"].decode())
    assert metadata["project"]["name"] == "corner-shop-client"
    assert metadata["project"]["version"] == "1.2.3"
    assert metadata["project"]["dependencies"] == ["directives[client]"]
    assert metadata["tool"]["setuptools"]["packages"] == ["shop"]


def test_client_package_of_top_level_and_package_modules(write) -> None:
    """A package that is itself a 'use server' module is importable too, and a module at the top as a package: it has types."""
    action = "'use server'\nasync def f(x: int) -> int: return x\n"
    root = write(
        {"pyproject.toml": "", "top.py": action, "deep/er/__init__.py": action, "deep/__init__.py": "x = 1\n"}
    )
    assert main(["build", "--client", "client"]) == 0
    metadata = tomllib.loads((root / "client/pyproject.toml").read_text())
    assert metadata["tool"]["setuptools"]["packages"] == ["deep", "deep.er", "top"]
    assert {"__init__.py", "__init__.pyi", "py.typed"} == {
        path.name for path in (root / "client/top").iterdir()
    }
    assert (root / "client/deep/__init__.py").read_text() == ""
    assert "async def f(x: int)" in (root / "client/deep/er/__init__.py").read_text()


def test_client_package_replaces_only_what_a_build_wrote(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An earlier package is replaced as a whole; a folder with other files is refused and untouched."""
    assert main(["build", "--client", "client"]) == 0
    (shop / "shop/actions.py").rename(shop / "shop/deeds.py")
    (shop / "shop/pages.py").unlink()
    assert main(["build", "--client", "client"]) == 0
    assert "shop/deeds.py" in contents(shop / "client")
    assert "shop/actions.py" not in contents(shop / "client")
    (shop / "notes").mkdir()
    (shop / "notes/mine.txt").write_text("mine")
    capsys.readouterr()
    assert main(["build", "--client", "notes"]) == 1
    assert "holds files that no build wrote" in capsys.readouterr().err
    assert contents(shop / "notes") == {"mine.txt": b"mine"}
    assert {path.name for path in shop.iterdir()} == {
        ".directives",
        "client",
        "notes",
        "pyproject.toml",
        "shop",
    }


def test_a_client_package_that_is_refused_leaves_the_project_as_it_was(shop: Path) -> None:
    """Neither the bundle nor the manifest is written."""
    assert main(["build"]) == 0
    before = contents(shop / ".directives")
    (shop / "shop/table.py").write_text("'use client'\ndef Table(): ...\n")
    (shop / "notes").mkdir()
    (shop / "notes/mine.txt").write_text("mine")
    assert main(["build", "--client", "notes"]) == 1
    assert contents(shop / ".directives") == before


def test_client_package_that_cannot_be_written_is_named(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error says what could not be written and why, and leaves nothing behind."""
    (shop / "notes").write_text("a file, not a folder")
    before = sorted(shop.rglob("*"))
    assert main(["build", "--client", "notes/client"]) == 1
    assert capsys.readouterr().err == "error: cannot write the client package notes/client: Not a directory\n"
    assert sorted(shop.rglob("*")) == before


def test_client_package_needs_something_to_call(write, capsys: pytest.CaptureFixture[str]) -> None:
    """A project without a 'use server' module has no client package."""
    write({"pyproject.toml": "", "plain.py": "x = 1\n"})
    assert main(["build", "--client", "client"]) == 1
    assert "clients have nothing to call" in capsys.readouterr().err


def test_a_build_knows_the_code_of_cached_functions(shop: Path) -> None:
    """Their fingerprints are in the manifest; a server function has none."""
    assert main(["build"]) == 0
    manifest = Manifest.load(shop / ".directives/manifest.cbor")
    cached = [record.id for record in manifest.records.values() if record.directive == "use cache"]
    assert list(manifest.fingerprints) == cached
