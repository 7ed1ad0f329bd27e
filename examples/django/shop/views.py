"""The pages."""

from __future__ import annotations

from django.http import HttpRequest
from django.http import HttpResponse
from django.shortcuts import render

from . import actions
from .catalog import teas


def front(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/front.html", {"teas": teas(), "actions": actions})
