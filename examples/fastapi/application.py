"""What an ASGI server is told to serve: ``application:app``."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi import HTTPException
from stock import shelf
from stock.models import Item

from directives.integrations.starlette import ServerFunctions

app = FastAPI(title="Stock")
app.mount("/_directives", ServerFunctions())


@app.get("/items")
async def items() -> list[Item]:
    return shelf.items()


@app.get("/items/{sku}")
async def item(sku: str) -> Item:
    found = shelf.find(sku)
    if found is None:
        raise HTTPException(404, f"there is no {sku}")
    return found
