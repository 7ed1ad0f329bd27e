"""A quick look at source bytes: can there be a directive, or something meant to be one?

It runs over every module of a project on its first import, so it is cheap, needs no parse and
rarely says yes: a needless yes costs a parse, a wrong no would leave a directive without effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from directives.compiler.spelling import may_be_meant

# "use", at most some blanks and punctuation (that of an implicit concatenation too), and the
# beginning of a word that is near to "server", "client", "cache" or "action".
CANDIDATE = re.compile(rb"use[drs]?[^a-z]{0,40}(?:s[erv]|c[lahi]|ac)")
# A short string, whatever its second word begins with.
SHORT = re.compile(rb"use[^'\"\n]{3,44}(?=['\"])")
LONGEST_INDENT = 64


def may_contain_directive(source: bytes) -> bool:
    """Whether a string in ``source`` is a directive or looks like one was meant.

    Args:
        source: The bytes of a module, in any encoding that Python accepts for source.
    """
    lowered = source.lower()
    if any(True for _ in _at_quotes(CANDIDATE, lowered)):
        return True
    short = {text.decode(errors="replace") for text in _at_quotes(SHORT, lowered)}
    return any(map(may_be_meant, short))


def _at_quotes(pattern: re.Pattern[bytes], text: bytes) -> Iterator[bytes]:
    """Every match that stands at the beginning of a string."""
    for match in pattern.finditer(text):
        start = match.start()
        if text[max(0, start - LONGEST_INDENT) : start].rstrip().endswith((b"'", b'"')):
            yield match[0]
