#!/usr/bin/env python3
"""Write the corpus of hostile bodies anew: the same files every time, so that a difference is a change of mind.

python3 tools/fuzz/make_corpus.py [FOLDER]
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import cbor_bodies
import http_bodies
import json_bodies
import upload_bodies

FOLDER: Final = Path(__file__).resolve().parents[2] / "tests" / "security" / "corpus"
BODIES: Final[dict[str, Callable[[], Iterable[tuple[str, bytes]]]]] = {
    "cbor": cbor_bodies.bodies,
    "json": json_bodies.bodies,
    "form": http_bodies.forms,
    "multipart": http_bodies.multiparts,
    "upload": upload_bodies.bodies,
    "url": http_bodies.urls,
    "http": http_bodies.requests,
}
RECIPES: Final[dict[str, Callable[[], Iterable[tuple[str, str]]]]] = {
    "cbor": cbor_bodies.recipes,
    "json": json_bodies.recipes,
    "form": http_bodies.form_recipes,
    "multipart": http_bodies.multipart_recipes,
    "upload": upload_bodies.recipes,
}


def main(arguments: list[str]) -> int:
    """Write the corpus; returns the exit status."""
    folder = Path(arguments[0]) if arguments else FOLDER
    files = corpus()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    print(f"{len(files)} files, {sum(map(len, files.values()))} bytes")
    return 0


def corpus() -> dict[str, bytes]:
    """Every file by its name."""
    named = [(f"{name}.{kind}", data) for kind, made in BODIES.items() for name, data in made()]
    named += [
        (f"{name}.{kind}.recipe", text.encode() + b"\n")
        for kind, made in RECIPES.items()
        for name, text in made()
    ]
    files = dict(named)
    assert len(files) == len(named), "two bodies have one name"
    return files


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
