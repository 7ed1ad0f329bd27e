"""What a WSGI server is told to serve: ``application:app``."""

from __future__ import annotations

from book.pages import pages

from directives.wsgi import DirectivesMiddleware

app = DirectivesMiddleware(pages)
