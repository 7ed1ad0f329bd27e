"""The pages."""

from __future__ import annotations

from django.http import HttpRequest
from django.http import HttpResponse
from django.shortcuts import render

from directives.integrations.django import request as current_request

from . import actions
from .catalog import teas


def front(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/front.html", {"teas": teas(), "actions": actions})


def window(request: HttpRequest) -> HttpResponse:
    """What everybody sees, rendered ahead by `directives prerender`, and who is looking."""
    return render(request, "shop/window.html", {"teas": teas()})


def greeting() -> str:
    user = current_request().user
    return f"Good to see you, {user.username}." if user.is_authenticated else "Come in and sign in."
