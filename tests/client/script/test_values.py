"""Values as the client in the browser reads and writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from directives.wire.budget import Budget
from directives.wire.untrusted import decode_json
from tests.client.script.node import run

VECTORS = json.loads((Path(__file__).parents[2] / "wire" / "vectors.json").read_text("utf-8"))
IMPORT = "import { decode, encode, Tagged } from './client.js'\n"


@pytest.fixture(scope="module")
def echoed(scripts: Path) -> dict[str, str]:
    """Each vector, read and written again."""
    program = (
        "export const main = texts => Object.fromEntries(texts.map(text => [text, encode(decode(text))]))"
    )
    texts = [vector["json"] for vector in (*VECTORS["values"], *VECTORS["results"])]
    made: dict[str, str] = run(scripts, IMPORT + program, texts)
    return made


@pytest.mark.parametrize("vector", VECTORS["values"], ids=lambda vector: vector["value"][:40])
def test_a_value_comes_back_as_it_went(vector: dict[str, str], echoed: dict[str, str]) -> None:
    """Each value of the format passes through a page unchanged; of a whole float only the value does."""
    text = echoed[vector["json"]]
    if vector["value"] == "(1+2j)":
        assert decode_json(text.encode(), Budget()) == 1 + 2j
    else:
        assert text == vector["json"]


def test_markup_is_a_value_too(echoed: dict[str, str]) -> None:
    """What only a result may hold is read, and would be written as the same."""
    for vector in VECTORS["results"]:
        assert echoed[vector["json"]] == vector["json"]


def test_what_a_page_gets(scripts: Path) -> None:
    """Python's values become those of JavaScript, or tagged ones that read as their text."""
    program = """
    const get = (tag, payload) => decode(JSON.stringify({ $: [tag, payload] }))
    export const main = () => ({
      int: get('int', '9007199254740993') === 9007199254740993n,
      nan: Number.isNaN(get('float', 'nan')),
      set: get('set', [1, 2]) instanceof Set,
      dict: get('dict', [[1, 'x']]).get(1),
      bytes: [...get('bytes', 'AP8=')],
      date: `${get('date', '2024-02-29')}`,
      instant: get('datetime', '2024-07-01T12:00:00.5+02:00[Europe/Vienna]').toISOString(),
      price: Number(get('decimal', '1.10')),
      words: get('array', ['u2', { $: ['bytes', 'AQACAA=='] }]).payload[1].length,
      tuple: get('tuple', [1, 2]),
      proto: Object.getPrototypeOf(decode('{"__proto__": {"$": ["set", []]}}')) === Object.prototype,
      inner: decode('[{"$": ["dict", [["$", 1]]]}]')[0].get('$'),
    })"""
    made = run(scripts, IMPORT + program)
    assert made == {
        "int": True,
        "nan": True,
        "set": True,
        "dict": "x",
        "bytes": [0, 255],
        "date": "2024-02-29",
        "instant": "2024-07-01T10:00:00.500Z",
        "price": 1.1,
        "words": 4,
        "tuple": [1, 2],
        "proto": True,
        "inner": 1,
    }


WRITTEN = {
    "undefined": "null",
    "[1, undefined]": "[1,null]",
    "({ a: 1, b: undefined })": '{"a":1}',
    "({ $: 1 })": '{"$":["dict",[["$",1]]]}',
    "Object.assign(Object.create(null), { a: 1 })": '{"a":1}',
    "2 ** 53": "9007199254740992.0",
    "-(2 ** 60)": "-1152921504606847000.0",
    "1e21": "1e+21",
    "5n": "5",
    "2n ** 60n": '{"$":["int","1152921504606846976"]}',
    "new Date(0)": '{"$":["datetime","1970-01-01T00:00:00.000Z"]}',
    "new Map([[1, new Set([true])]])": '{"$":["dict",[[1,{"$":["set",[true]]}]]]}',
    "new Uint8Array([0, 255])": '{"$":["bytes","AP8="]}',
    "new Uint8Array([9, 0, 255]).subarray(1).buffer.slice(1)": '{"$":["bytes","AP8="]}',
    "new Uint8Array([9, 0, 255]).subarray(1)": '{"$":["bytes","AP8="]}',
    "new Tagged('array', ['f8', new Uint8Array(8)])": '{"$":["array",["f8",{"$":["bytes","AAAAAAAAAAA="]}]]}',
    "new Tagged('date', '2024-02-29')": '{"$":["date","2024-02-29"]}',
    "'a\\u2028</script>'": '"a\u2028</script>"',
}


def test_what_a_page_sends(scripts: Path) -> None:
    """JavaScript's own values travel as the nearest of Python's, and exactly where there is one."""
    listed = ", ".join(f"[{json.dumps(source)}, encode({source})]" for source in WRITTEN)
    made: dict[str, Any] = run(scripts, f"{IMPORT}export const main = () => Object.fromEntries([{listed}])")
    assert made == WRITTEN
    for text in made.values():
        decode_json(text.encode(), Budget())


def test_a_changed_copy_is_no_longer_what_came(scripts: Path) -> None:
    """A date that was received goes back to the microsecond; one that a page has set is the page's."""
    program = """
    export const main = () => {
      const text = '{"$":["datetime","2024-07-01T12:00:00.123456+02:00[Europe/Vienna]"]}'
      const date = decode(text)
      const same = encode(date) === text
      date.setTime(0)
      return [same, encode(date)]
    }"""
    assert run(scripts, IMPORT + program) == [True, '{"$":["datetime","1970-01-01T00:00:00.000Z"]}']


def test_what_cannot_travel_is_named_with_its_place(scripts: Path) -> None:
    """Functions, classes' instances, promises, symbols, no date and what holds itself, each by its path."""
    program = """
    class Order {}
    const loop = []
    loop.push(loop)
    const values = [() => 1, new Order(), Promise.resolve(1), Symbol('x'), loop, /x/, new Float64Array(1), new Date('')]
    export const main = () => values.map(value => {
      try { return encode({ items: [value] }, [], 'args') } catch (error) { return `${error.name} ${error.message}` }
    })"""
    assert run(scripts, IMPORT + program) == [
        "TypeError args.items[0]: Function cannot travel",
        "TypeError args.items[0]: Order cannot travel",
        "TypeError args.items[0]: Promise cannot travel",
        "TypeError args.items[0]: Symbol cannot travel",
        "TypeError args.items[0][0]: holds itself",
        "TypeError args.items[0]: RegExp cannot travel",
        "TypeError args.items[0]: Float64Array cannot travel",
        "TypeError args.items[0]: Date cannot travel",
    ]


def test_what_is_in_two_places_is_no_cycle(scripts: Path) -> None:
    """One object in two places travels twice."""
    program = "const a = [1]\nexport const main = () => encode({ a, b: a })"
    assert run(scripts, IMPORT + program) == '{"a":[1],"b":[1]}'
