"""``{% load directives %}``.

A server function needs none: ``<form action="{{ place_order }}" method="post">{% csrf_token %}`` is all.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.safestring import mark_safe

from directives import shell
from directives.forms import Form
from directives.forms import action_state as made_action_state
from directives.forms import form_of
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


@register.simple_tag  # type: ignore[untyped-decorator]  # Django has no annotations
def islands_script(nonce: str | None = None) -> Any:
    """The element of a page's head that starts its islands: ``{% islands_script %}``.

    Args:
        nonce: As for ``directives_script``.
    """
    return script.islands_script(nonce=nonce)


@register.filter  # type: ignore[untyped-decorator]  # Django has no annotations
def form_attributes(function: Any, what: str = "") -> Any:
    """The attributes of a form that calls a server function: ``<form {{ place_order|form_attributes }}>``.

    Args:
        function: The server function, or what ``action_state`` or ``form_of`` made of it.
        what: ``"files"`` if the form has fields for files: ``{{ add_picture|form_attributes:"files" }}``.

    Raises:
        TypeError: ``function`` is neither.
        ValueError: ``what`` is another word.
    """
    if not isinstance(function, (ServerFunction, Form)):
        raise TypeError(f"form_attributes wants a server function, not {type(function).__qualname__}")
    if what not in ("", "files"):
        raise ValueError(f'form_attributes takes "files" or nothing, not {what!r}')
    encoding = ' enctype="multipart/form-data"' if what else ""
    attributes: Any = format_html('action="{}" method="post"' + encoding, function)
    return attributes


@register.simple_tag  # type: ignore[untyped-decorator]  # Django has no annotations
def deferred(fallback: object, function: Any, *args: Any, **kwargs: Any) -> Any:
    """A place whose content waits for the request: ``{% deferred "…" "shop.parts.cart" user_id %}``; see ``directives.shell``.

    Args:
        fallback: What is shown meanwhile.
        function: Gives the content: its dotted name, for a function in a variable would be called by the template.
        *args: Its arguments.
        **kwargs: The same by name.
    """
    if isinstance(function, str):
        function = import_string(function)
    return mark_safe(shell.deferred(fallback, function, *args, **kwargs))


@register.simple_tag  # type: ignore[untyped-decorator]  # Django has no annotations
def action_state(function: Any, initial: Any = None, key: object = "") -> Form:
    """A form with a state: ``{% action_state like 0 key=picture.id as form %}``; the state is ``form.state``.

    Args:
        function: The server function.
        initial: The state before the form is sent for the first time.
        key: What tells this form from others of the same function on the page.

    Raises:
        TypeError: ``function`` is no server function.
    """
    _, form = made_action_state(function, initial, key)
    return form


register.simple_tag(form_of)
