"""The shop's pages."""

from __future__ import annotations

from flask import Flask
from flask import abort
from flask import render_template
from flask import request

from directives.integrations.flask import Directives
from directives.request import redirect

from . import catalog
from . import database
from .actions import place_order


def create_app() -> Flask:
    """The shop as a Flask application."""
    database.create()
    app = Flask(__name__)
    Directives(app)
    app.add_url_rule("/", view_func=home)
    app.add_url_rule("/products/<int:product_id>", view_func=product_page)
    app.add_url_rule("/orders", view_func=orders_page)
    return app


def home() -> str:
    return render_template("home.html", products=catalog.products())


def product_page(product_id: int) -> str:
    async def buy(quantity: int, customer: str) -> None:
        "use server"
        # product_id travels in the page, encrypted, and comes back when the form is sent.
        try:
            placed = await place_order(product_id, quantity, customer=customer)
        except (database.SoldOut, ValueError):
            outcome = "refused=1"
        else:
            outcome = f"order={placed['order']}"
        redirect(f"/products/{product_id}?{outcome}")

    try:
        product = catalog.product(product_id)
    except LookupError:
        abort(404)
    return render_template(
        "product.html",
        product=product,
        buy=buy,
        order=request.args.get("order", type=int),
        refused="refused" in request.args,
    )


def orders_page() -> str:
    return render_template("orders.html", orders=database.orders())
