"""The manifest as a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cbor2
import pytest

from directives.compiler.model import Capture
from directives.compiler.model import FunctionRecord
from directives.compiler.model import Parameter
from directives.errors import DuplicateFunctionError
from directives.errors import ManifestError
from directives.manifest import MANIFEST_VERSION
from directives.manifest import Manifest
from directives.manifest import from_records

RECORD = FunctionRecord(
    id="a" * 40,
    module="shop.actions",
    qualname="page.<locals>.buy",
    directive="use server",
    file="shop/actions.py",
    line=12,
    first_line=11,
    parameters=(Parameter("form", "any", "FormData"), Parameter("count", "keyword", "int", True)),
    returns="dict[str, int]",
    captures=(Capture("product_id"), Capture("db", ".", "db")),
    nested=True,
    flavor="coroutine",
    wrapper_line=13,
)
OTHER = replace(RECORD, id="b" * 40, qualname="cancel", line=3)


def written(path: Path, **changes: object) -> Path:
    """A manifest file whose content was changed after it was written."""
    from_records("build-1", [RECORD, OTHER]).save(path)
    path.write_bytes(cbor2.dumps(cbor2.loads(path.read_bytes()) | changes))
    return path


def functions(**changes: object) -> list[dict[str, object]]:
    """The content of the key ``functions``, with fields of one function changed."""
    import dataclasses

    return [dataclasses.asdict(RECORD) | changes]


def test_a_saved_manifest_loads_as_it_was(tmp_path: Path) -> None:
    """Every field of every record survives the file."""
    manifest = from_records("build-1", [RECORD, OTHER])
    manifest.save(tmp_path / "deep" / "manifest.cbor")
    assert Manifest.load(tmp_path / "deep" / "manifest.cbor") == manifest


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    """The order in which records arrive does not reach the file."""
    from_records("build-1", [RECORD, OTHER]).save(tmp_path / "one")
    from_records("build-1", [OTHER, RECORD]).save(tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_missing_file_is_an_error_that_says_what_to_run(tmp_path: Path) -> None:
    """The message names the file and the command that makes it."""
    with pytest.raises(ManifestError, match=r"no manifest .*nowhere\.cbor: run `python -m directives build`"):
        Manifest.load(tmp_path / "nowhere.cbor")


def test_a_folder_is_no_manifest(tmp_path: Path) -> None:
    """What cannot be read as a file is a ManifestError too."""
    with pytest.raises(ManifestError, match="cannot read"):
        Manifest.load(tmp_path)


def test_a_foreign_version_is_named(tmp_path: Path) -> None:
    """A file of another version says both versions and what to run."""
    path = written(tmp_path / "m", version=MANIFEST_VERSION + 1)
    with pytest.raises(
        ManifestError, match=f"version {MANIFEST_VERSION + 1}, .* reads version {MANIFEST_VERSION}"
    ):
        Manifest.load(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"build_id": None},
        {"build_id": 7},
        {"functions": {}},
        {"functions": [1]},
        {"functions": functions(line="12")},
        {"functions": functions(line=True)},
        {"functions": functions(nested=1)},
        {"functions": functions(returns=3)},
        {"functions": functions(captures=[{"name": "x"}])},
        {"functions": functions(parameters="form")},
        {"functions": functions(further=1)},
        {"functions": functions(id="../../etc/passwd")},
        {"functions": functions(module="os; import sys")},
        {"functions": functions() * 2},
        {"further": 1},
    ],
)
def test_a_wrong_field_is_an_error(tmp_path: Path, changes: dict[str, object]) -> None:
    """Each field is checked for its exact type and form; none is trusted."""
    path = written(tmp_path / "m", **changes)
    with pytest.raises(ManifestError, match=r"cannot use the manifest .* run"):
        Manifest.load(path)


def test_a_file_that_was_cut_is_an_error(tmp_path: Path) -> None:
    """No prefix of a manifest passes for a manifest, and neither does a longer file."""
    path = tmp_path / "m"
    from_records("build-1", [RECORD]).save(path)
    whole = path.read_bytes()
    for data in (
        *(whole[:length] for length in range(0, len(whole), 11)),
        whole + b"\x00",
        b"\xd8\x1c" + whole,
    ):
        path.write_bytes(data)
        with pytest.raises(ManifestError, match="run"):
            Manifest.load(path)


def test_deep_nesting_is_an_error(tmp_path: Path) -> None:
    """A file nested without end is refused like any other damage."""
    (tmp_path / "m").write_bytes(b"\x81" * 100_000)
    with pytest.raises(ManifestError, match="damaged"):
        Manifest.load(tmp_path / "m")


def test_duplicate_ids_name_both_places() -> None:
    """Two functions with one ID are an error that says where both are."""
    with pytest.raises(DuplicateFunctionError, match=r"actions\.py:12.*other\.py:12"):
        from_records("build-1", [RECORD, replace(RECORD, module="shop.other", file="shop/other.py")])


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    """When the content cannot be written, the old manifest stays and nothing lies beside it."""
    path = tmp_path / "m"
    from_records("build-1", [RECORD]).save(path)
    before = path.read_bytes()
    unwritable = Manifest("build-2", {RECORD.id: replace(RECORD, returns=object())})  # type: ignore[arg-type]
    with pytest.raises(cbor2.CBOREncodeError):
        unwritable.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_save_that_cannot_replace_cleans_up(tmp_path: Path) -> None:
    """A target that cannot be replaced is an error that names it; no temporary file stays."""
    (tmp_path / "m").mkdir()
    with pytest.raises(ManifestError, match="cannot write the manifest"):
        from_records("build-1", [RECORD]).save(tmp_path / "m")
    assert list(tmp_path.iterdir()) == [tmp_path / "m"]
