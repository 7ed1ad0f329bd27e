"""A small shop that uses server functions and a cache, and checks itself."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import current_thread
from threading import main_thread

from directives.errors import DemoError

PROJECT = Path(__file__).parent / "shop_project"


def run_demo(*, once: bool = False, host: str = "127.0.0.1", port: int = 0, data: Path | None = None) -> int:
    """Serve the shop, go through the scenario step by step, and go on serving.

    Args:
        once: End after the scenario.
        host: The address to serve on.
        port: The port to serve on; 0 for any that is free.
        data: A folder for the shop's project and rows, which stays; else they go with the demo.

    Returns:
        The exit code: 0 if every check of the scenario held, else 1.

    Raises:
        DemoError: Flask or httpx is not installed, or the shop cannot be served; says why.
    """
    check_extras()
    from directives.demo.processes import serve
    from directives.demo.report import Report
    from directives.demo.scenario import tour

    with _ended_by_sigterm(), _folder(data) as folder:
        report = Report(sys.stdout)
        project = copy_project(folder)
        with serve(project, host, port) as server:
            report.heading(f"The shop is at {server.url}, in process {server.process_id}")
            report.line(f"its source is in {project}")
            tour(server, project, report)
            report.summary()
            if not once:
                logged = server.logged()
                report.addresses(server.url)
                with suppress(KeyboardInterrupt):
                    server.follow(logged, report.line)
    return 0 if report.succeeded else 1


def check_extras(find: Callable[[str], object] = find_spec) -> None:
    """Raise ``DemoError`` if something the demo needs is not installed.

    Args:
        find: Finds a module by its name, or gives ``None``.
    """
    if missing := [name for name in ("flask", "httpx") if find(name) is None]:
        raise DemoError(f"the demo needs {' and '.join(missing)}: run `pip install 'directives[demo]'`")


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data.resolve()
        return
    with TemporaryDirectory(prefix="directives-demo-", ignore_cleanup_errors=True) as name:
        yield Path(name).resolve()


def copy_project(folder: Path) -> Path:
    """The shop as a project of its own: what is installed is never transformed, nor written to."""
    project = folder / "shop"
    shutil.copytree(PROJECT, project, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    (project / "shop.db").unlink(missing_ok=True)
    shutil.rmtree(project / "pictures", ignore_errors=True)
    return project


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM unwind as Ctrl-C does, so that no process of ours stays behind."""
    if current_thread() is not main_thread():
        yield
        return

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
