"""The page."""

from __future__ import annotations

import asyncio
from html import escape
from typing import Any

from directives import ServerFunction
from poll import votes
from poll.actions import watch

PAGE = """<!doctype html>
<title>Poll</title>
<h1>Which tea?</h1>
{choices}
<script type="module">
const reply = await fetch('/_directives/{watch}', {{
  method: 'POST', body: '{{}}', headers: {{'Content-Type': 'application/json', Accept: 'application/jsonl'}}
}});
let rest = '';
for await (const text of reply.body.pipeThrough(new TextDecoderStream())) {{
  const lines = (rest + text).split('\\n');
  rest = lines.pop();
  for (const line of lines)
    for (const [tea, count] of Object.entries(JSON.parse(line).ok)) document.getElementById(tea).value = count;
}}
</script>
"""
CHOICE = """<form action="{vote}" method="post">
<p><button>{tea}</button> <output id="{tea}">{count}</output>
</form>
"""


async def pages(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["path"] == "/":
        counts = await asyncio.to_thread(votes.counts)
        choices = "".join(choice(tea, count) for tea, count in counts.items())
        assert isinstance(watch, ServerFunction), "the hook is on"
        await answer(send, 200, PAGE.format(choices=choices, watch=watch.id))
    else:
        await answer(send, 404, "There is one page: /")


def choice(tea: str, count: int) -> str:
    async def vote() -> None:
        "use server"
        await asyncio.to_thread(votes.add, tea)

    return CHOICE.format(vote=escape(str(vote)), tea=tea, count=count)


async def answer(send: Any, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/html; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


async def lifespan(receive: Any, send: Any) -> None:
    for event in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{event}.complete"})
