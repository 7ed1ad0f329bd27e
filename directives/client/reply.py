"""What a reply says: a value, an error or a redirect."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

from directives.errors import DeadlineExceeded
from directives.errors import DecodeError
from directives.errors import ExpectedError
from directives.errors import RemoteError
from directives.functions import made_again

if TYPE_CHECKING:
    from directives.wire.references import FunctionReference

CBOR = "application/cbor"
CBOR_SEQUENCE = "application/cbor-seq"


def value_of(status: int, body: bytes, received: Callable[[FunctionReference], Any] | None = None) -> Any:
    """The value in a reply, or in one item of a stream.

    Args:
        status: The HTTP status.
        body: CBOR.
        received: Makes something callable of each server function in the value.

    Raises:
        RemoteError: It is an error.
        ExpectedError: It is one that the server's code declared, and this program has imported its class.
        Redirect: It is a redirect.
        DecodeError: It is no reply of this protocol.
    """
    from markupsafe import Markup

    from directives.wire.budget import Budget
    from directives.wire.untrusted import decode_cbor

    size = len(body)
    budget = Budget(bytes=size, nodes=size, references=size)
    reply = decode_cbor(body, budget, reference=received, markup=Markup)
    if type(reply) is dict and len(reply) == 1:
        ((key, content),) = reply.items()
        if key == "ok":
            return content
        if key == "redirect" and type(content) is str:
            from directives.request import Redirect

            raise Redirect(content)
        if key == "error" and type(content) is dict:
            raise _error(status, content)
    raise DecodeError("it is neither a value, an error nor a redirect")


def _error(status: int, content: dict[Any, Any]) -> RemoteError | ExpectedError:
    error = _expected(content) or _remote(status, content)
    if type(traceback := content.get("traceback")) is str:
        error.add_note(f"On the server:\n{traceback}")
    return error


def _expected(content: dict[Any, Any]) -> ExpectedError | None:
    name, data = content.get("type"), content.get("data")
    if content.get("kind") != "expected" or type(name) is not str or type(data) is not dict:
        return None
    return made_again(name, data)


def _remote(status: int, content: dict[Any, Any]) -> RemoteError:
    problems = _problems(content.get("problems"))
    digest = content.get("digest") if type(content.get("digest")) is str else None
    parts = [_text(content.get("message"))]
    if problems:
        parts.append("; ".join(f"{path}: {reason}" for path, reason in problems))
    if digest:
        parts.append(f"The server's log has the details under {digest}.")
    kind, name, data = _text(content.get("kind")), content.get("type"), content.get("data")
    if kind == "deadline":
        return DeadlineExceeded(" ".join(parts), status=status)
    return RemoteError(
        " ".join(parts),
        kind=kind,
        status=status,
        digest=digest,
        problems=problems,
        type=name if type(name) is str else None,
        data=data if type(data) is dict else None,
    )


def _problems(listed: Any) -> list[tuple[str, str]]:
    if type(listed) is not list:
        return []
    return [(_text(item.get("path")), _text(item.get("reason"))) for item in listed if type(item) is dict]


def _text(value: Any) -> str:
    return value if type(value) is str else "unknown"
