"""Decoding 1 MiB off the network, against bare cbor2: `python tools/bench/bench_decode.py`.

The two decoders take turns over the same bytes in one run, so the ratio means something where the milliseconds do not.
The goal is for containers in containers. Below it: bodies of numbers and of letters beyond ASCII, whose bytes look like
those of containers, so that they are gone through one by one before anything is built.
"""

from __future__ import annotations

import functools
import random
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any
from typing import Final

import cbor2

from directives.wire.budget import Budget
from directives.wire.untrusted import decode_cbor

ROUNDS: Final = 9
SIZE: Final = 1 << 20
GOAL: Final = 2.0


def main() -> int:
    worst = 0.0
    for name, (item, nested) in bodies().items():
        body = filled(item)
        theirs, ours, ratio = compare(body)
        worst = max(worst, ratio) if nested else worst
        print(f"{name:<28}{theirs:8.2f} ms{ours:8.2f} ms{ratio:8.2f}x")
    print(f"{'worst of nested containers':<28}{worst:27.2f}x   (goal: at most {GOAL}x)")
    return 0 if worst <= GOAL else 1


def bodies() -> dict[str, tuple[Callable[[], Any], bool]]:
    """What each body is a list of, and whether the goal is for it."""
    dice = random.Random(7)
    return {
        "lists in lists": (lambda: [[[*range(10)], [*range(10)]], [*range(20)]], True),
        "dicts in dicts": (lambda: {"one": {"two": {"three": 1}}, "four": {"five": "six"}}, True),
        "deep": (lambda: functools.reduce(lambda inner, n: [inner, "text of it", n], range(40), None), True),
        "rows": (lambda: {"id": dice.randrange(1 << 20), "name": "tea", "tags": ["a", "b"], "price": dice.random()}, False),
        "rows of floats": (lambda: [dice.random() for _ in range(3)], False),
        "rows of other letters": (lambda: {"wort": ["ä" * 5, {"größe": "é"}]}, False),
        "floats": (dice.random, False),
        "numbers": (lambda: dice.randrange(1 << 40), False),
        "texts": (lambda: "x" * 100, False),
    }  # fmt: skip


def filled(item: Callable[[], Any]) -> bytes:
    """A list of items, 1 MiB of it."""
    items, size = [], 0
    while size < SIZE:
        items.append(item())
        size += len(cbor2.dumps(items[-1]))
    return cbor2.dumps(items)


def compare(body: bytes) -> tuple[float, float, float]:
    """Milliseconds of both, and the median of the rounds' ratios."""
    assert decode_cbor(body, Budget(bytes=len(body))) == cbor2.loads(body)
    theirs, ours = [], []
    for _ in range(ROUNDS):
        theirs.append(milliseconds(lambda: cbor2.loads(body)))
        ours.append(milliseconds(lambda: decode_cbor(body, Budget(bytes=len(body)))))
    ratio = median(our / their for our, their in zip(ours, theirs, strict=True))
    return median(theirs), median(ours), ratio


def milliseconds(work: Callable[[], Any]) -> float:
    start = perf_counter()
    work()
    return (perf_counter() - start) * 1000


if __name__ == "__main__":
    sys.exit(main())
