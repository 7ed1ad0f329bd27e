"""Bodies of several parts (RFC 7578), taken in as they come: fields to memory, files to the disk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile

from werkzeug.datastructures import FileStorage
from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio import multipart

from directives.errors import DecodeError
from directives.errors import LimitExceeded
from directives.wire.budget import Budget

IN_MEMORY = 64 << 10  # of each file; a larger one is on the disk
AT_ONCE = 64 << 10
UNDECODED = 2 * AT_ONCE  # what the decoder holds back, such as the unfinished head of a part
MAX_BOUNDARY = 70  # RFC 2046, 5.1.1
MAX_PADDING = 64  # at the end of a delimiter's line


@dataclass(frozen=True, slots=True)
class Field:
    """A part that is no file.

    Attributes:
        name: Its name.
        content_type: Its own header ``Content-Type``, if it has one.
        data: The bytes.
    """

    name: str
    content_type: str | None
    data: bytes

    @property
    def text(self) -> str:
        """The bytes as text: UTF-8, as browsers send it (RFC 7578, 5.1.2)."""
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            raise DecodeError("a field of the form is not UTF-8") from None


class Uploads:
    """The parts of one body, in its order; closing it removes the files.

    Attributes:
        fields: The fields.
        files: The files, each with the name of its part.
    """

    def __init__(self) -> None:
        self.fields: list[Field] = []
        self.files: list[FileStorage] = []

    def close(self) -> None:
        """Close the files; those on the disk are gone with that."""
        for file in self.files:
            file.close()

    async def receive(
        self, parameters: Mapping[str, str], pieces: AsyncIterator[bytes], budget: Budget
    ) -> None:
        """Take in a body.

        Args:
            parameters: Those of its ``Content-Type``.
            pieces: The bytes; whoever gives them bounds their sum.
            budget: What all but the content of files may cost in bytes, and how many parts and files there may be.

        Raises:
            DecodeError: It is no such body.
            LimitExceeded: It has more than ``budget`` allows.
        """
        boundary = _boundary(parameters)
        decoder = multipart.MultipartDecoder(boundary, UNDECODED, max_parts=budget.parts)
        writer = _Writer(self, budget)
        try:
            async for piece in _cut_between_lines(pieces, b"--" + boundary):
                decoder.receive_data(piece)
                writer.write(_events(decoder))
            decoder.receive_data(None)
            writer.write(_events(decoder))
        except RequestEntityTooLarge:
            raise LimitExceeded("the form has too many parts, or one with too large a head") from None
        except DecodeError:
            raise
        except ValueError:
            raise DecodeError("the body is not a valid form") from None


def _boundary(parameters: Mapping[str, str]) -> bytes:
    boundary = parameters.get("boundary", "")
    if not (0 < len(boundary) <= MAX_BOUNDARY and boundary.isascii()):
        raise DecodeError("a form of several parts needs a boundary")
    return boundary.encode()


async def _cut_between_lines(pieces: AsyncIterator[bytes], delimiter: bytes) -> AsyncIterator[bytes]:
    """The same bytes in bounded pieces, none of which ends within a line that may be a delimiter.

    The decoder (werkzeug 3.1) takes the CR before such a line for the last byte of the part.
    """
    held = b""
    async for piece in pieces:
        for start in range(0, len(piece), AT_ONCE):
            data = held + piece[start : start + AT_ONCE]
            end = _end_of_lines(data, delimiter)
            held = data[end:]
            yield data[:end]
    yield held


def _end_of_lines(data: bytes, delimiter: bytes) -> int:
    """Where the last line begins, with its line break, if it may be a delimiter, else the end."""
    line_break = data.rfind(b"\n", max(0, len(data) - len(delimiter) - MAX_PADDING))
    line = data[line_break + 1 :]
    if line_break < 0 or not (line.startswith(delimiter) or delimiter.startswith(line)):
        return len(data)
    return line_break - data.endswith(b"\r", 0, line_break)


def _events(decoder: multipart.MultipartDecoder) -> Iterator[multipart.Event]:
    """What the bytes so far decide."""
    while not isinstance(event := decoder.next_event(), (multipart.NeedData, multipart.Epilogue)):
        yield event


class _Writer:
    """Puts parts where they belong, as they come."""

    def __init__(self, uploads: Uploads, budget: Budget) -> None:
        self._uploads = uploads
        self._budget = budget
        self._head: multipart.Field | multipart.File | None = None
        self._data = bytearray()

    def write(self, events: Iterator[multipart.Event]) -> None:
        """Take in what the decoder found."""
        for event in events:
            if isinstance(event, (multipart.Field, multipart.File)):
                self._begin(event)
            elif isinstance(event, multipart.Data):
                self._go_on(event.data)
                if not event.more_data:
                    self._end()

    def _begin(self, head: multipart.Field | multipart.File) -> None:
        if type(head.name) is not str:
            raise DecodeError("a part of the form has no name")
        self._head = head
        self._budget.spend_bytes(sum(len(name) + len(value) for name, value in head.headers))
        if isinstance(head, multipart.File):
            self._budget.spend_file()
            self._uploads.files.append(_empty_file(head.name, head.filename, head.headers))

    def _go_on(self, data: bytes) -> None:
        if isinstance(self._head, multipart.File):
            self._uploads.files[-1].stream.write(data)
        else:
            self._budget.spend_bytes(len(data))
            self._data += data

    def _end(self) -> None:
        assert self._head is not None
        if isinstance(self._head, multipart.File):
            self._uploads.files[-1].stream.seek(0)
        else:
            content_type = self._head.headers.get("content-type")
            self._uploads.fields.append(Field(self._head.name, content_type, bytes(self._data)))
            self._data.clear()


def _empty_file(name: str, filename: str, headers: Headers) -> FileStorage:
    # In memory until it grows; on the disk it has no name, so that even a killed process leaves nothing behind.
    return FileStorage(SpooledTemporaryFile(IN_MEMORY), filename, name, headers=headers)
