"""The Pythons for browsers that the tests load: fetched by npm once, and kept."""

from __future__ import annotations

import shutil
from pathlib import Path

from directives.bundle.runtimes import RUNTIMES
from directives.bundle.vendor import vendor

KEPT = Path(__file__).parents[2] / ".venv-run" / "pythons"


def put_pythons(folder: Path) -> None:
    """Put both into a folder that is served."""
    for runtime in RUNTIMES.values():
        kept = KEPT / runtime.folder
        if not all((kept / name).exists() for name in runtime.files):
            vendor(runtime, KEPT)
        shutil.copytree(kept, folder / runtime.folder)
