"""The table of the warehouse: filtered, sorted and summed up in the browser."""

from __future__ import annotations

"use client"

from directives.browser import CallError
from directives.browser import Event
from directives.browser import Markup
from directives.browser import html
from directives.browser import state

from .money import euros
from .warehouse import receive

COLUMNS = (("name", "Tea"), ("cents", "Price"), ("left", "Left"))
TABLE = """
<p><label>Filter <input type="search" data-on-input="{search}" value="{wanted}"></label></p>
<table><thead><tr>{heads}<th>Delivery</th></tr></thead><tbody>{rows}</tbody></table>
<p role="status"><output>{count} teas, {left} packets, {worth}</output> <strong>{problem}</strong></p>
"""
HEAD = '<th aria-sort="{sorted}"><button data-on-click="{sort}" data-column="{column}">{title}</button></th>'
ROW = """<tr id="{name}"><td>{name}</td><td>{price}</td><td>{left}</td>
<td><button data-on-click="{order}" data-name="{name}">+10</button></td></tr>"""


def StockTable(rows: list[dict]):  # noqa: N802 -- a component
    stock = state(rows)
    wanted, order, problem = state(""), state(("name", False)), state("")

    def search(event: Event) -> None:
        wanted.value = event.value

    def sort(event: Event) -> None:
        column, downward = order.value
        clicked = event.data["column"]
        order.value = (clicked, clicked == column and not downward)

    async def receive_ten(event: Event) -> None:
        name = event.data["name"]
        try:
            left = await receive(name, 10)
        except CallError as error:
            problem.value = error.message
            return
        problem.value = ""
        stock.value = [{**row, "left": left} if row["name"] == name else row for row in stock.value]

    def head(column: str, title: str) -> Markup:
        by, downward = order.value
        direction = ("descending" if downward else "ascending") if column == by else "none"
        return html(HEAD, sorted=direction, sort=sort, column=column, title=title)

    def line(row: dict) -> Markup:
        return html(ROW, name=row["name"], price=euros(row["cents"]), left=row["left"], order=receive_ten)

    def view() -> Markup:
        text = wanted.value.lower()
        column, downward = order.value
        shown = [row for row in stock.value if text in row["name"].lower()]
        shown.sort(key=lambda row: row[column], reverse=downward)
        return html(
            TABLE,
            search=search,
            wanted=wanted,
            heads=[head(column, title) for column, title in COLUMNS],
            rows=[line(row) for row in shown],
            count=len(shown),
            left=sum([row["left"] for row in shown]),
            worth=euros(sum([row["left"] * row["cents"] for row in shown])),
            problem=problem,
        )

    return view
