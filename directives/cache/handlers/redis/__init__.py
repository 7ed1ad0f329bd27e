"""The store in Redis or Valkey: what it writes there, and the ways it talks to it."""

from __future__ import annotations

from directives.cache.handlers.redis.handler import RedisHandler

__all__ = ["RedisHandler"]
