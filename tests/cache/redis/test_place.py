"""Which server is talked to, as servers fail and send one another's clients on."""

from __future__ import annotations

from directives.cache.handlers.redis.address import Node
from directives.cache.handlers.redis.place import Place

ONE, TWO, OWNER = Node(port=1), Node(port=2), Node(port=3)


def place(moves: list[Node]) -> Place:
    """The place of an address with two servers; each move is noted."""
    made = Place((ONE, TWO), lambda: moves.append(made.node))
    return made


def test_the_next_server_follows_one_that_does_not_answer():
    """Round the address, one step for all who failed at the same server; whoever holds what one told hears of it."""
    moves: list[Node] = []
    at = place(moves)
    at.give_up(ONE)
    at.give_up(ONE)
    assert at.node == TWO
    at.give_up(TWO)
    assert at.node == ONE
    assert moves == [TWO, ONE]


def test_who_was_sent_to_a_server_that_does_not_answer_asks_again_where_to():
    """Whether the failure is told of the one that sent or of the one that was sent to; once for all who fail."""
    for failed in (ONE, OWNER):
        moves: list[Node] = []
        at = place(moves)
        at.move(OWNER)
        at.move(OWNER)
        assert moves == [OWNER]
        at.give_up(failed)
        assert at.node == (TWO if failed == ONE else ONE)
        at.give_up(failed)
        assert len(moves) == 2


def test_one_server_is_tried_again():
    """There is no other, and nothing has moved."""
    moves: list[Node] = []
    at = Place((ONE,), lambda: moves.append(ONE))
    at.give_up(ONE)
    assert at.node == ONE
    assert moves == []
