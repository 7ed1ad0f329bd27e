"""Hostile forms, addresses and whole requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from words import WORDS

Named = Iterator[tuple[str, bytes]]

ORDER: Final = "f65cda18bd5d01098e3e63ad0204415f191be1c5"
SAVE: Final = "9b08e0d34a4a037c6b39a279a2fe1df3bc49e3ce"
BUY: Final = "f105f75c25c79e9305f241a685062bb4e6a3e6b5"
SELL: Final = "8c859af4bb7fa0909f34b060c7881caa8415d4ef"
# "tea" sealed for BUY with the corpus's key, with its older key, and with a key that nobody here has.
SEALED: Final = "AW1GFR-wAF-Lq8FhC-zzmnwRKAajtDxjy1aD_mrqjm71P9ENIGLUUxrOyjNt2vvPvx6GCgXTjhbJ1A"
SEALED_BY_A_STRANGER: Final = "AXXMb580-4t70Ti9GRs1UPd1gi6zQ8IRDx_OnFVTPaHobYP4bgxC6yz6rdXXHu8R02gz9vELGuzcPA"

URLENCODED: Final = "application/x-www-form-urlencoded"
CALL: Final = b'{"args":[{"sku":"x","kind":"tea"}]}'
PART: Final = b'--hostile\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
END: Final = b"--hostile--\r\n"


def forms() -> Named:
    """URL-encoded forms."""
    yield "not-utf8", b"a=\xff"
    yield "not-utf8-name", b"\xff=1"
    yield "not-utf8-escaped", b"a=%ff"
    yield "not-utf8-escaped-name", b"%ff=1"
    yield "overlong-slash-escaped", b"a=%c0%af"
    yield "surrogate-escaped", b"a=%ed%a0%80"
    yield "beyond-unicode-escaped", b"a=%f4%90%80%80"
    yield "cut-character-escaped", b"a=%e2%82"
    yield "utf-16", "a=1".encode("utf-16")
    yield "latin-1", "n=Jos\u00e9".encode("latin-1")
    yield "gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03a=1"
    yield "good-then-not-utf8", b"&".join([b"a=1"] * 50) + b"&b=%80"


def form_recipes() -> Iterator[tuple[str, str]]:
    """URL-encoded forms too large to keep."""
    yield "many-fields", recipe((1000, b"a=1&"), (1, b"a=1"))
    yield "flood-of-fields", recipe((200_000, b"a=1&"))
    yield "flood-of-ampersands", recipe((1_000_000, b"&"))
    yield "flood-of-names", recipe((100_000, b"a0000=1&"))
    yield "flood-of-escapes", recipe((1, b"a="), (300_000, b"%ff"))
    yield "body-over-the-limit", recipe((1, b"a="), (2_097_152, b"x"))


def recipe(*parts: tuple[int, bytes]) -> str:
    """The lines of a recipe: bytes, each so many times."""
    return "\n".join(f"{count} {data.hex()}" for count, data in parts)


def multiparts() -> Named:
    """Multipart forms with the boundary "hostile"."""
    whole = PART * 2 + END
    for size in range(0, len(whole) - len(b"--\r\n"), 8):
        yield f"truncated-at-{size:03}", whole[:size]
    yield "without-end", PART * 3
    yield "only-a-boundary", b"--hostile\r\n"
    yield "other-boundary", whole.replace(b"hostile", b"another")
    yield "boundary-in-capitals", whole.replace(b"hostile", b"HOSTILE")
    yield "boundary-without-dashes", whole.replace(b"--hostile", b"hostile")
    yield "headers-without-end", b'--hostile\r\nContent-Disposition: form-data; name="a"\r\nX: ' + b"y" * 3000
    yield "part-without-headers", b"--hostile\r\n\r\n1\r\n" + END
    yield "part-without-disposition", b"--hostile\r\nContent-Type: text/plain\r\n\r\n1\r\n" + END
    yield "header-without-colon", b"--hostile\r\nnonsense\r\n\r\n1\r\n" + END
    yield (
        "nested-multipart-without-end",
        (b"--hostile\r\nContent-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\n\r\nx\r\n" * 5),
    )
    yield "json-in-it", CALL
    yield "binary", bytes(range(256)) * 4
    yield "nuls", b"\x00" * 500


def multipart_recipes() -> Iterator[tuple[str, str]]:
    """Multipart forms too large to keep."""
    file = PART.replace(b"\r\n\r\n", b'; filename="../../x"\r\n\r\n')
    yield "many-parts", recipe((1001, PART), (1, END))
    yield "flood-of-parts", recipe((15_000, PART), (1, END))
    yield "many-files", recipe((1001, file), (1, END))
    yield "flood-of-files-without-end", recipe((10_000, file))
    yield "flood-of-boundaries", recipe((100_000, b"--hostile\r\n"))
    yield "flood-of-line-breaks", recipe((500_000, b"\r\n"))
    yield "flood-of-carriage-returns", recipe((1_000_000, b"\r"))
    yield "flood-of-dashes", recipe((1, PART), (1_000_000, b"-"))
    yield "flood-of-nearly-boundaries", recipe((1, PART[:-3]), (100_000, b"\r\n--hostil"))
    yield "flood-of-headers", recipe((1, b"--hostile\r\n"), (170_000, b"X: y\r\n"))
    yield "one-long-header", recipe((1, b"--hostile\r\nX: "), (1_000_000, b"y"))
    yield "flood-of-quotes", recipe((1, PART[:48]), (400_000, b'"\\'))
    yield "body-over-the-limit", recipe((1, PART[:-3]), (2_097_152, b"x"), (1, b"\r\n" + END))


def urls() -> Named:
    """Targets; each is sent with a body that is in order."""
    for name, word in WORDS.items():
        escaped = quote(word, safe="")
        yield f"call-of-{name}", f"/_directives/{escaped}".encode()
        yield f"form-for-{name}", f"/page?_directives={escaped}".encode()
        yield f"sealed-{name}", f"/page?_directives={BUY}.{escaped}".encode()
    for name, target in {
        "id-in-capitals": f"/_directives/{ORDER.upper()}",
        "id-cut-short": f"/_directives/{ORDER[:-1]}",
        "id-with-more": f"/_directives/{ORDER}0",
        "id-with-slash": f"/_directives/{ORDER}/",
        "id-with-attribute": f"/_directives/{ORDER}.__globals__",
        "id-with-path": f"/_directives/{ORDER}/../{SAVE}",
        "id-with-space": f"/_directives/{ORDER}%20",
        "id-with-nul": f"/_directives/{ORDER}%00",
        "id-with-newline": f"/_directives/{ORDER}%0a",
        "id-escaped-twice": "/_directives/" + "".join(f"%25{ord(c):02x}" for c in ORDER),
        "id-twice": f"/_directives/{ORDER},{ORDER}",
        "id-empty": "/_directives/",
        "id-dot": "/_directives/.",
        "id-double-slash": f"/_directives//{ORDER}",
        "id-not-utf8": "/_directives/%ff%fe",
        "id-surrogate": "/_directives/%ed%a0%80",
        "id-long": "/_directives/" + "a" * 5000,
        "id-fullwidth": "/_directives/" + quote(ORDER.translate({ord("f"): "\uff46"})),
        "form-empty": "/page?_directives=",
        "form-only-dot": "/page?_directives=.",
        "form-dots": f"/page?_directives={SAVE}...",
        "form-id-escaped": "/page?_directives=" + "".join(f"%{ord(c):02x}" for c in SAVE),
        "form-first-of-two-is-wrong": f"/page?_directives=x&_directives={SAVE}",
        "form-many": "/page?" + "_directives=x&" * 500,
        "form-raw-bytes": "/page?_directives=\u00ff\u00fe",
        "form-of-nested-without-captured": f"/page?_directives={BUY}",
    }.items():
        yield name, target.encode("latin-1")
    yield "sealed-for-another-function", f"/page?_directives={SELL}.{SEALED}".encode()
    yield "sealed-for-no-nested-function", f"/_directives/{ORDER}.{SEALED}".encode()
    yield "sealed-by-a-stranger", f"/page?_directives={BUY}.{SEALED_BY_A_STRANGER}".encode()
    yield "sealed-twice", f"/page?_directives={BUY}.{SEALED}{SEALED}".encode()
    yield "sealed-padded", f"/page?_directives={BUY}.{SEALED}==".encode()
    yield "sealed-with-newline", f"/page?_directives={BUY}.{SEALED}%0a".encode()
    yield "sealed-very-long", f"/page?_directives={BUY}.{'A' * 6000}".encode()
    for position in (0, 1, 3, 6, 7, 12, 22, 23, 30, len(SEALED) - 25, len(SEALED) - 2):
        other = "A" if SEALED[position] != "A" else "B"
        yield (
            f"sealed-changed-at-{position:02}",
            f"/page?_directives={BUY}.{SEALED[:position]}{other}{SEALED[position + 1 :]}".encode(),
        )
    for size in (1, 4, 22, 43, len(SEALED) - 4, len(SEALED) - 1):
        yield f"sealed-cut-at-{size:02}", f"/page?_directives={BUY}.{SEALED[:size]}".encode()


def requests() -> Named:
    """Whole requests."""
    target = f"/_directives/{ORDER}"
    json = "Content-Type: application/json"

    def made(*headers: str, method: str = "POST", body: bytes = CALL, host: str = "shop.example") -> bytes:
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *headers]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    for method in (
        "GET",
        "HEAD",
        "PUT",
        "DELETE",
        "PATCH",
        "OPTIONS",
        "TRACE",
        "CONNECT",
        "post",
        "POST\x00",
        "",
        "__class__",
    ):
        shown = method.lower().replace("\x00", "-and-nul") if method != "post" else "post-in-small-letters"
        yield f"method-{shown or 'empty'}", made(json, method=method)
    for name, origin in ORIGINS.items():
        yield f"origin-{name}", made(json, f"Origin: {origin}")
        yield f"origin-{name}-said-to-be-same", made(json, f"Origin: {origin}", "Sec-Fetch-Site: same-origin")
    yield "origin-two", made(json, "Origin: http://shop.example", "Origin: https://evil.example")
    yield "origin-of-empty-host", made(json, "Origin: http://", host="")
    yield "site-cross", made(json, "Sec-Fetch-Site: cross-site")
    yield "site-cross-own-origin", made(json, "Sec-Fetch-Site: cross-site", "Origin: http://shop.example")
    yield (
        "forwarded-host-as-origin",
        made(json, "Origin: https://evil.example", "X-Forwarded-Host: evil.example"),
    )
    for name, kind in TYPES.items():
        yield f"type-{name}", made(f"Content-Type: {kind}")
    yield "type-missing", made()
    yield "type-two", made(json, "Content-Type: application/cbor")
    for name, length in LENGTHS.items():
        yield f"length-{name}", made(json, f"Content-Length: {length}")
    yield "length-two", made(json, f"Content-Length: {len(CALL)}", "Content-Length: 1")
    yield "chunked-and-cut-short", made(json, "Transfer-Encoding: chunked", body=CALL[:-1])
    yield "chunked-empty", made(json, "Transfer-Encoding: chunked", body=b"")
    for name, accept in ACCEPTS.items():
        yield f"accept-{name}", made(json, f"Accept: {accept}", body=b"{")
    yield "cookies-many", made(json, "Cookie: " + "a=b; " * 2000, body=b"{")
    yield "headers-many", made(json, *(f"X-{number}: y" for number in range(500)), body=b"{")
    yield "header-not-ascii", made(json, "X-Name: caf\u00e9 \U0001f375", body=b"{")
    yield "header-named-like-an-attribute", made(json, "__class__: x", "wsgi.input: x", body=b"{")
    yield "header-proxy", made(json, "Proxy: http://evil.example", body=b"{")
    yield "form-where-a-call-belongs", made(f"Content-Type: {URLENCODED}", body=b"a=1")
    yield (
        "call-where-a-form-belongs",
        made(json).replace(target.encode(), f"/page?_directives={SAVE}".encode()),
    )
    yield "encoding-gzip", made(json, "Content-Encoding: gzip", body=b"\x1f\x8b\x08\x00")
    yield "method-override", made(json, "X-HTTP-Method-Override: POST", method="GET")


ORIGINS: Final = {
    "null": "null",
    "null-in-capitals": "NULL",
    "empty": "",
    "foreign": "https://evil.example",
    "suffix": "https://shop.example.evil.example",
    "prefix": "https://evilshop.example",
    "subdomain": "https://evil.shop.example",
    "other-port": "http://shop.example:8080",
    "userinfo": "http://shop.example@evil.example",
    "path": "http://shop.example/",
    "query": "http://evil.example?shop.example",
    "fragment": "http://evil.example#shop.example",
    "host-alone": "shop.example",
    "no-scheme": "//shop.example",
    "file": "file://",
    "data": "data:text/html,x",
    "extension": "chrome-extension://shop.example",
    "list": "http://shop.example https://evil.example",
    "trailing-dot": "http://shop.example.",
    "space": "http:// shop.example",
    "star": "*",
    "confusable": "http://sh\u043ep.example",
    "long": "http://" + "a" * 3000,
}
TYPES: Final = {
    "text": "text/plain",
    "html": "text/html",
    "xml": "application/xml",
    "pickle": "application/x-python-pickle",
    "yaml": "application/x-yaml",
    "json-text": "text/json",
    "json-patch": "application/json-patch+json",
    "cbor-sequence": "application/cbor-seq",
    "empty": "",
    "list": "application/json, application/cbor",
    "star": "*/*",
    "nul": "application/json\x00",
    "confusable": "applic\u0430tion/json",
    "long": "application/" + "j" * 5000,
    "many-parameters": "text/plain" + "; a=b" * 2000,
    "multipart": "multipart/form-data; boundary=hostile",
    "path": "../application/json",
}
LENGTHS: Final = {
    "negative": "-1",
    "plus": "+35",
    "fraction": "35.0",
    "hexadecimal": "0x23",
    "words": "many",
    "other-digits": "\u0663\u0665",
    "superscript": "\u00b2",
    "underscore": "3_5",
    "exponent": "3e1",
    "too-long": "36",
    "far-too-long": "1048576",
    "over-the-limit": "1048577",
    "huge": "9" * 5000,
    "zero": "0",
    "too-short": "10",
    "list": "35, 35",
}
ACCEPTS: Final = {
    "star": "*/*",
    "html": "text/html",
    "many": ", ".join(["application/json;q=0.1"] * 400),
    "bad-quality": "application/cbor;q=many",
    "huge-quality": "application/cbor;q=" + "9" * 4000,
    "parameters": "application/json" + ";a=b" * 100,
    "quotes": 'application/json;a="' + "\\" * 400,
    "commas": "," * 500,
    "not-ascii": "applic\u0430tion/json",
}
