"""The lists of the documentation name all that there is."""

from __future__ import annotations

import re

from directives.cli.app import COMMANDS
from tests.docs.pages import ROOT

DOCS = ROOT / "docs"


def test_the_first_page_leads_to_all_others():
    """Who looks for a page finds it from the first one."""
    linked = set(re.findall(r"\]\(([a-z-]+\.md)", (DOCS / "index.md").read_text("utf-8")))
    assert linked | {"index.md"} == {page.name for page in DOCS.glob("*.md")}


def test_the_menu_has_every_page_once():
    """As the site shows it; and no page that is not there."""
    listed = re.findall(r"\b([a-z-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(page.name for page in DOCS.glob("*.md"))


def test_every_command_is_on_its_page():
    """In the table at its beginning."""
    table = re.findall(r"^\| \[`([a-z]+)", (DOCS / "cli.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(table) == sorted(COMMANDS)
