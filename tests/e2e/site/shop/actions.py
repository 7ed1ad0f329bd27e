"""The functions of the site."""

from __future__ import annotations

"use server"

import asyncio
import datetime
import hashlib
from decimal import Decimal
from pathlib import Path

from directives.cache import update_tag
from directives.forms import FormData
from directives.forms import Upload
from directives.request import redirect

from .errors import SoldOut
from .store import load
from .store import note
from .store import save


async def add(name: str, grams: int = 50) -> int:
    """Add a tea."""
    note(f"add {name}")
    save(teas=[*load()["teas"], f"{name} {grams} g"])
    update_tag("teas")
    return len(load()["teas"])


async def remove_all() -> None:
    """Remove every tea."""
    note("remove_all")
    save(teas=[])


async def add_and_thank(name: str) -> None:
    """Add a tea, and show another page."""
    await add(name)
    redirect("/thanks")


async def add_slowly(name: str) -> None:
    """Add a tea, when the tester says so."""
    note(f"add_slowly {name} begins")
    for _ in range(500):
        if Path(f"go-{name}").exists():
            break
        await asyncio.sleep(0.02)
    await add(name)


async def refuse(name: str) -> None:
    """There is never any."""
    note(f"refuse {name}")
    raise SoldOut(0)


async def receive(title: str, photo: Upload) -> None:
    """Keep the hash of a file."""
    content = photo.read()
    digest = hashlib.sha256(content).hexdigest()[:12]
    save(teas=[*load()["teas"], f"{title}: {photo.filename} {len(content)} {digest}"])


async def echo(value=None):
    """The same again."""
    note("echo")
    return value


async def due(day: datetime.date, *, price: Decimal = Decimal("1.5")) -> list:
    """Values that JSON does not have."""
    return [day + datetime.timedelta(days=1), price * 2, 2**60, {1, 2}, (1, b"\x00\xff")]


async def fail(kind: str) -> None:
    """Fail in one of several ways."""
    if kind == "sold out":
        raise SoldOut(2)
    raise ValueError("the password is hunter2")


async def wait(name: str) -> None:
    """Wait until the caller has gone."""
    note(f"wait {name} begins")
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        note(f"wait {name} cancelled")
        raise


async def count(to: int):
    """The numbers up to one, one by one."""
    try:
        for number in range(to):
            yield number
            await asyncio.sleep(0.01)
    finally:
        note("count closed")


async def leave() -> None:
    """Send the caller elsewhere."""
    redirect("/thanks")


async def step(state: list[str], form: FormData) -> list[str]:
    """Remember one more word."""
    note(f"step {form['word']}")
    return [*state, form["word"]]


async def order(name: str, grams: int) -> None:
    """Order some tea, if there is any."""
    note(f"order {name}")
    raise SoldOut(0)
