"""What tests need: of stores, and of programs with cached functions."""

from __future__ import annotations

from directives.testing.handlers import check_handler

__all__ = ["check_handler"]
