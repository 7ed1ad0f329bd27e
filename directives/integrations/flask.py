"""Server functions in a Flask application, inside its request context.

```python
app = Flask(__name__)
Directives(app)
```
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterable
from contextlib import AbstractContextManager
from contextlib import closing
from contextlib import nullcontext
from typing import TYPE_CHECKING
from typing import Any
from typing import Final

import click
from flask import Flask
from flask import Request
from flask import Response
from flask import abort
from flask import after_this_request
from flask import current_app
from flask import has_app_context
from flask import request
from flask import stream_with_context
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.wrappers import Response as AnyResponse

from directives.cache.ahead import AheadScope
from directives.cache.scope import RequestScope
from directives.cache.scope import current_scope
from directives.errors import SettingsError
from directives.http.again import answer
from directives.http.again import shown
from directives.http.again_wsgi import environ_again
from directives.http.events import outlives_request
from directives.http.foreign import error_raised
from directives.http.foreign import response_given
from directives.http.loop import iterate
from directives.http.loop import run
from directives.http.media import wanted
from directives.http.messages import HttpResponse
from directives.http.nesting import wrapped
from directives.http.rewind import FormBody
from directives.http.rewind import Rewindable
from directives.http.serving import Serving
from directives.http.wsgi_body import WsgiBody
from directives.integrations.flask_ahead import watch_session
from directives.integrations.jinja2 import install
from directives.request import Redirect
from directives.wsgi import PageRequest
from directives.wsgi import Pages
from directives.wsgi import request_of

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

    from flask.typing import ResponseReturnValue
    from werkzeug.routing import Rule

    from directives.forms.submission import Submission
    from directives.runtime import Runtime

__all__ = ["Directives"]

VIEW: Final = "directives"
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
BODY: Final = "directives.body"

MakesSync = Callable[[Callable[..., Any]], Callable[..., Any]]


class Directives:
    """Answers calls of server functions inside the application, as its views are answered.

    A call has the application's request context: ``session``, ``g``, ``current_user``, what ``before_request`` and
    ``after_request`` do, and teardown. A form that a page posts to itself is handled as a request of that page, so that its
    blueprint's hooks and its CSRF protection count. A program's call is protected by its origin, so Flask-WTF's
    ``CSRFProtect`` leaves the endpoint alone.

    Of what Flask itself gives, a redirect is one, and another response is sent to a plain form as it is. What is raised
    for a plain form is for the application's error handlers. Programs are told: ``abort(401)`` and ``abort(403)`` deny the
    call, and other errors below 500 are expected errors of type ``http.404``.

    Args:
        app: The application; or call ``init_app`` later.
        runtime: Whose functions to serve; the process's own if left out.

    Raises:
        SettingsError: See ``init_app``.
    """

    def __init__(self, app: Flask | None = None, runtime: Runtime | None = None) -> None:
        if runtime is None:
            from directives.runtime import runtime as runtime_of_process

            runtime = runtime_of_process
        self._runtime = runtime
        self._serving = Serving(runtime, PageRequest, around=translated)
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Serve the server functions in an application.

        Args:
            app: The application.

        Raises:
            SettingsError: It is none of Flask's, it is served already, or a route of its own has the endpoint's path.
        """
        if not isinstance(app, Flask):
            raise SettingsError(
                "endpoint", f"Directives serves a Flask application, and was given a {type(app).__name__}"
            )
        if VIEW in app.extensions or any(isinstance(each, Pages) for each in wrapped(app.wsgi_app)):
            raise SettingsError(
                "endpoint",
                f"server functions are served twice in {app.name}: use Directives(app) once, and no DirectivesMiddleware",
            )
        path = self._runtime.settings.endpoint
        for rule in app.url_map.iter_rules():
            see_route(app, rule, f"{path}/")
        app.extensions[VIEW] = self
        pages = Pages(app.wsgi_app, self._serving, app.request_context)
        # Its method, for each page calls it: an object that is called is asked for one by way of its type.
        app.wsgi_app = pages.__call__  # type: ignore[method-assign]
        # Not by the signal request_started and a before_request: of those each page would have the cost.
        preprocess_request = app.preprocess_request
        # Where hosts have routes of their own, one of those may take the endpoint's path before our route does.
        by_host = app.url_map.host_matching or app.subdomain_matching

        def preprocess() -> ResponseReturnValue | None:
            if type(current_scope()) is AheadScope:
                watch_session()
            # Its own attributes: by way of `request` each costs a page four times as much.
            here: Request = request._get_current_object()  # type: ignore[attr-defined]
            if here.method == "GET" and here.routing_exception is None and not by_host:
                return preprocess_request()
            environ = here.environ
            if not self._claims(environ):
                return preprocess_request()
            self._begin(app, environ)
            refused = preprocess_request()
            return self._answer(app, environ) if refused is None else refused

        app.preprocess_request = preprocess  # type: ignore[method-assign]
        app.async_to_sync = awaited_on_a_loop(app.async_to_sync)  # type: ignore[assignment, method-assign]
        app.add_url_rule(
            f"{path}/<path:name>", VIEW, self._called, methods=METHODS, provide_automatic_options=False
        )
        if of_the_application not in self._runtime.caches.surroundings:
            self._runtime.caches.surround(of_the_application)
        install(app.jinja_env)
        app.cli.add_command(command_line(self._runtime))

    def _claims(self, environ: WSGIEnvironment) -> bool:
        path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
        return self._serving.endpoint().claims(environ["REQUEST_METHOD"], path, query)

    def _called(self, name: str) -> Response:
        """The view of the endpoint's path: what it has for a GET; other requests are answered before a view is called."""
        environ = request.environ
        if not self._claims(environ):  # by the settings in force, the path is another
            abort(404)
        environ[BODY] = None
        return self._answer(current_app, environ)

    def _begin(self, app: Flask, environ: WSGIEnvironment) -> None:
        """Take a request; a form that a page posts to itself becomes one of that page, its body readable twice."""
        environ[BODY] = None
        protection = app.extensions.get("csrf")
        if protection is not None:
            # Programs send no token: what they call is protected by the origin of the request.
            protection.exempt(self._called)
        prefix = f"{self._runtime.settings.endpoint}/"
        if environ["PATH_INFO"].startswith(prefix):
            see_route(app, request.url_rule, prefix)  # one that was added after the extension
            return
        if isinstance(request.routing_exception, MethodNotAllowed):
            become_page(app)
        limit = self._runtime.settings.upload_size_limit
        environ[BODY] = environ["wsgi.input"] = Rewindable(environ["wsgi.input"], limit + 1)

    def _answer(self, app: Flask, environ: WSGIEnvironment) -> Response:
        received = WsgiBody(environ)
        if environ[BODY] is not None:
            environ[BODY].rewind()
            received = FormBody(environ)
        reply = run(self._serving.endpoint().handle(request_of(environ, received)))
        if reply.status >= 400:
            received.discard()
        if reply.page is not None:
            reply = page_again(app, reply, reply.page)
        status, headers, content, *_ = reply
        body: Iterable[bytes]
        if isinstance(content, bytes):
            body = [content]  # in a list, since the length is among the headers already
        else:
            body = iterate(content) if outlives_request(reply) else stream_with_context(iterate(content))
        return app.response_class(body, status, headers)


def see_route(app: Flask, rule: Rule | None, prefix: str) -> None:
    """See that a route is not of the application's own where the endpoint is.

    Raises:
        SettingsError: It is.
    """
    if rule is not None and rule.endpoint != VIEW and rule.rule.startswith(prefix):
        raise SettingsError(
            "endpoint", f"{app.name} has a route at {rule.rule} already; set another endpoint"
        )


def page_again(app: Flask, reply: HttpResponse, told: Submission) -> HttpResponse:
    """The response to a form that its page is made anew for, in the same context: its hooks have run.

    Args:
        app: The application.
        reply: The endpoint's reply to the form.
        told: What the page is told of the form.
    """
    again = app.request_class(environ_again(request.environ, reply))
    # The context goes on with its request, which is a GET from here on.
    proxied: Any = request
    current: dict[str, Any] = vars(proxied._get_current_object())
    current.clear()
    current.update(vars(again))
    if not become_page(app):
        return reply
    scope = current_scope()
    if isinstance(scope, RequestScope):
        scope.request = PageRequest(request.environ)
    with shown(told) as page:
        made = held(app)
    return answer(reply, made, page)


def held(app: Flask) -> HttpResponse:
    """The response of the current request's view, all of it."""
    try:
        response = app.make_response(app.dispatch_request())
    except Exception as error:  # noqa: BLE001 -- as Flask's own handling of a request
        response = app.make_response(app.handle_user_exception(error))
    response.direct_passthrough = False
    with closing(response):
        return HttpResponse(response.status_code, list(response.headers.items()), response.get_data())


def become_page(app: Flask) -> bool:
    """Make a request that no route takes by its method one of the page at its path; ``False`` if there is none."""
    adapter = app.create_url_adapter(request)
    assert adapter is not None, "a request has a host"
    try:
        rule, arguments = adapter.match(method="GET", return_rule=True)
    except HTTPException:
        return False
    request.url_rule, request.view_args = rule, dict(arguments)
    request.routing_exception = None
    return True


def awaited_on_a_loop(async_to_sync: MakesSync) -> MakesSync:
    """What Flask, and decorators such as ``login_required`` by way of it, make an async function callable with.

    Flask's own runs a loop for it, which it cannot where one runs already: in a call of a server function. There the
    function's coroutine is what the caller awaits.
    """

    def callable_here(function: Callable[..., Any]) -> Callable[..., Any]:
        return function if asyncio._get_running_loop() is not None else async_to_sync(function)

    return callable_here


def of_the_application() -> AbstractContextManager[object]:
    """What a cached function is computed in: a fresh context of the application, with nothing of the request."""
    return current_app.app_context() if has_app_context() else nullcontext()


async def translated(outcome: Awaitable[Any]) -> Any:
    """What a function gives, with what is Flask's own in our terms."""
    try:
        value = await outcome
    except Redirect:
        raise
    except Exception as error:
        if is_plain_form():
            raise of_response(await handled(error)) from error
        if isinstance(error, HTTPException):
            raise of_error(error) from error
        raise
    if isinstance(value, AnyResponse):
        raise of_response(value)
    return value


async def handled(error: Exception) -> Response:
    """What the application's error handlers answer; raises the error again if none of them is for it."""
    given: Any = current_app.handle_user_exception(error)
    # One that is async is not run by Flask where a loop runs.
    return current_app.make_response(await given if isinstance(given, Awaitable) else given)


def is_plain_form() -> bool:
    """Whether a page is what the caller gets to see."""
    return request.environ[BODY] is not None and wanted(request.headers.get("Accept")) is None


def of_error(error: HTTPException) -> Exception:
    """What stands for an ``abort``."""
    if error.response is not None:
        return of_response(error.get_response(request.environ))
    return error_raised(error.code or 500, error.description or error.name) or error


def of_response(response: AnyResponse) -> Exception:
    """What stands for a response; the cookies it sets are set all the same."""
    given = response_given(
        HttpResponse(response.status_code, list(response.headers.items()), response.get_data())
    )
    if isinstance(given, Redirect):
        cookies = response.headers.getlist("Set-Cookie")

        @after_this_request
        def set_cookies(reply: Response) -> Response:
            for cookie in cookies:
                reply.headers.add("Set-Cookie", cookie)
            return reply

    return given


def command_line(runtime: Runtime) -> click.Command:
    """``flask directives``: the command line, with the application's environment and settings."""

    @click.command(
        "directives",
        add_help_option=False,
        context_settings={"ignore_unknown_options": True},
        short_help="What directives do in this project.",
    )
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def command(arguments: tuple[str, ...]) -> None:
        from directives.cli import main

        raise SystemExit(main(arguments or ["--help"], runtime.settings))

    return command
