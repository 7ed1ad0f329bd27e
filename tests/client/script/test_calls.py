"""Calls as the client in the browser makes them: what it sends, and what it makes of replies."""

from __future__ import annotations

from pathlib import Path

from tests.client.script.node import run

# A server that answers as it is told, and notes what it is asked.
SERVER = """
import { action, call, CallError, configure, forget, stream } from './client.js'
const asked = []
let replies = []
const wait = ms => new Promise(done => setTimeout(done, ms))
const json = (body, init = {}) => new Response(body, { headers: { 'content-type': 'application/json' }, ...init })
configure({
  endpoint: 'https://shop.example/_directives',
  fetch: async (url, { method, headers, body, signal }) => {
    asked.push({ url, method, headers, body })
    signal?.throwIfAborted()
    const reply = replies.length ? replies.shift() : '{"ok":null}'
    return typeof reply === 'function' ? reply(signal) : typeof reply === 'string' ? json(reply) : reply
  },
})
const told = promise => promise.then(
  value => ({ value }),
  error => ({ ...error, name: error.name, message: error.message, error: error instanceof CallError, cause: undefined }),
)
"""


def test_a_call_is_a_post_of_its_arguments(scripts: Path) -> None:
    """To the endpoint and the function's ID, in tagged JSON, with a key of its own; the value comes back."""
    program = """
    export async function main() {
      replies = ['{"ok":{"$":["int","9007199254740993"]}}', '{"ok":2}']
      const value = await call('6f1e', ['sencha', 1n, undefined], { gift: new Set([1]) }, { bound: 'sealed' })
      await call('6f1e')
      return [`${value}`, asked[0], asked[1].headers['idempotency-key']]
    }"""
    value, asked, other = run(scripts, SERVER + program)
    assert value == "9007199254740993"
    key = asked["headers"].pop("idempotency-key")
    assert key[0] == key[-1] == '"'
    assert len(key) > 20
    assert key != other
    assert asked == {
        "url": "https://shop.example/_directives/6f1e",
        "method": "POST",
        "headers": {"accept": "application/json", "content-type": "application/json"},
        "body": '{"args":["sencha",1],"kwargs":{"gift":{"$":["set",[1]]}},"bound":"sealed"}',
    }


def test_calls_run_one_at_a_time(scripts: Path) -> None:
    """In the order they were made, failures included; one that is concurrent does not wait."""
    program = """
    export async function main() {
      const log = []
      const slow = name => async () => {
        log.push(`${name} begins`)
        await wait(20)
        log.push(`${name} ends`)
        return json(name === 'b' ? '{"error":{"kind":"internal","message":"no"}}' : '{"ok":1}')
      }
      replies = [slow('d'), slow('a'), slow('b'), slow('c')]
      const waiting = [call('a'), call('b').catch(() => 0), call('c')]
      await Promise.all([call('d', [], {}, { concurrent: true }), ...waiting])
      return [log.slice(0, 2).sort(), log.slice(4)]
    }"""
    begun, rest = run(scripts, SERVER + program)
    assert begun == ["a begins", "d begins"]
    assert rest == ["b begins", "b ends", "c begins", "c ends"]


def test_errors_are_one_class(scripts: Path) -> None:
    """With the kind, the problems, the digest and, for an error declared for callers, its type and data."""
    program = """
    export async function main() {
      replies = [
        json('{"error":{"kind":"expected","message":"only 2","type":"shop.OutOfStock","data":{"left":2}}}', { status: 409 }),
        json('{"error":{"kind":"arguments","message":"m","problems":[{"path":"tea","reason":"r"}]}}', { status: 422 }),
        json('{"error":{"kind":"internal","message":"m","digest":"d1"}}', { status: 500 }),
        new Response('<h1>Bad gateway</h1>', { status: 502 }),
        json('[1'),
        json('5'),
        () => { throw new TypeError('fetch failed') },
      ]
      const results = []
      while (replies.length) results.push(await told(call('a')))
      return results
    }"""
    expected, arguments, internal, *foreign, broken = run(scripts, SERVER + program)
    assert expected["type"] == "shop.OutOfStock"
    assert (expected["kind"], expected["status"], expected["data"]) == ("expected", 409, {"left": 2})
    assert arguments["problems"] == [{"path": "tea", "reason": "r"}]
    assert (internal["digest"], internal["problems"]) == ("d1", [])
    assert [error["kind"] for error in foreign] == ["protocol"] * 3
    assert foreign[0]["status"] == 502
    assert (broken["kind"], broken["status"]) == ("interrupted", 0)
    assert all(error["error"] for error in (expected, arguments, internal, *foreign, broken))


def test_a_call_can_be_aborted(scripts: Path) -> None:
    """One that waits for its turn is never sent; one under way is given up, and the next goes on."""
    program = """
    export async function main() {
      const until = signal => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      replies = [until, '{"ok":3}']
      const [first, second] = [new AbortController(), new AbortController()]
      const one = told(call('a', [], {}, { signal: first.signal }))
      const two = told(call('b', [], {}, { signal: second.signal }))
      const three = told(call('c'))
      second.abort()
      const gone = await two
      await wait(1)
      first.abort()
      const results = [await one, gone, await three, await told(call('d', [], {}, { signal: first.signal }))]
      return [results.map(({ name, value }) => name ?? value), asked.map(({ url }) => url.at(-1))]
    }"""
    results, sent = run(scripts, SERVER + program)
    assert results == ["AbortError", "AbortError", 3, "AbortError"]
    assert sent == ["a", "c"]


def test_a_call_has_a_deadline(scripts: Path) -> None:
    """The server is told how long the caller waits, and when that is over the call is."""
    program = """
    export async function main() {
      replies = [signal => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))]
      // What keeps Node awake: a timeout of a signal does not.
      const awake = setInterval(() => {}, 5)
      const result = await told(call('a', [], {}, { timeout: 30 }))
      clearInterval(awake)
      return [result.kind, asked[0].headers['x-directives-timeout']]
    }"""
    assert run(scripts, SERVER + program) == ["deadline", "30"]


def test_a_redirect_is_told(scripts: Path) -> None:
    """Where there is no page to leave, the caller learns the address."""
    program = """
    export async function main() {
      replies = ['{"redirect":"/thanks"}']
      return told(call('a'))
    }"""
    told = run(scripts, SERVER + program)
    assert (told["kind"], told["location"]) == ("redirect", "/thanks")


def test_a_stream_is_read_as_it_comes(scripts: Path) -> None:
    """Item by item, however it is cut; an error is the last one; who stops reading closes the connection."""
    program = """
    const lines = { 'content-type': 'application/jsonl' }
    const streamed = (pieces, closed) => new Response(new ReadableStream({
      async pull(out) {
        await wait(1)
        pieces.length ? out.enqueue(new TextEncoder().encode(pieces.shift())) : out.close()
      },
      cancel: closed,
    }), { headers: lines })
    export async function main() {
      const got = []
      let closed = false
      replies = [
        streamed(['{"ok":1}\\n{"o', 'k":"ä', '"}\\n', '{"error":{"kind":"internal","message":"m"}}\\n']),
        streamed(['{"ok":1}\\n', '{"ok":2}\\n', '{"ok":3}\\n'], () => (closed = true)),
        streamed(['{"ok":1}\\n', '{"ok"']),
        streamed(['{"ok":7}\\n']),
        json('{"error":{"kind":"forbidden","message":"m"}}', { status: 403 }),
      ]
      const all = async items => {
        try { for await (const item of items) got.push(item) } catch (error) { got.push(error.kind) }
      }
      await all(stream('a'))
      for await (const item of stream('b')) { got.push(item); break }
      await wait(5)
      await all(stream('c'))
      await all(await call('d'))
      await all(stream('e'))
      return [got, closed]
    }"""
    got, closed = run(scripts, SERVER + program)
    assert got == [1, "ä", "internal", 1, 1, "interrupted", 7, "forbidden"]
    assert closed


def test_files_travel_beside_the_message(scripts: Path) -> None:
    """As parts of a form, with their names and types; the message says where they belong."""
    program = """
    export async function main() {
      const form = new FormData()
      form.append('title', 'Tea')
      form.append('photo', new File(['b'], 'b.png', { type: 'image/png' }))
      form.append('none', new File([], ''))
      await call('a', [new File(['a'], 'a.txt'), form, new Blob(['c'])])
      const { body, headers } = asked[0]
      const parts = []
      for (const [name, part] of body) parts.push([name, part.name, part.type, await part.text()])
      return [parts, headers['content-type'] ?? null]
    }"""
    parts, content_type = run(scripts, SERVER + program)
    assert content_type is None
    message = (
        '{"args":[{"$":["file","1"]},{"$":["form",[["title","Tea"],["photo",{"$":["file","2"]}]]]},'
        '{"$":["file","3"]}],"kwargs":{},"bound":null}'
    )
    assert parts == [
        ["call", "blob", "application/json", message],
        ["1", "a.txt", "", "a"],
        ["2", "b.png", "image/png", "b"],
        ["3", "blob", "", "c"],
    ]


def test_what_belongs_to_one_user_is_kept_for_a_while(scripts: Path) -> None:
    """A private result is shown again as long as it is fresh, a copy each time, until another call may have changed it."""
    program = """
    const headers = { 'content-type': 'application/json', 'cache-control': 'private', 'x-directives-stale-time': '30' }
    export async function main() {
      const mine = value => new Response(`{"ok":[${value}]}`, { headers })
      replies = [mine(1), mine(2), '{"ok":"changed"}', mine(3)]
      const first = await call('a', [1])
      first.push('spoilt')
      const got = [await call('a', [1]), await call('a', [2]), await call('a', [1]), await call('b'), await call('a', [1])]
      const now = Date.now
      Date.now = () => now() + 31000
      replies = [mine(4)]
      got.push(await call('a', [1]))
      forget()
      replies = [mine(5)]
      got.push(await call('a', [1]))
      return got
    }"""
    assert run(scripts, SERVER + program) == [[1], [2], [1], "changed", [3], [4], [5]]


def test_an_action_is_a_function(scripts: Path) -> None:
    """With the name of the server's; keywords in an object at the end; what is left out in the middle goes by name."""
    program = """
    export async function main() {
      const order = action('6f', 'order', 'call', ['sku', 'quantity', 'note'], true)
      await order('sencha', 2, 'x', { gift: true })
      await order('sencha', undefined, 'x')
      await order('sencha')
      await order.with({ kwargs: { gift: false }, key: 'k' })('sencha')
      await action('70', 'add', 'call')(order, 1, undefined)
      return [order.name, order.id, asked.map(({ body }) => JSON.parse(body)), asked[3].headers['idempotency-key']]
    }"""
    name, function_id, bodies, key = run(scripts, SERVER + program)
    assert (name, function_id, key) == ("order", "6f", '"k"')
    assert [(body["args"], body["kwargs"]) for body in bodies] == [
        (["sencha", 2, "x"], {"gift": True}),
        (["sencha"], {"note": "x"}),
        (["sencha"], {}),
        (["sencha"], {"gift": False}),
        ([{"$": ["function", ["6f", None]]}, 1], {}),
    ]


def test_an_argument_too_many_is_sent(scripts: Path) -> None:
    """So that the server refuses it: what stands where the keywords do is no object, or something follows them."""
    program = """
    export async function main() {
      const order = action('a', 'order', 'call', ['tea'], true)
      await order('sencha', 3)
      await order('sencha', { gift: true }, 4)
      await order('sencha', null)
      return asked.map(({ body }) => JSON.parse(body))
    }"""
    bodies = run(scripts, SERVER + program)
    assert [(body["args"], body["kwargs"]) for body in bodies] == [
        (["sencha", 3], {}),
        (["sencha", 4], {"gift": True}),
        (["sencha"], {}),
    ]


def test_a_function_in_a_result_can_be_called(scripts: Path) -> None:
    """With what it captured, sealed, and it goes back as the same function."""
    program = """
    export async function main() {
      replies = ['{"ok":{"$":["function",["0f","sealed"]]}}']
      const more = await call('a')
      await more(1)
      await call('b', [more])
      return asked.slice(1).map(({ url, body }) => [url.split('/').at(-1), body])
    }"""
    assert run(scripts, SERVER + program) == [
        ["0f", '{"args":[1],"kwargs":{},"bound":"sealed"}'],
        ["b", '{"args":[{"$":["function",["0f","sealed"]]}],"kwargs":{},"bound":null}'],
    ]
