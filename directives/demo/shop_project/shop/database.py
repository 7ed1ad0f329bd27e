"""The shop's rows, in one SQLite file beside the project."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from directives.errors import ExpectedError

FILE = Path(os.environ.get("SHOP_DATABASE", Path(__file__).parents[1] / "shop.db"))

SCHEMA = """
CREATE TABLE IF NOT EXISTS products (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL,
    cents INTEGER NOT NULL CHECK (cents > 0), stock INTEGER NOT NULL CHECK (stock >= 0),
    likes INTEGER NOT NULL DEFAULT 0 CHECK (likes >= 0), picture TEXT
);
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL REFERENCES products, quantity INTEGER NOT NULL,
    customer TEXT NOT NULL, placed TEXT NOT NULL DEFAULT (datetime('now'))
);
"""
PRODUCTS = [
    (1, "Sourdough loaf", "Baked at five this morning, two days in the making.", 480, 12, 21),
    (2, "Darjeeling, 100 g", "First flush, from a garden at two thousand metres.", 990, 40, 8),
    (3, "Wildflower honey", "From the hives behind the church, unheated.", 750, 8, 13),
]
COLUMNS = "id, name, text, cents, stock, likes"
LARGEST = 1_000_000


class Refused(ExpectedError, status=409):
    """The shop does not do this; callers are told why."""

    reason: str


class Product(NamedTuple):
    id: int
    name: str
    text: str
    cents: int
    stock: int
    likes: int
    picture: str | None

    @property
    def price(self) -> str:
        return f"€ {self.cents / 100:.2f}"


class Order(NamedTuple):
    id: int
    product: str
    quantity: int
    customer: str
    placed: str


@contextmanager
def connected() -> Iterator[sqlite3.Connection]:
    """A connection whose changes are kept if the block succeeds."""
    with closing(sqlite3.connect(FILE)) as connection, connection:
        yield connection


def create() -> None:
    with connected() as connection:
        connection.executescript(SCHEMA)
        connection.executemany(
            f"INSERT OR IGNORE INTO products ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", PRODUCTS
        )


def products() -> list[Product]:
    with connected() as connection:
        return [Product(*row) for row in connection.execute("SELECT * FROM products ORDER BY id DESC")]


def product(product_id: int) -> Product:
    with connected() as connection:
        row = connection.execute("SELECT * FROM products WHERE id = ?", (product_id,)).fetchone()
    if row is None:
        raise LookupError(f"there is no product {product_id}")
    return Product(*row)


def add_product(name: str, text: str, cents: int, stock: int, picture: str | None) -> int:
    if not (name.strip() and 0 < cents < LARGEST and 0 <= stock < LARGEST):
        raise Refused("A product needs a name, a price and a stock that is not negative.")
    with connected() as connection:
        row = connection.execute(
            "INSERT INTO products (name, text, cents, stock, picture) VALUES (?, ?, ?, ?, ?)",
            (name.strip()[:60], text.strip()[:200], cents, stock, picture),
        )
        assert row.lastrowid is not None
        return row.lastrowid


def set_picture(product_id: int, picture: str) -> None:
    with connected() as connection:
        connection.execute("UPDATE products SET picture = ? WHERE id = ?", (picture, product_id))


def add_likes(product_id: int, step: int) -> None:
    with connected() as connection:
        connection.execute("UPDATE products SET likes = max(likes + ?, 0) WHERE id = ?", (step, product_id))


def orders() -> list[Order]:
    query = """
        SELECT orders.id, name, quantity, customer, placed
        FROM orders JOIN products ON products.id = product_id ORDER BY orders.id DESC
    """
    with connected() as connection:
        return [Order(*row) for row in connection.execute(query)]


def add_order(product_id: int, quantity: int, customer: str) -> int:
    """Take ``quantity`` from the stock and note the order, both or neither."""
    if quantity < 1:
        raise Refused("Order one or more.")
    with connected() as connection:
        taken = connection.execute(
            "UPDATE products SET stock = stock - ? WHERE id = ? AND stock >= ?",
            (quantity, product_id, quantity),
        )
        if not taken.rowcount:
            raise Refused("There are not that many left.")
        row = connection.execute(
            "INSERT INTO orders (product_id, quantity, customer) VALUES (?, ?, ?)",
            (product_id, quantity, customer),
        )
        assert row.lastrowid is not None
        return row.lastrowid
