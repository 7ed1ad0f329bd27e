"""Runs in Pyodide, while it is vendored: its standard library without what no page needs, and as bytecode where that pays.

Bytecode is of one version of Python, so that Python itself writes it. It starts faster and is larger than its source:
what starts with every page is bytecode, the rest is not.
"""

from __future__ import annotations

import importlib.util
import sys
import zipfile
from marshal import dumps

# What cannot work in a browser (processes, servers, terminals), and tools to develop with.
UNNEEDED = (
    "_pyrepl/", "bdb.py", "cProfile.py", "cmd.py", "code.py", "compileall.py", "curses/", "dbm/", "doctest.py", "ensurepip/",
    "ftplib.py", "http/server.py", "idlelib/", "imaplib.py", "lib2to3/", "mailbox.py", "multiprocessing/", "optparse.py",
    "pdb.py", "pickletools.py", "poplib.py", "profile.py", "profiling/", "pstats.py", "pty.py", "pydoc.py", "pydoc_data/",
    "smtplib.py", "socketserver.py", "test/", "this.py", "timeit.py", "tkinter/", "trace.py", "tracemalloc.py", "tty.py",
    "turtle.py", "turtledemo/", "unittest/", "venv/", "webbrowser.py", "wsgiref/", "xmlrpc/", "zipapp.py",
)  # fmt: skip
# Of the encodings, those of the web and of zip files.
ENCODINGS = frozenset({
    "__init__", "aliases", "ascii", "cp1252", "cp437", "idna", "latin_1", "punycode", "raw_unicode_escape",
    "unicode_escape", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_8", "utf_8_sig",
})  # fmt: skip
# What islands are likely to import, beside what Pyodide itself does.
LIKELY = (
    "asyncio", "dataclasses", "datetime", "decimal", "enum", "html", "json", "math", "random", "re", "statistics", "string",
    "traceback", "typing",
)  # fmt: skip


def trim(source: str, target: str) -> None:
    """Write a zip of bytecode.

    Args:
        source: The zip with the standard library's sources.
        target: The zip to write.
    """
    for module in LIKELY:
        __import__(module)
    loaded = {f"{name.replace('.', '/')}{tail}" for name in sys.modules for tail in (".py", "/__init__.py")}
    with (
        zipfile.ZipFile(source) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        for name in old.namelist():
            if name.endswith("/") or not is_needed(name):
                continue
            content = old.read(name)
            is_bytecode = name in loaded
            file = f"{name}c" if is_bytecode else name
            # A fixed time: equal sources give equal bytes.
            content = compiled(name, content) if is_bytecode else content
            new.writestr(zipfile.ZipInfo(file), content, zipfile.ZIP_DEFLATED, 9)


def is_needed(name: str) -> bool:
    """Whether a file stays."""
    folder, _, file = name.partition("/")
    if folder == "encodings":
        return file.removesuffix(".py") in ENCODINGS
    return not name.startswith(UNNEEDED)


def compiled(name: str, source: bytes) -> bytes:
    """A module's bytecode without docstrings, which nothing checks against a source (PEP 552)."""
    code = compile(source, name, "exec", dont_inherit=True, optimize=2)
    flags = (0b01).to_bytes(4, "little")
    return importlib.util.MAGIC_NUMBER + flags + importlib.util.source_hash(source) + dumps(code)
