"""The corpus of hostile bodies: each is refused, nothing runs, and the next call is answered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.security.bodies import BUY
from tests.security.bodies import CORPUS
from tests.security.bodies import ECHO
from tests.security.bodies import ORDER
from tests.security.bodies import SAVE
from tests.security.bodies import SELL
from tests.security.bodies import URLENCODED
from tests.security.bodies import bodies
from tests.security.bodies import cooked
from tests.security.server import Server
from tests.security.server import request

TOOLS = Path(__file__).parents[2] / "tools" / "fuzz"


@pytest.mark.parametrize("kind", ["cbor", "json", "form", "multipart", "upload", "url", "http"])
def test_hostile_bodies_are_refused(server: Server, kind: str) -> None:
    """A 4xx, no error in the log, nothing of the user's ran, bounded time, and the next good call is answered."""
    found = {str(body): server.attack(body.request())[1] for body in bodies(kind, huge=False)}
    assert found
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.slow
def test_the_whole_corpus_costs_little_memory() -> None:
    """The same with the huge bodies, in a process of its own: its memory grows by less than 64 MiB."""
    done = subprocess.run(
        [sys.executable, TOOLS / "replay_corpus.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_corpus_aims_at_the_functions_there_are(server: Server) -> None:
    """Its IDs are those of the server, so that nothing is refused only because its function does not exist."""
    names = {"order": ORDER, "echo": ECHO, "save": SAVE, "buy": BUY, "sell": SELL}
    assert {name: server.function_id(name) for name in names} == names
    sys.path.insert(0, str(TOOLS))
    try:
        import http_bodies
    finally:
        sys.path.remove(str(TOOLS))
    good = server.send(request(f"/page?_directives={BUY}.{http_bodies.SEALED}", b"a=1", URLENCODED))
    assert (good.status, good.ran) == (303, ("buy",))


def test_the_corpus_is_what_its_generator_makes(tmp_path: Path) -> None:
    """At least 500 files, less than a mebibyte, the same byte for byte each time they are made."""
    subprocess.run(
        [sys.executable, TOOLS / "make_corpus.py", tmp_path / "made"], check=True, capture_output=True
    )
    made = {file.name: file.read_bytes() for file in (tmp_path / "made").iterdir()}
    assert made == {file.name: file.read_bytes() for file in CORPUS.iterdir()}
    assert len(made) >= 500
    assert sum(map(len, made.values())) < 1 << 20


def test_recipes() -> None:
    """A recipe repeats bytes, counts them up as a number or counts up the digits in them."""
    assert cooked("2 81\n1 00") == b"\x81\x81\x00"
    assert cooked("3 ff00 1") == b"\xff\x00\xff\x01\xff\x02"
    assert cooked(f"2 {b'k000000'.hex()} digits") == b"k000000k000001"
