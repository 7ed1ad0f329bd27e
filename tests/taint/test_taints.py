"""What is tainted, for how long, and what cannot be."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.datastructures import Headers

from directives.errors import EncodeError
from directives.errors import TaintError
from directives.functions.taints import Taints
from directives.wire import trusted
from directives.wire.untrusted import encode_cbor
from directives.wire.untrusted import encode_json
from tests.answering import answering

TOKEN = "a token of 30 random characters"
BIG = 4111_1111_1111_1111


class Owner:
    pass


def a_request() -> AbstractContextManager[None]:
    """A request being answered; over at the end of the block."""
    return answering(SimpleNamespace(headers=Headers(), query=""))


def send(taints: Taints, value: Any) -> None:
    """Encode a value as it would be sent, in every format."""
    for encode in (encode_cbor, encode_json, trusted.dumps):
        encode(value, look=taints.look())


def is_refused(taints: Taints, value: Any) -> bool:
    """Whether every format refuses a value."""
    refused = set()
    for encode in (encode_cbor, encode_json, trusted.dumps):
        try:
            encode(value, look=taints.look())
            refused.add(False)
        except TaintError:
            refused.add(True)
    (answer,) = refused
    return answer


def test_nothing_is_looked_at_while_nothing_is_tainted() -> None:
    """The check costs nothing then, and again when the last taint is gone."""
    taints, owner = Taints(), Owner()
    assert taints.look() is None
    taints.add_value("no", owner, TOKEN)
    assert taints.look() is not None
    del owner
    assert taints.look() is None


@pytest.mark.parametrize("value", [TOKEN, TOKEN.encode(), BIG, -BIG, 1 << 2000])
def test_a_value_is_known_by_its_content(value: Any) -> None:
    """Any equal one is refused, wherever in a value it stands; what contains it is not."""
    taints, owner = Taints(), Owner()
    taints.add_value("no", owner, value)
    for holder in (
        value,
        [value],
        (1, (2, [value])),
        {"deep": {"er": [value]}},
        {value: 1},
        {1: value},
        {value},
        frozenset([value]),
    ):
        assert is_refused(taints, holder)
    assert not is_refused(taints, [f"x{value!r}", b"x" + repr(value).encode(), 7, None, 1.5, True])


def test_bytes_are_known_in_other_clothes() -> None:
    """What travels as those bytes is those bytes."""
    taints, owner = Taints(), Owner()
    taints.add_value("no", owner, b"\1" * 8)
    assert is_refused(taints, bytearray(b"\1" * 8))
    assert is_refused(taints, memoryview(b"\1" * 8))


def test_a_value_of_another_type_is_another() -> None:
    """Text and bytes, a number and its text."""
    taints, owner = Taints(), Owner()
    taints.add_value("no", owner, TOKEN)
    taints.add_value("no", owner, BIG)
    assert not is_refused(taints, [TOKEN.encode(), str(BIG), float(BIG)])


def test_a_value_is_tainted_while_its_owner_lives() -> None:
    """With several owners, while one of them does; the newest message counts."""
    taints, first, second = Taints(), Owner(), Owner()
    taints.add_value("first", first, TOKEN)
    taints.add_value("second", second, TOKEN)
    with pytest.raises(TaintError, match="second"):
        send(taints, TOKEN)
    del second
    with pytest.raises(TaintError, match="first"):
        send(taints, TOKEN)
    del first
    send(taints, TOKEN)


def test_a_value_stays_tainted_until_its_request_is_over() -> None:
    """The owner may be gone before the result is encoded."""
    taints = Taints()
    with a_request():
        taints.add_value("no", Owner(), TOKEN)
        assert is_refused(taints, TOKEN)
    gc.collect()
    send(taints, TOKEN)


def test_an_object_is_known_by_its_identity() -> None:
    """An equal one is another; it is not kept alive."""
    taints, owner = Taints(), frozenset({1, 2})
    taints.add_object("no", owner)
    assert is_refused(taints, [owner])
    assert not is_refused(taints, [frozenset({1, 2})])
    gone = weakref.ref(owner)
    del owner
    assert gone() is None
    assert taints.look() is None


@pytest.mark.parametrize(
    "make", [lambda: {"name": "karl"}, lambda: ["karl"], lambda: tuple("karl")], ids="dlt"
)
def test_what_has_no_weak_references_is_kept_for_the_request(make: Callable[[], Any]) -> None:
    """So that no other object at its address is mistaken for it; then it is let go."""
    taints = Taints()
    with a_request():
        value = make()
        taints.add_object("no", value)
        references = sys.getrefcount(value)
        assert is_refused(taints, {"user": value})
        assert not is_refused(taints, make())
    gc.collect()
    send(taints, value)
    assert sys.getrefcount(value) < references


def test_outside_of_a_request_it_is_kept_for_good() -> None:
    """As for a module's own table."""
    taints, table = Taints(), {"key": "value"}
    taints.add_object("no", table)
    gc.collect()
    assert is_refused(taints, [table])


def test_an_object_may_be_tainted_that_could_not_travel_anyway() -> None:
    """The developer's message says more than that it cannot."""
    taints, user = Taints(), Owner()
    taints.add_object("users are not for clients", user)
    with pytest.raises(TaintError, match="users are not for clients"):
        send(taints, {"user": user})


@pytest.mark.parametrize("value", [None, True, 5, 1.5, 1j, "a long enough text", b"long enough bytes", ...])
def test_what_has_no_identity_is_no_object(value: Any) -> None:
    """Python may share it with everybody; the error names the other function."""
    with pytest.raises(TypeError, match="use taint_value"):
        Taints().add_object("no", value)


@pytest.mark.parametrize("value", ["short", b"short", 5, -(2**31), ""])
def test_a_common_value_is_refused(value: Any) -> None:
    """It would be blocked wherever it occurs by chance."""
    with pytest.raises(ValueError, match="too common"):
        Taints().add_value("no", Owner(), value)


@pytest.mark.parametrize("value", [None, True, 1.5, [1], Owner()], ids=lambda v: type(v).__name__)
def test_other_types_are_no_values(value: Any) -> None:
    """The error names the other function."""
    with pytest.raises(TypeError, match="use taint_object"):
        Taints().add_value("no", Owner(), value)


@pytest.mark.parametrize("owner", [{}, [], "text", 1, None])
def test_an_owner_has_a_life(owner: Any) -> None:
    """What cannot be referenced weakly has none that could be watched."""
    with pytest.raises(TypeError, match="needs an owner that can be referenced weakly"):
        Taints().add_value("no", owner, TOKEN)


def test_no_error_shows_the_value() -> None:
    """A secret does not get into the log by way of its own protection."""
    for value, owner in (("tiny", Owner()), (TOKEN, {})):
        with pytest.raises((TypeError, ValueError)) as refused:
            Taints().add_value("no", owner, value)
        assert value not in str(refused.value)


def test_looking_changes_no_limit() -> None:
    """What can travel can travel with a taint about, at any depth; what cannot is refused as without."""
    taints, owner = Taints(), Owner()
    taints.add_value("no", owner, TOKEN)
    deep: Any = "leaf"
    for level in range(50):
        deep = {"x": deep} if level % 2 else [deep]
    for encode in (encode_cbor, encode_json):
        assert encode(deep, look=taints.look()) == encode(deep)
    circle: list[Any] = []
    circle.append(circle)
    for value in (circle, {"a": [1, print]}):
        with pytest.raises(EncodeError) as plain:
            encode_cbor(value)
        with pytest.raises(EncodeError) as looked:
            encode_cbor(value, look=taints.look())
        assert str(looked.value) == str(plain.value)


def test_threads_may_taint_and_look_at_once() -> None:
    """While owners come and go, what has an owner is refused."""
    taints, owner = Taints(), Owner()
    taints.add_value("no", owner, TOKEN)
    wrong: list[Any] = []

    def work() -> None:
        for _ in range(300):
            passing = Owner()
            taints.add_value("no", passing, TOKEN)
            taints.add_object("no", passing)
            del passing
            try:
                encode_cbor([TOKEN], look=taints.look())
                wrong.append("sent")
            except TaintError:
                pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    del owner
    assert taints.look() is None
