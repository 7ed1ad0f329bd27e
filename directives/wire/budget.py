"""What one message from the network may cost."""

from __future__ import annotations

from directives.errors import LimitExceeded

BITS_PER_DIGIT = 3.3219280948873626


class Budget:
    """The allowance of one message, shared by everything that decodes a part of it.

    ``depth`` and ``digits`` are ceilings; the others are spent.

    Args:
        bytes: Size of the body, in bytes.
        nodes: Containers and tagged values; every other value costs at least a byte of the body.
        depth: Containers inside one another, as the message nests them.
        references: Server functions, files and forms among the values.
        digits: Decimal digits of one number.
        parts: Fields and files of one form.
        files: Files of one form.
    """

    __slots__ = ("bytes", "depth", "digits", "files", "nodes", "parts", "references")

    def __init__(
        self,
        *,
        bytes: int = 1 << 20,
        nodes: int = 150_000,
        depth: int = 64,
        references: int = 64,
        digits: int = 300,
        parts: int = 1000,
        files: int = 100,
    ) -> None:
        self.bytes = bytes
        self.nodes = nodes
        self.depth = depth
        self.references = references
        self.digits = digits
        self.parts = parts
        self.files = files

    def spend_bytes(self, count: int) -> None:
        """Take ``count`` bytes off, or raise ``LimitExceeded``."""
        if count > self.bytes:
            raise LimitExceeded("the body is too large")
        self.bytes -= count

    def spend_nodes(self, count: int) -> None:
        """Take ``count`` containers off, or raise ``LimitExceeded``."""
        if count > self.nodes:
            raise LimitExceeded("the body holds too many containers")
        self.nodes -= count

    def spend_reference(self) -> None:
        """Take one server function, file or form off, or raise ``LimitExceeded``."""
        if self.references < 1:
            raise LimitExceeded("the body holds too many server functions, files or forms")
        self.references -= 1

    def spend_file(self) -> None:
        """Take one file of a form off, or raise ``LimitExceeded``."""
        if self.files < 1:
            raise LimitExceeded("the form has too many files")
        self.files -= 1

    def check_bits(self, count: int) -> None:
        """Raise ``LimitExceeded`` for a binary number of more bits than the digits allowed."""
        if count > self.digits * BITS_PER_DIGIT + 8:
            raise LimitExceeded("a number has too many digits")

    def check_digits(self, text: str) -> None:
        """Raise ``LimitExceeded`` for a number written with more characters than digits are allowed."""
        if len(text) > self.digits + 1:  # one for the sign
            raise LimitExceeded("a number has too many digits")
