"""The endpoint: which requests are ours, and the way of one call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from collections.abc import Coroutine
from collections.abc import Mapping
from contextlib import ExitStack
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING
from typing import Any

from directives.cache.scope import RequestScope
from directives.cache.scope import current_scope
from directives.cache.scope import set_scope
from directives.deadlines import check
from directives.deadlines import deadline
from directives.deadlines import enforced
from directives.deadlines import moment
from directives.errors import DeadlineExceeded
from directives.errors import DecodeError
from directives.functions import Call
from directives.functions import Format
from directives.functions import Started
from directives.functions.reference import KEY_MARK
from directives.functions.reference import QUERY_FIELD
from directives.functions.sealer import session_named
from directives.http import replies
from directives.http.failures import Failures
from directives.http.foreign import ForeignResponse
from directives.http.forms import multipart_form
from directives.http.forms import named_function
from directives.http.forms import own_url
from directives.http.forms import take_sealed
from directives.http.forms import urlencoded_form
from directives.http.incoming import program_call
from directives.http.incoming import seconds_of
from directives.http.incoming import uploaded_call
from directives.http.kept import Replies
from directives.http.kept import RepliesInMemory
from directives.http.kept import Ticket
from directives.http.lifetimes import with_privacy
from directives.http.lifetimes import with_updates
from directives.http.media import JSON
from directives.http.media import MEDIA
from directives.http.media import MULTIPART
from directives.http.media import URLENCODED
from directives.http.media import Media
from directives.http.media import Unserializable
from directives.http.media import mimetype
from directives.http.media import wanted
from directives.http.messages import HttpRequest
from directives.http.messages import HttpResponse
from directives.http.once import keyed
from directives.http.once import once
from directives.http.origin import OriginPolicy
from directives.http.refusals import Refusal
from directives.http.resources import Resource
from directives.http.resources import Resources
from directives.http.streams import drain
from directives.http.streams import stream_of
from directives.http.streams import until_end
from directives.http.submitted import submission
from directives.request import Redirect
from directives.request import check_target
from directives.request import current_request
from directives.settings import Settings
from directives.wire.budget import Budget
from directives.wire.lowering import Look
from directives.wire.lowering import Special

if TYPE_CHECKING:
    from directives.functions.sealer import Session
    from directives.http.multipart import Uploads

FORM_MARK = f"{QUERY_FIELD}="


class Endpoint:
    """Answers calls of server functions: ``POST {endpoint}/{function_id}``, and forms sent to any page.

    Args:
        settings: The settings in force.
        dispatch: Accepts a call before anything of the function runs, or raises why not.
        scope: Makes what a request is answered in: it lets functions see the request, and learns what they use.
        special: How a server function travels in a result.
        look: Gives what looks at each part of a result that is about to leave, if anything has to.
        name: The name of the function that has an ID, for the log.
        replies: Keeps the replies to calls that are to run once; those of this process if left out.
        resources: What pages load from it, by name; none if left out.
    """

    def __init__(
        self,
        settings: Settings,
        dispatch: Callable[[Call], Started],
        scope: Callable[[HttpRequest], RequestScope],
        special: Special | None = None,
        look: Callable[[], Look | None] = lambda: None,
        name: Callable[[str], str | None] = lambda function_id: None,
        replies: Replies | None = None,
        resources: Mapping[str, Resource] | None = None,
    ) -> None:
        self._settings = settings
        self._prefix = f"{settings.endpoint}/"
        self._dispatch = dispatch
        self._special = special
        self._look = look
        self._scope = scope
        self._name = name
        self._origins = OriginPolicy(settings.allowed_origins)
        self._failures = Failures(settings.debug, special, look, self._name_of_current)
        self._resources = Resources(self._prefix, resources or {})
        self._going_on: set[asyncio.Future[HttpResponse]] = set()
        self._replies = replies or RepliesInMemory(settings.replay_seconds, settings.replay_size_limit)

    def claims(self, method: str, path: str, query: str) -> bool:
        """Whether a request is the endpoint's; every other one is the application's."""
        if path.startswith(self._prefix):
            return True
        return method == "POST" and FORM_MARK in query and named_function(query) is not None

    def handle(self, request: HttpRequest) -> Coroutine[Any, Any, HttpResponse]:
        """Answer a request that the endpoint claims.

        Whoever runs this in a task can cancel it when the caller goes away: that cancels the function, unless it is a
        form's that runs once. A body that comes in pieces is closed instead.
        """
        if request.method != "POST" and self._resources.holds(request.path):
            return self._resource(request)
        return self.answer(request)

    async def _resource(self, request: HttpRequest) -> HttpResponse:
        try:
            return self._resources.answer(request)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it becomes a reply
            return self._failures.after(None, error)

    def answer(self, request: HttpRequest) -> Coroutine[Any, Any, HttpResponse]:
        """Answer a call."""
        timely = request.timeout is None and self._settings.call_timeout is None
        answer = self._received(request) if timely else self._in_time(request)
        if KEY_MARK in request.query and not request.path.startswith(self._prefix):
            return self._to_its_end(answer)
        return answer

    async def _to_its_end(self, answer: Coroutine[Any, Any, HttpResponse]) -> HttpResponse:
        """An answer that goes on when nobody waits for it: with a second click a browser hangs up on the first."""
        task = asyncio.ensure_future(answer)
        self._going_on.add(task)
        task.add_done_callback(self._going_on.discard)
        return await asyncio.shield(task)

    async def _in_time(self, request: HttpRequest) -> HttpResponse:
        try:
            with deadline(self._settings.call_timeout), deadline(seconds_of(request.timeout)):
                ends = moment()
                async with enforced(ends):
                    response = await self._received(request)
                if isinstance(response.body, bytes):
                    # A function that never waits cannot be interrupted: its result comes too late.
                    check(ends)
                return response
        except (DecodeError, DeadlineExceeded) as error:
            return self._failures.before(self._notation(request), error)

    def _received(self, request: HttpRequest) -> Coroutine[Any, Any, HttpResponse]:
        if mimetype(request.content_type) != MULTIPART:
            return self._handle(request, None)
        return self._with_uploads(request)

    async def _with_uploads(self, request: HttpRequest) -> HttpResponse:
        """The reply; files that came with the request are gone with its end."""
        from directives.http.multipart import Uploads

        with ExitStack() as stack:
            uploads = stack.enter_context(closing(Uploads()))
            response = await self._handle(request, uploads)
            if isinstance(response.body, bytes):
                return response
            stack.pop_all()
            return response._replace(body=until_end(response.body, uploads.close))

    async def _handle(self, request: HttpRequest, uploads: Uploads | None) -> HttpResponse:
        set_scope(self._scope(request))
        media = self._notation(request)
        is_form = not request.path.startswith(self._prefix)
        call = None
        try:
            self._admit(request)
            same = keyed(request, is_form, media.type if media else "")
            if same is not None:
                request = same.request
            read = self._form_call if is_form else self._program_call
            call = await read(request, uploads)
            started = self._dispatch(call)
            if started.admission is not None:
                await started.admitted()
        except Redirect as redirect:
            response = self._redirect(media, redirect)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 -- whatever it is, it becomes a reply
            response = self._failures.before(media, error)
        else:
            if same is None or (started.items is not None and media is not None):
                response = await self._answer(request, media, started)
            else:
                response = await self._answer_once(request, media, started, partial(same.ticket, uploads))
        response = replies.with_cookies(response, request.changes)
        if not is_form:
            return response
        return response._replace(page=submission(request, media, call, response))

    async def _answer_once(
        self,
        request: HttpRequest,
        media: Media | None,
        started: Started,
        ticket: Callable[[Session | None], Ticket],
    ) -> HttpResponse:
        try:
            session = session_named(self._settings.captured_session)
            answer = partial(self._answer_to_keep, request, media, started)
            return await once(self._replies, ticket(session), answer)
        except Exception as error:  # noqa: BLE001 -- as above
            return self._failures.before(media, error)
        finally:
            started.close()

    async def _answer_to_keep(
        self, request: HttpRequest, media: Media | None, started: Started
    ) -> HttpResponse:
        """The reply with its cookies, so that whoever sends the call again gets them too."""
        return replies.with_cookies(await self._answer(request, media, started), request.changes)

    def _notation(self, request: HttpRequest) -> Media | None:
        media = wanted(request.accept)
        if media is None and request.path.startswith(self._prefix):
            return MEDIA.get(mimetype(request.content_type), JSON)
        return media

    def name_of(self, request: HttpRequest) -> str | None:
        """The name of the function that a request calls, if there is one."""
        if request.path.startswith(self._prefix):
            return self._name(request.path[len(self._prefix) :])
        named = named_function(request.query)
        return None if named is None else self._name(named[0])

    def _name_of_current(self) -> str | None:
        request = current_request()
        return self.name_of(request) if isinstance(request, HttpRequest) else None

    def _admit(self, request: HttpRequest) -> None:
        if request.method != "POST":
            raise Refusal("method-not-allowed")
        if not self._origins.permits(request.site, request.origin, request.host):
            raise Refusal("foreign-origin")

    async def _program_call(self, request: HttpRequest, uploads: Uploads | None) -> Call:
        limit = self._settings.body_size_limit
        function_id = request.path[len(self._prefix) :]
        if uploads is not None:
            await self._receive(request, uploads)
            return uploaded_call(function_id, uploads, Budget(bytes=limit))
        media = MEDIA.get(mimetype(request.content_type))
        if media is None:
            raise Refusal("unsupported-media-type")
        return program_call(function_id, media, await request.read(limit), Budget(bytes=limit))

    async def _form_call(self, request: HttpRequest, uploads: Uploads | None) -> Call:
        named = named_function(request.query)
        assert named is not None, "what claims a form has found its function"
        function_id, sealed = named
        if uploads is not None:
            await self._receive(request, uploads)
            form = multipart_form(uploads)
        elif mimetype(request.content_type) == URLENCODED:
            limit = self._settings.body_size_limit
            form = urlencoded_form(await request.read(limit), Budget(bytes=limit))
        else:
            raise Refusal("unsupported-media-type")
        bound, _, state = (take_sealed(form, function_id) or sealed or "").partition(".")
        return Call(function_id, (form,), {}, bound or None, form=Format.FORM, state=state or None)

    async def _receive(self, request: HttpRequest, uploads: Uploads) -> None:
        from werkzeug.http import parse_options_header

        _, parameters = parse_options_header(request.content_type)
        pieces = request.pieces(self._settings.upload_size_limit)
        await uploads.receive(parameters, pieces, Budget(bytes=self._settings.body_size_limit))

    async def _answer(self, request: HttpRequest, media: Media | None, started: Started) -> HttpResponse:
        result, items = started.result, started.items
        if items is not None:
            if media is not None:
                if request.changes is not None:
                    request.changes.ended = True
                pieces = stream_of(
                    media,
                    items,
                    self._failures,
                    self._special,
                    self._look,
                    moment(),
                    current_scope(),
                )
                return replies.stream(media, pieces)
            result = drain(items)
        assert result is not None
        try:
            value = await result
            if media is None:
                reply = replies.see_other(own_url(request.root, request.path, request.query))
            else:
                reply = replies.value(media, media.success(value, self._special, self._look()))
                headers = with_privacy(reply.headers, current_scope(), keepable=started.keepable)
                reply = reply if headers is reply.headers else reply._replace(headers=headers)
            if started.next_state is not None:
                reply = reply._replace(said={"state": started.next_state(value)})
        except Redirect as redirect:
            reply = self._redirect(media, redirect)
        except ForeignResponse as own:
            reply = (
                own.response if media is None else self._failures.after(media, own, "unserializable-result")
            )
        except Unserializable as error:
            reply = self._failures.after(media, error, "unserializable-result")
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 -- as above
            reply = self._failures.after(media, error)
        return with_updates(reply, current_scope())

    def _redirect(self, media: Media | None, redirect: Redirect) -> HttpResponse:
        try:
            check_target(redirect.url)
        except ValueError as error:
            return self._failures.after(media, error)
        if media is None:
            return replies.see_other(redirect.url)
        said = {"redirect": redirect.url}
        return replies.value(media, media.encode(said), said)
