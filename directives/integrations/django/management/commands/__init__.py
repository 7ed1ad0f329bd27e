"""``manage.py directives``."""

from __future__ import annotations
