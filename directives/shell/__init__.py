"""The static shell: pages that are rendered before anybody asks, and the parts of them that wait for the request."""

from __future__ import annotations

from directives.shell.listing import static_params

__all__ = ["static_params"]
