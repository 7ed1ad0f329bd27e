"""``directives call``."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from directives.cli.call import find_function
from directives.cli.call import parse_arguments

SERVE = """\
from werkzeug.exceptions import NotFound
from werkzeug.serving import make_server
from directives.wsgi import DirectivesMiddleware
server = make_server("127.0.0.1", 0, DirectivesMiddleware(NotFound()))
print(server.server_port, flush=True)
server.serve_forever()
"""
STREAM = """\
'use server'

async def count(to: int):
    for number in range(to):
        yield number

async def shapes() -> set:
    return {1}

async def fail():
    raise ValueError("two\\nlines")
"""


def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, since it turns the hook on."""
    command = [sys.executable, "-m", "directives", "call", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("words", "positional", "keywords"),
    [
        ([], [], {}),
        (["3", '"3"', "three", "null", "-1.5"], [3, "3", "three", None, -1.5], {}),
        (["[1, {}]", "a=1", "b=text", "c="], [[1, {}]], {"a": 1, "b": "text", "c": ""}),
        (["NaN", "Infinity", "{bad"], ["NaN", "Infinity", "{bad"], {}),
        (["1=2", "=x", '"a=b"', "é=1"], ["1=2", "=x", "a=b"], {"é": 1}),
        (["text=a=b\nc"], [], {"text": "a=b\nc"}),
    ],
)
def test_values_are_json_or_else_text(
    words: list[str], positional: list[object], keywords: dict[str, object]
) -> None:
    """A word is JSON if it can be read as JSON, else a text; a name and an equals sign make it a keyword."""
    assert parse_arguments(words) == (positional, keywords)


def test_a_value_after_a_keyword_is_misuse() -> None:
    """As in Python, positional arguments go first."""
    with pytest.raises(click.UsageError, match="values go first"):
        parse_arguments(["a=1", "2"])


@pytest.mark.parametrize("name", ["json.decoder:JSONDecoder.decode", "json.decoder.JSONDecoder.decode"])
def test_a_name_may_be_written_with_a_colon_or_dots(name: str) -> None:
    """Both spellings find the function, below a class too."""
    from json.decoder import JSONDecoder

    assert find_function(name) is JSONDecoder.decode


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("json", click.UsageError, "names no function"),
        (":dumps", click.UsageError, "names no function"),
        ("json:", click.UsageError, "names no function"),
        ("json:nope", click.ClickException, "json has no 'nope'"),
        ("json.decoder.nope.nope", click.ClickException, "json.decoder has no 'nope.nope'"),
        ("no_such_module:f", ModuleNotFoundError, "no_such_module"),
        ("no_such_module.f", ModuleNotFoundError, "no_such_module"),
    ],
)
def test_a_name_that_is_not_there_is_an_error(name: str, error: type[Exception], message: str) -> None:
    """The error names the part that was not found."""
    with pytest.raises(error, match=message):
        find_function(name)


@pytest.mark.slow
def test_a_call_runs_in_process_with_directives_on(shop: Path) -> None:
    """The function runs as server code would run it, and the result is printed as JSON."""
    done = call(shop, "shop.actions:place_order", "A-1", "quantity=2")
    assert (done.stdout, done.stderr, done.returncode) == (
        '{"sku": "A-1", "quantity": 2, "secret": "the price of gold"}\n',
        "",
        0,
    )


@pytest.mark.slow
def test_results_that_are_not_json_are_shown_as_python_does(write) -> None:
    """The items of a generator come one a line; what JSON cannot say is a repr."""
    folder = write({"pyproject.toml": "", "acts.py": STREAM})
    assert call(folder, "acts.count", "3").stdout == "0\n1\n2\n"
    assert call(folder, "acts.shapes").stdout == "{1}\n"


@pytest.mark.slow
def test_a_failing_call_is_one_line(write) -> None:
    """What the function raises is one line and exit code 1; --traceback shows where."""
    folder = write({"pyproject.toml": "", "acts.py": STREAM})
    done = call(folder, "acts.fail")
    assert (done.stdout, done.stderr, done.returncode) == ("", "error: ValueError: two lines\n", 1)
    assert "acts.py" in call(folder, "--traceback", "acts.fail").stderr


@pytest.mark.slow
def test_with_an_address_the_call_goes_over_http(write) -> None:
    """The module's stub calls the server; what the server does not tell is not shown here either."""
    folder = write({"pyproject.toml": "", "acts.py": STREAM, "serve.py": SERVE})
    server = subprocess.Popen(
        [sys.executable, "-X", "directives", "serve.py"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        assert call(folder, "acts.count", "2", "--url", url).stdout == "0\n1\n"
        assert call(folder, "acts:shapes", "--url", url).stdout == "{1}\n"
        failed = call(folder, "acts:fail", "--url", url)
    finally:
        server.terminate()
        log = server.communicate()[1]
    assert failed.returncode == 1
    told = re.fullmatch(
        r"error: The server function failed\. The server's log has the details under (\w+)\.\n", failed.stderr
    )
    assert told
    assert told[1] in log
    assert "ValueError: two" in log
    unreachable = call(folder, "acts:shapes", "--url", url)
    assert unreachable.stderr.startswith(f"error: cannot reach the server at {url}: ")
    assert unreachable.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_cached_generator_is_printed_by_items(write) -> None:
    """One a line, as of an asynchronous one; a function of any kind can be tried from the command line."""
    source = "def teas():\n    'use cache'\n    yield 'sencha'\n    yield ['assam']\n"
    folder = write({"pyproject.toml": "", "shop.py": source})
    assert call(folder, "shop:teas").stdout == '"sencha"\n["assam"]\n'
