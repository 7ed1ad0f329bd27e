"""What ``directives.pth`` calls when Python starts and the hook is asked for."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def start() -> None:
    """Turn the hook on as ``-X directives`` or ``PYTHONDIRECTIVES`` says.

    What is wrong with the options or settings ends Python with one line and status 2: to go on
    without the hook would be to ignore every directive of the program.
    """
    from directives.errors import DirectivesError
    from directives.errors import DirectivesWarning
    from directives.hook.activation import installed
    from directives.hook.activation import requested
    from directives.hook.activation import start as start_hook

    try:
        request = requested(sys._xoptions, os.environ, ignore_environment=bool(sys.flags.ignore_environment))
        if request is not None and installed() is None:
            start_hook(request)
    except (DirectivesError, DirectivesWarning) as error:
        give_up(str(error))
    except Exception as error:  # noqa: BLE001 - `site` would report it and run the program without us
        give_up(f"the import hook cannot be turned on: {type(error).__name__}: {error}")


def give_up(message: str) -> NoReturn:
    """End Python, from a place where ``SystemExit`` would be printed as a failure of ``site``."""
    sys.stderr.write(f"directives: {message}\n")
    sys.stderr.flush()
    os._exit(2)
