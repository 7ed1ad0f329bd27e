"""``directives vendor``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from directives.bundle.runtimes import RUNTIMES
from directives.cli.app import example
from directives.cli.app import here
from directives.cli.app import settings_of
from directives.cli.app import traceback_option
from directives.settings import Settings


@click.command(
    "vendor",
    epilog=example(
        "directives vendor pyodide --to shop/static/directives",
        "directives vendor micropython --from micropython-micropython-webassembly-pyscript-1.27.0.tgz",
    ),
)
@click.argument("runtime", type=click.Choice(tuple(RUNTIMES)))
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder that the setting `runtime_url` is the address of; `directives` in the project's one folder "
    "called static by default.",
)
@click.option(
    "--from",
    "archive",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The package, if it is here already; else `npm` fetches it.",
)
@traceback_option
def command(runtime: str, folder: Path | None, archive: Path | None) -> None:
    """Put a Python for browsers into the project's static files.

    The version is the one that this release is tested with, and every byte is checked. Pyodide's standard library is
    compiled on the way, where there is `node`. Commit the files, or run this where the project is built.
    """
    from directives.bundle.vendor import vendor

    settings = settings_of(here())
    python = RUNTIMES[runtime]
    target = folder or static_folder(settings) / "directives"
    sizes = vendor(python, target, archive)
    for name, size in sizes.items():
        print(f"{os.path.relpath(target / python.folder / name)}: {size:,} bytes, packed")
    print(
        f"{python.name} {python.version}: {sum(sizes.values()):,} bytes; pages load it from {settings.runtime_url}/"
    )


def static_folder(settings: Settings) -> Path:
    """The one folder of a project that is called ``static``.

    Raises:
        click.UsageError: There is none, or more than one.
    """
    found = sorted(
        path
        for depth in ("static", "*/static", "*/*/static")
        for path in settings.root.glob(depth)
        if path.is_dir()
    )
    own = [
        path
        for path in found
        if not any(part.startswith((".", "node_modules")) for part in _below(path, settings))
    ]
    if len(own) != 1:
        raise click.UsageError(
            f"{len(own)} folders below {settings.root} are called static: say with --to where the files shall lie"
        )
    return own[0]


def _below(path: Path, settings: Settings) -> tuple[str, ...]:
    return path.relative_to(settings.root).parts
