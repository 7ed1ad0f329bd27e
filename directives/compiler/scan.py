"""A quick look at source bytes: can there be a directive, or something meant to be one?

It runs over every module of a project on its first import, so it is cheap, needs no parse and
rarely says yes: a needless yes costs a parse, a wrong no would leave a directive without effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from directives.compiler.spelling import may_be_meant

# "use" at the head of a string, then either at most some blanks and punctuation (that of an implicit concatenation
# too) and the beginning of "server", "client", "cache" or "action"; or the rest of a short string, to be looked at closely.
CANDIDATE = re.compile(
    rb"use(?:(?<=['\"]use)|(?<=['\"\s]\suse)|(?<=[\n\t]use))"
    rb"(?:[drs]?[^a-z]{0,40}(serv|seve|clie|cach|acti)|[^'\"\n]{3,44}\s{0,64}(?=['\"]))"
)
LONGEST_INDENT = 64
# For a slip in the first word: "ues server", or "us\x65 server".
SECOND_WORDS = (b"server", b"client", b"cache")
LONGEST_FIRST_WORD = 8
END_OF_STRING = re.compile(rb"[^'\"\n]{0,40}(?=['\"])")


def may_contain_directive(source: bytes) -> bool:
    """Whether a string in ``source`` is a directive or looks like one was meant.

    A slip in both words is beyond it, if the first is no form of "use".

    Args:
        source: The bytes of a module, in any encoding that Python accepts for source.
    """
    lowered = source.lower()
    for match in CANDIDATE.finditer(lowered):
        start = match.start()
        before = lowered[max(0, start - LONGEST_INDENT) : start].rstrip()
        if before.endswith((b"'", b'"')) and (match[1] or _may_be_meant(match[0])):
            return True
    return any(map(_may_be_meant, _strings_with_second_words(lowered)))


def _may_be_meant(text: bytes) -> bool:
    return b"\\" in text or may_be_meant(text.decode(errors="replace"))


def _strings_with_second_words(source: bytes) -> Iterator[bytes]:
    """The short strings in which one of the second words stands behind another short word."""
    for word in SECOND_WORDS:
        place = source.find(word)
        while place >= 0:
            least = max(0, place - LONGEST_FIRST_WORD)
            quote = max(source.rfind(b"'", least, place), source.rfind(b'"', least, place))
            end = END_OF_STRING.match(source, place) if quote >= 0 else None
            if end:
                yield source[quote + 1 : end.end()]
            place = source.find(word, place + len(word))
