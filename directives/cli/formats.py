"""Findings as other programs read them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

import directives
from directives.compiler.catalogue import rule_of
from directives.compiler.model import Diagnostic
from directives.compiler.model import Span

# The words in a rule's texts that each finding has its own of.
FILLED_IN: Final = re.compile(r"\{[^}]*\}")
SARIF_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def as_json(findings: Sequence[Diagnostic]) -> str:
    """A list of objects."""
    return json.dumps([_fields(finding) for finding in findings], indent=2) + "\n"


def as_github(findings: Sequence[Diagnostic]) -> str:
    """Workflow commands, one a line."""
    return "".join(f"{_as_github(finding)}\n" for finding in findings)


def as_sarif(findings: Sequence[Diagnostic]) -> str:
    """A log of one run (OASIS, "Static Analysis Results Interchange Format", version 2.1.0)."""
    rules = sorted({finding.slug for finding in findings})
    driver = {
        "name": "directives",
        "version": directives.__version__,
        "rules": [_rule(slug) for slug in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, rules.index(finding.slug)) for finding in findings],
    }
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


FORMATS: Final[Mapping[str, Callable[[Sequence[Diagnostic]], str]]] = {
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
}


def _rule(slug: str) -> dict[str, object]:
    rule = rule_of(slug)
    return {
        "id": slug,
        "shortDescription": {"text": slug.replace("-", " ")},
        "fullDescription": {"text": FILLED_IN.sub("…", rule.message)},
        "help": {"text": FILLED_IN.sub("…", rule.hint)},
    }


def _result(finding: Diagnostic, rule: int) -> dict[str, object]:
    artifact = {"uri": quote(finding.file)}
    place = {"artifactLocation": artifact, "region": _region(finding.span)}
    result: dict[str, object] = {
        "ruleId": finding.slug,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": f"{finding.message}; {finding.hint}"},
        "locations": [{"physicalLocation": place}],
    }
    if finding.replacement is not None:
        replaced = {
            "deletedRegion": _region(finding.span),
            "insertedContent": {"text": finding.replacement},
        }
        result["fixes"] = [{"artifactChanges": [{"artifactLocation": artifact, "replacements": [replaced]}]}]
    return result


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column + 1,
        "endLine": span.end_line,
        "endColumn": span.end_column + 1,
    }


def _fields(finding: Diagnostic) -> dict[str, object]:
    span = finding.span
    return {
        "file": finding.file,
        "line": span.line,
        "column": span.column + 1,
        "end_line": span.end_line,
        "end_column": span.end_column + 1,
        "slug": finding.slug,
        "severity": finding.severity,
        "message": finding.message,
        "hint": finding.hint,
        "replacement": finding.replacement,
    }


def _as_github(finding: Diagnostic) -> str:
    """A workflow command (docs.github.com: "Workflow commands for GitHub Actions")."""
    fields = _fields(finding)
    names = {
        "file": "file",
        "line": "line",
        "col": "column",
        "endLine": "end_line",
        "endColumn": "end_column",
    }
    properties = ",".join(f"{name}={_escaped(str(fields[key]), ':,')}" for name, key in names.items())
    text = _escaped(f"{finding.message}\nhelp: {finding.hint}")
    return f"::{finding.severity} {properties},title={_escaped(finding.slug, ':,')}::{text}"


def _escaped(text: str, separators: str = "") -> str:
    return "".join(f"%{ord(char):02X}" if char in f"%\r\n{separators}" else char for char in text)
