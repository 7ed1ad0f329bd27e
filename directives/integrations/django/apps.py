"""The application: sets directives up as soon as Django knows its own settings."""

from __future__ import annotations

import logging
import os
from types import ModuleType

from django.apps import AppConfig
from django.core import checks

from directives.compiler.model import Role
from directives.hook.activation import OFF
from directives.hook.activation import VARIABLE
from directives.hook.activation import enable
from directives.hook.activation import installed
from directives.integrations.django.checks import MISSING
from directives.integrations.django.checks import check_setup
from directives.integrations.django.checks import check_sources
from directives.integrations.django.checks import misplaced
from directives.integrations.django.configuration import configured
from directives.integrations.django.configuration import root_of_project
from directives.runtime import runtime
from directives.settings import load_settings

log = logging.getLogger("directives")


class DirectivesConfig(AppConfig):  # type: ignore[misc]  # Django has no annotations
    """Takes over the project's settings, and turns the hook on for what is imported from now on.

    ``PYTHONDIRECTIVES=0`` leaves the hook off.

    Args:
        app_name: The name of the application.
        app_module: Its package.

    Raises:
        SettingsError: One of the project's ``DIRECTIVES`` is unknown or has a value of the wrong type.
    """

    name = "directives.integrations.django"
    label = "directives"
    verbose_name = "directives"

    def __init__(self, app_name: str, app_module: ModuleType) -> None:
        super().__init__(app_name, app_module)
        # Before the modules of applications behind this one are imported: their directives count.
        settings, root = runtime.settings, root_of_project(runtime.settings.root)
        if installed() is None and root != settings.root:
            settings = load_settings(root)
        settings = configured(settings)
        if installed() is None and os.environ.get(VARIABLE) != OFF:
            enable(settings=settings)
        else:
            runtime.activate(settings, runtime.role or Role.SERVER)

    def ready(self) -> None:
        """Register the checks; a server that runs none says at least that it cannot serve."""
        checks.register(check_setup, "directives")
        checks.register(check_sources, "directives")
        if misplaced() == MISSING:
            log.error("%s", MISSING)
