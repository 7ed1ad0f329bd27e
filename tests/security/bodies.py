"""The corpus: hostile bodies kept as files, and the requests that carry them.

The name of a file says the attack, its ending how it is sent:

``.cbor``, ``.json``
    the body of a call of ``order``
``.form``, ``.multipart``
    the body of a form for ``save``; the boundary is ``hostile``
``.upload``
    the body of a call of ``order`` with files; the boundary is ``hostile``
``.url``
    the target of a request whose body is in order
``.http``
    the whole request

``.recipe`` after any of these marks a body too large to keep. Each line of a recipe is a count, bytes in
hexadecimal, and perhaps how they change from one to the next: a hexadecimal number by which the bytes, read as
one big-endian number, grow, or ``digits`` if the text ``000000`` in them counts up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.security.server import request

CORPUS = Path(__file__).with_name("corpus")
RECIPE = ".recipe"

# IDs depend on names and signatures alone, so that the corpus can hold them.
ORDER = "f65cda18bd5d01098e3e63ad0204415f191be1c5"
ECHO = "7e56c8aee844fdc6127f8e267fb46803549660f2"
SAVE = "9b08e0d34a4a037c6b39a279a2fe1df3bc49e3ce"
BUY = "f105f75c25c79e9305f241a685062bb4e6a3e6b5"
SELL = "8c859af4bb7fa0909f34b060c7881caa8415d4ef"

URLENCODED = "application/x-www-form-urlencoded"
CONTENT_TYPES = {
    "cbor": "application/cbor",
    "json": "application/json",
    "form": URLENCODED,
    "multipart": "multipart/form-data; boundary=hostile",
    "upload": "multipart/form-data; boundary=hostile",
}

PROGRAMS = frozenset({"cbor", "json", "upload"})


@dataclass(frozen=True, slots=True)
class Body:
    """One file of the corpus.

    Attributes:
        name: What the attack is.
        kind: How it is sent.
        data: The bytes.
        is_huge: Whether it is kept as a recipe.
    """

    name: str
    kind: str
    data: bytes
    is_huge: bool = False

    def __str__(self) -> str:
        return f"{self.name}.{self.kind}"

    def request(self) -> bytes:
        """The request that carries it."""
        data = self.data
        if self.kind == "http":
            return data
        if self.kind == "url":
            program = data.startswith(b"/_directives")
            body, kind = (b'{"args":[]}', "application/json") if program else (b"a=1", URLENCODED)
            return request(data.decode("latin-1"), body, kind)
        target = f"/_directives/{ORDER}" if self.kind in PROGRAMS else f"/page?_directives={SAVE}"
        return request(target, data, CONTENT_TYPES[self.kind])


def bodies(*kinds: str, huge: bool = True) -> Iterator[Body]:
    """The corpus, in the order of the names; of some kinds only, or without what is huge."""
    for file in sorted(CORPUS.iterdir()):
        if (file.suffix == RECIPE and not huge) or (
            kinds and not {s[1:] for s in file.suffixes[-2:]} & {*kinds}
        ):
            continue
        if file.suffix == RECIPE:
            shown = file.with_suffix("")
            yield Body(shown.stem, shown.suffix[1:], cooked(file.read_text()), is_huge=True)
        else:
            yield Body(file.stem, file.suffix[1:], file.read_bytes())


def cooked(recipe: str) -> bytes:
    """The bytes that a recipe describes."""
    return b"".join(_repeated(*line.split()) for line in recipe.splitlines())


def _repeated(count: str, written: str, step: str = "0") -> bytes:
    data = bytes.fromhex(written)
    if step == "0":
        return data * int(count)
    if step == "digits":
        return b"".join(data.replace(b"000000", b"%06d" % number) for number in range(int(count)))
    first, size = int.from_bytes(data, "big"), len(data)
    return b"".join((first + number * int(step, 16)).to_bytes(size, "big") for number in range(int(count)))
