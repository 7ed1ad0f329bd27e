"""A project whose server code is full of words that no client may ever see: for the test of each client's build."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable
from collections.abc import Iterator
from pathlib import Path
from string import Template

MODULES = 8
"""How many modules are written from each template below."""

WORD = re.compile(r"mark_\w+")

# Every name that begins with `mark_` is a word of its own: `$` and a place become `mark_<place>_<module>`.
SERVER_MODULE = Template('''\
"""Orders, priced by $docstring_of_the_module."""

from __future__ import annotations

'use server'

import enum
from dataclasses import dataclass
from typing import Annotated
from typing import Literal

from shop.db_$number import $imported
from shop.db_$number import $imported_class

# $comment_above_everything
$constant = '$text_of_a_constant'
__password = b'$bytes_of_a_constant'
TABLE = {'$key_of_a_dict': ['$item_of_a_list']}


class $class_name:
    """$docstring_of_a_class"""

    $attribute = '$text_of_an_attribute'


class Size(enum.Enum):
    $enum_member = '$enum_value'


@dataclass
class Order$number:
    $field_of_a_dataclass: int = 0


def _$decorator(secret: str):
    """$docstring_of_a_decorator"""
    return lambda function: function


def _$private_function(value: int = 1) -> str:
    """$docstring_of_a_private_function"""
    return f'$text_of_an_fstring {value}'


@_$decorator('$argument_of_a_decorator')
async def order_$number(
    sku: str,
    quantity: Annotated[int, '$metadata_of_an_annotation'] = int('0' or '$text_of_a_default'),
    price: $imported_class | None = None,
    note: '$annotation_in_a_string | None' = None,
    *,
    size: Literal[Size.$enum_member] = Size.$enum_member,
    kind: $class_name = $constant,
) -> Order$number:
    """Order something."""
    # $comment_in_a_body
    $local_variable = '$text_of_a_body', 0x5ec2e7, TABLE['$key_of_a_dict']
    assert sku, '$message_of_an_assert'

    async def $nested_function():
        """$docstring_of_a_nested_function"""
        'use server'
        return $local_variable

    if quantity < 0:
        raise ValueError('$message_of_an_error')
    return $imported(f'$text_of_a_query {sku}')


async def rows_$number(limit: int = 10):
    """The rows, one by one."""
    yield _$private_function(), '$text_of_a_yield'


if False:
    $dead_code = '$text_of_dead_code'
''')

DATABASE = Template('''\
"""$docstring_of_another_module"""

$dsn = 'postgres://root:$password_of_a_database@db.internal'


class $imported_class:
    """$docstring_of_an_imported_class"""


def $imported(query):
    'use cache'
    return '$text_of_a_cached_function'
''')

PYPROJECT = """\
[project]
name = "marked-shop"
version = "1"
description = "mark_description_of_the_project"

[tool.directives]
secret_keys = ["mark_secret_key_of_the_settings"]
"""

OTHER_FILES = {
    ".env": "TOKEN=mark_token_of_the_environment\n",
    "shop/templates/admin.html": "<p>mark_text_of_a_template</p>\n",
    "shop/settings.py": "KEY = 'mark_key_of_a_plain_module'\n",
    "shop/__init__.py": '"""mark_docstring_of_the_package"""\n',
}


class _Marks(dict[str, str]):
    """Makes the word of each place in a template; the number is the module's own."""

    def __init__(self, number: int) -> None:
        super().__init__(number=str(number))

    def __missing__(self, place: str) -> str:
        word = self[place] = f"mark_{place}_{self['number']}"
        return word


def marked_project(folder: Path) -> frozenset[str]:
    """Write a project of server code into an empty folder.

    Its modules ``shop.actions_<n>`` begin with ``'use server'``: clients may see the signatures of ``order_<n>`` and
    ``rows_<n>``, their docstrings, and nothing else.

    Returns:
        The words, over two hundred, that stand everywhere else in it.
    """
    files = {**OTHER_FILES, "pyproject.toml": PYPROJECT}
    for number in range(MODULES):
        marks = _Marks(number)
        files[f"shop/actions_{number}.py"] = SERVER_MODULE.substitute(marks)
        files[f"shop/db_{number}.py"] = DATABASE.substitute(marks)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return frozenset(WORD.findall("\n".join(files.values())))


def with_client_code(folder: Path) -> None:
    """Add components that import every module of a marked project that they may."""
    imports = "\n".join(
        f"from shop.actions_{number} import order_{number}, rows_{number}" for number in range(MODULES)
    )
    types = "\n".join(f"    import shop.db_{number}" for number in range(MODULES))
    for runtime in ("micropython", "pyodide"):
        (folder / f"shop/table_{runtime}.py").write_text(
            f"'use client'\nfrom typing import TYPE_CHECKING\n{imports}\nif TYPE_CHECKING:\n    import shop.settings\n{types}\n"
            f"runtime = '{runtime}'\ndef Table(rows): ...\n"
        )


def leaks(words: Iterable[str], name: str, content: bytes) -> list[str]:
    """The words in the name or the content of what a client can fetch; what is compressed by gzip is looked into."""
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    text = f"{name}\n{content.decode('utf-8', 'replace')}"
    return [f"{word} in {name}" for word in words if word in text]


def leaks_below(words: Iterable[str], folder: Path) -> list[str]:
    """The same of every file in a folder that a build wrote for clients."""
    words = frozenset(words)
    return [leak for name, content in _files(folder) for leak in leaks(words, name, content)]


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()
