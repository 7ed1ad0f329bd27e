"""A server action of Next.js that echoes: the peer that `bench_served.py --next` installs, builds and serves."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.request import urlopen

FILES: Final = {
    "package.json": '{"private": true, "dependencies": {"next": "16", "react": "19", "react-dom": "19"}}',
    "app/layout.js": "export default ({ children }) => <html><body>{children}</body></html>\n",
    "app/page.js": "import { echo } from './actions'\nexport default () => <form action={echo} />\n",
    "app/actions.js": "'use server'\n\nexport async function echo(message) { return { ...message } }\n",
}
BUILD: Final = (["npm", "install", "--no-audit", "--no-fund"], ["npx", "next", "build"])
QUIET: Final = {**os.environ, "NEXT_TELEMETRY_DISABLED": "1"}


def build(folder: Path) -> None:
    """Install and build the application; takes minutes."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for command in BUILD:
        subprocess.run(command, cwd=folder, env=QUIET, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def serving(folder: Path, port: int, core: str) -> Iterator[subprocess.Popen[bytes]]:
    """The application's server."""
    # Not by way of npx, whose own process would be what is ended.
    command = ["taskset", "-c", core, "node", "node_modules/next/dist/bin/next", "start", "-p", str(port)]
    server = subprocess.Popen(command, cwd=folder, env=QUIET, stdout=subprocess.DEVNULL)
    try:
        yield server
    finally:
        server.terminate()
        server.wait()


def headers(host: str) -> dict[str, str]:
    """What a browser sends with a call of the action, whose ID the page has."""
    with urlopen(f"http://{host}/") as page:
        found = re.search(r"ACTION_ID_([0-9a-f]+)", page.read().decode())
    assert found, "the page shows no server action"
    return {"Next-Action": found[1], "Accept": "text/x-component", "Content-Type": "text/plain;charset=UTF-8"}


def body(message: object) -> str:
    """The arguments of a call."""
    return json.dumps([message])
