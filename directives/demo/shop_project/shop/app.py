"""The shop's pages."""

from __future__ import annotations

from decimal import Decimal

from flask import Flask
from flask import Response
from flask import abort
from flask import render_template
from flask import request
from flask import send_from_directory

from directives.cache import update_tag
from directives.forms import Upload
from directives.integrations.flask import Directives
from directives.request import redirect

from . import catalog
from . import database
from . import likes
from . import pictures
from . import shelves
from . import window
from .actions import place_order
from .money import euros
from .stock_table import StockTable

# The Python of the warehouse's page is WebAssembly; nothing else is allowed to be compiled while a page runs.
POLICY = "default-src 'self'; img-src 'self' data:; script-src 'self' 'wasm-unsafe-eval'"


def create_app() -> Flask:
    """The shop as a Flask application."""
    database.create()
    app = Flask(__name__)
    Directives(app)
    app.add_url_rule("/", view_func=home)
    app.add_url_rule("/new", view_func=new_product_page)
    app.add_url_rule("/products/<int:product_id>", view_func=product_page)
    app.add_url_rule("/orders", view_func=orders_page)
    app.add_url_rule("/stock", view_func=stock_page)
    app.add_url_rule("/window", view_func=window.page)
    app.add_url_rule("/pictures/<name>", view_func=picture)
    app.after_request(with_policy)
    app.jinja_env.globals.update(like_of=likes.like_of, liked=likes.liked)
    return app


def home() -> str:
    return render_template("home.html", products=catalog.products())


def product_page(product_id: int) -> str:
    async def buy(quantity: int, customer: str) -> None:
        "use server"
        # product_id travels in the page, encrypted, and comes back when the form is sent.
        placed = await place_order(product_id, quantity, customer=customer)
        redirect(f"/products/{product_id}?order={placed['order']}")

    async def show(picture: Upload) -> None:
        "use server"
        database.set_picture(product_id, pictures.keep(picture))
        update_tag("products")

    try:
        product = catalog.product(product_id)
    except LookupError:
        abort(404)
    order = request.args.get("order", type=int)
    return render_template("product.html", product=product, buy=buy, show=show, order=order)


def new_product_page() -> str:
    return render_template("new.html", add=add)


async def add(name: str, text: str, price: Decimal, stock: int, picture: Upload | None = None) -> None:
    "use server"
    kept = None if picture is None else pictures.keep(picture)
    product_id = database.add_product(name, text, int(price * 100), stock, kept)
    update_tag("products")
    redirect(f"/products/{product_id}")


def orders_page() -> str:
    return render_template("orders.html", orders=database.orders())


def stock_page() -> str:
    """A table that runs in the browser; without its Python, or without any script, it is one that stands still."""
    return render_template("stock.html", rows=shelves.rows(), StockTable=StockTable, euros=euros)


def picture(name: str) -> Response:
    # Another picture has another name, so a browser may keep this one for ever.
    return send_from_directory(pictures.FOLDER, name, max_age=31_536_000)


def with_policy(response: Response) -> Response:
    """Nothing in these pages comes from elsewhere, and no script stands in them."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
