"""What an ASGI server is told to serve: ``application:app``."""

from __future__ import annotations

import os
import secrets

from notes.database import lifespan
from notes.pages import home
from notes.users import BySession
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.routing import Route

from directives.integrations.starlette import Directives

# Several workers, and a server that starts again, need one that stays.
KEY = os.environ.get("SESSION_KEY") or secrets.token_urlsafe()

app = Starlette(
    routes=[Route("/", home)],
    middleware=[
        Middleware(SessionMiddleware, secret_key=KEY, same_site="lax"),
        Middleware(AuthenticationMiddleware, backend=BySession()),
        Middleware(Directives),
    ],
    lifespan=lifespan,
)
