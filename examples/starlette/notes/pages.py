"""The page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from directives.access import requires
from notes import actions
from notes.database import database
from notes.users import signed_in
from notes.users import user

templates = Jinja2Templates(Path(__file__).parent / "templates")


async def home(request: Request) -> Response:
    name = request.user.display_name
    notes = [(note, dropping(note.number)) for note in database().notes(name)]
    return templates.TemplateResponse(request, "home.html", {"actions": actions, "notes": notes})


def dropping(number: int) -> Any:
    @requires(signed_in)
    async def drop() -> None:
        "use server"
        # The page remembers the number; whose note it is, is asked again.
        database().drop_note(user(), number)

    return drop
