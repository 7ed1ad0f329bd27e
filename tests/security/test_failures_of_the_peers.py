"""What went wrong in other frameworks of this kind, tried here through the middleware.

Each test is named after the failure. Those of caches have no counterpart yet, because nothing is cached.
"""

from __future__ import annotations

import ast
import io
import pickle
import tracemalloc
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cbor2
import pytest

import directives
from directives.errors import DecodeError
from directives.errors import EncodeError
from directives.errors import SettingsError
from directives.http.origin import OriginPolicy
from directives.runtime import runtime
from directives.wire import trusted
from directives.wire.references import FunctionReference
from directives.wire.untrusted import encode_cbor
from directives.wire.untrusted import encode_json
from tests.loading import Load
from tests.security.bodies import BUY
from tests.security.bodies import CONTENT_TYPES
from tests.security.bodies import ECHO
from tests.security.bodies import ORDER
from tests.security.bodies import SAVE
from tests.security.bodies import SELL
from tests.security.bodies import URLENCODED
from tests.security.server import Answer
from tests.security.server import Server
from tests.security.server import environ_of
from tests.security.server import request

CBOR, JSON = CONTENT_TYPES["cbor"], CONTENT_TYPES["json"]
PACKAGE = Path(directives.__file__).parent
LOOK_ALIKES = [
    "__class__",
    "__globals__",
    "constructor",
    "__proto__",
    "toString",
    "order",
    "os.system",
    "../order",
    "ordеr",
]


def call(server: Server, function_id: str, *args: Any, **message: Any) -> Answer:
    body = encode_cbor({"args": list(args), **message})
    return server.send(request(f"/_directives/{function_id}", body, CBOR))


def ok(answer: Answer) -> Any:
    assert answer.status == 200, answer
    return cbor2.loads(answer.body, tag_hook=lambda tag, immutable: tag)["ok"]


def syntax(folder: str) -> list[tuple[Path, ast.AST]]:
    files = sorted((PACKAGE / folder).rglob("*.py"))
    assert files
    return [(file, node) for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]


def test_react_cve_2025_55182_decoder_walks_no_attacker_given_paths(server: Server) -> None:
    """No word of a message is looked up in an object: not as an ID, a reference, a keyword, a key or a tag."""
    for word in LOOK_ALIKES:
        for function_id in (word, f"{ORDER}.{word}", f"{ORDER}:{word}"):
            assert server.send(request(f"/_directives/{quote(function_id)}", b"{}", JSON)).status == 404
        assert call(server, ECHO, FunctionReference(word)).status == 422
        assert call(server, ORDER, {"sku": "x", "kind": "tea"}, kwargs={word: 1}).status == 422
        assert call(server, ECHO, {}, **{word: 1}).status == 400
        tagged = cbor2.dumps({"args": [cbor2.CBORTag(27, [word, ["x"]])]})
        assert server.send(request(f"/_directives/{ECHO}", tagged, CBOR)).status == 400
        value = {word: [word, {word: f"$1:{word}"}]}
        assert ok(call(server, ECHO, value)) == value


def test_react_cve_2025_55182_nothing_on_the_wire_names_code(server: Server) -> None:
    """The codecs and the endpoint import, evaluate and look up nothing by a name that is not in their source.

    Two modules take instances of the program's own classes apart, by the names of their own fields; what finds a class
    by a kept name is for the trusted codec alone.
    """
    for folder in ("wire", "http"):
        for file, node in syntax(folder):
            if isinstance(node, ast.Name) and node.id == "Classes":
                assert file.name in ("classes.py", "trusted.py"), file
            if file.name in ("classes.py", "kinds.py"):
                continue
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in (
                    "eval",
                    "exec",
                    "compile",
                    "__import__",
                    "globals",
                    "vars",
                    "setattr",
                ), file
                if node.func.id in ("getattr", "hasattr"):
                    assert isinstance(node.args[1], ast.Constant), f"{file}:{node.lineno}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None) or ""}
                assert not names & {"importlib", "runpy", "code", "ctypes", "builtins"}, file
                assert not any(name.startswith("importlib") for name in names), file


def test_a_decoded_object_with_then_is_not_awaited(server: Server) -> None:
    """What data looks like decides nothing: it is neither awaited nor called nor taken for a mapping."""
    function = FunctionReference(ECHO)
    for word in (
        "then",
        "__await__",
        "__call__",
        "__iter__",
        "__aiter__",
        "__html__",
        "keys",
        "__reduce__",
        "toJSON",
    ):
        value = {word: function, "value": {word: function}}
        answer = call(server, ECHO, value)
        assert answer.ran == ("echo",)
        assert ok(answer).keys() == value.keys()
        assert server.send(request(f"/_directives/{ECHO}", encode_json({"args": [value]}), JSON)).ran == (
            "echo",
        )


def test_react_cve_2025_55183_a_server_function_as_text_is_no_source(load: Load, server: Server) -> None:
    """However a function turns a reference into text, no source, file, closure or default leaves."""
    module = load(
        """
        async def show(function):
            'use server'
            shown = [str(function), repr(function), f"{function}", f"{function!r:>9}", "%s" % function, ascii(function)]
            return [*shown, function, {"it": function}]

        def page(captured):
            async def nested(form, hidden="default-of-nested"):
                'use server'
                return "source-of-nested" + captured
            return nested
        """,
        "shop_of_reveal",
    )
    show = {record.qualname: known for known, record in runtime.functions.records().items()}["show"]
    nested = module.page("captured-value")
    reference = FunctionReference(nested.id, nested.bound())
    answers = [call(server, show, FunctionReference(show)), call(server, show, reference)]
    body = encode_json({"args": [reference]})
    answers.append(server.send(request(f"/_directives/{show}", body, JSON)))
    for answer in answers:
        assert answer.status == 200
        for hint in (
            b"return",
            b"use server",
            b"captured-value",
            b"source-of",
            b"default-of",
            b".py",
            b"<code",
            b" at 0x",
        ):
            assert hint not in answer.body


def test_react_cve_2025_55184_no_cycle_and_no_endless_chain(server: Server) -> None:
    """A message cannot refer to itself: shared values are refused, however long the chain, and at once."""
    shared, reference = b"\xd8\x1c", b"\xd8\x1d"
    begin, end = b"\xa1\x64args\x81", b""
    for chain in (
        shared + b"\x81" + reference + b"\x00",
        (shared + b"\x81") * 60 + reference + b"\x00",
        shared + b"\x82" + reference + b"\x00" + reference + b"\x00",
        b"\x82" + reference + b"\x01" + shared + b"\x81" + reference + b"\x00",
    ):
        answer = server.send(request(f"/_directives/{ECHO}", begin + chain + end, CBOR))
        assert (answer.status, answer.ran, answer.faults()) == (400, (), [])
    value = {"$1": "$1", "then": "$2", "a": ["$1:a", "$2:a"]}
    assert ok(call(server, ECHO, value)) == value


AMPLIFIERS = {
    "references": cbor2.dumps({"args": [[cbor2.CBORTag(27, ["function", [ECHO, None]])] * 65]}),
    "containers": b"\xa1\x64args\x81\x9a\x00\x0e\x00\x00" + b"\x80" * 0xE0000,
    "nesting": b"\xa1\x64args" + b"\x81" * 900_000,
    "a huge integer": cbor2.dumps({"args": [1 << 8_000_000]}),
    "arguments": cbor2.dumps({"args": [0] * 1001}),
    "keywords": cbor2.dumps({"kwargs": {f"k{number}": 0 for number in range(1001)}}),
}


@pytest.mark.parametrize("name", AMPLIFIERS)
def test_react_cve_2026_23864_small_messages_stay_small(server: Server, name: str) -> None:
    """One budget, charged before anything is built: repeated references, huge integers, containers, depth, arguments."""
    answer = server.send(request(f"/_directives/{ECHO}", AMPLIFIERS[name], CBOR))
    assert (answer.status, answer.ran, answer.faults()) == (413, (), [])


def test_react_cve_2026_23864_budgets_of_json_and_forms(server: Server) -> None:
    """The same budget, whatever the notation."""
    for body in (
        b'{"args":[' + b"[" * 65 + b"]" * 65 + b"]}",
        b'{"args":[' + b"9" * 400_000 + b"]}",
        b'{"args":[' + b"[]," * 200_000 + b"1]}",
        b'{"args":[0' + b",0" * 1000 + b"]}",
    ):
        answer = server.send(request(f"/_directives/{ECHO}", body, JSON))
        assert (answer.status, answer.ran, answer.faults()) == (413, (), [])
    part = b'--hostile\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    for kind, body in (
        (URLENCODED, b"a=1&" * 1000),
        (CONTENT_TYPES["multipart"], part * 1001 + b"--hostile--\r\n"),
    ):
        answer = server.send(request(f"/page?_directives={SAVE}", body, kind))
        assert (answer.status, answer.ran, answer.faults()) == (413, (), [])


def test_react_cve_2026_23870_values_that_do_not_fit_are_not_all_listed(load: Load, server: Server) -> None:
    """A large message full of faults is refused with a short reply; a small one has each fault named."""
    load(
        """
        async def take(numbers: list[int | float] = [], *more: int, named: dict[str, int] = {}):
            'use server'
        """,
        "shop_of_numbers",
    )
    (take,) = (known for known, record in runtime.functions.records().items() if record.qualname == "take")
    for message in (
        {"args": [["x"] * 200_000]},
        {"args": [[["x"] * 9] * 10_000]},
        {"args": [[], *["x"] * 999]},
        {"kwargs": {"named": {f"{number}": "x" for number in range(40_000)}}},
    ):
        answer = server.send(request(f"/_directives/{take}", cbor2.dumps(message), CBOR))
        assert (answer.status, answer.faults()) == (422, [])
        assert len(answer.body) < 100_000
    small = server.send(request(f"/_directives/{take}", b'{"args":[["x","y"],"z"],"kwargs":{"b":1}}', JSON))
    assert all(path in small.body for path in (b"numbers[0]", b"numbers[1]", b'"args[1]"', b'"b"'))


def test_react_cve_2026_44907_time_grows_with_the_bytes(server: Server) -> None:
    """A set, a dict or a form made to take quadratic time is refused or read in a moment."""
    modulus = (1 << 61) - 1
    colliding = [modulus * factor for factor in range(1, 8_000)]
    nearly = [factor << 46 for factor in range(8_000)]
    for payload in (
        cbor2.CBORTag(27, ["set", colliding]),
        cbor2.CBORTag(27, ["dict", [[key, 0] for key in colliding]]),
        cbor2.CBORTag(27, ["set", nearly]),
    ):
        answer = server.send(request(f"/_directives/{ECHO}", cbor2.dumps({"args": [payload]}), CBOR))
        assert answer.status in (200, 400)
        assert answer.faults() == []
    form = b"a=" + b"%C3%A9" * 80_000
    assert server.send(request(f"/page?_directives={SAVE}", form, URLENCODED)).faults() == []


def test_next_cve_2026_27978_origin_null_is_foreign(server: Server) -> None:
    """``Origin: null`` never passes, whatever else the request says, and no setting can allow it."""
    body = encode_json({"args": [1]})
    for site in (
        (),
        ("Sec-Fetch-Site: same-origin",),
        ("Sec-Fetch-Site: none",),
        ("Sec-Fetch-Site: cross-site",),
    ):
        for target, data, kind in (
            (f"/_directives/{ECHO}", body, JSON),
            (f"/page?_directives={SAVE}", b"a=1", URLENCODED),
        ):
            answer = server.send(request(target, data, kind, "Origin: null", *site))
            assert (answer.status, answer.ran) == (403, ())
            assert server.send(request(target, data, kind)).status in (200, 303)
    assert not OriginPolicy(["null", "**.null"]).permits(None, "null", "null")
    with pytest.raises(SettingsError):
        OriginPolicy(["*"])


def test_astro_cve_2026_27729_one_body_limit_on_every_path(server: Server) -> None:
    """Every kind of body for every kind of function is refused by its announced size, before a byte is read."""

    class Unread(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise AssertionError("the body was read")

    targets = [f"/_directives/{function_id}" for function_id in (ORDER, ECHO, BUY, "unknown")]
    targets += [f"/page?_directives={function_id}" for function_id in (SAVE, BUY, "unknown")]
    for target in targets:
        for kind in (CBOR, JSON) if target.startswith("/_") else (URLENCODED, CONTENT_TYPES["multipart"]):
            environ = environ_of(request(target, b"", kind))
            environ |= {"CONTENT_LENGTH": str(1 << 30), "wsgi.input": Unread()}
            assert server.answer(environ).status == 413
            endless = io.BytesIO(bytes(3 << 20))
            environ = environ_of(request(target, b"", kind, "Transfer-Encoding: chunked")) | {
                "wsgi.input": endless
            }
            assert server.answer(environ).status == 413
            assert endless.tell() <= (1 << 20) + 1


def test_qwik_cve_2025_53620_an_unknown_id_is_a_404_and_no_more(server: Server) -> None:
    """The process goes on, and nothing is logged as an error."""
    for word in (*LOOK_ALIKES, "", "0" * 40, ORDER[:-1], ORDER.upper(), "\x00", "\udcff"):
        target = f"/_directives/{word}".encode("utf-8", "surrogateescape").decode("latin-1")
        for answer in (
            server.send(request(target, b"{}", JSON)),
            server.send(request(target.replace("/_directives/", "/page?_directives="), b"a=1", URLENCODED)),
        ):
            assert (answer.status, answer.headers["x-directives-error"]) == (404, "unknown-function")
            assert answer.errors == ()
    assert server.good_call().status == 200


class Payload:
    """Runs code wherever somebody unpickles it."""

    def __reduce__(self) -> Any:
        return (print, ("unpickled",))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_diskcache_cve_2025_69872_no_pickle_on_the_wire(
    server: Server, protocol: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pickle is no message, no sealed value, no kept value and no file of a form that anybody opens."""
    data = pickle.dumps(Payload(), protocol)
    for kind in (CBOR, JSON, "application/x-python-pickle", "application/octet-stream"):
        assert server.send(request(f"/_directives/{ECHO}", data, kind)).status in (400, 413, 415)
    assert ok(call(server, ECHO, data)) == data
    with pytest.raises(DecodeError):
        trusted.loads(data)
    with pytest.raises(EncodeError):
        trusted.dumps(Payload())
    assert capsys.readouterr().out == ""


def test_rpc_py_no_module_imports_a_serializer_that_runs_code() -> None:
    """Neither pickle nor marshal nor anything built on them, anywhere in the package.

    Keys are written by ``marshal`` and nobody reads them, bytecode is written for Python itself to read: in both places
    its writer alone is imported.
    """
    banned = {
        "pickle",
        "_pickle",
        "marshal",
        "shelve",
        "dill",
        "cloudpickle",
        "jsonpickle",
        "yaml",
        "copyreg",
        "joblib",
    }
    files = {file: file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py")}
    assert files
    for file, text in files.items():
        for node in ast.walk(ast.parse(text)) if any(word in text for word in banned) else ():
            if isinstance(node, ast.Import):
                names = {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module == "marshal":
                assert [alias.name for alias in node.names] == ["dumps"], file
                assert file in (PACKAGE / "cache" / "keys.py", PACKAGE / "bundle" / "trim.py")
                names = set()
            else:
                names = {(getattr(node, "module", None) or "").partition(".")[0]}
            assert not names & banned, file


def test_encrypted_captures_grant_nothing(load: Load, server: Server) -> None:
    """A sealed value opens for its own function alone, may be sent again, and the function's own check runs each time."""
    tea = server.module.page("tea")
    body = b"a=1"
    for _ in range(2):
        assert server.send(request(f"/page{tea}", body, URLENCODED)).ran == ("buy",)
    sealed = tea.bound()
    for function_id in (SELL, SAVE, "unknown"):
        answer = server.send(request(f"/page?_directives={function_id}.{sealed}", body, URLENCODED))
        assert answer.status in (400, 404)
        assert answer.ran == ()
    assert call(server, ECHO, 1, bound=sealed).status == 400
    assert call(server, ECHO, FunctionReference(ECHO, sealed)).status == 400
    assert "tea" not in sealed
    module = load(
        """
        from directives.request import cookies

        checked = []

        def page(account):
            async def close(form):
                'use server'
                checked.append(cookies().get("user"))
                return account
            return close
        """,
        "shop_of_checks",
    )
    action = str(module.page(7))
    for user in ("owner", "somebody"):
        server.send(request(f"/page{action}", body, URLENCODED, f"Cookie: user={user}"))
    assert module.checked == ["owner", "somebody"]


def test_headers_are_encoded_at_the_boundary(load: Load, server: Server) -> None:
    """Whatever a function redirects to, the reply has its fixed headers, each in visible ASCII, on one line."""
    load(
        """
        from directives.request import Redirect

        async def leave(form):
            'use server'
            raise Redirect(form["to"])
        """,
        "shop_of_redirects",
    )
    (leave,) = (known for known, record in runtime.functions.records().items() if record.qualname == "leave")
    written = {
        "content-type",
        "content-length",
        "location",
        "allow",
        "cache-control",
        "x-content-type-options",
    }
    for to in (
        "/%0d%0aX-Evil:%201",
        "/a%0aSet-Cookie:b",
        "/caf%C3%A9,%2C",
        "/%F0%9F%8D%B5",
        "%00",
        "javascript:x",
        "/%E2%80%A8b",
    ):
        answer = server.send(request(f"/page?_directives={leave}", f"to={to}".encode(), URLENCODED))
        assert answer.status in (303, 500)
        assert answer.headers.keys() <= written | {"x-directives-error"}
        for value in answer.headers.values():
            assert value.isascii()
            assert value.isprintable()
    answer = server.send(
        request(f"/caf%C3%A9%0d%0aX:%20y?_directives={SAVE}&q=%0d%0a\xe9", b"a=1", URLENCODED)
    )
    assert answer.headers["location"].isascii()
    assert answer.headers["location"].isprintable()


def test_a_form_of_escapes_takes_memory_in_proportion(server: Server) -> None:
    """A form of percent signs does not become eighty times as large on its way to a text."""
    body = b"a=" + b"%C3%A9" * 20_000
    tracemalloc.start()
    try:
        answer = server.send(request(f"/page?_directives={SAVE}", body, URLENCODED))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (answer.status, answer.ran) == (303, ("save",))
    assert peak < 3 << 20
