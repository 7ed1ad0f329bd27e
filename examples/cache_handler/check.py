"""Runs the conformance kit against the example: `python check.py`."""

from __future__ import annotations

import tempfile

from files_handler import FilesHandler

from directives.testing import check_handler

with tempfile.TemporaryDirectory() as folder:
    check_handler(lambda: FilesHandler(folder))
print("FilesHandler keeps its promises")
