"""The manifest: what the functions of a project are, known before any of its modules runs."""

from __future__ import annotations

from directives.manifest.audit import DEFAULT_SNAPSHOT
from directives.manifest.audit import Exposed
from directives.manifest.audit import audit
from directives.manifest.audit import differences
from directives.manifest.audit import load_snapshot
from directives.manifest.audit import save_snapshot
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
    "DEFAULT_SNAPSHOT",
    "MANIFEST_VERSION",
    "Built",
    "Change",
    "Diff",
    "Exposed",
    "Manifest",
    "Report",
    "audit",
    "build",
    "check",
    "compile_file",
    "diff",
    "differences",
    "from_project",
    "from_records",
    "importable",
    "load_or_compute",
    "load_snapshot",
    "save_snapshot",
]
