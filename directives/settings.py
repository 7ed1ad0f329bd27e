"""Settings: what can be set, from where, and what is wrong with what was set.

In rising order: ``[tool.directives]`` of the project's ``pyproject.toml``, ``DIRECTIVES_*``
environment variables, ``directives.configure(...)``.
"""

from __future__ import annotations

import math
import os
import re
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

if TYPE_CHECKING:
    from directives.compiler.model import CompilerSettings

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", ""})
PREFIX = "DIRECTIVES_"
FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
NUMBER = re.compile(r"\d+(\.\d*)?")
SPANS = frozenset({"stale", "revalidate", "expire"})
STORE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
# Where the next store begins in a variable; an address may have commas, between servers.
NEXT_STORE = re.compile(rf",(?=\s*{STORE_NAME.pattern}\s*=)")
# Never shown in an error: addresses of stores have passwords in them.
HIDDEN = frozenset({"secret_keys", "cache_handlers"})
# The build ID that stands for a fingerprint of each function's code.
BY_CODE = "code"
# Switches of a moment, read where they matter.
OTHER_VARIABLES = frozenset({"DIRECTIVES_DEBUG_CACHE"})


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
        values[name] = _parse_variable(name, text)
    return values


def _parse_variable(name: str, text: str) -> Any:
    """The value a variable's text stands for; text that stands for none is left to its check."""
    check = CHECKS[name]
    if check in (_boolean, _tags):
        lowered = text.strip().lower()
        if lowered in TRUE_WORDS | FALSE_WORDS:
            return lowered in TRUE_WORDS
    if check in (_size, _count):
        return int(text) if text.strip().isdecimal() else text
    if check in (_seconds, _share):
        return float(text) if NUMBER.fullmatch(text.strip()) else text
    if check in (_names, _tags):
        return [part.strip() for part in text.split(",") if part.strip()]
    if check is _handlers:
        pairs = (part.partition("=") for part in NEXT_STORE.split(text) if part.strip())
        return {key.strip(): value.strip() for key, _, value in pairs}
    return text


def _unknown(key: str, source: str, prefix: str = "") -> SettingsError:
    from difflib import get_close_matches

    close = get_close_matches(key.removeprefix(prefix).lower(), SETTING_NAMES, 1)
    meant = prefix + close[0].upper() if close and prefix else "".join(close)
    hint = f"; did you mean {meant!r}?" if meant else ""
    return SettingsError(key, f"{source}: there is no setting {key!r}{hint}")


def _wrong(key: str, value: Any, expected: str, source: str) -> SettingsError:
    shown = "what it is (not shown: it may be secret)" if key in HIDDEN else repr(value)
    return SettingsError(key, f"{source}: setting {key!r} must be {expected}, not {shown}")


def _boolean(key: str, value: Any, source: str) -> bool:
    if type(value) is not bool:
        raise _wrong(key, value, "true or false", source)
    return value


def _size(key: str, value: Any, source: str) -> int:
    if type(value) is not int or value < 0:
        raise _wrong(key, value, "a whole number of bytes, 0 or more", source)
    return value


def _count(key: str, value: Any, source: str) -> int:
    if type(value) is not int or value < 0:
        raise _wrong(key, value, "a whole number, 0 or more", source)
    return value


def _tags(key: str, value: Any, source: str) -> tuple[str, ...]:
    if type(value) is bool:
        return ("*",) if value else ()
    return _names(key, value, source)


def _seconds(key: str, value: Any, source: str) -> float:
    if type(value) not in (int, float) or not 0 < value < math.inf:
        raise _wrong(key, value, "a number of seconds, more than 0", source)
    return float(value)


def _share(key: str, value: Any, source: str) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise _wrong(key, value, "a number from 0 to 1", source)
    return float(value)


def _function(key: str, value: Any, source: str) -> Any:
    if callable(value) or (isinstance(value, str) and FUNCTION.fullmatch(value)):
        return value
    raise _wrong(key, value, 'a function, or where it is: "package.module:function"', source)


def _text(key: str, value: Any, source: str) -> str:
    if not isinstance(value, str) or not value:
        raise _wrong(key, value, "a text that is not empty", source)
    return value


def _exposure(key: str, value: Any, source: str) -> str:
    if value not in ("all", "declared"):
        raise _wrong(key, value, '"all" or "declared"', source)
    return str(value)


def _runtime(key: str, value: Any, source: str) -> str:
    if value not in ("pyodide", "micropython"):
        raise _wrong(key, value, '"pyodide" or "micropython"', source)
    return str(value)


def _path(key: str, value: Any, source: str) -> str:
    text = _text(key, value, source)
    if not text.startswith("/") or text.endswith("/") or "?" in text or "#" in text:
        raise _wrong(key, value, 'a URL path such as "/_directives", with no slash at its end', source)
    return text


def _names(key: str, value: Any, source: str) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        raise _wrong(key, value, "a list of texts", source)
    if not all(isinstance(part, str) and part for part in value):
        raise _wrong(key, value, "a list of texts", source)
    return tuple(value)


def _profiles(key: str, value: Any, source: str) -> Mapping[str, Mapping[str, float]]:
    if not isinstance(value, Mapping) or not all(
        isinstance(name, str)
        and isinstance(spans, Mapping)
        and SPANS.issuperset(spans)
        and all(type(seconds) in (int, float) and seconds >= 0 for seconds in spans.values())
        for name, spans in value.items()
    ):
        raise _wrong(
            key, value, "a table such as {blog = {stale = 60, revalidate = 900, expire = 86400}}", source
        )
    return {name: dict(spans) for name, spans in value.items()}


def _handlers(key: str, value: Any, source: str) -> Mapping[str, str]:
    if not isinstance(value, Mapping) or not all(
        isinstance(name, str) and STORE_NAME.fullmatch(name) and isinstance(address, str) and address
        for name, address in value.items()
    ):
        expected = 'a table such as {fast = "redis://localhost"}, in a variable fast=redis://localhost'
        raise _wrong(key, value, f"{expected}, with names of letters, digits, _ and -", source)
    if "private" in value:
        raise SettingsError(
            key, f"{source}: 'use cache: private' keeps nothing on the server and takes no handler"
        )
    return dict(value)


def _calls(key: str, value: Any, source: str) -> Mapping[str, Sequence[Sequence[Any] | Mapping[str, Any]]]:
    if not isinstance(value, Mapping) or not all(
        isinstance(name, str)
        and FUNCTION.fullmatch(name)
        and isinstance(calls, (list, tuple))
        and all(isinstance(arguments, (list, tuple, Mapping)) for arguments in calls)
        for name, calls in value.items()
    ):
        raise _wrong(key, value, 'a table such as {"shop:stock" = [["tea"], {sku = "salt"}]}', source)
    return {name: list(calls) for name, calls in value.items()}


CHECKS: Mapping[str, Callable[[str, Any, str], Any]] = {
    "packages": _names,
    "exclude": _names,
    "build_id": _text,
    "secret_keys": _names,
    "captured_max_age": _seconds,
    "captured_session": _function,
    "captured_size_limit": _size,
    "endpoint": _path,
    "allowed_origins": _names,
    "body_size_limit": _size,
    "upload_size_limit": _size,
    "allow_sync_server_functions": _boolean,
    "exposure": _exposure,
    "cache_life": _profiles,
    "call_timeout": _seconds,
    "replay_seconds": _seconds,
    "replay_size_limit": _size,
    "cache_handlers": _handlers,
    "cache_max_memory_size": _size,
    "cache_fill_timeout": _seconds,
    "cache_early_refresh": _share,
    "cache_warm": _calls,
    "prerender": _names,
    "prerender_store": _text,
    "live_tags": _tags,
    "live_streams": _count,
    "runtime": _runtime,
    "runtime_url": _path,
    "debug": _boolean,
    "url": _text,
}
