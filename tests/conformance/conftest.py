"""Prints, after a run, which lines of the conformance list hold."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

NUMBER = re.compile(r"::test_([a-f])(\d\d)_")
SHOWN = pytest.StashKey[bool]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The lines all of whose tests passed, and those with a test that did not."""
    if config.stash.get(SHOWN, False):
        return
    config.stash[SHOWN] = True
    outcomes = {
        outcome: numbers(report.nodeid for report in terminalreporter.stats.get(outcome, ()))
        for outcome in ("passed", "failed", "error")
    }
    failing = outcomes["failed"] | outcomes["error"]
    holding = outcomes["passed"] - failing
    if holding:
        terminalreporter.write_line(f"conformance: {' '.join(sorted(holding))} hold", green=True)
    if failing:
        terminalreporter.write_line(f"conformance: {' '.join(sorted(failing))} fail", red=True)


def numbers(node_ids: Iterable[str]) -> set[str]:
    """The conformance lines that tests are named after."""
    return {f"{found[1].upper()}{found[2]}" for node_id in node_ids if (found := NUMBER.search(node_id))}
