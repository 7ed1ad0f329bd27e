"""`python manage.py test`: the shop over WSGI and ASGI."""

from __future__ import annotations

import re
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.test import AsyncClient
from django.test import Client
from django.test import TransactionTestCase

from shop import actions
from shop.models import Order
from shop.models import Tea


class OverWsgi(TransactionTestCase):
    """A browser and a program, with Django's checks of tokens on."""

    def setUp(self) -> None:
        self.tea = Tea.objects.create(name="Assam", left=3)
        self.ada = get_user_model().objects.create_user("ada")
        self.client = Client(enforce_csrf_checks=True)

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, path: str, **options: Any) -> Any:
        return self.client.post(path, **options)

    def call(self, function: Any, *args: Any) -> Any:
        path = f"/_directives/{function.id}"
        return self.post(path, data={"args": list(args)}, content_type="application/json").json()

    def test_a_form(self) -> None:
        """An order changes what the cached list says."""
        self.client.force_login(self.ada)
        page = self.get("/").content.decode()
        self.assertIn("Assam, 3 left", page)
        token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None
        fields = {"tea": self.tea.pk, "quantity": 2, "csrfmiddlewaretoken": token[1]}
        reply = self.post(f"/{actions.place_order}", data=fields)
        self.assertEqual((reply.status_code, reply["Location"]), (303, "/"))
        page = self.get("/").content.decode()
        self.assertIn("2 Assam: thank you!", page)
        self.assertIn("Assam, 1 left", page)

    def test_a_call_that_fails_leaves_nothing(self) -> None:
        """It is one transaction."""
        self.assertEqual(self.call(actions.place_order, self.tea.pk)["error"]["kind"], "sign-in-required")
        self.client.force_login(self.ada)
        self.assertEqual(self.call(actions.place_order, self.tea.pk, 4)["error"]["data"], {"left": 3})
        self.assertEqual(Order.objects.count(), 0)
        self.assertEqual(self.call(actions.place_order, self.tea.pk, 3), {"ok": 0})
        self.assertEqual(Order.objects.count(), 1)


class OverAsgi(OverWsgi):
    """The same, awaited."""

    def setUp(self) -> None:
        super().setUp()
        self.client = AsyncClient(enforce_csrf_checks=True)

    def get(self, path: str) -> Any:
        return async_to_sync(self.client.get)(path)

    def post(self, path: str, **options: Any) -> Any:
        return async_to_sync(self.client.post)(path, **options)
