"""Turning the hook on: by option, by environment variable, by call."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from collections.abc import MutableMapping
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING
from typing import Final

from directives.compiler.model import Role
from directives.errors import ActivationError
from directives.hook.early import warn_of_early_imports
from directives.hook.early import warn_of_script
from directives.hook.finder import DirectivesFinder
from directives.hook.trace import Trace

if TYPE_CHECKING:
    from directives.settings import Settings

VARIABLE: Final = "PYTHONDIRECTIVES"
ROLES: Final = tuple(role.value for role in Role)
OPTIONS: Final = (*ROLES, "trace")
ON: Final = frozenset({"", "1"})
OFF: Final = "0"
INSTALLING: Final = Lock()


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for when Python started.

    Attributes:
        role: Which half of the program to load.
        trace: Whether to print what imports cost.
    """

    role: Role = Role.SERVER
    trace: bool = False

    @property
    def text(self) -> str:
        """The request as the environment variable says it."""
        return ",".join([self.role, "trace"] if self.trace else [self.role])


def requested(
    xoptions: Mapping[str, str | bool], environ: Mapping[str, str], *, ignore_environment: bool
) -> Request | None:
    """What ``-X directives``, or else ``PYTHONDIRECTIVES``, asks for; ``None`` if the hook stays off.

    Raises:
        ActivationError: An option is unknown, or two contradict each other.
    """
    if "directives" in xoptions:
        value = xoptions["directives"]
        return parse(value if isinstance(value, str) else "1", "-X directives")
    text = "" if ignore_environment else environ.get(VARIABLE, "")
    return parse(text, VARIABLE) if text else None


def parse(text: str, source: str) -> Request | None:
    """The request that ``text`` makes; ``None`` for ``"0"``.

    Raises:
        ActivationError: An option is unknown, or two contradict each other.
    """
    options = {option.strip() for option in text.split(",")} - ON
    if options == {OFF}:
        return None
    for option in sorted(options.difference(OPTIONS)):
        raise ActivationError(
            f"{source}: there is no option {option!r}; the options are {', '.join(OPTIONS)}, separated by commas"
        )
    roles = options.intersection(ROLES)
    if len(roles) > 1:
        raise ActivationError(f"{source}: a process is either server or client, not both")
    return Request(Role(roles.pop()) if roles else Role.SERVER, "trace" in options)


def enable(role: Role = Role.SERVER, *, settings: Settings | None = None, trace: bool = False) -> None:
    """Turn the hook on, so that the directives of what is imported from now on count.

    Calling it again changes nothing. Child processes inherit it through the environment variable
    ``PYTHONDIRECTIVES``.

    Args:
        role: Which half of the program this process runs: ``"server"`` or ``"client"``.
        settings: The settings; read from the project of the working directory if left out.
        trace: Whether to print on stderr what each import costs.

    Raises:
        ActivationError: The hook is already on for the other role, or with other settings.
        SettingsError: A setting is unknown or has a value of the wrong type.
    """
    install(Request(Role(role), trace), settings, os.environ)


def install(request: Request, settings: Settings | None, environ: MutableMapping[str, str]) -> None:
    """Put the finder in its place, unless it is there already."""
    with INSTALLING:
        finder = installed()
        if finder is not None:
            _check_same(finder, request, settings)
            return
        from directives.runtime import runtime

        runtime.activate(settings or runtime.settings, request.role)
        trace = Trace() if request.trace else None
        finder = DirectivesFinder(request.role, lambda: runtime.settings, trace)
        finder.install()
        environ[VARIABLE] = request.text
    warn_of_early_imports(finder.project, finder.transform)


def start(request: Request) -> None:
    """Turn the hook on before ``__main__`` runs."""
    install(request, None, os.environ)
    finder = installed()
    if finder is not None:
        warn_of_script(finder.transform, sys.argv)


def installed() -> DirectivesFinder | None:
    """The finder, if the hook is on in this interpreter."""
    return next((finder for finder in sys.meta_path if isinstance(finder, DirectivesFinder)), None)


def _check_same(finder: DirectivesFinder, request: Request, settings: Settings | None) -> None:
    if finder.transform.role is not request.role:
        raise ActivationError(
            f"the hook is already on for the {finder.transform.role} half of the program; "
            f"one process cannot run the {request.role} half too"
        )
    if settings is not None and settings != finder.project.settings:
        raise ActivationError(
            "the hook is already on with other settings; set them before it is turned on, "
            "or with directives.configure()"
        )
