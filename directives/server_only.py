"""Marks a module as the server's: a module that imports this one is never sent to a browser or run in a client process.

Write ``import directives.server_only`` at the top. Where client code reaches the module by imports, ``directives
build`` and ``directives check`` say so and print the chain; a client process fails at the import. See Next.js,
"Preventing environment poisoning".
"""

from __future__ import annotations

from directives.compiler.model import Role
from directives.errors import DirectivesError
from directives.runtime import runtime

if runtime.role is Role.CLIENT:
    raise DirectivesError(
        "a module marked by `import directives.server_only` was imported in a client process: the imports above lead to it. "
        "Call a server function that uses it instead"
    )
