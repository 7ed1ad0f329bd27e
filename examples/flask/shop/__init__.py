"""A tea shop."""

from __future__ import annotations
