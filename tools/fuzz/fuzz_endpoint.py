#!/usr/bin/env python3
"""Fuzz the whole middleware: an input is a request as it stands on a connection.

    python3 tools/fuzz/fuzz_endpoint.py [--seconds 60] [--plain] [--findings FOLDER]

Whatever comes in, the answer is none of the server's faults (5xx), is not late, and logs no error.
"""

from __future__ import annotations

import importlib
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import driver
from words import WORDS

with driver.instrumented():
    # What the endpoint imports when it needs it.
    for name in ("functions.validation", "manifest.build", "wire.sealing", "wire.trusted"):
        importlib.import_module(f"directives.{name}")
    from directives.forms import action_state
    from tests.security.server import Server
    from tests.security.server import request
    from tests.security.server import serving
from tests.security.bodies import BUY
from tests.security.bodies import CONTENT_TYPES
from tests.security.bodies import ECHO
from tests.security.bodies import ORDER
from tests.security.bodies import SAVE
from tests.security.bodies import SELL
from tests.security.bodies import URLENCODED
from tests.security.bodies import bodies

HEADERS: Final = (
    b"Origin: ", b"Sec-Fetch-Site: ", b"Accept: application/cbor", b"Content-Length: ", b"Transfer-Encoding: chunked",
    b"Content-Type: multipart/form-data; boundary=", b"X-Directives-Timeout: ", b"Idempotency-Key: ", b"\r\n\r\n", b"POST /_directives/", b"?_directives=",
)  # fmt: skip
MESSAGE: Final = (
    b'--hostile\r\nContent-Disposition: form-data; name="call"\r\nContent-Type: application/json\r\n\r\n'
    b'{"args":[{"$":["form",[["b",{"$":["file","a"]}]]]}]}\r\n'
)
FILE: Final = (
    b'--hostile\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n1\r\n--hostile--\r\n'
)


def target(server: Server, data: bytes) -> None:
    """Answer a request; raise if it was harmed by it."""
    faults = server.send(data).faults()
    if faults:
        raise driver.Finding("; ".join(faults))


def seeds(server: Server) -> list[bytes]:
    """The corpus, and a good request of each kind."""
    good = [
        request(f"/_directives/{ECHO}", b'{"args":[{"a":[1,null,"x"]}]}', CONTENT_TYPES["json"]),
        request(
            f"/_directives/{ECHO}",
            b"\xa1\x64args\x81\xd8\x1b\x82\x65tuple\x82\x01\xf6",
            CONTENT_TYPES["cbor"],
        ),
        request(f"/page?_directives={SAVE}", b"a=1&b=%C3%A9", URLENCODED),
        request(f"/page?_directives={SAVE}~k", b"a=1", URLENCODED),
        request(f"/page?_directives={SAVE}..x", b"a=1", URLENCODED, "X-Directives-Page: 1"),
        request(f"/page?_directives={SAVE}", b"a=1&_directives.%s=x.y" % SAVE.encode(), URLENCODED),
        request(
            f"/_directives/{ECHO}",
            b"{}",
            CONTENT_TYPES["json"],
            'Idempotency-Key: "k"',
            "X-Directives-Timeout: 99",
        ),
        request(f"/page{server.module.page('tea')}", b"a=1", URLENCODED),
        request(f"/page{action_state(server.module.save, {'a': 1}, 'k')[1]}", b"a=1", URLENCODED),
        request(
            f"/page?_directives={SAVE}",
            b'--hostile\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n1\r\n--hostile--\r\n',
            CONTENT_TYPES["multipart"],
        ),
        request(f"/_directives/{ECHO}", MESSAGE + FILE, CONTENT_TYPES["upload"]),
    ]
    return [*good, *(body.request() for body in bodies(huge=False))]


if __name__ == "__main__":
    with TemporaryDirectory() as folder, serving(Path(folder)) as server:
        ids = [known.encode() for known in (BUY, ECHO, ORDER, SAVE, SELL)]
        words = [*HEADERS, *ids, *(word.encode() for word in WORDS.values())]
        sys.exit(driver.main(partial(target, server), seeds(server), words))
