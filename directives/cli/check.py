"""``directives check``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from directives.cli.app import example
from directives.cli.app import traceback_option
from directives.cli.terminal import print_findings

if TYPE_CHECKING:
    from directives.compiler.model import Diagnostic


@click.command("check", epilog=example("directives check src/shop --format=github"))
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="Text for people, a JSON list, or GitHub's workflow commands.",
)
@traceback_option
def command(paths: tuple[Path, ...], style: str) -> int:
    """Find what is wrong with the directives of files and folders.

    Checks the project in the working directory if no PATHS are given. Nothing is imported.
    Exits with 1 if there are errors; warnings alone exit with 0.
    """
    from directives.manifest import check

    report = check(paths or (Path.cwd(),))
    if style == "json":
        print(json.dumps([_as_json(finding) for finding in report.findings], indent=2))
    elif style == "github":
        for finding in report.findings:
            print(_as_github(finding))
    else:
        print_findings(report.findings, sys.stdout)
        warnings = len(report.findings) - report.errors
        counts = ((report.files, "file"), (report.errors, "error"), (warnings, "warning"))
        print(", ".join(f"{count} {noun}{'s' * (count != 1)}" for count, noun in counts), file=sys.stderr)
    return 1 if report.errors else 0


def _as_json(finding: Diagnostic) -> dict[str, object]:
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
    }


def _as_github(finding: Diagnostic) -> str:
    """A workflow command (docs.github.com: "Workflow commands for GitHub Actions")."""
    fields = _as_json(finding)
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
