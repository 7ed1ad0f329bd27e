"""What client components are written with: the part of this package that runs in the browser.

It runs on Pyodide and on MicroPython, and imports nothing of the server's.
"""

from __future__ import annotations

from directives.browser.calls import CallError
from directives.browser.calls import ServerFunction
from directives.browser.calls import concurrent
from directives.browser.events import Event
from directives.browser.markup import Markup
from directives.browser.markup import html
from directives.browser.state import State
from directives.browser.state import state

__all__ = ["CallError", "Event", "Markup", "ServerFunction", "State", "concurrent", "html", "state"]
