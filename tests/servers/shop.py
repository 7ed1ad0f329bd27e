"""A project that real servers are started with: what each file of it says."""

from __future__ import annotations

from pathlib import Path
from typing import Final

FILES: Final = {
    "pyproject.toml": "",
    "shop/__init__.py": "",
    "shop/actions.py": """
        'use server'
        import asyncio
        import hashlib
        from pathlib import Path

        from directives.forms import Upload

        async def echo(value):
            return value

        async def receive(file: Upload) -> list:
            content = file.read()
            return [len(content), hashlib.sha256(content).hexdigest()]

        async def one_then_the_other():
            yield 1
            while not Path('go-on').exists():
                await asyncio.sleep(0.02)
            yield 2

        async def endless():
            try:
                while True:
                    yield 'x' * 1000
                    await asyncio.sleep(0.02)
            finally:
                Path('stream-ended').touch()

        async def wait():
            try:
                Path('call-began').touch()
                await asyncio.sleep(60)
            finally:
                Path('call-ended').touch()
    """,
    # Only a worker that shows the page imports this module.
    "shop/pages.py": """
        import os

        rendered = []

        def page(tea):
            rendered.append(tea)

            async def buy(form):
                'use server'
                return [tea, os.getpid(), len(rendered)]

            return buy
    """,
    "application.py": """
        import json
        import os

        from directives.asgi import DirectivesMiddleware as OverAsgi
        from directives.wsgi import DirectivesMiddleware as OverWsgi
        from shop.actions import echo, endless, one_then_the_other, receive, wait

        FUNCTIONS = {f.__name__: f for f in (echo, endless, one_then_the_other, receive, wait)}

        def page(path):
            if path != '/page':
                return json.dumps({name: function.id for name, function in FUNCTIONS.items()}).encode()
            from shop.pages import page
            return json.dumps({'action': str(page('sencha')), 'worker': os.getpid()}).encode()

        @OverWsgi
        def over_wsgi(environ, start_response):
            start_response('200 OK', [('Content-Type', 'application/json')])
            return [page(environ['PATH_INFO'])]

        @OverAsgi
        async def over_asgi(scope, receive, send):
            if scope['type'] == 'lifespan':
                await receive()
                await send({'type': 'lifespan.startup.complete'})
                await receive()
                await send({'type': 'lifespan.shutdown.complete'})
                return
            headers = [(b'content-type', b'application/json')]
            await send({'type': 'http.response.start', 'status': 200, 'headers': headers})
            await send({'type': 'http.response.body', 'body': page(scope['path'])})

        twice = OverAsgi(over_asgi)
    """,
}


def write_project(folder: Path) -> None:
    """Write the project into a folder."""
    from textwrap import dedent

    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(dedent(text))
