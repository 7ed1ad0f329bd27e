"""B12 and E04: what JavaScript has of a server function, in Node, from what a real server serves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from directives.client.static import SCRIPTS
from tests.client.script.node import run
from tests.e2e.site_server import Site

pytestmark = pytest.mark.slow

MODULE = "modules/shop/actions.js"
HEAD = f"""
import * as actions from './{MODULE}'
import {{ configure }} from './client.js'
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site, and a folder with what its endpoint gives to read."""
    with Site(tmp_path_factory.mktemp("site")) as site:
        for name in (*SCRIPTS, MODULE):
            with urlopen(f"{site.url}/_directives/{name}") as reply:
                (file := site.folder / "served" / name).parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(reply.read())
        (site.folder / "served/package.json").write_text('{"type": "module"}')
        yield site


def outcome(site: Site, program: str) -> Any:
    """What a program of JavaScript gives, whose functions are the site's."""
    site.reset()
    start = f"configure({{ endpoint: '{site.url}/_directives' }})\n"
    return run(Path(site.folder / "served"), f"{HEAD}{start}export const main = async () => {{ {program} }}")


def test_b12_calls_of_one_client_run_in_order(site: Site) -> None:
    """Also those after one that fails, and no result is that of a call before."""
    program = """
    const calls = [actions.add('a'), actions.fail('x').catch(error => error.kind), actions.add('b'), actions.add('b')]
    return Promise.all(calls)"""
    assert outcome(site, program) == [1, "internal", 2, 3]
    assert site.store["calls"] == ["add a", "add b", "add b"]


def test_b12_a_call_can_leave_the_queue(site: Site) -> None:
    """It overtakes one that is under way."""
    program = """
    const stop = new AbortController()
    const waiting = actions.wait.with({ signal: stop.signal })('first').catch(error => error.name)
    const value = await actions.echo.with({ concurrent: true })(1)
    stop.abort()
    return [value, await waiting]"""
    assert outcome(site, program) == [1, "AbortError"]


def test_b12_an_aborted_call_is_cancelled_on_the_server(site: Site) -> None:
    """One under way gets to know, one that waits is never sent, and the next one runs."""
    program = """
    const stop = new AbortController()
    const name = call => call.catch(error => error.name)
    const wait = actions.wait.with({ signal: stop.signal })
    const given = [name(wait('one')), name(wait('two'))]
    await new Promise(done => setTimeout(done, 500))
    stop.abort()
    return [...(await Promise.all(given)), await actions.echo(3)]"""
    assert outcome(site, program) == ["AbortError", "AbortError", 3]
    site.called("wait one cancelled")
    assert "wait two begins" not in site.store["calls"]


def test_e04_an_es_module_calls_a_server_function(site: Site) -> None:
    """By its name, with positions, defaults and keywords; values as they are; a stream item by item; errors by type."""
    program = """
    const items = []
    for await (const item of actions.count(3)) items.push(item)
    const [day, price, big] = await actions.due('2024-02-28', { price: '2' })
    const error = await actions.fail('sold out').catch(error => error)
    return [await actions.add('sencha'), `${day}`, `${price}`, `${big}`, items, error.type, error.data]"""
    assert outcome(site, program) == [
        1,
        "2024-02-29",
        "4",
        str(2**60),
        [0, 1, 2],
        "shop.errors.SoldOut",
        {"left": 2},
    ]
