"""``python -m directives``."""

from __future__ import annotations

import sys

from directives.cli import main

if __name__ == "__main__":
    sys.exit(main())
