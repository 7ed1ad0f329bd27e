"""Where secret keys come from, and who may read them."""

from __future__ import annotations

import stat
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from directives.errors import SecretKeyWarning
from directives.errors import SettingsError
from directives.secret_keys import load_secret_keys
from directives.settings import Settings


def test_set_keys_are_used_in_their_order(tmp_path: Path) -> None:
    """The setting wins and no file is made."""
    settings = Settings(tmp_path, secret_keys=("the newer of two keys", "the older of two keys"))
    assert load_secret_keys(settings) == (b"the newer of two keys", b"the older of two keys")
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    """The first call makes a key with a warning that does not tell it; later ones read it without one."""
    with pytest.warns(SecretKeyWarning, match="several machines need a shared one") as caught:
        first = load_secret_keys(Settings(tmp_path))
    assert first[0].decode() not in str(caught[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_secret_keys(Settings(tmp_path)) == first
    assert len(first[0]) >= 32


def test_the_kept_key_is_its_owners_alone(tmp_path: Path) -> None:
    """The file has mode 0600, and nothing else is left in its folder but what keeps Git away."""
    with pytest.warns(SecretKeyWarning):
        load_secret_keys(Settings(tmp_path))
    ignored, file = sorted((tmp_path / ".directives").iterdir())
    assert (ignored.name, file.name) == (".gitignore", "secret_keys")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_many_at_once_agree_on_one_key(tmp_path: Path) -> None:
    """Processes that start at the same moment all use the key that was kept."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecretKeyWarning)
        with ThreadPoolExecutor(8) as threads:
            keys = set(threads.map(lambda _: load_secret_keys(Settings(tmp_path)), range(16)))
    assert len(keys) == 1
    assert {file.name for file in (tmp_path / ".directives").iterdir()} == {".gitignore", "secret_keys"}


def test_a_key_is_not_committed_by_accident(tmp_path: Path) -> None:
    """Git ignores the folder of a key that was made; what the user wrote there stays."""
    folder = tmp_path / ".directives"
    with pytest.warns(SecretKeyWarning):
        load_secret_keys(Settings(tmp_path))
    assert (folder / ".gitignore").read_text() == "*\n"
    (folder / "secret_keys").unlink()
    (folder / ".gitignore").write_text("secret_keys\n")
    with pytest.warns(SecretKeyWarning):
        load_secret_keys(Settings(tmp_path))
    assert (folder / ".gitignore").read_text() == "secret_keys\n"


@pytest.mark.parametrize("written", ["", "short", "long enough for a key\nshort"])
def test_a_short_key_is_an_error_that_does_not_tell_it(tmp_path: Path, written: str) -> None:
    """A key of a few characters protects nothing; the error names the file and how to make one."""
    (tmp_path / ".directives").mkdir()
    (tmp_path / ".directives" / "secret_keys").write_text(written)
    with pytest.raises(SettingsError, match="secrets.token_urlsafe") as caught:
        load_secret_keys(Settings(tmp_path))
    assert "long enough" not in str(caught.value)
    with pytest.raises(SettingsError):
        load_secret_keys(Settings(tmp_path, secret_keys=("short",)))


def test_a_folder_that_takes_no_file_is_one_clear_error(tmp_path: Path) -> None:
    """The error says what to set instead."""
    (tmp_path / ".directives").write_text("a file where the folder should be")
    with pytest.raises(SettingsError, match="DIRECTIVES_SECRET_KEYS|cannot be read"):
        load_secret_keys(Settings(tmp_path))


def test_settings_never_show_keys(tmp_path: Path) -> None:
    """The settings' repr leaves them out."""
    assert "hunter2" not in repr(Settings(tmp_path, secret_keys=("hunter2 hunter2 hunter2",)))
