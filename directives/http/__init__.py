"""The endpoint: a request value in, a response value out; it knows HTTP and no framework."""

from __future__ import annotations

from directives.http.endpoint import Endpoint
from directives.http.messages import HttpRequest
from directives.http.messages import HttpResponse

__all__ = ["Endpoint", "HttpRequest", "HttpResponse"]
