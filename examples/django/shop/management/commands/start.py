"""`python manage.py start`: a database with something in it, and a server."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import BaseCommand
from django.core.management import call_command

from shop.models import Tea


class Command(BaseCommand):
    help = "Make the database if there is none, and serve."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("address", nargs="?", default="8000")

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        for name in ("Assam", "Sencha"):
            Tea.objects.get_or_create(name=name, defaults={"left": 10})
        users = get_user_model().objects
        if not users.filter(username="ada").exists():
            users.create_user("ada", password="tea")
        call_command("runserver", address)
