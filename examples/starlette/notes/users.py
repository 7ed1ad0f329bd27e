"""Who is signed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.authentication import AuthCredentials
from starlette.authentication import AuthenticationBackend
from starlette.authentication import SimpleUser
from starlette.requests import HTTPConnection
from werkzeug.security import check_password_hash
from werkzeug.security import generate_password_hash

from directives.errors import SignInRequired
from directives.integrations.starlette import request
from directives.request import CurrentRequest
from notes.database import Database


class BySession(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, SimpleUser] | None:
        name = conn.session.get("user")
        return (AuthCredentials(), SimpleUser(name)) if name else None


def user() -> str:
    """The name of whoever is signed in."""
    if not request().user.is_authenticated:
        raise SignInRequired("sign in first")
    return str(request().user.display_name)


def signed_in(at: CurrentRequest, arguments: Mapping[str, Any]) -> bool:
    return bool(user())


def sign_in_or_up(database: Database, name: str, password: str) -> bool:
    """Sign a user in; a name that nobody has is a new user's."""
    known = database.password(name)
    if known is None:
        database.add_user(name, generate_password_hash(password))
    elif not check_password_hash(known, password):
        return False
    request().session["user"] = name
    return True
