"""What visitors and users can do."""

from __future__ import annotations

"use server"

from typing import Annotated

from pydantic import Field
from starlette.exceptions import HTTPException

from directives.access import Injected
from directives.access import public
from directives.access import requires
from directives.integrations.starlette import request
from notes.database import Database
from notes.database import Note
from notes.database import database
from notes.users import sign_in_or_up
from notes.users import signed_in
from notes.users import user

__all__ = ["add_note", "my_notes", "sign_in", "sign_out"]


@public
async def sign_in(
    name: Annotated[str, Field(min_length=1, max_length=60)],
    password: Annotated[str, Field(min_length=8)],
    *,
    db: Annotated[Database, Injected(database)],
) -> None:
    if not sign_in_or_up(db, name, password):
        raise HTTPException(422, "The password is another one.")


@public
async def sign_out() -> None:
    request().session.clear()


@requires(signed_in)
async def add_note(
    text: Annotated[str, Field(min_length=1, max_length=1000)],
    *,
    owner: Annotated[str, Injected(user)],
    db: Annotated[Database, Injected(database)],
) -> None:
    db.add_note(owner, text)


@requires(signed_in)
async def my_notes(
    *, owner: Annotated[str, Injected(user)], db: Annotated[Database, Injected(database)]
) -> list[Note]:
    return db.notes(owner)
