"""Server functions called from a page's own script, by the modules that the endpoint serves."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.site_server import Site


@pytest.fixture
def page(page: Page) -> Page:
    """A page whose script has imported the client and the functions."""
    page.goto("/scripted")
    page.wait_for_selector("body[data-ready]")
    return page


def run(page: Page, body: str) -> Any:
    """What a function of JavaScript gives, which has the client's names and those of the functions."""
    names = "{ call, CallError, Tagged, settings }"
    return page.evaluate(
        f"async () => {{ const {names} = shop.client; const actions = shop.actions; {body} }}"
    )


def test_a_function_of_the_server_is_one_of_javascript(page: Page, site: Site) -> None:
    """It is awaited, takes what it takes in Python, and gives what it gives."""
    assert run(page, "return [await actions.add('sencha', 80), actions.add.name]") == [1, "add"]
    assert site.store["teas"] == ["sencha 80 g"]


def test_values_that_json_does_not_have(page: Page) -> None:
    """Dates, decimals, big integers, sets and bytes, there and back."""
    made = run(
        page,
        """
        const [day, price, big, set, [one, bytes]] = await actions.due(new Tagged('date', '2024-02-28'))
        const again = await actions.due(day, { price })
        const text = await actions.due('2024-02-28', { price: '2.5' })
        return [`${day}`, `${price}`, typeof big, `${big}`, [...set], one, [...bytes], `${again[0]}`, `${again[1]}`,
          `${text[0]}`, `${text[1]}`]
        """,
    )
    assert made == [
        "2024-02-29",
        "3.0",
        "bigint",
        str(2**60),
        [1, 2],
        1,
        [0, 255],
        "2024-03-01",
        "6.0",
        "2024-02-29",
        "5.0",
    ]


def test_an_error_has_its_type_and_its_data(page: Page) -> None:
    """What is declared for callers; of anything else a caller learns a digest."""
    caught = "catch (error) { return [error instanceof CallError, error.kind, error.type, error.data, error.digest?.length, error.message] }"
    assert run(page, f"try {{ await actions.fail('sold out') }} {caught}") == [
        True,
        "expected",
        "shop.errors.SoldOut",
        {"left": 2},
        None,
        "only 2 left",
    ]
    masked = run(page, f"try {{ await actions.fail('x') }} {caught}")
    assert masked[:2] == [True, "internal"]
    assert masked[4] == 12
    assert "hunter2" not in str(masked)


def test_arguments_that_do_not_fit(page: Page) -> None:
    """Nothing runs, and each is told by its path."""
    problems = run(
        page,
        "try { await actions.add(5, 'x') } catch (error) { return error.problems.map(({ path }) => path) }",
    )
    assert problems == ["name", "grams"]


def test_a_stream_comes_item_by_item(page: Page, site: Site) -> None:
    """And is closed on the server when the page stops reading."""
    assert run(
        page, "const got = []; for await (const item of actions.count(4)) got.push(item); return got"
    ) == [0, 1, 2, 3]
    assert run(page, "for await (const item of actions.count(1000)) if (item === 2) return item") == 2
    site.called("count closed")


def test_an_aborted_call_is_cancelled_on_the_server(page: Page, site: Site) -> None:
    """The coroutine gets to know, and the next call runs."""
    page.evaluate("globalThis.stop = new AbortController()")
    page.evaluate(
        "void (globalThis.waiting = shop.actions.wait.with({ signal: stop.signal })('a').catch(error => error.name))"
    )
    site.called("wait a begins")
    page.evaluate("stop.abort()")
    assert page.evaluate("waiting") == "AbortError"
    site.called("wait a cancelled")
    assert run(page, "return await actions.echo(1)") == 1


def test_a_deadline_ends_a_call_on_both_sides(page: Page, site: Site) -> None:
    """The server stops as well."""
    assert (
        run(
            page, "try { await actions.wait.with({ timeout: 400 })('b') } catch (error) { return error.kind }"
        )
        == "deadline"
    )
    site.called("wait b cancelled")


def test_calls_queue_unless_they_are_concurrent(page: Page, site: Site) -> None:
    """Five calls are under way one after the other, or at once."""
    body = """
    let open = 0, most = 0
    const fetch = settings.fetch
    settings.fetch = async (...given) => {
      most = Math.max(most, ++open)
      try { return await fetch(...given) } finally { open-- }
    }
    const echo = OPTIONS
    const got = await Promise.all([1, 2, 3, 4, 5].map(each => echo(each)))
    settings.fetch = fetch
    return [got, most]"""
    assert run(page, body.replace("OPTIONS", "actions.echo")) == [[1, 2, 3, 4, 5], 1]
    assert run(page, body.replace("OPTIONS", "actions.echo.with({ concurrent: true })")) == [
        [1, 2, 3, 4, 5],
        5,
    ]


def test_a_call_with_a_key_runs_once(page: Page, site: Site) -> None:
    """Sent again by the page, it is answered with the first reply."""
    assert run(
        page, "const add = actions.add.with({ key: 'k1' }); return [await add('x'), await add('x')]"
    ) == [1, 1]
    assert site.store["calls"] == ["add x"]


def test_a_file_is_an_argument(page: Page, site: Site) -> None:
    """It is sent beside the call, and the page may follow how much of it has left."""
    steps = run(
        page,
        """
        const steps = []
        const file = new File([new Uint8Array(200000)], 'a.bin')
        await actions.receive.with({ onprogress: ({ loaded, total }) => steps.push([loaded, total]) })('Tea', file)
        await actions.receive('Tea', file)
        return steps
        """,
    )
    assert steps[-1][0] == steps[-1][1] > 200000
    assert [tea.split()[:3] for tea in site.store["teas"]] == [["Tea:", "a.bin", "200000"]] * 2


def test_a_redirect_shows_another_page(page: Page, site: Site) -> None:
    """The caller learns of it by an error, or alone if it says so."""
    caught = "catch (error) { return [error.kind, error.location] }"
    assert run(page, f"try {{ await actions.leave.with({{ redirect: 'manual' }})() }} {caught}") == [
        "redirect",
        "/thanks",
    ]
    assert page.url == f"{site.url}/scripted"
    assert run(page, f"try {{ await actions.leave() }} {caught}") == ["redirect", "/thanks"]
    page.wait_for_url("**/thanks")
    assert page.inner_text("h1") == "Thanks"


def test_a_trace_goes_on(page: Page) -> None:
    """A page that was made within a trace sends it along (W3C Trace Context)."""
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    page.evaluate(
        "trace => document.head.append(Object.assign(document.createElement('meta'), { name: 'traceparent', content: trace }))",
        trace,
    )
    with page.expect_request("**/_directives/*") as sent:
        run(page, "await actions.echo(1)")
    assert sent.value.headers["traceparent"] == trace
