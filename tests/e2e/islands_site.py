"""A site with islands of all kinds."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

COUNTER = """
    'use client'
    from __future__ import annotations
    from directives.browser import CallError, Event, Markup, ServerFunction, html, state
    from .actions import count_to, fails, take
    from .shared import euros
    runtime = 'RUNTIME'
    total = state(0)

    def Counter(start: int = 0, save: ServerFunction | None = None, children: Markup | None = None):
        count, told = state(start), state('')

        def more(event: Event) -> None:
            count.value += int(event.data['step_by'])
            total.value += 1

        async def call(event: Event) -> None:
            try:
                told.value = str(await {'take': take, 'fails': fails}[event.data['what']]('tea'))
            except CallError as error:
                told.value = error.kind

        async def kept(event: Event) -> None:
            told.value = await save('x')

        async def stream(event: Event) -> None:
            async for number in count_to(4):
                told.value += str(number)

        def sent(event: Event) -> None:
            told.value = ' '.join(event.fields['word'])

        def typed(event: Event) -> None:
            told.value = event.value

        def view() -> Markup:
            return html(
                '<button id="more" data-on-click="{more}" data-step-by="2">{count}</button>'
                '<button id="take" data-on-click="{call}" data-what="take">take</button>'
                '<button id="fails" data-on-click="{call}" data-what="fails">fails</button>'
                '<button id="kept" data-on-click="{kept}">kept</button>'
                '<button id="stream" data-on-click="{stream}">stream</button>'
                '<form data-on-submit="{sent}"><input name="word" value="a"><button id="sent">sent</button></form>'
                '<input id="typed" data-on-input="{typed}" value="{told}">'
                '<i id="told">{told}</i><b id="total">{total}</b><u>{price}</u><div id="children">{children}</div>',
                more=more, count=count, call=call, kept=kept, stream=stream, sent=sent, typed=typed, told=told,
                total=total, price=euros(1234), children=children,
            )

        return view

    def Broken():
        raise ValueError('broken on purpose')

    async def Slow(name: str):
        return html('<p id="slow">{} {}</p>', name, await take('slow'))
"""
QUEUE = """
    'use client'
    from directives.browser import concurrent, html, state
    from .actions import arrive, wait_for_it
    runtime = 'micropython'

    def Queue():
        told = state('')

        def runs(function):
            async def run(event):
                name = await function(event.data['name'])
                told.value += name
            return run

        return lambda: html(
            '<button id="slow" data-on-click="{wait}" data-name="a">slow</button>'
            '<button id="turn" data-on-click="{turn}" data-name="b">in its turn</button>'
            '<button id="now" data-on-click="{now}" data-name="c">now</button><i id="told">{told}</i>',
            wait=runs(wait_for_it), turn=runs(arrive), now=runs(concurrent(arrive)), told=told,
        )
"""
SITE = {
    "pyproject.toml": "",
    "shop/__init__.py": "",
    "shop/shared.py": "def euros(cents: int) -> str:\n    return f'€ {cents / 100:.2f}'\n",
    "shop/actions.py": """
        'use server'
        import asyncio
        import directives.server_only

        _come = set()

        async def arrive(name: str) -> str:
            _come.add(name)
            return name

        async def wait_for_it(name: str) -> str:
            while 'c' not in _come:
                await asyncio.sleep(0.02)
            return name + ('b' in _come) * '!'

        async def take(name: str) -> dict:
            return {'took': name}

        async def fails(name: str) -> None:
            raise RuntimeError('secret')

        async def count_to(end: int):
            for number in range(end):
                yield number
    """,
    "shop/micropython.py": COUNTER.replace("RUNTIME", "micropython"),
    "shop/pyodide.py": COUNTER.replace("RUNTIME", "pyodide"),
    "shop/queue.py": QUEUE,
    "static/greeting.mjs": """
        export function Greeting({ name, greet }, element) {
          const button = document.createElement('button')
          button.id = 'greeting'
          button.onclick = async () => { button.textContent = (await greet(name)).took }
          return button
        }
    """,
    "shop/web.py": """
        import importlib
        from flask import Flask
        from markupsafe import Markup
        from directives.components import javascript_component
        from directives.integrations.flask import Directives
        from directives.integrations.script import islands_script
        from shop import micropython, pyodide, queue
        from shop.actions import take

        app = Flask(__name__, static_folder='../static')
        Directives(app)
        Greeting = javascript_component('/static/greeting.mjs', 'Greeting')
        POLICY = (
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; form-action 'self'; "
            "require-trusted-types-for 'script'; trusted-types directives; img-src data:"
        )

        @app.after_request
        def with_policy(response):
            response.headers['Content-Security-Policy'] = POLICY
            return response

        def page(*parts):
            return f'<!doctype html><title>i</title><link rel="icon" href="data:,">{islands_script()}{"".join(map(str, parts))}'

        @app.get('/')
        def home():
            return 'home'

        def shown(runtime):
            module = importlib.import_module(f'shop.{runtime}')
            times = 3

            async def save(text: str) -> str:
                'use server'
                return text * times

            return page(
                '<h1>Server</h1>', module.Counter('waiting', start=1, save=save), module.Broken('still here'),
                module.Slow(name='tea'),
            )

        app.add_url_rule('/all/<runtime>', view_func=shown)

        @app.get('/queue')
        def in_order():
            return page(queue.Queue())

        @app.get('/nested')
        def nested():
            inner = micropython.Counter(start=7)
            return page(micropython.Counter(inner, start=1))

        @app.get('/later')
        def later():
            gap = '<pre>' + 200 * '\\n' + '</pre>'
            return page(micropython.Slow(name='idle', client='idle'), gap, micropython.Counter('unseen', client='visible'))

        @app.get('/one')
        def one():
            return page('<main>', micropython.Counter('first', start=1), '</main>')

        @app.get('/javascript')
        def javascript():
            return page(Greeting('waiting', name='you', greet=take))

        @app.get('/early')
        def early():
            return page(micropython.Counter(Markup('<button id="more">1</button>'), start=1), micropython.Slow(name='x'))
    """,
}


def write_site(folder: Path) -> None:
    """Write the files of the site."""
    for name, text in SITE.items():
        (file := folder / name).parent.mkdir(exist_ok=True)
        file.write_text(dedent(text), "utf-8")
