"""Settings from Django's: ``DIRECTIVES = {...}``, and what follows from others of them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from typing import Final

from blake3 import blake3
from django.conf import settings as django_settings

from directives.errors import SettingsError
from directives.settings import Settings
from directives.settings import merge
from directives.settings import project_root

CONTEXT: Final = "directives 2026-11-22 secret key of a Django project"
SOURCE: Final = "DIRECTIVES in the Django settings"


def root_of_project(root: Path) -> Path:
    """The root of the project that Django's settings are of, wherever the process was started.

    Args:
        root: That of the working directory; it stays if it is a project that they are a part of.
    """
    name = django_settings.SETTINGS_MODULE
    file = getattr(sys.modules.get(name or ""), "__file__", None)
    if file is None:
        return root
    path = Path(file).resolve()
    if path.is_relative_to(root) and (root / "pyproject.toml").is_file():
        return root
    module = path.parent if path.name == "__init__.py" else path
    return project_root(module.parents[name.count(".")])


def configured(settings: Settings) -> Settings:
    """The settings of a process with those of its Django project laid over them.

    Without secret keys, one is derived from ``SECRET_KEY`` and from each of ``SECRET_KEY_FALLBACKS``; without foreign
    origins, those of ``CSRF_TRUSTED_ORIGINS`` may call.

    Args:
        settings: Those of ``pyproject.toml`` and the environment.

    Raises:
        SettingsError: ``DIRECTIVES`` is no dict, or one in it is unknown or has a value of the wrong type.
    """
    own = getattr(django_settings, "DIRECTIVES", {})
    if not isinstance(own, Mapping):
        raise SettingsError("DIRECTIVES", f"{SOURCE}: it must be a dict of settings, not {own!r}")
    settings = merge(settings, own, SOURCE)
    derived: dict[str, Any] = {}
    if not settings.secret_keys:
        secrets = (django_settings.SECRET_KEY, *django_settings.SECRET_KEY_FALLBACKS)
        derived["secret_keys"] = [derived_key(secret) for secret in secrets]
    if not settings.allowed_origins:
        # Django's asterisk stands for any number of labels.
        trusted = django_settings.CSRF_TRUSTED_ORIGINS
        derived["allowed_origins"] = [origin.replace("://*.", "://**.") for origin in trusted]
    return merge(settings, derived, "the Django settings")


def derived_key(secret: str | bytes) -> str:
    """A key that tells nothing of the secret it is made from."""
    material = secret if isinstance(secret, bytes) else secret.encode("utf-8", "surrogatepass")
    return blake3(material, derive_key_context=CONTEXT).hexdigest()
