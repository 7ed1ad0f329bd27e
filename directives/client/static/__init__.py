"""The JavaScript that pages run."""

from __future__ import annotations

from importlib.resources import files


def script(name: str) -> bytes:
    """A script as it is sent to browsers.

    Args:
        name: The name of its file.
    """
    return files(__name__).joinpath(name).read_bytes()
