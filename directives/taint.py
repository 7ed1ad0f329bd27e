"""Taint: what must never reach a client, whoever returns it.

See React's ``experimental_taintObjectReference`` and ``experimental_taintUniqueValue``.
"""

from __future__ import annotations

from directives.runtime import runtime

__all__ = ["taint_object", "taint_value"]


def taint_object(message: str, value: object) -> None:
    """Make it an error to send an object to a client: as a result, an item of a stream, a property, a captured value.

    The object is known by its identity: copies of it, and what is read from it, are not tainted. It is not kept alive.
    But an object that cannot be referenced weakly, such as a dict, list or tuple, is: until the request being answered is
    over, or, where none is, for the life of the process.

    Args:
        message: What ``TaintError`` says, for the log; the client learns nothing of it.
        value: The object.

    Raises:
        TypeError: ``value`` is a text, a number or the like, which has no identity of its own.

    See React's ``experimental_taintObjectReference``.
    """
    runtime.functions.taints.add_object(message, value)


def taint_value(message: str, owner: object, value: str | bytes | int) -> None:
    """Make it an error to send a value to a client, wherever it comes from: a token, a key, a hash.

    The value is known by its content, whole: a text that contains it, or was made from it, is not tainted. It stays
    tainted as long as ``owner`` lives, and until the request being answered is over.

    Args:
        message: What ``TaintError`` says, for the log; the client learns nothing of it.
        owner: What the value belongs to: an instance of a class, or a module. A dict or list cannot be one.
        value: The value: at least 8 characters or bytes, or a number from 2 ** 32 on.

    Raises:
        TypeError: ``value`` is of another type, or ``owner`` cannot be referenced weakly.
        ValueError: ``value`` is too common to be blocked everywhere.

    See React's ``experimental_taintUniqueValue``.
    """
    runtime.functions.taints.add_value(message, owner, value)
