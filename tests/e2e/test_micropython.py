"""What the compiler says of MicroPython is asked of MicroPython, in Node; no browser is needed for that."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from directives.bundle import make_bundle
from directives.bundle.runtimes import RUNTIMES
from directives.compiler.micropython_facts import BUILTINS
from directives.compiler.micropython_facts import METHODS
from directives.compiler.micropython_facts import MODULES
from directives.compiler.micropython_facts import NAMES
from directives.settings import Settings
from tests.client.script.node import node
from tests.e2e.pythons import put_pythons

RUN = """
const [address, files, program] = JSON.parse(process.argv[1])
const { loadMicroPython } = await import(address)
const said = []
const python = await loadMicroPython({ heapsize: 8 << 20, linebuffer: true, stdout: (line) => said.push(line) })
for (const [name, text] of Object.entries(files)) {
  const parts = name.split('/')
  for (let end = 1; end < parts.length; end++) try { python.FS.mkdir(`/${parts.slice(0, end).join('/')}`) } catch {}
  python.FS.writeFile(`/${name}`, text)
}
python.runPython(program)
process.stdout.write(said.at(-1))
"""
ASK = """
import json, sys
sys.path.insert(0, '/')
MODULES, NAMES, BUILTINS, METHODS = json.loads({facts!r})
def tried(text):
    try:
        exec(text, {{}})
    except (ImportError, NameError, AttributeError):
        return False
    return True
print(json.dumps([
    [name for name in MODULES if not tried('import ' + name)],
    [name for module in NAMES for name in NAMES[module] if not tried('from ' + module + ' import ' + name)],
    [name for name in BUILTINS if tried(name)],
    [name for name in METHODS if tried('"a".' + name)],
]))
"""
LIBRARY = """
import json, sys
sys.path.insert(0, '/')
from directives.browser import html, state, Markup
from directives.browser.wire import decode, encode
rows = state([{'name': '<a>', 'cents': 1234}, {'name': 'b', 'cents': 5}])
def buy(event): pass
made = html('<p>{count} {total:.2f}</p>{rows}{none}', count=len(rows.value), total=sum([row['cents'] for row in rows.value]) / 100,
            rows=[html('<b data-on-click="{buy}">{name}</b>', name=row['name'], buy=buy) for row in rows.value], none=None)
value = {'big': 10 ** 30, 'pair': (1, {2}), 'bytes': b'x', 'odd': float('inf'), 'keys': {1: 'one'}, 'text': 'é\\u2028'}
again = decode(json.loads(encode(value)), None)
import datetime
moment = {'$': ['datetime', '2024-02-29T12:00:00+02:00']}
days = [moment, {'$': ['date', '2024-02-29']}, {'$': ['timedelta', [1, 2, 0]]}]
again_days = json.loads(encode(decode(days, None)))
price = decode({'$': ['decimal', '1.50']}, None)
print(json.dumps([str(made).replace(list(made.handlers)[0], 'HANDLER'), again == value, len(made.handlers), again_days == days, price]))
"""


@pytest.fixture(scope="module")
def micropython(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of its script."""
    folder = tmp_path_factory.mktemp("pythons")
    put_pythons(folder / "all")
    return f"file://{folder}/all/{RUNTIMES['micropython'].folder}/micropython.mjs"


def run(address: str, program: str, files: dict[str, str]) -> Any:
    """The JSON in the last line that a program prints there."""
    done = subprocess.run(
        [node(), "--input-type=module", "--eval", RUN, json.dumps([address, files, program])],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_what_the_compiler_says_it_has_it_has(micropython: str) -> None:
    """Every module and name that is allowed is there; every builtin and method that is refused is not."""
    facts = json.dumps(
        [
            sorted(MODULES),
            {name: sorted(names) for name, names in NAMES.items()},
            list(BUILTINS),
            list(METHODS),
        ]
    )
    assert run(micropython, ASK.format(facts=facts), {}) == [[], [], [], []]


def test_the_library_runs_there(micropython: str, tmp_path: Path) -> None:
    """As the bundle has it: markup, states and values of the wire format."""
    (tmp_path / "table.py").write_text(
        "'use client'\nfrom directives.browser import html\nruntime = 'micropython'\ndef Table(): ...\n"
    )
    parts = make_bundle(Settings(tmp_path)).bundle.parts.values()
    files = {part.address.partition("/")[2]: part.content.decode() for part in parts}
    html, same, handlers, days, price = run(micropython, LIBRARY, files)
    assert html == ('<p>2 12.39</p><b data-on-click="HANDLER">&lt;a&gt;</b><b data-on-click="HANDLER">b</b>')
    assert (same, handlers, days, price) == (True, 1, True, "1.50")
