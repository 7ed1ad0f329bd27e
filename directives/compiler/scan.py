"""A quick look at source bytes: can there be a directive, or something meant to be one?

It runs over every module of a project on its first import, so it is cheap, needs no parse and
rarely says yes: a needless yes costs a parse, a wrong no would leave a directive without effect.
"""

from __future__ import annotations

import re

from directives.compiler.spelling import may_be_meant

# "use", then either at most some blanks and punctuation (that of an implicit concatenation too) and the
# beginning of "server", "client", "cache" or "action"; or the rest of a short string, to be looked at closely.
CANDIDATE = re.compile(
    rb"use(?:[drs]?[^a-z]{0,40}(serv|seve|clie|cach|acti)|[^'\"\n]{3,44}\s{0,64}(?=['\"]))"
)
LONGEST_INDENT = 64


def may_contain_directive(source: bytes) -> bool:
    """Whether a string in ``source`` is a directive or looks like one was meant.

    Args:
        source: The bytes of a module, in any encoding that Python accepts for source.
    """
    lowered = source.lower()
    for match in CANDIDATE.finditer(lowered):
        start = match.start()
        before = lowered[max(0, start - LONGEST_INDENT) : start].rstrip()
        if before.endswith((b"'", b'"')) and (match[1] or may_be_meant(match[0].decode(errors="replace"))):
            return True
    return False
