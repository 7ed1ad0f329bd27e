from __future__ import annotations

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings

from tests.compiler.harness import Outcome
from tests.compiler.harness import run_plain
from tests.compiler.harness import run_transformed
from tests.property.programs import programs

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
FILENAME = "random_program.py"


def outcomes(source: str) -> tuple[Outcome, Outcome]:
    return run_plain(source, FILENAME), run_transformed(source, FILENAME)


@settings(max_examples=30, deadline=None, suppress_health_check=QUIET)
@given(programs())
def test_random_programs_behave_the_same(source: str):
    """Nested functions, classes and closures with directives do what they do without."""
    plain, transformed = outcomes(source)
    assert transformed == plain


@pytest.mark.slow
@settings(max_examples=800, deadline=None, suppress_health_check=QUIET)
@given(programs())
def test_many_random_programs_behave_the_same(source: str):
    """The same, for many programs."""
    plain, transformed = outcomes(source)
    assert transformed == plain
