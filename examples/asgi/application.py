"""What an ASGI server is told to serve: ``application:app``."""

from __future__ import annotations

from poll.pages import pages

from directives.asgi import DirectivesMiddleware

app = DirectivesMiddleware(pages)
