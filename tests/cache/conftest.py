from __future__ import annotations

from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]
