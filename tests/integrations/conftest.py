"""One Django project for all tests of a process: it can be set up only once."""

from __future__ import annotations

from tests.integrations.django_server import project

__all__ = ["project"]
