"""The endpoint: which requests are ours, and the way of one call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from directives.errors import DecodeError
from directives.errors import LimitExceeded
from directives.functions import Call
from directives.functions import Format
from directives.functions import Started
from directives.http import replies
from directives.http.failures import Failures
from directives.http.forms import QUERY_FIELD
from directives.http.forms import named_function
from directives.http.forms import own_url
from directives.http.forms import parse_form
from directives.http.media import FORM_TYPES
from directives.http.media import JSON
from directives.http.media import MEDIA
from directives.http.media import Media
from directives.http.media import Unserializable
from directives.http.media import mimetype
from directives.http.media import wanted
from directives.http.messages import HttpRequest
from directives.http.messages import HttpResponse
from directives.http.origin import OriginPolicy
from directives.http.refusals import Refusal
from directives.http.streams import drain
from directives.http.streams import stream_of
from directives.request import Redirect
from directives.request import check_target
from directives.request import current_request
from directives.settings import Settings
from directives.wire.budget import Budget
from directives.wire.lowering import Look
from directives.wire.lowering import Special

FORM_MARK = f"{QUERY_FIELD}="
CALL_KEYS = frozenset({"args", "kwargs", "bound"})
TEXTS = frozenset({str})
MAX_ARGUMENTS = 1000


class Endpoint:
    """Answers calls of server functions: ``POST {endpoint}/{function_id}``, and forms sent to any page.

    Args:
        settings: The settings in force.
        dispatch: Accepts a call before anything of the function runs, or raises why not.
        special: How a server function travels in a result.
        look: Gives what looks at each part of a result that is about to leave, if anything has to.
    """

    def __init__(
        self,
        settings: Settings,
        dispatch: Callable[[Call], Started],
        special: Special | None = None,
        look: Callable[[], Look | None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._prefix = f"{settings.endpoint}/"
        self._dispatch = dispatch
        self._special = special
        self._look = look
        self._origins = OriginPolicy(settings.allowed_origins)
        self._failures = Failures(settings.debug)

    def claims(self, method: str, path: str, query: str) -> bool:
        """Whether a request is the endpoint's; every other one is the application's."""
        if path.startswith(self._prefix):
            return True
        return FORM_MARK in query and method == "POST" and named_function(query) is not None

    async def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer a request that the endpoint claims."""
        current_request.set(request)
        is_form = not request.path.startswith(self._prefix)
        media = wanted(request.accept)
        if media is None and not is_form:
            media = MEDIA.get(mimetype(request.content_type), JSON)
        try:
            self._admit(request)
            read = self._form_call if is_form else self._program_call
            started = self._dispatch(await read(request))
            if started.admission is not None:
                await started.admitted()
        except Redirect as redirect:
            return self._redirect(media, redirect)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 -- whatever it is, it becomes a reply
            return self._failures.before(media, error)
        return await self._answer(request, media, started)

    def _admit(self, request: HttpRequest) -> None:
        if request.method != "POST":
            raise Refusal("method-not-allowed")
        if not self._origins.permits(request.site, request.origin, request.host):
            raise Refusal("foreign-origin")

    async def _program_call(self, request: HttpRequest) -> Call:
        media = MEDIA.get(mimetype(request.content_type))
        if media is None:
            raise Refusal("unsupported-media-type")
        limit = self._settings.body_size_limit
        body = await request.read(limit)
        budget = Budget(bytes=limit)
        allowed = budget.references
        message = media.decode(body, budget)
        call = call_of(request.path[len(self._prefix) :], message, media.format)
        return call if budget.references == allowed else replace(call, references=True)

    async def _form_call(self, request: HttpRequest) -> Call:
        named = named_function(request.query)
        content_type = request.content_type
        if named is None or content_type is None or mimetype(content_type) not in FORM_TYPES:
            raise Refusal("unsupported-media-type")
        limit = self._settings.body_size_limit
        form = parse_form(content_type, await request.read(limit), Budget(bytes=limit))
        function_id, sealed = named
        return Call(function_id, (form,), {}, sealed, form=Format.FORM)

    async def _answer(self, request: HttpRequest, media: Media | None, started: Started) -> HttpResponse:
        result, items = started.result, started.items
        if items is not None:
            if media is not None:
                pieces = stream_of(request, media, items, self._failures, self._special, self._look)
                return replies.stream(media, pieces)
            result = drain(items)
        assert result is not None
        try:
            value = await result
            if media is None:
                return replies.see_other(own_url(request.root, request.path, request.query))
            return replies.value(media, media.success(value, self._special, self._look()))
        except Redirect as redirect:
            return self._redirect(media, redirect)
        except Unserializable as error:
            return self._failures.after(media, error, "unserializable-result")
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 -- as above
            return self._failures.after(media, error)

    def _redirect(self, media: Media | None, redirect: Redirect) -> HttpResponse:
        try:
            check_target(redirect.url)
        except ValueError as error:
            return self._failures.after(media, error)
        if media is None:
            return replies.see_other(redirect.url)
        return replies.value(media, media.encode({"redirect": redirect.url}))


def call_of(function_id: str, message: Any, form: Format) -> Call:
    """The call that a program's message describes.

    Raises:
        DecodeError: The message does not have the shape of a call.
        LimitExceeded: It has too many arguments.
    """
    if type(message) is not dict or not CALL_KEYS.issuperset(message):
        raise DecodeError("the body is no call")
    args, kwargs, bound = message.get("args", []), message.get("kwargs", {}), message.get("bound")
    if type(args) is not list or type(kwargs) is not dict or (bound is not None and type(bound) is not str):
        raise DecodeError("the body is no call")
    if len(args) + len(kwargs) > MAX_ARGUMENTS:
        raise LimitExceeded("the call has too many arguments")
    if not TEXTS.issuperset(map(type, kwargs)):
        raise DecodeError("the body is no call")
    return Call(function_id, tuple(args), kwargs, bound, form=form)
