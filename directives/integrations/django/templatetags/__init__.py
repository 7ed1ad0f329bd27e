"""Words for Django's templates."""

from __future__ import annotations
