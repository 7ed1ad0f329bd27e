"""Calls of the client for JavaScript, against `fetch` of a Starlette route: `python tools/bench/bench_script.py`.

Node calls an echo one at a time, behind one uvicorn, over connections that are kept. Both take turns within one run, so what is
compared is what a call costs more than a `fetch` written by hand: tagged JSON both ways, the queue, a key that makes it run once.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from bench_served import both
from bench_uvicorn import PEER
from bench_uvicorn import uvicorn

from directives.client.static import SCRIPTS
from directives.client.static import script

GOAL: Final = 0.5
PROGRAM: Final = """
import { call, configure } from './client.js'

const [bare, ours, message] = JSON.parse(process.argv[1])
const id = ours.split('/').at(-1)
configure({ endpoint: ours.slice(0, -id.length - 1) })
const headers = { 'content-type': 'application/json', accept: 'application/json' }
const body = JSON.stringify({ args: [message] })
const ways = {
  fetch: async () => (await (await fetch(bare, { method: 'POST', headers, body })).json()).args[0],
  directives: () => call(id, [message]),
}
const rates = { fetch: [], directives: [] }
for (let round = 0; round < 12; round++)
  for (const [name, run] of Object.entries(ways)) {
    const begun = performance.now()
    for (let count = 0; count < 200; count++) await run()
    // The first rounds warm up.
    if (round > 1) rates[name].push(200_000 / (performance.now() - begun))
  }
console.log(JSON.stringify(rates))
"""


def main() -> int:
    node = shutil.which("node")
    if node is None:
        sys.exit("bench_script.py needs Node 20 or later: install it with `apt-get install nodejs`")
    with TemporaryDirectory() as name, uvicorn(folder := Path(name)) as (host, server):
        bare, ours = both(PEER, host, server)
        for each in SCRIPTS:
            (folder / each).write_text(script(each), "utf-8")
        (folder / "package.json").write_text('{"type": "module"}')
        message = json.loads(ours.body)["args"][0]
        given = json.dumps([bare.url, ours.url, message])
        command = [node, "--input-type=module", "--eval", PROGRAM, given]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    rates: dict[str, list[float]] = json.loads(done.stdout)
    pairs = zip(rates["directives"], rates["fetch"], strict=True)
    ratio = median(own / plain for own, plain in pairs)
    for way, measured in rates.items():
        print(f"{way:<16}{median(measured):10,.0f} calls/s")
    print(f"{'ratio':<16}{ratio:8.2f}x   (goal: at least {GOAL}x)")
    return 0 if ratio >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
