"""The message of a call as the body of a request; files beside it, read as they are sent."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO
from typing import TYPE_CHECKING
from typing import Any

from directives.client.reply import CBOR
from directives.functions import lower_function

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage

    from directives.wire.lowering import Instead
    from directives.wire.lowering import Special
    from directives.wire.lowering import Tagged

MESSAGE = "call"

Part = tuple[str, tuple[str | None, bytes | IO[bytes], str | None]]
"""As httpx takes it: a name; a file name, the content and its type."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A body; either of the two is there.

    Attributes:
        content: The message.
        files: The message as one part, and each file as another.
    """

    content: bytes | None = None
    files: list[Part] | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """What the request has to say of it; of parts httpx says it itself."""
        return {} if self.content is None else {"content-type": CBOR}


def outgoing(message: Mapping[str, Any], special: Special = lower_function) -> Outgoing:
    """A message, ready to be sent.

    Args:
        message: What to say.
        special: How values travel that are no files and no forms, and that the wire format does not know.

    Raises:
        EncodeError: A part of it cannot travel; names its path and type.
    """
    from directives.wire.untrusted import encode_cbor

    lowering = _Lowering(special)
    encoded = encode_cbor(message, special=lowering.special)
    if not lowering.files:
        return Outgoing(encoded)
    parts: list[Part] = [
        (name, (file.filename or name, file.stream, file.content_type))
        for name, file in lowering.files.values()
    ]
    return Outgoing(files=[(MESSAGE, (None, encoded, CBOR)), *parts])


class _Lowering:
    """How files and forms travel; gathers the files.

    Args:
        others: How other values travel that the wire format does not know.

    Attributes:
        files: Each file, with the name of its part, by its identity.
    """

    def __init__(self, others: Special) -> None:
        self._others = others
        self.files: dict[int, tuple[str, FileStorage]] = {}

    def special(self, value: Any) -> Tagged | Instead | None:
        """What to write for a value that the wire format does not know."""
        # Who makes a file or a form has imported this; a client that never does need not have werkzeug.
        if "werkzeug.datastructures" in sys.modules:
            from werkzeug.datastructures import FileStorage

            from directives.forms import FormData

            if type(value) is FileStorage:
                name, _ = self.files.setdefault(id(value), (f"file{len(self.files)}", value))
                return "file", name
            if type(value) is FormData:
                return "form", [list(pair) for pair in value.items(multi=True)]
        return self._others(value)
