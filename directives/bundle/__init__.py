"""The browser's bundle: the client half of a project, and nothing else of it."""

from __future__ import annotations

from directives.bundle.live import LiveBundle
from directives.bundle.make import make_bundle
from directives.bundle.model import DEFAULT_BUNDLE
from directives.bundle.model import Bundle
from directives.bundle.model import Entry
from directives.bundle.model import Made
from directives.bundle.model import Part

__all__ = ["DEFAULT_BUNDLE", "Bundle", "Entry", "LiveBundle", "Made", "Part", "make_bundle"]
