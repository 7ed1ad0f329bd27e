"""The IPython extension, in an IPython shell."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

SESSION = """
    import json, sys
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    answers = []
    for cell in json.loads(sys.stdin.read()):
        done = shell.run_cell(cell)
        error = done.error_before_exec or done.error_in_exec
        answers.append([type(error).__name__, error.msg] if isinstance(error, SyntaxError) else repr(error or done.result))
    print("\\n" + json.dumps(answers))
"""
LOAD = "%load_ext directives.integrations.ipython"
STOCK = """
def stock(tea):
    'use cache'
    runs.append(tea)
    return {number}
stock('sencha')
"""


def session(folder: Path, *cells: str) -> list[Any]:
    """What the cells of a notebook give, or how they fail."""
    done = subprocess.run(
        [sys.executable, "-c", dedent(SESSION)],
        input=json.dumps([dedent(cell) for cell in cells]),
        env={
            "IPYTHONDIR": str(folder / "ipython"),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "NO_COLOR": "1",
        },
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return answers


@pytest.mark.slow
def test_cells(tmp_path: Path) -> None:
    """An unchanged cell finds its results, an edited one drops its own; functions of other cells stay."""
    order = """
    async def order(tea):
        'use server'
        return stock(tea)
    """
    answers = session(
        tmp_path,
        LOAD,
        "runs = []",
        STOCK.format(number=1),
        STOCK.format(number=1),
        "# comments and places do not count\n" + STOCK.format(number=1),
        "runs",
        order,
        STOCK.format(number=2),
        STOCK.format(number=1),
        "await order('sencha')",
        "runs",
        "from directives.runtime import runtime\nruntime.functions.find(order.id).record.full_name",
        "%reload_ext directives.integrations.ipython",
        STOCK.format(number=3),
        "%unload_ext directives.integrations.ipython",
        "def plain():\n    'use cache'\n    return 4\nplain.__code__.co_filename[:9]",
    )
    assert answers[2:] == [
        "1",
        "1",
        "1",
        "['sencha']",
        "None",
        "2",
        "1",
        "1",
        "['sencha', 'sencha']",
        "'__main__.order'",
        "None",
        "3",
        "None",
        "'<ipython-'",
    ]


@pytest.mark.slow
def test_errors(tmp_path: Path) -> None:
    """A broken rule is a syntax error with its hint; so is a cell that is no module; nothing of the cell runs."""
    (tmp_path / "teas.py").write_text("def stock():\n    'use cache'\n    return []\n")
    late = "ran = 1\ndef stock(tea):\n    x = 1\n    'use cache'\n    return x"
    answers = session(
        tmp_path,
        LOAD,
        late,
        "'ran' in globals()",
        "def stock(tea):\n    'use cache'\n    return 1\nimport asyncio\nawait asyncio.sleep(0)",
        "import asyncio\nawait asyncio.sleep(0, 'use cache is a text here')",
        "def stock(",
        "import teas\nteas.stock() is teas.stock(), teas.stock.__code__.co_filename",
    )
    kind, message = answers[1]
    assert kind == "DirectiveSyntaxError"
    assert "stands after other code" in message
    assert answers[2] == "False"
    assert answers[3] == [
        "SyntaxError",
        "'await' outside function: a cell with directives is compiled as a module is; await in a cell of its own",
    ]
    assert answers[4] == "'use cache is a text here'"
    assert answers[5][0] == "SyntaxError"
    assert answers[6] == "(False, '<use cache>')"
