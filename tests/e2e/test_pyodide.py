"""What the bundle says of Pyodide is asked of Pyodide as it is vendored, in Node; no browser is needed for that."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from directives.bundle.imports import ABSENT
from directives.bundle.runtimes import RUNTIMES
from tests.client.script.node import node
from tests.e2e.pythons import put_pythons

ASK = """
const [folder, names] = process.argv.slice(1)
const { loadPyodide } = await import(`file://${folder}/pyodide.mjs`)
const python = await loadPyodide({ indexURL: `${folder}/`, stderr: () => {} })
python.globals.set('names', names)
process.stdout.write(python.runPython(`
import json
def fails(name):
    try:
        __import__(name)
    except ImportError:
        return True
    return False
json.dumps([name for name in json.loads(names) if fails(name)])
`))
"""


def test_what_is_said_to_be_absent_is_absent(tmp_path: Path) -> None:
    """And nothing else of the standard library is."""
    put_pythons(tmp_path / "all")
    folder = tmp_path / "all" / RUNTIMES["pyodide"].folder
    names = {name for name in sys.stdlib_module_names if not name.startswith("_")} | ABSENT
    done = subprocess.run(
        [node(), "--input-type=module", "--eval", ASK, str(folder), json.dumps(sorted(names))],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == sorted(ABSENT)
