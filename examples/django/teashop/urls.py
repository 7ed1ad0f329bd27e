"""Where the pages are."""

from __future__ import annotations

from django.contrib.auth.views import LoginView
from django.urls import path
from shop.views import front
from shop.views import window

from directives.integrations.django.urls import endpoint

urlpatterns = [
    endpoint,
    path("", front),
    path("window", window),
    path("accounts/login/", LoginView.as_view(template_name="shop/login.html"), name="login"),
]
