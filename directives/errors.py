"""Every exception and warning of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any
from typing import ClassVar
from typing import dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from directives.compiler.model import Diagnostic


class DirectivesError(Exception):
    """The base of everything this project raises."""


def own_error(error: BaseException) -> DirectivesError | None:
    """The project's own error that a library wrapped in one of its own, if it did."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, DirectivesError):
        cause = cause.__cause__
    return cause


class DirectiveSyntaxError(DirectivesError, SyntaxError):
    """A source file breaks a rule of the directives.

    Python prints it like its own syntax errors, with the first finding's line underlined;
    the message holds all findings of the file.

    Attributes:
        diagnostics: Every finding, in source order.
    """

    diagnostics: tuple[Diagnostic, ...]

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic]) -> None:
        first = diagnostics[0]
        span = first.span
        text = first.lines[0] if first.lines else None
        # SyntaxError counts columns from one; an end on another line would underline nonsense.
        one_line = span.end_line == span.line
        end_line, end_column = (span.end_line, span.end_column + 1) if one_line else (None, None)
        super().__init__(message, (first.file, span.line, span.column + 1, text, end_line, end_column))
        self.diagnostics = tuple(diagnostics)


class SettingsError(DirectivesError, ValueError):
    """A setting is unknown or has a value of the wrong type.

    Attributes:
        key: The setting's name.
    """

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


class ActivationError(DirectivesError):
    """The import hook cannot be turned on as asked."""


class RunError(DirectivesError):
    """A script or module cannot be run: it is not there, or nothing in it can be run."""


class DemoError(DirectivesError):
    """The demo cannot run; the message says why, and what to install if something is missing."""


class ManifestError(DirectivesError):
    """A manifest cannot be used; the message says which file, why, and what to run."""


class StaleManifestError(ManifestError):
    """A manifest names a function that its module no longer has."""


class DuplicateFunctionError(DirectivesError):
    """Two functions have one ID; the message names both places."""


class UnknownFunctionError(DirectivesError, LookupError):
    """No server function has this ID."""


class ArgumentsError(DirectivesError, TypeError):
    """The arguments of a call do not fit the function's parameters.

    Attributes:
        problems: ``(path, reason)`` for each argument that does not fit.
    """

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{path}: {reason}" for path, reason in problems))
        self.problems = tuple(problems)


class AnnotationError(DirectivesError, TypeError):
    """Arguments cannot be validated against an annotation; names the parameter and what to write."""


class DuplicateTypeError(DirectivesError, ValueError):
    """A class is registered as a value twice, or has a name that another has; the message names both."""


class DecoratorError(DirectivesError, TypeError):
    """A decorator that stands for a directive cannot do so here; says what to write."""


class PolicyError(DirectivesError, TypeError):
    """An access policy is declared in a way that it cannot be enforced; says what to write."""


class AccessDenied(DirectivesError):
    """The caller may not do this: status 403. Raise it in a policy, or anywhere in a server function.

    The caller learns that the call was denied and nothing more; the message is for the log.
    """


class SignInRequired(AccessDenied):
    """Nobody is signed in: status 401. Raise it like ``AccessDenied``."""


class TaintError(DirectivesError):
    """Something that was tainted would have reached a client; has the developer's message."""


class EncodeError(DirectivesError, TypeError):
    """A value cannot travel; the message names its path and type (``args[0].items[3]: socket``)."""


class DecodeError(DirectivesError, ValueError):
    """Bytes that came in are not a value of the wire format."""


class UnknownTypeError(DecodeError):
    """What was kept holds a value of a class that this process does not know, or no longer knows so; names it."""


class LimitExceeded(DecodeError):
    """Bytes that came in are well formed but larger or deeper than the budget allows."""


class SealError(DirectivesError, ValueError):
    """A sealed value was changed, belongs to another function, or no key opens it."""


class OutdatedPageError(DirectivesError):
    """A page made by an earlier deploy lacks a captured value that the function now needs."""


class ExpiredPageError(OutdatedPageError):
    """A page is older than the setting ``captured_max_age`` allows."""


class StoreError(DirectivesError, OSError):
    """A store of cached results does not answer, or cannot do what it was asked.

    The cache logs it and runs the function instead.
    """


class RunningLoopError(DirectivesError, RuntimeError):
    """``sync`` of a server function was called while an event loop runs in the thread."""


class NoRequestError(DirectivesError, RuntimeError):
    """Something of the current request was asked for while no request is being answered."""


class ReadOnlyCookiesError(DirectivesError, TypeError):
    """A cookie was set where no reply can carry it; says where it can be set."""


class DeferredError(DirectivesError, RuntimeError):
    """``deferred()`` was called where nothing can be deferred, or with what cannot be called later."""


class CacheError(DirectivesError, RuntimeError):
    """Something of the cache cannot be done; the base of the errors below."""


class CacheScopeError(CacheError):
    """Something was used where it has no meaning: in a cached function, or outside of one; says what to do instead."""


class CacheReentryError(CacheError):
    """Computing an entry needs that entry itself: waiting for it would never end."""


class CacheKeyError(CacheError, TypeError):
    """An argument or a captured value of a cached function is none that a key can be made of; names its path and type."""


class CacheTimeoutError(CacheError, TimeoutError):
    """A cached function took longer than ``cache_fill_timeout``; its result is not kept."""


class SlotError(CacheError, TypeError):
    """A cached function looked inside an argument that it may only pass through, or changed what stands for it."""


class ClientOnlyError(DirectivesError, ImportError):
    """Server code used something that exists in client code alone."""


# RFC 9110 wants a header of its own in a reply with one of these.
STATUSES_WITH_HEADERS = frozenset({401, 405, 407})


@dataclass_transform(eq_default=False)
class ExpectedError(DirectivesError):
    """The base of exceptions that callers are meant to see: they cross with their type, text and fields.

    A subclass declares its fields as a dataclass does, and is one::

        class OutOfStock(ExpectedError, status=409):
            sku: str
            left: int

            def __str__(self) -> str:
                return f'only {self.left} of {self.sku} left'

    A Python client that has imported the class gets an instance of it; every other caller gets ``type``, ``message``
    and ``data``. See React's reference page of ``'use server'`` for what happens to all other exceptions: they are
    masked.

    Args:
        status: The HTTP status of the reply, from 400 to 499; that of the base class if left out, and 422 at first.
        type: What callers know the class by; its module and qualified name if left out.

    Raises:
        TypeError: The class has an ``__init__`` of its own, or ``status`` is none that can be sent.
    """

    _directives_status: ClassVar[int] = 422
    _directives_type: ClassVar[str]

    def __init_subclass__(cls, *, status: int | None = None, type: str | None = None, **options: Any) -> None:  # noqa: A002
        from dataclasses import dataclass

        super().__init_subclass__(**options)
        if "__init__" in vars(cls):
            raise TypeError(
                f"{cls.__qualname__} has an __init__ of its own, so what travels is unknown: declare its fields "
                "(`sku: str`), and compute the rest in __post_init__"
            )
        if status is not None:
            if status not in range(400, 500) or status in STATUSES_WITH_HEADERS:
                raise TypeError(
                    f"{cls.__qualname__} cannot have status {status}: it has to be one from 400 to 499, and not 401 "
                    "(raise SignInRequired for that), 405 or 407"
                )
            cls._directives_status = status
        cls._directives_type = type or f"{cls.__module__}.{cls.__qualname__}"
        # Two errors are never equal: what handles exceptions puts them into sets.
        dataclass(eq=False)(cls)

    def __str__(self) -> str:
        """What callers read: the value of the only field, or all fields by name."""
        values = self._directives_data()
        if len(values) == 1:
            return str(*values.values())
        return ", ".join(f"{name}={value!r}" for name, value in values.items()) or type(self).__name__

    def __reduce__(self) -> tuple[Callable[..., ExpectedError], tuple[Any, ...], dict[str, Any]]:
        # As an exception it would be made again from ``args``, which lacks what was given by name.
        return _made, (type(self), self._directives_data()), vars(self)

    def _directives_data(self) -> dict[str, Any]:
        from dataclasses import fields

        return {f.name: getattr(self, f.name) for f in fields(self) if f.init}  # type: ignore[arg-type]


def _made(kind: type[ExpectedError], data: Mapping[str, Any]) -> ExpectedError:
    return kind(**data)


class RemoteError(DirectivesError):
    """A server function called over the network failed.

    Attributes:
        kind: The machine-readable kind of the failure.
        status: The HTTP status.
        digest: What to look for in the server's log, if the server gave one.
        problems: ``(path, reason)`` for each argument that was refused.
        type: What the server knows an ``ExpectedError`` by whose class this program has not imported.
        data: The fields of that error, by name.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str,
        status: int,
        digest: str | None = None,
        problems: Sequence[tuple[str, str]] = (),
        type: str | None = None,  # noqa: A002
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.digest = digest
        self.problems = tuple(problems)
        self.type = type
        self.data = dict(data or {})


class DeadlineExceeded(RemoteError, TimeoutError):
    """A call was not over by its deadline; if it was a client's, the function may have run."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message, kind="deadline", status=status)


class DirectivesWarning(UserWarning):
    """The base of every warning this project gives."""


class ImportedBeforeActivationWarning(DirectivesWarning):
    """A module with directives was imported before the hook was on, so they do nothing in it."""


class OutsideProjectWarning(DirectivesWarning):
    """A module with directives lies outside of the project, so they do nothing in it."""


class SecretKeyWarning(DirectivesWarning):
    """A secret key was made because none was set; several machines need a shared one."""
