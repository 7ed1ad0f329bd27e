"""Runs a fuzz target: with atheris, which follows coverage, or with plain mutations where it has no wheels."""

from __future__ import annotations

import argparse
import importlib
import random
import sys
import time
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from typing import Final

Target = Callable[[bytes], None]

MAX_SIZE: Final = 4096
MOST_AT_ONCE: Final = 6
REPEATED: Final = 70
INTERESTING: Final = (
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\r\n",
    b"%00",
    b"\xed\xa0\x80",
)


class Finding(Exception):
    """Something that no input may lead to."""


def atheris() -> Any:
    """The fuzzer, if this Python has it."""
    try:
        return importlib.import_module("atheris")
    except ImportError:
        return None


def instrumented() -> AbstractContextManager[Any]:
    """Within it, modules of the package are imported so that their coverage is followed."""
    fuzzer = atheris() if "--plain" not in sys.argv else None
    if fuzzer is None:
        return nullcontext()
    instrumenting: AbstractContextManager[Any] = fuzzer.instrument_imports(include=["directives"])
    return instrumenting


def main(target: Target, seeds: Sequence[bytes], words: Sequence[bytes]) -> int:
    """Run a target for as long as the command line says; returns the exit status.

    Args:
        target: Raises for an input that does harm.
        seeds: Inputs to begin with.
        words: What mutations put in.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--seconds", type=int, default=60, help="how long to run (default: 60)")
    parser.add_argument("--plain", action="store_true", help="mutate without following coverage")
    parser.add_argument(
        "--seed", type=int, default=None, help="for plain mutations: begin as an earlier run did"
    )
    parser.add_argument(
        "--findings", default="", metavar="FOLDER", help="where to keep an input that does harm"
    )
    options = parser.parse_args()
    findings = Path(options.findings)
    if atheris() is not None and not options.plain:
        return follow_coverage(target, seeds, words, options.seconds, findings)
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    return mutate(target, seeds, words, options.seconds, findings, seed)


def follow_coverage(
    target: Target, seeds: Sequence[bytes], words: Sequence[bytes], seconds: int, findings: Path
) -> int:
    """Run a target under libFuzzer, which prints what it does and ends the process itself."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "new").mkdir()
        (folder / "seeds").mkdir()
        for number, seed in enumerate(seeds):
            (folder / "seeds" / f"{number:05}").write_bytes(seed)
        (folder / "words").write_text("\n".join(quoted(word) for word in words) + "\n")
        fuzzer = atheris()
        fuzzer.Setup(
            [
                sys.argv[0],
                f"-max_total_time={seconds}",
                f"-max_len={MAX_SIZE}",
                f"-dict={folder / 'words'}",
                f"-artifact_prefix={findings}/",
                "-rss_limit_mb=1024",
                "-timeout=10",
                "-print_final_stats=1",
                str(folder / "new"),
                str(folder / "seeds"),
            ],
            target,
        )
        fuzzer.Fuzz()
    return 0


def quoted(word: bytes) -> str:
    """A word as libFuzzer's dictionaries have it."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in word[:60]) + '"'


def mutate(
    target: Target, seeds: Sequence[bytes], words: Sequence[bytes], seconds: float, findings: Path, seed: int
) -> int:
    """Run a target on the seeds and then on mutations of them; returns the exit status."""
    mutation = Mutation(random.Random(seed), seeds, words)
    end = time.monotonic() + seconds
    runs = 0
    while runs < len(seeds) or time.monotonic() < end:
        data = seeds[runs] if runs < len(seeds) else mutation.next()
        try:
            target(data)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is what was looked for
            file = findings / f"finding-{seed}-{runs}"
            file.write_bytes(data)
            print(f"{type(error).__name__}: {error}\nthe input is in {file}")
            return 1
        runs += 1
    print(f"Done {runs} runs of plain mutations in {seconds} seconds, seed {seed}")
    return 0


class Mutation:
    """Makes new inputs of old ones."""

    def __init__(self, chance: random.Random, seeds: Sequence[bytes], words: Sequence[bytes]) -> None:
        self._chance = chance
        self._seeds = seeds
        self._words = [*words, *INTERESTING]
        self._ways = (self._flip, self._cut, self._insert, self._repeat, self._splice)

    def next(self) -> bytes:
        """Another input."""
        data = self._chance.choice(self._seeds)[:MAX_SIZE]
        for _ in range(self._chance.randint(1, MOST_AT_ONCE)):
            data = self._chance.choice(self._ways)(data)
        return data[:MAX_SIZE]

    def _stretch(self, data: bytes) -> tuple[int, int]:
        start = self._chance.randint(0, len(data))
        return start, min(len(data), start + self._chance.choice((1, 1, 2, 4, 16, 64)))

    def _flip(self, data: bytes) -> bytes:
        if not data:
            return data
        at = self._chance.randrange(len(data))
        return data[:at] + bytes([data[at] ^ 1 << self._chance.randrange(8)]) + data[at + 1 :]

    def _cut(self, data: bytes) -> bytes:
        start, end = self._stretch(data)
        return data[:start] + data[end:]

    def _insert(self, data: bytes) -> bytes:
        start, end = self._stretch(data)
        word = self._chance.choice(self._words)
        return data[:start] + word + data[start if self._chance.random() < 0.5 else end :]

    def _repeat(self, data: bytes) -> bytes:
        start, end = self._stretch(data)
        return data[:end] + data[start:end] * self._chance.randint(1, REPEATED) + data[end:]

    def _splice(self, data: bytes) -> bytes:
        other = self._chance.choice(self._seeds)
        start, end = self._stretch(other)
        at = self._chance.randint(0, len(data))
        return data[:at] + other[start:end] + data[at:]
