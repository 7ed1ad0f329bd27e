"""What the text of a string says: a directive, something that was meant to be one, or neither."""

from __future__ import annotations

import re

PLAIN = ("use server", "use client", "use cache")
CACHE_STORE = re.compile(r"use cache: ([a-zA-Z][a-zA-Z0-9_-]*)")
NO_LETTERS = re.compile(r"[^a-z0-9]+")
LONGEST_NEAR_MISS = 40

# What people who come from neighbouring frameworks write for the same thing.
SYNONYMS = {
    "useaction": "use server",
    "useactions": "use server",
    "useserveraction": "use server",
    "useserveractions": "use server",
    "useserverfunction": "use server",
    "useclientcomponent": "use client",
}
# 'use cache' is short and near to ordinary words ("use case"), so it forgives less.
FORGIVEN_EDITS = {"use server": 2, "use client": 2, "use cache": 1}


def is_directive(text: str, stores: frozenset[str]) -> bool:
    """Whether ``text`` is a directive, to the letter."""
    return text in PLAIN or store_named(text) in stores


def store_named(text: str) -> str | None:
    """The name behind ``use cache:`` if ``text`` has that form, known or not."""
    match = CACHE_STORE.fullmatch(text)
    return match[1] if match else None


def meant(text: str, stores: frozenset[str]) -> str | None:
    """The directive that ``text`` was probably meant to be, or ``None`` for an ordinary string."""
    if len(text) > LONGEST_NEAR_MISS:
        return None
    compact = NO_LETTERS.sub("", text.lower())
    if compact in SYNONYMS:
        return SYNONYMS[compact]
    for wanted, edits in FORGIVEN_EDITS.items():
        if distance(compact, wanted.replace(" ", ""), edits) <= edits:
            return wanted
    name = _written_store(text.lower())
    store = nearest_store(name, stores) if name else None
    return f"use cache: {store}" if store else None


def may_be_meant(text: str) -> bool:
    """Whether ``meant`` would find a directive with some set of stores."""
    return _written_store(text.lower()) is not None or meant(text, frozenset()) is not None


def _written_store(lowered: str) -> str | None:
    """What follows ``use cache``, which may be misspelled where a colon ends it."""
    compact = NO_LETTERS.sub("", lowered)
    if compact.startswith("usecache"):
        return compact.removeprefix("usecache")
    words, colon, name = lowered.partition(":")
    if colon and distance(NO_LETTERS.sub("", words), "usecache", 1) <= 1:
        return NO_LETTERS.sub("", name)
    return None


def nearest_store(name: str, stores: frozenset[str]) -> str | None:
    """The store whose name is closest to ``name``, if one is close."""
    ranked = sorted((distance(name.lower(), store.lower(), 2), store) for store in stores)
    return next((store for edits, store in ranked[:1] if edits <= min(2, len(store) // 3)), None)


def distance(left: str, right: str, most: int) -> int:
    """Edits (insert, drop, change, swap neighbours) from ``left`` to ``right``; ``most + 1`` for more."""
    if abs(len(left) - len(right)) > most:
        return most + 1
    earlier: list[int] = []
    above: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        earlier, above, row = above, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return min(row[-1], most + 1)
