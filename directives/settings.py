"""Settings: what can be set, and from where.

In rising order: ``[tool.directives]`` of the project's ``pyproject.toml``, ``DIRECTIVES_*``
environment variables, ``directives.configure(...)``.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import fields
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

from directives.errors import SettingsError
from directives.setting_values import CHECKS
from directives.setting_values import parsed

if TYPE_CHECKING:
    from directives.compiler.model import CompilerSettings

PREFIX = "DIRECTIVES_"
# The build ID that stands for a fingerprint of each function's code.
BY_CODE = "code"
# Switches of a moment, read where they matter.
DEBUG_CACHE = "DIRECTIVES_DEBUG_CACHE"
OTHER_VARIABLES = frozenset({DEBUG_CACHE})


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one process.

    Attributes:
        root: The project's folder; not a setting of its own but where the others were found.
        packages: Packages to transform wherever they are installed, besides what lies under
            ``root``.
        exclude: Packages never to transform.
        build_id: The name of this build; cached results of another one are not used. ``"code"``: of each
            cached function, what its code reaches decides that. ``None``: a hash of all sources does.
        secret_keys: Keys that seal captured values; the first seals, all open.
        captured_max_age: Seconds for which a page can call the nested functions that it was made with; ``None`` for
            ever.
        captured_session: Gives what identifies the session of a request, a function or ``"module:function"``; what a
            nested function captured then opens only in the session that it was handed out to.
        captured_size_limit: The most bytes that the captured values of a nested function may take, sealed.
        endpoint: The URL path of the endpoint.
        allowed_origins: Foreign origins whose browsers may call (``*.example.com``).
        body_size_limit: The largest request body that is held in memory, in bytes: of a form with files, what is not
            in the files.
        upload_size_limit: The largest form with files, in bytes.
        allow_sync_server_functions: Whether a plain ``def`` may be a server function.
        exposure: ``"declared"`` if each server function has to say who may call it, else ``"all"``.
        cache_life: Profiles for ``cache_life``, by name: tables of ``stale``, ``revalidate`` and ``expire``, in seconds.
        call_timeout: The longest that a call may take, in seconds, whatever its caller allows; for a client, how long
            it waits.
        replay_seconds: How long the reply to a call is kept, to be given again if the call comes twice.
        replay_size_limit: The most bytes that those replies take; 0 keeps none.
        cache_handlers: Store name to store address; a name ``x`` makes ``'use cache: x'`` legal.
        cache_max_memory_size: The most bytes that the store in memory keeps; 0 turns it off.
        cache_fill_timeout: How many seconds a cached function may take.
        cache_warm: Calls that ``directives warm`` makes, by ``"module:function"``: lists of positional arguments, or tables
            of keyword arguments.
        cache_early_refresh: By how much of its ``revalidate`` a result may be refreshed early, at most, from 0 to 1.
        prerender: The pages that ``directives prerender`` renders ahead: paths, or addresses for one host alone.
        prerender_store: The name of the store that they are kept in.
        live_tags: The tags that open pages may follow; ``*`` in one stands for any text, ``true`` for all tags.
        live_streams: How many pages may follow tags at once, in one process.
        runtime: What runs client components in the browser that do not say so themselves: ``"pyodide"`` or
            ``"micropython"``.
        runtime_url: The URL path of the folder that ``directives vendor`` filled.
        debug: Whether errors carry tracebacks to the caller.
        url: Where a client process finds the server.
    """

    root: Path
    packages: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    build_id: str | None = None
    secret_keys: tuple[str, ...] = field(default=(), repr=False)
    captured_max_age: float | None = None
    captured_session: Callable[[Any], str | None] | str | None = None
    captured_size_limit: int = 3072
    endpoint: str = "/_directives"
    allowed_origins: tuple[str, ...] = ()
    body_size_limit: int = 1 << 20
    upload_size_limit: int = 64 << 20
    allow_sync_server_functions: bool = False
    exposure: str = "all"
    cache_life: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    call_timeout: float | None = None
    replay_seconds: float = 600.0
    replay_size_limit: int = 32 << 20
    cache_handlers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cache_max_memory_size: int = 50 << 20
    cache_fill_timeout: float = 50.0
    cache_early_refresh: float = 0.0
    cache_warm: Mapping[str, Sequence[Sequence[Any] | Mapping[str, Any]]] = field(default_factory=dict)
    prerender: tuple[str, ...] = ()
    prerender_store: str = "remote"
    live_tags: tuple[str, ...] = ()
    live_streams: int = 100
    runtime: str = "pyodide"
    runtime_url: str = "/static/directives"
    debug: bool = False
    url: str | None = None

    def compiler_settings(self) -> CompilerSettings:
        """The part of the settings that the compiler has to know."""
        from directives.compiler.model import CompilerSettings

        return CompilerSettings(
            stores=CompilerSettings().stores | self.cache_handlers.keys(),
            allow_sync_server_functions=self.allow_sync_server_functions,
            exposure=self.exposure,
            runtime=self.runtime,
        )


SETTING_NAMES = tuple(f.name for f in fields(Settings) if f.name != "root")


def project_root(start: Path) -> Path:
    """The nearest folder upward of ``start`` with a ``pyproject.toml``, else ``start``."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / "pyproject.toml").is_file():
            return folder
    return start


def load_settings(
    root: Path,
    environ: Mapping[str, str] = os.environ,
    configured: Mapping[str, Any] | None = None,
) -> Settings:
    """Read the settings of the project at ``root``.

    Args:
        root: The folder with the project's ``pyproject.toml``; the file may be missing.
        environ: Where ``DIRECTIVES_*`` variables are looked up.
        configured: What ``directives.configure`` was given.

    Raises:
        SettingsError: A key is unknown or a value has the wrong type; names the key and source.
    """
    pyproject = root / "pyproject.toml"
    settings = merge(Settings(root), _from_pyproject(pyproject), f"[tool.directives] of {pyproject}")
    settings = merge(settings, _from_environ(environ), "the environment")
    return merge(settings, configured or {}, "directives.configure()")


def settings_around(folder: Path) -> Settings:
    """Read the settings of the project that a folder belongs to.

    Raises:
        SettingsError: See ``load_settings``.
    """
    return load_settings(project_root(folder))


def merge(settings: Settings, values: Mapping[str, Any], source: str) -> Settings:
    """``settings`` with ``values`` laid over them, each checked.

    Raises:
        SettingsError: A key is unknown or a value has the wrong type; names ``source``.
    """
    checked = {}
    for key, value in values.items():
        if key not in SETTING_NAMES:
            raise _unknown(key, source)
        checked[key] = CHECKS[key](key, value, source)
    return replace(settings, **checked)


def _from_pyproject(path: Path) -> Mapping[str, Any]:
    try:
        document = tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError("pyproject.toml", f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError("pyproject.toml", f"{path} is not valid TOML: {error}") from None
    tool = document.get("tool", {})
    table = tool.get("directives", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise SettingsError("directives", f"{path}: [tool.directives] must be a table")
    return table


def _from_environ(environ: Mapping[str, str]) -> Mapping[str, Any]:
    values = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable in OTHER_VARIABLES:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in SETTING_NAMES or variable != PREFIX + name.upper():
            raise _unknown(variable, "the environment", PREFIX)
        values[name] = parsed(name, text)
    return values


def _unknown(key: str, source: str, prefix: str = "") -> SettingsError:
    from difflib import get_close_matches

    close = get_close_matches(key.removeprefix(prefix).lower(), SETTING_NAMES, 1)
    meant = prefix + close[0].upper() if close and prefix else "".join(close)
    hint = f"; did you mean {meant!r}?" if meant else ""
    return SettingsError(key, f"{source}: there is no setting {key!r}{hint}")
