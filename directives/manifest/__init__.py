"""The manifest: what the functions of a project are, known before any of its modules runs."""

from __future__ import annotations

from directives.manifest.build import Built
from directives.manifest.build import build
from directives.manifest.build import from_project
from directives.manifest.build import importable
from directives.manifest.build import load_or_compute
from directives.manifest.check import Report
from directives.manifest.check import check
from directives.manifest.codec import MANIFEST_VERSION
from directives.manifest.model import DEFAULT_PATH
from directives.manifest.model import Change
from directives.manifest.model import Diff
from directives.manifest.model import Manifest
from directives.manifest.model import diff
from directives.manifest.model import from_records
from directives.manifest.sources import compile_file

__all__ = [
    "DEFAULT_PATH",
    "MANIFEST_VERSION",
    "Built",
    "Change",
    "Diff",
    "Manifest",
    "Report",
    "build",
    "check",
    "compile_file",
    "diff",
    "from_project",
    "from_records",
    "importable",
    "load_or_compute",
]
