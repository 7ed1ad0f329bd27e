"""The one thing pyproject.toml cannot say: start files belong in editable installs too."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from setuptools import setup
from setuptools.command.editable_wheel import editable_wheel

START_FILES = ("directives.pth", "directives.start")


class EditableWheel(editable_wheel):
    """An editable wheel that also holds the files that Python reads when it starts."""

    def run(self) -> None:
        """Build the wheel, then add the files: setuptools leaves package data out of editable wheels."""
        super().run()
        for wheel in Path(self.dist_dir).glob("directives-*.editable-*.whl"):
            add_files(wheel, START_FILES)


def add_files(wheel: Path, names: tuple[str, ...]) -> None:
    """Pack ``wheel`` anew with the files at its top level, so that its RECORD lists them."""
    from wheel.wheelfile import WheelFile  # setuptools brings it along

    with TemporaryDirectory() as folder:
        with ZipFile(wheel) as archive:
            archive.extractall(folder)
        for name in names:
            shutil.copy(name, folder)
        with WheelFile(wheel, "w") as archive:
            archive.write_files(folder)


setup(cmdclass={"editable_wheel": EditableWheel})
