"""``directives audit``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from directives.cli import main

ADMIN = '''\
"""What shop keepers do."""
'use server'
from typing import Annotated

from directives.access import Injected, public, requires as needs
from shop.users import User, current_user, is_admin, signed_in

@needs(signed_in)
@needs(is_admin)
async def refund(order_id: int, *reasons: str, user: Annotated[User, Injected(current_user)], note=None):
    return order_id

@public
async def list_shops(page: int = 1):
    return []

raise RuntimeError("imported")
'''


@pytest.fixture
def project(shop: Path) -> Path:
    (shop / "shop/admin.py").write_text(ADMIN)
    return shop


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_json_says_all_of_each_exposed_function(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By name; cached functions are none of them, nothing is imported, and no path is absolute."""
    assert main(["audit", "--json"]) == 0
    out = capsys.readouterr().out
    assert str(project) not in out
    functions = {function["function"]: function for function in json.loads(out)}
    assert list(functions) == [
        "shop.actions.place_order",
        "shop.admin.list_shops",
        "shop.admin.refund",
        "shop.pages.product_page.<locals>.buy",
    ]
    assert functions["shop.admin.refund"] == {
        "function": "shop.admin.refund",
        "file": "shop/admin.py",
        "line": 10,
        "callable_by": ["requires(signed_in)", "requires(is_admin)"],
        "parameters": [
            {"name": "order_id", "validation": "int", "optional": False},
            {"name": "*reasons", "validation": "str", "optional": False},
            {"name": "note", "validation": "any value", "optional": True},
        ],
        "injected": {"user": "Annotated[User, Injected(current_user)]"},
        "captures": [],
    }
    assert functions["shop.admin.list_shops"]["callable_by"] == ["public"]
    buy = functions["shop.pages.product_page.<locals>.buy"]
    assert (buy["callable_by"], buy["captures"]) == (["undeclared"], ["product_id"])


def test_the_table_is_for_people(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row for each function, and how many say nothing of who may call them."""
    assert main(["audit"]) == 0
    out, err = capsys.readouterr()
    rows = out.splitlines()
    assert len(rows) == 5
    assert "requires(signed_in) and requires(is_admin)" in rows[3]
    assert "order_id: int, *reasons: str, note: any value = ..., user: injected" in rows[3]
    assert "shop/admin.py:10" in rows[3]
    assert err == "4 exposed, 2 of them undeclared\n"


def test_an_unchanged_project_passes_the_check(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Moving code about, and changing bodies, is no change; the snapshot's bytes are the same too."""
    assert main(["audit", "--snapshot"]) == 0
    snapshot = project / "directives-audit.json"
    before = snapshot.read_bytes()
    admin = project / "shop/admin.py"
    admin.write_text(
        admin.read_text().replace("\n\n@needs", "\n\n# moved\n\n@needs").replace("return []", "return None")
    )
    assert main(["audit", "--check"]) == 0
    assert printed(capsys) == []
    assert main(["audit", "--snapshot"]) == 0
    assert snapshot.read_bytes() == before


def test_every_change_of_exposure_fails_the_check(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Functions that come and go, policies, validation and captures, as a diff for people; exit code 1."""
    main(["audit", "--snapshot"])
    admin, pages = project / "shop/admin.py", project / "shop/pages.py"
    text = admin.read_text().replace("@needs(is_admin)\n", "").replace("list_shops", "all_shops")
    admin.write_text(text.replace("order_id: int", "order_id"))
    captured = pages.read_text().replace("product_id: int", "product_id: int, other: int")
    pages.write_text(captured.replace("return product_id", "return product_id, other"))
    capsys.readouterr()
    assert main(["audit", "--check"]) == 1
    assert printed(capsys) == [
        "+ shop.admin.all_shops",
        "  + callable by: public",
        "  + parameter: page: int = ...",
        "- shop.admin.list_shops",
        "  - callable by: public",
        "  - parameter: page: int = ...",
        "! shop.admin.refund",
        "  - callable by: requires(is_admin)",
        "  - parameter: order_id: int",
        "  + parameter: order_id: any value",
        "! shop.pages.product_page.<locals>.buy",
        "  + captures: other",
    ]


def test_the_order_of_parameters_counts(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Positional arguments mean something else then."""
    main(["audit", "--snapshot", "exposed.json"])
    actions = project / "shop/actions.py"
    actions.write_text(actions.read_text().replace("sku: str, quantity: int = 1", "quantity: int, sku: str"))
    main(["audit", "--snapshot", "first.json"])
    actions.write_text(actions.read_text().replace("quantity: int, sku: str", "sku: str, quantity: int"))
    capsys.readouterr()
    assert main(["audit", "--check", "first.json"]) == 1
    assert printed(capsys) == ["! shop.actions.place_order", "  ! the order of its parameters or policies"]
    assert main(["audit", "--check", "exposed.json"]) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no snapshot"),
        ("[", "is no snapshot"),
        ('[{"function": 1}]', "is no snapshot"),
        ("3", "is no"),
    ],
)
def test_a_check_without_a_snapshot_is_misuse(
    project: Path, capsys: pytest.CaptureFixture[str], content: str | None, said: str
) -> None:
    """Missing or damaged: exit code 2, one line that says what to run."""
    if content is not None:
        (project / "directives-audit.json").write_text(content)
    assert main(["audit", "--check"]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "run `directives audit --snapshot`" in err
    assert err.count("\n") == 1


def test_contradictory_options_are_misuse(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Printing, writing and comparing are three things."""
    assert main(["audit", "--check", "--json"]) == 2
    assert main(["audit", "--snapshot", "--check"]) == 2
    assert not (project / "directives-audit.json").exists()


def test_undeclared_functions_are_findings_when_the_project_says_so(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With ``exposure = "declared"`` neither the audit nor the check let one pass."""
    (project / "pyproject.toml").write_text('[tool.directives]\nexposure = "declared"\n')
    assert main(["check"]) == 1
    assert printed(capsys)[0].startswith("shop/actions.py:7:11: error[undeclared-exposure]")
    assert main(["audit"]) == 1
    assert "undeclared" not in capsys.readouterr().out
