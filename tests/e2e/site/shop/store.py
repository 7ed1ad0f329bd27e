"""What the site keeps, in its working directory, so that a server that is started again has it."""

from __future__ import annotations

import json
from pathlib import Path

FILE = Path("store.json")


def load():
    """All there is: a list of teas, and of what was called."""
    return json.loads(FILE.read_text()) if FILE.exists() else {"teas": [], "calls": []}


def save(**changes):
    """Change it."""
    whole = json.dumps(load() | changes)
    FILE.with_suffix(".new").write_text(whole)
    FILE.with_suffix(".new").replace(FILE)


def note(name):
    """Remember a call."""
    save(calls=[*load()["calls"], name])
