"""``directives check``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from directives.cli.app import example
from directives.cli.app import here
from directives.cli.app import settings_of
from directives.cli.app import traceback_option
from directives.cli.terminal import print_findings

if TYPE_CHECKING:
    from directives.compiler import Diagnostic
    from directives.manifest import Report


@click.command("check", epilog=example("directives check src/shop --format=github"))
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    help="Text for people, a JSON list, GitHub's workflow commands, or SARIF 2.1.0.",
)
@click.option("--fix", is_flag=True, help="Write into the files what near-misses were meant to be.")
@traceback_option
def command(paths: tuple[Path, ...], style: str, fix: bool) -> int:
    """Find what is wrong with the directives of files and folders.

    Checks the project in the working directory if no PATHS are given. Nothing is imported.
    Exits with 1 if there are errors; warnings alone exit with 0.
    """
    from directives.manifest import check

    paths = paths or (here(),)
    report = check(paths, fix=fix, settings_of=settings_of)
    report = replace(report, findings=(*report.findings, *client_findings(paths, report)))
    if style == "text":
        print_findings(report.findings, sys.stdout)
        warnings = len(report.findings) - report.errors
        counts = ((report.files, "file"), (report.errors, "error"), (warnings, "warning"))
        summary = ", ".join(f"{count} {noun}{'s' * (count != 1)}" for count, noun in counts)
        print(summary + (f", {report.mended} mended" if fix else ""), file=sys.stderr)
    else:
        from directives.cli.formats import FORMATS

        sys.stdout.write(FORMATS[style](report.findings))
    return 1 if report.errors else 0


def client_findings(paths: Sequence[Path], report: Report) -> Iterator[Diagnostic]:
    """What only the imports of client code show: modules that it reaches and must not, or that its runtime cannot run.

    Args:
        paths: What is checked; for a single file nothing is followed.
        report: What was found in the files themselves.
    """
    from directives.bundle import make_bundle
    from directives.manifest.check import shown

    known = {(finding.slug, finding.lines, finding.span) for finding in report.findings}
    for path in (path.resolve() for path in paths if path.is_dir()):
        settings = settings_of(path)
        for finding in make_bundle(settings).findings:
            place = settings.root / finding.file
            if place.is_relative_to(path) and (finding.slug, finding.lines, finding.span) not in known:
                yield replace(finding, file=shown(place))
