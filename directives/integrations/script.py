"""The elements that load the browser's runtime into a page."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from markupsafe import Markup

from directives.request import current_request
from directives.runtime import runtime

__all__ = ["directives_script", "islands_script"]

# The second script is one that the first asks for: said here, it comes at the same time.
ELEMENTS: Final = Markup(
    '<link rel="modulepreload" href="{0}/forms.js"{1}><script type="module" src="{0}/client.js"{1}></script>'
)
ISLANDS: Final = Markup(
    '<link rel="modulepreload" href="{0}/client.js"{1}><link rel="modulepreload" href="{0}/forms.js"{1}>'
    '<script type="module" src="{0}/islands.js"{1}></script>'
)


def directives_script(*, nonce: str | None = None) -> Markup:
    """The elements of a page's head that enhance its forms.

    Templates have this function too. The elements load two scripts from the endpoint and hold none, as a
    Content-Security-Policy of ``default-src 'self'`` wants it.

    Args:
        nonce: The nonce of the page's policy, where that names one (CSP Level 3, 8.1).
    """
    return _elements(ELEMENTS, nonce)


def islands_script(*, nonce: str | None = None) -> Markup:
    """The elements of a page's head that start its islands. Templates have this function too.

    Args:
        nonce: As for ``directives_script``.
    """
    return _elements(ISLANDS, nonce)


def _elements(elements: Markup, nonce: str | None) -> Markup:
    request = current_request()
    root = quote(request.root) if request is not None else ""
    said = Markup(' nonce="{}"').format(nonce) if nonce else ""
    return elements.format(f"{root}{runtime.settings.endpoint}", said)
