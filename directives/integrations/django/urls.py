"""The endpoint's URL, for the ``urlpatterns`` of the project's root.

It can be included too, ``path("", include("directives.integrations.django.urls"))``; then Django makes one match more of
each call.
"""

from __future__ import annotations

from typing import Any
from typing import Final
from typing import NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from directives.integrations.django.checks import MISSING
from directives.runtime import runtime

__all__ = ["endpoint", "urlpatterns"]


# Programs send no token: their calls are protected by the origin of the request.
@csrf_exempt  # type: ignore[untyped-decorator]  # Django has no annotations
def called(request: Any, function_id: str) -> NoReturn:
    """The view of the endpoint, which the middleware answers in its place.

    Raises:
        ImproperlyConfigured: There is no such middleware.
    """
    raise ImproperlyConfigured(MISSING)


ROUTE: Final = f"{runtime.settings.endpoint.strip('/')}/<path:function_id>"

endpoint: Final = path(ROUTE, called, name="directives")
urlpatterns: Final = [endpoint]
