"""Every exception and warning of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from directives.compiler.model import Diagnostic


class DirectivesError(Exception):
    """The base of everything this project raises."""


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


class LimitExceeded(DecodeError):
    """Bytes that came in are well formed but larger or deeper than the budget allows."""


class SealError(DirectivesError, ValueError):
    """A sealed value was changed, belongs to another function, or no key opens it."""


class OutdatedPageError(DirectivesError):
    """A page made by an earlier deploy lacks a captured value that the function now needs."""


class NoRequestError(DirectivesError, RuntimeError):
    """Something of the current request was asked for while no request is being answered."""


class CacheError(DirectivesError, RuntimeError):
    """Something of the cache cannot be done; the base of the errors below."""


class CacheScopeError(CacheError):
    """Something was used where it has no meaning: in a cached function, or outside of one; says what to do instead."""


class CacheReentryError(CacheError):
    """Computing an entry needs that entry itself: waiting for it would never end."""


class CacheTimeoutError(CacheError, TimeoutError):
    """A cached function took longer than ``cache_fill_timeout``; its result is not kept."""


class ClientOnlyError(DirectivesError, ImportError):
    """Server code used something that exists in client code alone."""


class RemoteError(DirectivesError):
    """A server function called over the network failed.

    Attributes:
        kind: The machine-readable kind of the failure.
        status: The HTTP status.
        digest: What to look for in the server's log, if the server gave one.
        problems: ``(path, reason)`` for each argument that was refused.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str,
        status: int,
        digest: str | None = None,
        problems: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.digest = digest
        self.problems = tuple(problems)


class DirectivesWarning(UserWarning):
    """The base of every warning this project gives."""


class ImportedBeforeActivationWarning(DirectivesWarning):
    """A module with directives was imported before the hook was on, so they do nothing in it."""


class SecretKeyWarning(DirectivesWarning):
    """A secret key was made because none was set; several machines need a shared one."""


class UncachedWarning(DirectivesWarning):
    """A cached function runs uncached, because this version has no cache at run time."""
