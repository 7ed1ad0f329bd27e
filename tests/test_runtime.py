"""The runtime: settings, keys and records of one process."""

from __future__ import annotations

from pathlib import Path

import pytest

from directives.compiler import Role
from directives.errors import DirectivesError
from directives.errors import ManifestError
from directives.errors import SecretKeyWarning
from directives.errors import SettingsError
from directives.manifest import DEFAULT_PATH
from directives.runtime import Runtime
from directives.settings import Settings

ACTION = "async def act():\n    'use server'\n"


def runtime_at(root: Path) -> Runtime:
    runtime = Runtime()
    runtime.activate(Settings(root), Role.SERVER)
    return runtime


def test_a_wrong_setting_changes_nothing(tmp_path: Path) -> None:
    """All or none of what configure() is given."""
    runtime = runtime_at(tmp_path)
    with pytest.raises(SettingsError, match="endpiont"):
        runtime.configure(debug=True, endpiont="/x")
    assert runtime.settings.debug is False


def test_records_are_computed_once(tmp_path: Path) -> None:
    """From the sources where nothing was built; a project without functions is looked through once as well."""
    runtime = runtime_at(tmp_path)
    assert runtime.manifest_records() == {}
    (tmp_path / "shop.py").write_text(ACTION)
    assert runtime.manifest_records() == {}
    runtime.configure(debug=True)
    assert [record.qualname for record in runtime.manifest_records().values()] == ["act"]


def test_a_broken_file_does_not_stand_in_the_way(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The functions of the others are found; the log says what is wrong with it."""
    (tmp_path / "good.py").write_text(ACTION)
    (tmp_path / "bad.py").write_text("def act():\n    'use server'\n")
    (tmp_path / "worse.py").write_text("'use server'\ndef (")
    runtime = runtime_at(tmp_path)
    assert {record.module for record in runtime.manifest_records().values()} == {"good"}
    assert "sync-server-function" in caplog.text
    assert "syntax-error" in caplog.text


def test_an_unusable_manifest_is_read_once(tmp_path: Path) -> None:
    """Whoever sends wrong IDs cannot make the server read it again and again."""
    path = tmp_path / DEFAULT_PATH
    path.parent.mkdir()
    path.write_bytes(b"no manifest")
    runtime = runtime_at(tmp_path)
    with pytest.raises(ManifestError, match="directives build"):
        runtime.manifest_records()
    path.unlink()
    with pytest.raises(DirectivesError, match="directives build"):
        runtime.manifest_records()


def test_secret_keys_follow_the_settings(tmp_path: Path) -> None:
    """Set ones are used as they are; else one is made and kept."""
    runtime = runtime_at(tmp_path)
    with pytest.warns(SecretKeyWarning):
        made = runtime.secret_keys()
    assert runtime.secret_keys() is made
    runtime.configure(secret_keys=["one secret of sixteen"])
    assert runtime.secret_keys() == (b"one secret of sixteen",)
