"""The page of settings says what the settings are."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from directives.settings import OTHER_VARIABLES
from directives.settings import SETTING_NAMES
from directives.settings import Settings
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "settings.md").read_text("utf-8")
ROW = re.compile(r"^\| `([a-z_]+)` \| (?:`(.+)`|not set) \| .+ \|$", re.MULTILINE)
SHOWN: Mapping[str, str] = dict(ROW.findall(PAGE))


def shown(value: str) -> Any:
    """The default that stands on the page; ``None`` for "not set"."""
    return tomllib.loads(f"shown = {value}")["shown"] if value else None


def test_every_setting_is_on_the_page_and_no_other():
    """The page lists each setting once."""
    assert sorted(name for name, _ in ROW.findall(PAGE)) == sorted(SETTING_NAMES)


def test_the_defaults_are_those_of_the_code():
    """What the page calls a default is what a process without settings has, to the type."""
    settings = Settings(Path())
    for name in SETTING_NAMES:
        default = getattr(settings, name)
        expected = list(default) if isinstance(default, tuple) else default
        assert (shown(SHOWN[name]), type(shown(SHOWN[name]))) == (expected, type(expected)), name


def test_the_other_variables_are_on_the_page():
    """A variable that is no setting and is accepted all the same is explained."""
    assert all(f"| `{variable}` |" in PAGE for variable in OTHER_VARIABLES)
