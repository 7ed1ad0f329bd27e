"""``{% load directives %}``.

A server function needs none: ``<form action="{{ place_order }}" method="post">{% csrf_token %}`` is all.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html

from directives.functions import ServerFunction
from directives.integrations import script

register = template.Library()


@register.simple_tag  # type: ignore[untyped-decorator]  # Django has no annotations
def directives_script(nonce: str | None = None) -> Any:
    """The elements of a page's head that enhance its forms: ``{% directives_script %}``.

    Args:
        nonce: The nonce of the page's policy, where that names one: ``{% directives_script nonce=request.csp_nonce %}``.
    """
    return script.directives_script(nonce=nonce)


@register.filter  # type: ignore[untyped-decorator]  # Django has no annotations
def form_attributes(function: Any, what: str = "") -> Any:
    """The attributes of a form that calls a server function: ``<form {{ place_order|form_attributes }}>``.

    Args:
        function: The server function.
        what: ``"files"`` if the form has fields for files: ``{{ add_picture|form_attributes:"files" }}``.

    Raises:
        TypeError: ``function`` is no server function.
        ValueError: ``what`` is another word.
    """
    if not isinstance(function, ServerFunction):
        raise TypeError(f"form_attributes wants a server function, not {type(function).__qualname__}")
    if what not in ("", "files"):
        raise ValueError(f'form_attributes takes "files" or nothing, not {what!r}')
    encoding = ' enctype="multipart/form-data"' if what else ""
    attributes: Any = format_html('action="{}" method="post"' + encoding, function)
    return attributes
