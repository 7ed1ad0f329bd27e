"""Words for Jinja2 templates.

A server function needs none: ``<form action="{{ place_order }}" method="post">`` is all. These say more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any
from typing import Final

from markupsafe import Markup

from directives.forms import Form
from directives.forms import action_state
from directives.forms import form_of
from directives.functions import ServerFunction
from directives.integrations.script import directives_script
from directives.integrations.script import islands_script
from directives.request import cookies
from directives.request import headers
from directives.request import search_params
from directives.shell import deferred

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["directives_script", "form_attributes", "install", "islands_script"]

WORDS: Final = (
    action_state,
    cookies,
    deferred,
    directives_script,
    form_of,
    headers,
    islands_script,
    search_params,
)


def install(environment: Environment) -> None:
    """Give templates the words of requests, of forms, of pages and of the browser's runtime, and ``form_attributes``.

    The words are ``cookies()``, ``headers()``, ``search_params()``, ``action_state()``, ``form_of()``, ``deferred()``,
    ``directives_script()`` and ``islands_script()``; ``form_attributes`` is a filter.

    A name that the environment has already stays what it is.

    Args:
        environment: The templates' environment.
    """
    for function in WORDS:
        environment.globals.setdefault(function.__name__, function)
    environment.filters.setdefault("form_attributes", form_attributes)


def form_attributes(function: ServerFunction[..., Any] | Form, *, files: bool = False) -> Markup:
    """The attributes of a form that calls a server function: ``<form {{ place_order | form_attributes }}>``.

    Args:
        function: The server function, or what ``action_state`` or ``form_of`` made of it.
        files: Whether the form has fields for files.

    Raises:
        TypeError: ``function`` is neither.
    """
    if not isinstance(function, (ServerFunction, Form)):
        raise TypeError(f"form_attributes wants a server function, not {type(function).__qualname__}")
    encoding = Markup(' enctype="multipart/form-data"') if files else Markup()
    return Markup('action="{}" method="post"{}').format(function, encoding)
