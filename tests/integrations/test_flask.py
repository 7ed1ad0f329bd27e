"""The Flask extension: server functions inside the application's request context."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import flask
import flask_login
import flask_sqlalchemy
import flask_wtf
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client

from directives.errors import SettingsError
from directives.integrations.flask import Directives
from directives.runtime import runtime
from directives.settings import Settings
from directives.wsgi import DirectivesMiddleware
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

SHOP = """
    "use server"

    import flask
    from flask import abort, flash, g, session
    from flask_login import current_user, login_required, login_user
    from directives.request import cookies, redirect


    async def context(name="nobody"):
        session["name"] = name
        flash("welcome")
        return [flask.request.path, g.before, cookies().get("seen"), flask.current_app.name]

    async def sign_in():
        login_user(flask.current_app.config["USERS"]["ada"])
        return current_user.get_id()

    @login_required
    async def secret(form=None):
        return current_user.get_id()

    async def missing(sku):
        abort(404, f"there is no {sku}")

    async def forbidden():
        abort(403)

    async def broken():
        abort(500)

    async def away(form=None):
        reply = flask.redirect("/elsewhere")
        reply.set_cookie("way", "out")
        return reply

    async def page(form):
        return flask.make_response("<p>thanks</p>", 201)

    async def buy(form):
        session["bought"] = form["tea"]
        flash("sold")

    async def upload(form):
        return flask.make_response(str(len(form["picture"].read())))

    async def names():
        for name in ("a", "b"):
            yield [name, flask.request.method, g.before]

    async def flashed():
        return flask.get_flashed_messages()

    class SoldOut(Exception):
        pass

    async def fail(form: dict):
        raise {"sold out": SoldOut, "late": TimeoutError, "key": KeyError}[form["how"]]("no sencha")

    async def gone(form=None):
        abort(404, "no such tea")

    __all__ = ["fail", "gone", "context", "sign_in", "secret", "missing", "forbidden", "broken", "away", "page", "buy", "upload", "names",
               "flashed"]
"""


class User(flask_login.UserMixin):
    """Somebody who can sign in."""

    def __init__(self, name: str) -> None:
        self.id = name


def make_app(shop: ModuleType, **config: Any) -> Flask:
    app = Flask("shop")
    app.config.update(SECRET_KEY="key of the test", TESTING=True, USERS={"ada": User("ada")}, **config)
    logins = flask_login.LoginManager(app)
    logins.user_loader(app.config["USERS"].get)
    logins.login_view = "login"  # type: ignore[assignment]
    teas = flask.Blueprint("teas", __name__)
    log: list[str] = []
    app.config["LOG"] = log

    @app.before_request
    def before() -> None:
        flask.g.before = "was here"

    @app.after_request
    def after(response: flask.Response) -> flask.Response:
        response.headers["X-After"] = "was here"
        return response

    @app.teardown_request
    def teardown(error: BaseException | None) -> None:
        log.append("torn down")

    @app.get("/login")
    def login() -> str:
        return "please sign in"

    @teas.before_request
    def of_the_blueprint() -> Any:
        log.append(f"hook of {flask.request.endpoint}")
        return flask.abort(418) if flask.request.args.get("stop") else None

    @teas.get("/teas/<name>")
    def tea(name: str) -> str:
        template = (
            '<form {{ buy | form_attributes }}></form><form action="{{ buy }}">{{ cookies().get("seen") }}'
        )
        return flask.render_template_string(template, buy=shop.buy)

    @teas.route("/async")
    async def waits() -> str:
        return str(await shop.context("async view"))

    app.register_blueprint(teas)
    return app


@pytest.fixture
def shop(load: Load) -> ModuleType:
    return load(SHOP)


@pytest.fixture
def app(shop: ModuleType) -> Flask:
    app = make_app(shop)
    Directives(app)
    return app


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    with app.test_client() as client:
        yield client


def call(client: FlaskClient, function: Any, *args: Any, **options: Any) -> Any:
    return client.post(f"/_directives/{function.id}", json={"args": list(args)}, **options)


def test_a_function_runs_in_the_request_context(client: FlaskClient, shop: ModuleType) -> None:
    """Hooks ran before it and after it, and what it puts into the session is in the reply."""
    client.set_cookie("seen", "yes")
    reply = call(client, shop.context, "ada")
    assert reply.json == {"ok": [f"/_directives/{shop.context.id}", "was here", "yes", "shop"]}
    assert reply.headers["X-After"] == "was here"
    assert flask.session["name"] == "ada"
    assert call(client, shop.flashed).json == {"ok": ["welcome"]}


def test_teardown_runs_once_for_each_call(client: FlaskClient, app: Flask, shop: ModuleType) -> None:
    """Connections and sessions are given back."""
    call(app.test_client(), shop.context)
    assert app.config["LOG"] == ["torn down"]


def test_signing_in(client: FlaskClient, shop: ModuleType) -> None:
    """``login_user`` in one call, ``login_required`` on the next; who is not signed in is sent to the sign-in page."""
    refused = call(client, shop.secret).json
    assert refused["redirect"].startswith("/login?next=")
    assert call(client, shop.sign_in).json == {"ok": "ada"}
    assert call(client, shop.secret).json == {"ok": "ada"}
    form = client.post(f"/teas/sencha{shop.secret}", data={"a": "1"})
    assert (form.status_code, form.location) == (303, "/teas/sencha")


def test_abort(client: FlaskClient, shop: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    """Below 500 it reaches the caller as what it is; from 500 on it is masked, with a digest."""
    reply = call(client, shop.missing, "assam")
    error = reply.json["error"]
    assert (reply.status_code, error["type"], error["message"]) == (404, "http.404", "there is no assam")
    assert call(client, shop.forbidden).json["error"]["kind"] == "forbidden"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert set(call(client, shop.broken).json["error"]) == {"kind", "message", "digest"}


def test_responses_of_flask(client: FlaskClient, shop: ModuleType) -> None:
    """A redirect is one, with its cookies; another response goes to a form as it is, and to no program."""
    form = client.post(f"/teas/sencha{shop.away}", data={"a": "1"})
    assert (form.status_code, form.location) == (303, "/elsewhere")
    assert "way=out" in form.headers["Set-Cookie"]
    assert call(client, shop.away).json == {"redirect": "/elsewhere"}
    assert client.get_cookie("way") is not None
    form = client.post(f"/teas/sencha{shop.page}", data={"a": "1"})
    assert (form.status_code, form.text) == (201, "<p>thanks</p>")
    assert call(client, shop.page, {}).json["error"]["kind"] == "unserializable-result"


def test_error_handlers_answer_plain_forms(
    client: FlaskClient, app: Flask, shop: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    """As they answer for pages, async ones too; what none of them is for is masked, and programs never see a page."""

    @app.errorhandler(shop.SoldOut)
    def sold_out(error: Exception) -> tuple[str, int]:
        return f"<p>sorry: {error}</p>", 409

    @app.errorhandler(TimeoutError)
    async def late(error: Exception) -> flask.Response:
        return flask.redirect("/later")

    @app.errorhandler(404)
    def not_found(error: Exception) -> tuple[str, int]:
        return "<p>not here</p>", 404

    action = f"/teas/sencha{shop.fail}"
    reply = client.post(action, data={"how": "sold out"})
    assert (reply.status_code, reply.text) == (409, "<p>sorry: no sencha</p>")
    assert client.post(action, data={"how": "late"}).location == "/later"
    masked = client.post(action, data={"how": "key"})
    assert (masked.status_code, masked.mimetype) == (500, "text/plain")
    assert client.post(f"/teas/sencha{shop.gone}", data={"a": "1"}).text == "<p>not here</p>"
    assert call(client, shop.fail, {"how": "sold out"}).json["error"]["kind"] == "internal"
    assert call(client, shop.gone).json["error"]["type"] == "http.404"


def test_an_application_below_a_prefix(app: Flask, shop: ModuleType) -> None:
    """Calls, forms and their way back are below it, too; other paths are not the extension's."""
    client = Client(DispatcherMiddleware(Flask("outer"), {"/shop": app}))
    called = client.post(f"/shop/_directives/{shop.context.id}", json={"args": ["ada"]})
    assert called.json == {"ok": [f"/_directives/{shop.context.id}", "was here", None, "shop"]}
    form = client.post(f"/shop/teas/sencha{shop.buy}", data={"tea": "sencha"})
    assert (form.status_code, form.location) == (303, "/shop/teas/sencha")
    assert client.post(f"/_directives/{shop.context.id}", json={}).status_code == 404


def test_factories_and_prefixes_of_blueprints(shop: ModuleType) -> None:
    """One extension serves the applications that a factory makes; hooks of a blueprint below a prefix run."""
    extension = Directives()

    def create_app() -> Flask:
        app = Flask("made")
        admin = flask.Blueprint("admin", __name__, url_prefix="/admin")

        @admin.before_request
        def closed() -> Any:
            return "closed", 403

        admin.add_url_rule("/", "home", lambda: "home")
        app.register_blueprint(admin)
        extension.init_app(app)
        return app

    clients = [create_app().test_client() for _ in range(2)]
    assert [client.post(f"/admin/{shop.away}", data={}).text for client in clients] == ["closed"] * 2
    assert [call(client, shop.away).json for client in clients] == [{"redirect": "/elsewhere"}] * 2


def test_hosts_with_routes_of_their_own(shop: ModuleType) -> None:
    """The endpoint is that of each host, also where a host's route would take any path."""
    app = Flask("shop", host_matching=True, static_host="static.example")
    Directives(app)
    app.add_url_rule("/<path:name>", "any", lambda name: name, host="shop.example")
    client = app.test_client()
    for host in ("shop.example", "other.example"):
        script = client.get("/_directives/client.js", base_url=f"http://{host}")
        assert (script.status_code, script.mimetype) == (200, "text/javascript")
        assert call(client, shop.away, base_url=f"http://{host}").json == {"redirect": "/elsewhere"}
    assert client.get("/tea", base_url="http://shop.example").text == "tea"


def test_an_endpoint_that_moved(client: FlaskClient, shop: ModuleType) -> None:
    """A setting that changes after the application was made counts; the old path is none of the application's."""
    runtime.configure(endpoint="/rpc")
    assert client.post(f"/rpc/{shop.away.id}", json={}).json == {"redirect": "/elsewhere"}
    assert call(client, shop.away).status_code == 404


def test_a_form_is_a_request_of_its_page(client: FlaskClient, app: Flask, shop: ModuleType) -> None:
    """A page that takes GET alone can hold it; hooks of its blueprint run, and can end the request."""
    page = client.get("/teas/sencha")
    actions = re.findall(r'action="([^"]+)"', page.text)
    assert [action.partition("~")[0] for action in actions] == [str(shop.buy)] * 2
    app.config["LOG"].clear()
    form = client.post(f"/teas/sencha{shop.buy}", data={"tea": "sencha"})
    assert (form.status_code, form.location) == (303, "/teas/sencha")
    assert flask.session["bought"] == "sencha"
    assert "hook of teas.tea" in app.config["LOG"]
    stopped = client.post(f"/teas/sencha?stop=1&{str(shop.buy)[1:]}", data={"tea": "other"})
    assert (stopped.status_code, flask.session["bought"]) == (418, "sencha")


def test_a_page_that_is_not_there(client: FlaskClient, shop: ModuleType) -> None:
    """A form whose page is gone still reaches its function."""
    assert client.post(f"/nowhere{shop.buy}", data={"tea": "x"}).status_code == 303


@pytest.mark.parametrize("size", [10, 200_000])
def test_a_hook_that_reads_the_form(shop: ModuleType, size: int) -> None:
    """The function gets the fields and files all the same."""
    app = make_app(shop)

    @app.before_request
    def read() -> None:
        assert flask.request.form["name"] == "x"
        assert len(flask.request.files["picture"].read()) == size

    Directives(app)
    data = {"name": "x", "picture": (io.BytesIO(b"x" * size), "tea.png")}
    reply = app.test_client().post(f"/teas/sencha{shop.upload}", data=data)
    assert reply.text == str(size)


@pytest.mark.parametrize("is_read_before", [False, True])
def test_a_form_of_flask_wtf(shop: ModuleType, load: Load, is_read_before: bool) -> None:
    """A function checks it as a view does, whether or not a hook has read it for its token."""
    app = make_app(shop, WTF_CSRF_CHECK_DEFAULT=is_read_before)
    Directives(app)
    flask_wtf.CSRFProtect(app)
    module = load(
        """
        from flask import make_response
        from flask_wtf import FlaskForm
        from flask_wtf.file import FileField
        from wtforms import StringField
        class Tea(FlaskForm):
            name = StringField()
            picture = FileField()
        async def save(form):
            'use server'
            tea = Tea()
            if tea.validate_on_submit():
                return make_response(f"{tea.name.data}, {len(tea.picture.data.read())} bytes")
        """,
        "form_of_a_test",
    )
    app.add_url_rule("/token", "token", flask_wtf.csrf.generate_csrf)
    client = app.test_client()
    data = {
        "name": "sencha",
        "picture": (io.BytesIO(b"x" * 200_000), "tea.png"),
        "csrf_token": client.get("/token").text,
    }
    assert client.post(f"/teas/sencha{module.save}", data=data).text == "sencha, 200000 bytes"


def test_a_stream(client: FlaskClient, shop: ModuleType) -> None:
    """The request context lasts until its end."""
    reply = call(client, shop.names, headers={"Accept": "application/jsonl"})
    assert reply.text == '{"ok":["a","POST","was here"]}\n{"ok":["b","POST","was here"]}\n'


def test_an_async_view_calls_a_function(client: FlaskClient) -> None:
    """It is an ordinary call."""
    assert "was here" in client.get("/async").text


def test_csrf_protection(shop: ModuleType) -> None:
    """A form needs its token; a program is protected by its origin instead."""
    app = make_app(shop)
    Directives(app)
    flask_wtf.CSRFProtect(app)

    @app.get("/token")
    def token() -> str:
        return flask_wtf.csrf.generate_csrf()

    client = app.test_client()
    assert client.post(f"/teas/sencha{shop.buy}", data={"tea": "x"}).status_code == 400
    with_token = {"tea": "x", "csrf_token": client.get("/token").text}
    assert client.post(f"/teas/sencha{shop.buy}", data=with_token).status_code == 303
    assert call(client, shop.context).status_code == 200
    assert call(client, shop.context, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_sqlalchemy(shop: ModuleType, load: Load) -> None:
    """The session of a call is that of its request, and is given back."""
    app = make_app(shop, SQLALCHEMY_DATABASE_URI="sqlite:///:memory:")
    database = flask_sqlalchemy.SQLAlchemy(app)

    class Order(database.Model):  # type: ignore[name-defined, misc]
        id = database.mapped_column(database.Integer, primary_key=True)
        tea = database.mapped_column(database.String)

    app.config.update(ORDER=Order, DATABASE=database)
    Directives(app)
    with app.app_context():
        database.create_all()
    orders = load(
        """
        "use server"
        from flask import current_app
        async def order(tea: str):
            database = current_app.config["DATABASE"]
            database.session.add(current_app.config["ORDER"](tea=tea))
            database.session.commit()
            return database.session.query(current_app.config["ORDER"]).count()
        """,
        "orders_of_a_test",
    )
    client = app.test_client()
    assert [call(client, orders.order, tea).json for tea in ("a", "b")] == [{"ok": 1}, {"ok": 2}]
    with app.app_context():
        database.engine.dispose()


def test_a_cached_function_has_the_application_and_not_the_request(app: Flask, load: Load) -> None:
    """Its database is there, what one visitor put into ``g`` is not; in the background too."""
    module = load(
        """
        import flask
        from directives.cache import cache_life
        def described(n):
            'use cache'
            return [flask.current_app.name, flask.has_request_context(), "user" in flask.g]
        async def described_later(n):
            'use cache'
            cache_life(revalidate=0)
            return [flask.current_app.name, flask.has_request_context(), "user" in flask.g]
        async def both(n):
            'use server'
            flask.g.user = "ada"
            return [described(n), await described_later(n)]
        """,
        "described_in_a_test",
    )
    client = app.test_client()
    for _ in range(3):
        assert call(client, module.both, 1).json == {"ok": [["shop", False, False]] * 2}


def test_pages_know_their_request(client: FlaskClient) -> None:
    """Templates can ask for cookies."""
    client.set_cookie("seen", "yes")
    assert client.get("/teas/sencha").text.endswith("yes")


def test_the_endpoint_answers_other_methods(client: FlaskClient, shop: ModuleType) -> None:
    """405 of the endpoint's own, and 404 of its own kind."""
    assert client.get(f"/_directives/{shop.buy.id}").status_code == 405
    assert client.post("/_directives/nope", json={}).headers["X-Directives-Error"] == "unknown-function"


def test_served_twice(shop: ModuleType) -> None:
    """Two extensions, an extension and the middleware, or a route in its place: one line with the fix."""
    app = make_app(shop)
    Directives(app)
    with pytest.raises(SettingsError, match="use Directives\\(app\\) once"):
        Directives(app)
    for outer in (app, app.wsgi_app, ProxyFix(app)):
        with pytest.raises(SettingsError, match="server functions are served twice"):
            DirectivesMiddleware(outer)
    wrapped = make_app(shop)
    wrapped.wsgi_app = ProxyFix(DirectivesMiddleware(wrapped.wsgi_app))  # type: ignore[method-assign]
    with pytest.raises(SettingsError, match="no DirectivesMiddleware"):
        Directives().init_app(wrapped)
    with pytest.raises(SettingsError, match="a Flask application, and was given a DirectivesMiddleware"):
        Directives(DirectivesMiddleware(make_app(shop)))  # type: ignore[arg-type]
    taken = make_app(shop)
    taken.add_url_rule("/_directives/<name>", "mine", lambda name: name)
    with pytest.raises(SettingsError, match="set another endpoint"):
        Directives(taken)
    later = make_app(shop)
    Directives(later)
    later.add_url_rule("/_directives/teas", "mine", lambda: "mine", methods=["POST"])
    with pytest.raises(SettingsError, match="a route at /_directives/teas already; set another endpoint"):
        later.test_client().post("/_directives/teas")
    assert call(later.test_client(), shop.away).json == {"redirect": "/elsewhere"}


def test_the_command_line(app: Flask, settings: Settings) -> None:
    """``flask directives`` is the command line, exit codes included, with the settings that the application makes."""
    run = lambda *arguments: app.test_cli_runner().invoke(args=["directives", *arguments]).exit_code  # noqa: E731
    assert run("check", "no-such-file") == 2
    assert run("--help") == 0
    (settings.root / "shop.py").write_text("'use server'\ndef buy(): ...\n")
    assert run("check", str(settings.root)) == 1
    runtime.configure(allow_sync_server_functions=True)
    assert run("check", str(settings.root)) == 0
