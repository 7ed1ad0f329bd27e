"""The Pythons that run in browsers: which version of each, and what its package has to be, to the byte."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BrowserPython:
    """A Python for browsers, as npm has it.

    Attributes:
        name: What the setting ``runtime`` calls it.
        package: The npm package.
        version: The version that this release is tested with.
        integrity: The SHA-512 of the package's archive, as npm writes it (W3C, Subresource Integrity).
        files: The files of it that a browser loads.
    """

    name: str
    package: str
    version: str
    integrity: str
    files: tuple[str, ...]

    @property
    def folder(self) -> str:
        """The folder of its files: another one for each version, so that they can be kept for ever."""
        return f"{self.name}-{self.version}"


RUNTIMES: Mapping[str, BrowserPython] = {
    runtime.name: runtime
    for runtime in (
        BrowserPython(
            "pyodide",
            "pyodide",
            "314.0.7",
            "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A==",
            ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"),
        ),
        BrowserPython(
            "micropython",
            "@micropython/micropython-webassembly-pyscript",
            "1.27.0",
            "sha512-DnXx4EqxgkeaFESrS3uKrL7mLMk4mRTd0mMzaOd3HUSiZUOAE7t11uLnjf3ftF87N2xm4knHnWEKcVK4IYIUDA==",
            ("micropython.mjs", "micropython.wasm"),
        ),
    )
}
