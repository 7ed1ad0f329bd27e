"""The page of conformance says what the tests say."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "conformance.md"
ROW = re.compile(r"^\| ([A-F]\d\d) \| .+ \| .+ \| (.+) \| (holds|in part|not yet) \|$", re.MULTILINE)
ROWS = {number: (test, state) for number, test, state in ROW.findall(PAGE.read_text("utf-8"))}
LINES_OF_SECTION = {"A": 17, "B": 23, "C": 26, "D": 6, "E": 5, "F": 7}


def files_by_number() -> dict[str, set[str]]:
    """The files that hold tests of each line."""
    found: dict[str, set[str]] = {}
    for path in HERE.glob("test_*.py"):
        for letter, digits in re.findall(r"^def test_([a-f])(\d\d)_", path.read_text("utf-8"), re.MULTILINE):
            found.setdefault(f"{letter.upper()}{digits}", set()).add(path.name)
    return found


def test_every_line_is_on_the_page():
    """Each number of each section appears once, in order."""
    expected = [f"{section}{n:02}" for section, last in LINES_OF_SECTION.items() for n in range(1, last + 1)]
    assert [number for number, *_ in ROW.findall(PAGE.read_text("utf-8"))] == expected


def test_what_holds_has_a_test_of_its_number():
    """No line is said to hold, wholly or in part, without a test in each file that the page names."""
    tests = files_by_number()
    for number, (file, state) in ROWS.items():
        if state != "not yet":
            named = set(file.replace("`", "").split(", "))
            assert named <= tests.get(number, set()), f"{number} {state} by no test"


def test_what_has_no_test_names_none():
    """A line that does not hold yet names no test."""
    assert {file for file, state in ROWS.values() if state == "not yet"} <= {"–"}


def test_what_has_a_test_is_not_said_to_be_missing():
    """A line with a test of its number holds, wholly or in part."""
    assert (
        not {number for number, (_, state) in ROWS.items() if state == "not yet"} & files_by_number().keys()
    )


def test_every_line_of_placement_holds():
    """Section A is complete."""
    assert {state for number, (_, state) in ROWS.items() if number.startswith("A")} == {"holds"}
