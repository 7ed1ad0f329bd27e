"""The example shops have a window that is rendered ahead, but for who is looking."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.serving import serving

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "examples"
SECRET = {"DIRECTIVES_SECRET_KEYS": "a secret of this test alone"}


def run(folder: Path, *words: str) -> str:
    """A command in the folder of an example; what it prints."""
    command = [sys.executable, *words]
    told = subprocess.run(
        command, cwd=folder, env={**os.environ, **SECRET}, capture_output=True, text=True, check=True
    )
    return told.stdout


@pytest.mark.parametrize(
    ("name", "application", "served", "shown"),
    [
        ("flask", "shop.app:create_app()", "flask --app shop.app run --port 8000", b"sencha: in stock"),
        (
            "django",
            "teashop.wsgi:application",
            "gunicorn -b 127.0.0.1:8000 teashop.wsgi",
            b"<h1>In the window</h1>",
        ),
    ],
)
def test_the_window(tmp_path: Path, name: str, application: str, served: str, shown: bytes) -> None:
    """The command of the README renders it; a visitor gets the page first and the greeting behind it."""
    folder = Path(shutil.copytree(EXAMPLES / name, tmp_path / name))
    if name == "django":
        run(folder, "manage.py", "migrate", "--verbosity", "0")
    table = run(folder, "-m", "directives", "prerender", application)
    assert table.splitlines()[1].split()[:2] == ["/window", "partial"]
    with serving(served, folder, **SECRET) as running, running.connect() as connection:
        connection.request("GET", "/window")
        page, _, rest = connection.getresponse().read().partition(b"</template>")
    assert shown in page
    assert b"Come in and sign in." not in page
    assert b"Come in and sign in.</directives-part>" in rest
