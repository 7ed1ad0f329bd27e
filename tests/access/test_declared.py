"""Policies that could not be enforced as they are written."""

from __future__ import annotations

import pytest

from directives.errors import AccessDenied
from directives.errors import PolicyError
from tests.access.calls import FORBIDDEN
from tests.access.calls import KARL
from tests.access.calls import POLICIES
from tests.access.calls import outcome
from tests.access.calls import post
from tests.access.calls import shop
from tests.loading import Load


@pytest.mark.parametrize(
    "decorators",
    [
        "@careless\n@requires(is_admin)",
        "@requires(signed_in)\n@careless\n@requires(is_admin)",
        "@careless\n@public",
        "@careless\n@admins",
        "@partial(partial)\n@requires(is_admin)",
    ],
)
def test_a_policy_that_is_hidden_is_an_error_at_import(load: Load, decorators: str) -> None:
    """A careless decorator cannot take a written policy away; the error says which order works."""
    with pytest.raises(PolicyError, match=r"\.act .*outermost decorator.*functools\.wraps"):
        shop(
            load,
            "from functools import partial\nadmins = requires(is_admin)\n"
            "def careless(function):\n    return lambda *args: function(*args)\n"
            f"{decorators}\nasync def act():\n    'use server'\n",
        )


def test_a_hidden_policy_of_another_module_is_an_error_at_import(load: Load) -> None:
    """Where the compiler sees a name alone, the decorator tells."""
    load(
        POLICIES
        + """
    admins = requires(is_admin)
    """,
        "policies_of_a_test",
    )
    source = """
    from policies_of_a_test import admins
    def careless(function):
        return lambda *args: function(*args)
    {}
    @admins
    async def act():
        'use server'
    """
    with pytest.raises(PolicyError, match=r"\.act .* has a policy, but a decorator above hides it"):
        load(source.format("@careless"))
    assert outcome(post(load(source.format("")).act, headers=KARL)) == FORBIDDEN


def test_a_bare_requires_is_an_error_at_import(load: Load) -> None:
    """Without a predicate it would decide nothing."""
    with pytest.raises(PolicyError, match=r"without a predicate: write `@requires\(predicate\)`"):
        shop(load, "@requires\nasync def act():\n    'use server'\n")


def test_public_and_requires_contradict_each_other(load: Load) -> None:
    """In either order."""
    for decorators in ("@public\n@requires(is_admin)", "@requires(is_admin)\n@public"):
        with pytest.raises(PolicyError, match="act is @public and has another policy"):
            shop(load, f"{decorators}\nasync def act():\n    'use server'\n")


def test_a_predicate_has_to_be_callable() -> None:
    """A truth value is not a decision."""
    from directives.access import requires

    with pytest.raises(TypeError, match="needs a function that decides, not bool"):
        requires(True)  # type: ignore[arg-type]


def test_a_hidden_policy_of_a_nested_function_is_an_error(load: Load) -> None:
    """Where it is made, and where a stale page has it rebuilt: nothing runs."""
    module = shop(
        load,
        """
        def page(hide):
            def maybe_careless(function):
                return (lambda: function()) if hide else function
            @maybe_careless
            @requires(signed_in)
            async def act():
                'use server'
                ran.append(1)
            return act
    """,
    )
    with pytest.raises(PolicyError, match="hides it"):
        module.page(True)


def test_an_ordinary_attribute_error_is_no_policy() -> None:
    """The errors have one base, so one ``except`` catches both."""
    from directives.errors import SignInRequired

    assert issubclass(SignInRequired, AccessDenied)
