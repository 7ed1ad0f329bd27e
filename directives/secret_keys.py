"""Where the secret keys come from."""

from __future__ import annotations

import contextlib
import os
import secrets
import warnings
from pathlib import Path

from directives.errors import SecretKeyWarning
from directives.errors import SettingsError
from directives.settings import Settings

KEY_FILE = Path(".directives", "secret_keys")
MINIMUM_LENGTH = 16


def load_secret_keys(settings: Settings) -> tuple[bytes, ...]:
    """The secret keys of this process, newest first: the first seals, all open.

    They come from the setting ``secret_keys``. Without it one key is made and kept in
    ``.directives/secret_keys`` below the project's root, readable by its owner alone.

    Raises:
        SettingsError: A key is too short, or the kept file cannot be used.

    Warns:
        SecretKeyWarning: A key was made; several machines need a shared one.
    """
    if settings.secret_keys:
        return _checked(settings.secret_keys, "setting 'secret_keys'")
    path = settings.root / KEY_FILE
    kept = _read(path)
    return kept if kept is not None else _make(path)


def _checked(texts: tuple[str, ...], source: str) -> tuple[bytes, ...]:
    if not texts or any(len(text) < MINIMUM_LENGTH for text in texts):
        raise SettingsError(
            "secret_keys",
            f"{source}: each secret key needs at least {MINIMUM_LENGTH} characters; "
            "make one with: python -c 'import secrets; print(secrets.token_urlsafe(32))'",
        )
    return tuple(text.encode() for text in texts)


def _read(path: Path) -> tuple[bytes, ...] | None:
    try:
        written = path.read_text()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("secret_keys", f"{path} cannot be read: {type(error).__name__}") from None
    return _checked(tuple(written.split()), str(path))


def _make(path: Path) -> tuple[bytes, ...]:
    """Keep a new key, or take the one that another process kept at the same moment."""
    key = secrets.token_urlsafe(32)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _keep_out_of_git(path.parent)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w") as file:
            file.write(key + "\n")
        try:
            os.link(temporary, path)  # unlike a rename it never replaces another process's key
        except FileExistsError:
            kept = _read(path)
            if kept is not None:
                return kept
        finally:
            temporary.unlink()
    except OSError as error:
        raise SettingsError(
            "secret_keys",
            f"no secret key is set and none can be kept in {path} ({type(error).__name__}); "
            "set DIRECTIVES_SECRET_KEYS",
        ) from None
    warnings.warn(
        f"made a secret key and kept it in {path}; several machines need a shared one: set DIRECTIVES_SECRET_KEYS",
        SecretKeyWarning,
        stacklevel=3,
    )
    return (key.encode(),)


def _keep_out_of_git(folder: Path) -> None:
    """A key in a repository is a key of everybody; who wants the folder there can change this file."""
    with contextlib.suppress(FileExistsError), open(folder / ".gitignore", "x") as file:
        file.write("*\n")
