"""The pages of the site."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.responses import RedirectResponse
from starlette.routing import Mount
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from directives.integrations.jinja2 import install
from directives.integrations.starlette import Directives

from . import actions
from .store import load

HERE = Path(__file__).parent
POLICY = "default-src 'self'; require-trusted-types-for 'script'; trusted-types directives"
templates = Jinja2Templates(HERE / "templates")
install(templates.env)


def page(name):
    """A page of the site: a template, with everything it may show."""

    async def show(request):
        context = {
            "actions": actions,
            "teas": load()["teas"],
            "visits": request.query_params.get("visits", ""),
        }
        return templates.TemplateResponse(request, name, context, headers={"Content-Security-Policy": POLICY})

    return show


async def store(request):
    """What the site keeps, for the tests."""
    return JSONResponse(load())


async def away(request):
    """A page that is elsewhere now."""
    return RedirectResponse("/thanks", 302)


application = Starlette(
    routes=[
        Route("/", page("home.html")),
        Route("/long", page("long.html")),
        Route("/thanks", page("thanks.html")),
        Route("/scripted", page("scripted.html")),
        Route("/states", page("states.html")),
        Route("/away", away),
        Route("/store", store),
        Mount("/static", StaticFiles(directory=HERE.parent / "static")),
    ],
    middleware=[Middleware(Directives)],
)
