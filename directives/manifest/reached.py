"""What a function reaches, as a value: definitions, packages, what nobody can follow, and the hash over it all."""

from __future__ import annotations

from dataclasses import dataclass

from directives.compiler.references import Chain

CONTEXT = "directives 2026-11-21 reach"
FINGERPRINT_BYTES = 16
EVERYTHING = "*"
PACKAGE = ""

# A module of the project with a name in it, or EVERYTHING; or an installed module with PACKAGE.
Target = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Unfollowed:
    """Something reached that the source alone does not tell; a change behind it changes no fingerprint.

    Attributes:
        file: The file.
        line: The line; 0 for the file as a whole.
        reason: Why not.
    """

    file: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reached:
    """A definition that a function reaches, or a package.

    Attributes:
        name: Its full name; of a package, the name of the module and the distributions that it comes from.
        file: Its file; empty for a package.
        line: Where it begins; 0 for a package.
        digest: A hash of what it says; of a package, its version.
        refers: What each name in it stands for.
        unfollowed: What in it the source does not tell.
    """

    name: str
    file: str
    line: int
    digest: str
    refers: tuple[tuple[Chain, tuple[Target, ...]], ...] = ()
    unfollowed: tuple[Unfollowed, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """Everything that a function reaches.

    Attributes:
        definitions: The definitions of the project, itself among them, by name.
        packages: The installed packages.
        unfollowed: What the source does not tell.
    """

    definitions: tuple[Reached, ...]
    packages: tuple[Reached, ...]
    unfollowed: tuple[Unfollowed, ...]

    @property
    def fingerprint(self) -> str:
        """A hash that changes when anything reached does, but for its comments, docstrings, formatting and place."""
        from blake3 import blake3  # slow to import, and does not load in subinterpreters

        content = [(reached.name, reached.digest, reached.refers) for reached in self.definitions]
        packages = [(reached.name, reached.digest) for reached in self.packages]
        return blake3(ascii((content, packages)).encode(), derive_key_context=CONTEXT).hexdigest(
            length=FINGERPRINT_BYTES
        )
