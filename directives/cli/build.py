"""``directives build``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from directives.cli.app import example
from directives.cli.app import here
from directives.cli.app import settings_of
from directives.cli.app import traceback_option
from directives.cli.terminal import print_findings

if TYPE_CHECKING:
    from directives.bundle import Bundle
    from directives.settings import Settings


@click.command("build", epilog=example("directives build --client ../shop-client"))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The manifest's file; .directives/manifest.cbor in the project's root by default.",
)
@click.option(
    "--client",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write an installable package of the project's client stubs into this folder, for Python and JavaScript.",
)
@traceback_option
def command(out: Path | None, client: Path | None) -> int:
    """Write the manifest, so that servers find functions of modules they have not imported yet, and the browser's bundle.

    Prints what goes to browsers, how client code reaches it, and its size. Checks the whole project first and writes
    nothing if there are errors. Nothing is imported.
    """
    from directives.bundle import make_bundle
    from directives.manifest import DEFAULT_PATH
    from directives.manifest import build

    settings = settings_of(here())
    built = build(settings)
    print_findings(built.findings, sys.stderr)
    if built.manifest is None:
        return _nothing()
    made = make_bundle(settings)
    print_findings(made.findings, sys.stderr)
    if made.errors:
        return _nothing()
    # It refuses a folder that holds anything else; then the project's own files stay what they were.
    if client:
        from directives.client.package import write_client_package

        written = write_client_package(client, built.modules, settings)
        print(f"{client}: stubs of {', '.join(written) or 'no module'}")
    write_bundle(made.bundle, settings)
    target = out or settings.root / DEFAULT_PATH
    built.manifest.save(target)
    count = len(built.manifest.records)
    print(f"{os.path.relpath(target)}: {count} function{'s' * (count != 1)}, build {built.manifest.build_id}")
    return 0


def _nothing() -> int:
    print("error: nothing was built", file=sys.stderr)
    return 1


def write_bundle(bundle: Bundle, settings: Settings) -> None:
    """Write the browser's bundle if there are client components, and print what is in it."""
    from directives.bundle import DEFAULT_BUNDLE

    target = settings.root / DEFAULT_BUNDLE
    if not bundle.entries:
        # One of an earlier build would go on being served.
        target.unlink(missing_ok=True)
        return
    bundle.save(target)
    parts = sorted(bundle.parts.values(), key=lambda part: (bundle.runtimes(part), part.kind, part.module))
    for part in parts:
        runtimes = bundle.runtimes(part)
        runtime = runtimes[0] if len(runtimes) == 1 else "both"
        why = "" if len(part.why) == 1 else f"  by {' → '.join(part.why[:-1])}"
        print(f"  {runtime:<11} {part.kind:<7} {len(part.content):>7,} bytes  {part.module}{why}")
    total = sum(len(part.content) for part in parts)
    print(f"{os.path.relpath(target)}: {len(parts)} files for browsers, {total:,} bytes")
