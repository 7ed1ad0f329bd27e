"""``directives build``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from directives.cli.app import example
from directives.cli.app import traceback_option
from directives.cli.terminal import print_findings


@click.command("build", epilog=example("directives build --client ../shop-client"))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The manifest's file; .directives/manifest.cbor in the project's root by default.",
)
@click.option(
    "--client",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write an installable package of the project's client stubs into this folder.",
)
@traceback_option
def command(out: Path | None, client: Path | None) -> int:
    """Write the manifest, so that servers find functions of modules they have not imported yet.

    Checks the whole project first and writes nothing if there are errors. Nothing is imported.
    """
    from directives.manifest import DEFAULT_PATH
    from directives.manifest import build
    from directives.settings import load_settings
    from directives.settings import project_root

    settings = load_settings(project_root(Path.cwd()))
    built = build(settings)
    print_findings(built.findings, sys.stderr)
    if built.manifest is None:
        print("error: nothing was built", file=sys.stderr)
        return 1
    if client:
        from directives.client.package import write_client_package

        written = write_client_package(client, built.modules, settings)
        print(f"{client}: stubs of {', '.join(written) or 'no module'}")
    target = out or settings.root / DEFAULT_PATH
    built.manifest.save(target)
    count = len(built.manifest.records)
    print(f"{os.path.relpath(target)}: {count} function{'s' * (count != 1)}, build {built.manifest.build_id}")
    return 0
