"""Sealed values: unread, unchanged, and bound to what they are for."""

from __future__ import annotations

import base64

import pytest

from directives.errors import ExpiredPageError
from directives.errors import SealError
from directives.wire.sealing import open_sealed
from directives.wire.sealing import seal

OLD, NEW, FOREIGN = (
    b"the old secret of the project",
    b"the new secret of the project",
    b"a secret of somebody else",
)


def test_what_is_sealed_opens_again() -> None:
    """The same bytes come back for the same associated data."""
    assert open_sealed([NEW], seal([NEW], b"card 4711", b"id"), b"id") == b"card 4711"
    assert open_sealed([NEW], seal([NEW], b"", b""), b"") == b""


def test_sealed_text_is_safe_in_urls_and_never_the_same() -> None:
    """It has only URL-safe characters, shows nothing of its content, and a new nonce each time."""
    texts = {seal([NEW], b"card 4711", b"id") for _ in range(20)}
    assert len(texts) == 20
    for text in texts:
        assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        assert b"4711" not in base64.urlsafe_b64decode(text + "==")


def test_the_first_key_seals_and_all_open() -> None:
    """Keys rotate without a gap: pages sealed with the old key still work while it is listed."""
    old = seal([OLD], b"x", b"id")
    assert open_sealed([NEW, OLD], old, b"id") == b"x"
    assert open_sealed([NEW], seal([NEW, OLD], b"x", b"id"), b"id") == b"x"
    with pytest.raises(SealError):
        open_sealed([NEW], old, b"id")


def test_every_change_is_found() -> None:
    """Each single character changed, removed or added makes it unreadable."""
    text = seal([NEW], b"price 10", b"id")
    alphabet = "AZaz09-_"
    changed = [text[:place] + letter + text[place + 1 :] for place in range(len(text)) for letter in alphabet]
    bad = [
        *changed,
        *(text[:size] for size in range(len(text))),
        text + "A",
        text + "=",
        " " + text,
        "é",
        "\x00",
    ]
    for each in bad:
        if each != text:
            with pytest.raises(SealError):
                open_sealed([NEW], each, b"id")


def test_errors_do_not_tell_why() -> None:
    """Wrong key, wrong function, changed bytes and nonsense give one message, without key or content."""
    text = seal([NEW], b"price 10", b"id")
    cases = [
        ([FOREIGN], text, b"id"),
        ([NEW], text, b"other"),
        ([NEW], text[:-2] + ("BA" if text.endswith("AA") else "AA"), b"id"),
        ([NEW], "?", b"id"),
        ([], text, b"id"),
    ]
    messages = set()
    for keys, sealed, associated in cases:
        with pytest.raises(SealError) as caught:
            open_sealed(keys, sealed, associated)
        messages.add(repr(caught.value))
        assert caught.value.__cause__ is None
    assert len(messages) == 1
    assert "secret of" not in messages.pop()


def test_sealing_needs_a_key() -> None:
    """Without a key nothing is sealed."""
    with pytest.raises(SealError):
        seal([], b"x", b"id")


def test_values_sealed_by_version_1_open() -> None:
    """They do not tell when they were made: where an age is set they count as too old."""
    old = "AW1GFR-wAF-Lq8FhC-zzmnwRKAajtDxjy1aD_mrqjm71P9ENIGLUUxrOyjNt2vvPvx6GCgXTjhbJ1A"
    keys, function_id = [b"the corpus seals with this key"], b"f105f75c25c79e9305f241a685062bb4e6a3e6b5"
    assert b"tea" in open_sealed(keys, old, function_id)
    with pytest.raises(ExpiredPageError):
        open_sealed(keys, old, function_id, max_age=1e9)


def test_sealed_values_know_their_age() -> None:
    """Age is told by the sealed value itself, and only to who may open it."""
    text = seal([NEW], b"x", b"id", clock=lambda: 1000.9)
    assert open_sealed([NEW], text, b"id", max_age=60, clock=lambda: 1060) == b"x"
    assert open_sealed([NEW], text, b"id", max_age=60, clock=lambda: 900) == b"x"
    with pytest.raises(ExpiredPageError):
        open_sealed([NEW], text, b"id", max_age=60, clock=lambda: 1060.1)
    with pytest.raises(SealError):
        open_sealed([NEW], text, b"other", max_age=60, clock=lambda: 2000)
    with pytest.raises(SealError):
        open_sealed([NEW], as_version_1(text), b"id")


def as_version_1(text: str) -> str:
    """The same bytes under the other version, which would make the time a part of the content."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return base64.urlsafe_b64encode(b"\x01" + data[1:]).rstrip(b"=").decode()
