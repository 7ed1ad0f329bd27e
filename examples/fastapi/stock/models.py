"""What server and clients both know."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel
from pydantic import Field


class Item(BaseModel):
    sku: str
    name: str
    left: int


class Line(BaseModel):
    sku: str
    quantity: Annotated[int, Field(gt=0)]
