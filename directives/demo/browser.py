"""As much of a browser as the demo needs: it reads a page's form and sends it."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Self
from urllib.parse import urljoin

import httpx


@dataclass(frozen=True, slots=True)
class Page:
    """A page as a browser has it.

    Attributes:
        url: Its address.
        action: Where its form goes, as written in the page.
        fields: The form's fields with the values they begin with.
        stock: The text of the element that shows the stock.
    """

    url: str
    action: str
    fields: dict[str, str]
    stock: str


class Browser:
    """Opens pages and sends their forms.

    Args:
        url: The site's address.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.Client(base_url=url, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str) -> httpx.Response:
        """Get a page's text."""
        return self._client.get(path)

    def open(self, path: str) -> Page:
        """Open a page with a form."""
        response = self._client.get(path)
        reader = PageReader()
        reader.feed(response.text)
        return Page(str(response.url), reader.action, reader.fields, reader.stock.strip())

    def submit(self, page: Page, action: str | None = None, **values: str) -> httpx.Response:
        """Send a page's form, filled in; redirects are not followed.

        Args:
            page: The page.
            action: Where to send it instead of the form's own action.
            **values: What the user typed.
        """
        return self._client.post(
            urljoin(page.url, page.action if action is None else action),
            data=page.fields | values,
            headers={"origin": self._url, "sec-fetch-site": "same-origin"},
        )

    def call(self, path: str) -> httpx.Response:
        """Send a call without arguments to an endpoint, as a script in a page would."""
        return self._client.post(path, json={"args": [], "kwargs": {}}, headers={"origin": self._url})


class PageReader(HTMLParser):
    """Finds the form of an order and the stock in a product's page."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.stock = ""
        self._in_stock = False
        self._in_order = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self._in_stock = attributes.get("id") == "stock"
        if tag == "form" and attributes.get("id") == "order":
            self._in_order = True
            self.action = attributes.get("action") or ""
        name = attributes.get("name")
        if self._in_order and tag == "input" and name:
            self.fields[name] = attributes.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        self._in_stock = False
        if tag == "form":
            self._in_order = False

    def handle_data(self, data: str) -> None:
        if self._in_stock:
            self.stock += data
