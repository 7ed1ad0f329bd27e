"""The package for JavaScript that ``directives build --client`` writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from directives.client.es_package import semantic
from directives.client.package import write_client_package
from directives.manifest import build
from directives.settings import load_settings
from tests.client.script.node import run
from tests.client.script.typescript import check
from tests.client.test_declarations import HEAD
from tests.client.test_declarations import MODELS

ACTIONS = f'''{HEAD}

async def order(tea: Tea, size: Measure = Measure.SMALL, *, day: dt.date, note: str | None = None) -> Box:
    """Order a tea."""

async def rows(limit: int = 10) -> AsyncIterator[Row]:
    yield

async def upload(title: str, *photos: Upload) -> dict[int, list[Point]]: ...

async def choose(what: Literal['a', 'b'] | None, flavour: Flavour = Flavour.GREEN) -> tuple[int, bytes]: ...

async def delete(user: UserId) -> dt.datetime: ...
'''

FILES = {
    "pyproject.toml": '[project]\nname = "Tea_Shop"\nversion = "1.2.dev3"\n',
    "shop/__init__.py": "from .kinds import Size as Measure\n",
    "shop/kinds.py": "from enum import Enum\nclass Size(Enum):\n    SMALL = 's'\n    LARGE = 'l'\n",
    "shop/models.py": MODELS,
    "shop/actions.py": ACTIONS,
    "top.py": "'use server'\nasync def hello() -> str: ...\n",
}

USE = """\
import { order, rows, upload, choose } from './package/shop/actions.js'
import type { TeaInput, Tea } from './package/shop/actions.js'
import * as actions from './package/shop/actions.js'
import { hello } from './package/top.js'
import { CallError, configure, Tagged } from './package/_directives/client.js'

configure({ endpoint: 'https://shop.example/_directives' })
const stop = new AbortController()

export async function use(): Promise<void> {
  const box = await order({ id: 1, hidden: 'h', parents: [] }, 'l', { day: '2024-02-29' })
  const tea: Tea = box.tea
  const price: Tagged<'decimal'> | null = tea.price
  const grams: number | undefined = box.grams
  await order.with({ signal: stop.signal, concurrent: true })({ id: 1n, hidden: '' }, undefined, { day: new Tagged('date', '2024-02-29') })
  for await (const row of rows(5)) {
    const a: number = row.a
    const b: string | undefined = row.b
    console.log(a, b)
  }
  const points: Map<number, [x: number, y: number][]> = await upload('t', new File([], 'a'), new Blob([]))
  const [count, bytes]: [number, Uint8Array] = await choose('a', "bl'ack")
  const when: Date = await actions.delete(5)
  const text: string = await hello()
  console.log(price, grams, points, count, bytes, when, text)
  // @ts-expect-error: a tea has to have a name that tells it from others
  await order({ hidden: '' }, 's', { day: '2024-02-29' })
  // @ts-expect-error: a day has to be given
  await order({ id: 1, hidden: '' })
  // @ts-expect-error: there is no such size
  await order({ id: 1, hidden: '' }, 'm', { day: '2024-02-29' })
  // @ts-expect-error: c is none of the two
  await choose('c')
  // @ts-expect-error: a text is no number
  const wrong: string = box.grams
  // @ts-expect-error: a stream is not awaited for its items
  const none: number = await rows()
  // @ts-expect-error: there is no such option
  rows.with({ speed: 2 })
  try {
    await hello()
  } catch (error) {
    if (error instanceof CallError && error.kind === 'arguments') console.log(error.problems[0]?.path)
  }
  const input: TeaInput = { id: 1, hidden: '' }
  console.log(wrong, none, input)
}
"""


def built(folder: Path) -> Path:
    """The package of a project in a folder."""
    settings = load_settings(folder)
    made = build(settings)
    assert made.manifest is not None, made.findings
    write_client_package(folder / "package", made.modules, settings)
    return folder / "package"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of a project with types of all kinds."""
    folder = tmp_path_factory.mktemp("project")
    for name, text in FILES.items():
        (file := folder / name).parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    return built(folder)


def test_it_is_a_package_of_npm_s(package: Path) -> None:
    """With a name, a version as npm has them, and modules beside those of Python."""
    described = json.loads((package / "package.json").read_text("utf-8"))
    assert (described["name"], described["version"], described["type"]) == (
        "tea-shop-client",
        "1.2.0-dev3",
        "module",
    )
    for name in (
        "shop/actions.js",
        "shop/actions.d.ts",
        "shop/actions.py",
        "top.js",
        "top.d.ts",
        "_directives/client.d.ts",
    ):
        assert (package / name).is_file()


@pytest.mark.parametrize(
    ("version", "written"),
    [("1.2.3", "1.2.3"), ("2", "2.0.0"), ("1.2.3.4", "1.2.3"), ("1.0rc1", "1.0.0-rc1"), ("1.0+local", "1.0.0-local"), ("01.02", "1.2.0"), ("dynamic", "0.0.0")],
)  # fmt: skip
def test_versions(version: str, written: str) -> None:
    """npm has three numbers, and what is before a release behind a hyphen."""
    assert semantic(version) == written


def test_node_runs_it(package: Path) -> None:
    """From its own files alone; where the server is, the program says."""
    program = """
    import { order } from './shop/actions.js'
    import { configure } from './_directives/client.js'
    const asked = []
    const fetch = async (url, { body }) => (asked.push(url, body), new Response('{"ok":5}'))
    export async function main() {
      configure({ endpoint: 'https://shop.example/_directives', fetch })
      return [await order({ id: 1 }, undefined, { day: '2024-02-29' }), order.name, asked]
    }"""
    value, name, (url, body) = run(package, program)
    assert (value, name) == (5, "order")
    assert url.startswith("https://shop.example/_directives/")
    assert json.loads(body)["kwargs"] == {"day": "2024-02-29"}


@pytest.mark.slow
def test_it_type_checks(package: Path) -> None:
    """As strictly as TypeScript can; and what is wrong is found, where the program expects it."""
    (package.parent / "package.json").write_text('{"type": "module"}')
    (package.parent / "use.ts").write_text(USE, "utf-8")
    assert check(package.parent, "use.ts") == ""
