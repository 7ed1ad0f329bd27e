"""A quick look at source bytes: can there be a directive, or something meant to be one?

It runs over every module of a project on its first import, so it is cheap, needs no parse and
rarely says yes: a needless yes costs a parse, a wrong no would leave a directive without effect.
"""

from __future__ import annotations

import re

# Behind a quote: "use", at most some blanks and punctuation (that of an implicit concatenation too), and
# the beginning of a word that is near to "server", "client", "cache" or "action".
CANDIDATE = re.compile(rb"use[drs]?[^a-z]{0,40}(?:s[erv]|c[lahi]|ac)")
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
        if before.endswith((b"'", b'"')):
            return True
    return False
