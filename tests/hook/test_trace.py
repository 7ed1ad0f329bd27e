"""The table of ``-X directives=trace``."""

from __future__ import annotations

import re
from types import ModuleType

import pytest

from directives.hook.trace import HEADER
from directives.hook.trace import Trace
from tests.hook.workspace import Workspace


class Loader:
    """A loader whose work takes the time that a clock of the test says."""

    def __init__(
        self, clock: list[int], trace: Trace, spends: int, then: list[Loader], fails: bool = False
    ) -> None:
        self.clock, self.trace, self.spends, self.then, self.fails = clock, trace, spends, then, fails

    def source_to_code(self, data: bytes, path: str) -> str:
        """Compile nothing."""
        return "code"

    def exec_module(self, module: ModuleType) -> None:
        """Spend time, compile, and import others."""
        self.clock[0] += self.spends * 1000
        self.source_to_code(b"", "")
        for number, loader in enumerate(self.then):
            loader.exec_module(ModuleType(f"{module.__name__}.part{number}"))
        if self.fails:
            raise ValueError("as it was told")


def test_own_and_cumulative_times() -> None:
    """The time of inner imports is not the outer one's own; the lines come as the imports end."""
    lines: list[str] = []
    clock = [0]
    trace = Trace(lines.append, lambda: clock[0])
    parts = [trace.watch(Loader(clock, trace, spends, [])) for spends in (20, 300)]
    trace.watch(Loader(clock, trace, 1, parts)).exec_module(ModuleType("shop"))
    assert lines == [
        HEADER,
        "directives:        20 |         20 | no          | no       |   shop.part0\n",
        "directives:       300 |        300 | no          | no       |   shop.part1\n",
        "directives:         1 |        321 | no          | no       | shop\n",
    ]


def test_an_import_that_fails() -> None:
    """It has its line, and does not upset those that follow."""
    lines: list[str] = []
    clock = [0]
    trace = Trace(lines.append, lambda: clock[0])
    with pytest.raises(ValueError, match="as it was told"):
        trace.watch(Loader(clock, trace, 5, [], fails=True)).exec_module(ModuleType("bad"))
    trace.watch(Loader(clock, trace, 7, [])).exec_module(ModuleType("good"))
    assert [line.rpartition("| ")[2] for line in lines[1:]] == ["bad\n", "good\n"]


def test_of_a_program(shop: Workspace) -> None:
    """Each module of the project has a line: transformed or not, from bytecode or not, nested ones indented."""
    shop.write("shop/views.py", "import shop.actions\nimport shop.prices\n")
    shop.write("shop/prices.py", "PRICE = 1\n")
    for bytecode in ("no", "yes"):
        table = shop.run("-X", "directives=trace", "-c", "import shop.views").stderr.splitlines()
        assert table[0] + "\n" == HEADER
        assert [re.sub(r"^directives: +\d+ \| +\d+ \| ", "", line) for line in table[1:]] == [
            f"no          | {bytecode:8} | shop",
            f"yes         | {bytecode:8} |   shop.actions",
            f"no          | {bytecode:8} |   shop.prices",
            f"no          | {bytecode:8} | shop.views",
        ]
