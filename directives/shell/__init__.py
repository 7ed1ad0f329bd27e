"""The static shell: pages that are rendered before anybody asks, and the parts of them that wait for the request."""

from __future__ import annotations

from directives.shell.listing import static_params
from directives.shell.parts import deferred

__all__ = ["deferred", "static_params"]
