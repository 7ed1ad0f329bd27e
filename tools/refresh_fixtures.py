#!/usr/bin/env python3
"""Write the compiler's golden files anew, after a wanted change of its output: read the diff before you commit it.

    python3 tools/refresh_fixtures.py [NAME...]

Fixtures whose syntax is newer than the Python that runs this are left as they are.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.compiler.golden import fixtures


def main(names: list[str]) -> int:
    """Refresh the named fixtures, or all; returns the exit status."""
    chosen = [fixture for fixture in fixtures() if not names or fixture.name in names]
    unknown = sorted(set(names) - {fixture.name for fixture in chosen})
    if unknown:
        print(f"refresh_fixtures.py: no such fixture: {', '.join(unknown)}", file=sys.stderr)
        return 2
    changed = [fixture.name for fixture in chosen if fixture.refresh()]
    print("\n".join([*changed, f"{len(changed)} of {len(chosen)} fixtures changed"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
