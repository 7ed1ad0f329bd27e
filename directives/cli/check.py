"""``directives check``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from directives.cli.app import example
from directives.cli.app import traceback_option
from directives.cli.terminal import print_findings


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

    report = check(paths or (Path.cwd(),), fix=fix)
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
