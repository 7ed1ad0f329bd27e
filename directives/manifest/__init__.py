"""The manifest: what the functions of a project are, known before any of its modules runs."""

from __future__ import annotations

from directives.manifest.codec import MANIFEST_VERSION
from directives.manifest.model import DEFAULT_PATH
from directives.manifest.model import Change
from directives.manifest.model import Diff
from directives.manifest.model import Manifest
from directives.manifest.model import diff
from directives.manifest.model import from_records
from directives.manifest.sources import from_project

__all__ = [
    "DEFAULT_PATH",
    "MANIFEST_VERSION",
    "Change",
    "Diff",
    "Manifest",
    "diff",
    "from_project",
    "from_records",
]
