"""Turn the import hook on in every Python that has this folder on its path.

Python imports a module of this name when it starts. Use it where neither the command line nor
the environment is yours to change: copy it into site-packages, or put its folder on ``PYTHONPATH``.
"""

from __future__ import annotations

import directives

directives.enable()
