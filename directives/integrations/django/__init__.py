"""Server functions in a Django project: ``"directives.integrations.django"`` in ``INSTALLED_APPS``."""

from __future__ import annotations

from directives.integrations.django.access import permitted
from directives.integrations.django.access import signed_in
from directives.integrations.django.requests import request

__all__ = ["permitted", "request", "signed_in"]
