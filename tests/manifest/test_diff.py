"""What differs between two manifests."""

from __future__ import annotations

from dataclasses import replace

from directives.compiler.model import Capture
from directives.compiler.model import FunctionRecord
from directives.compiler.model import Parameter
from directives.manifest import diff
from directives.manifest import from_records

ORDER = FunctionRecord(
    id="a" * 40,
    module="shop.actions",
    qualname="order",
    directive="use server",
    file="shop/actions.py",
    line=3,
    first_line=3,
    parameters=(Parameter("sku", "any", "str"),),
)
CANCEL = replace(ORDER, id="b" * 40, qualname="cancel", parameters=())


def test_equal_manifests_do_not_differ() -> None:
    """Build ID, file and line are no difference of a function."""
    old = from_records("1", [ORDER, CANCEL])
    new = from_records("2", [CANCEL, replace(ORDER, line=30, first_line=29)])
    assert not diff(old, new)


def test_added_and_removed_functions_are_listed() -> None:
    """A function only one side knows is added or removed."""
    found = diff(from_records("1", [ORDER]), from_records("2", [CANCEL]))
    assert (found.added, found.removed, found.changed) == ((CANCEL,), (ORDER,), ())


def test_a_changed_signature_is_one_change() -> None:
    """The same name with another ID is a change of signature, not a removal and an addition."""
    changed = replace(ORDER, id="c" * 40, parameters=(Parameter("sku", "any", "int"),))
    found = diff(from_records("1", [ORDER, CANCEL]), from_records("2", [changed, CANCEL]))
    assert (found.added, found.removed) == ((), ())
    assert [(c.reason, c.old, c.new) for c in found.changed] == [("signature", ORDER, changed)]


def test_a_moved_function_is_one_change() -> None:
    """The same name and parameters in another module is a move."""
    moved = replace(ORDER, id="c" * 40, module="shop.orders", file="shop/orders.py")
    found = diff(from_records("1", [ORDER]), from_records("2", [moved]))
    assert [(c.reason, c.new.module) for c in found.changed] == [("moved", "shop.orders")]


def test_other_captures_and_directives_are_changes() -> None:
    """A function that keeps its ID but captures other variables, or is cached now, has changed."""
    new = [replace(ORDER, captures=(Capture("user"),)), replace(CANCEL, directive="use cache")]
    found = diff(from_records("1", [ORDER, CANCEL]), from_records("2", new))
    assert {(c.reason, c.new.qualname) for c in found.changed} == {
        ("captures", "order"),
        ("directive", "cancel"),
    }
