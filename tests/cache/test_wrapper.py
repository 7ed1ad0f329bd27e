from __future__ import annotations

import asyncio
import inspect
from datetime import date
from datetime import datetime
from typing import Any

import pytest

from directives.errors import CacheKeyError
from directives.runtime import runtime
from tests.loading import Load


def counted(load: Load, source: str) -> tuple[Any, list[Any]]:
    """A module whose functions append to ``runs`` when they run, and that list."""
    module = load("runs = []\n" + inspect.cleandoc(source))
    return module, module.runs


@pytest.mark.parametrize(
    "signature",
    [
        "(a, b=2, /, c=3, *args, d, e=5, **kwargs)",
        "(a, /, b)",
        "(a, *, b=None)",
        "(*args, **kwargs)",
        "()",
        "(a: int, b: 'str' = 'x') -> list[int]",
        "(kept, scope=1, value=2, c0=3)",
    ],
)
def test_a_wrapper_has_the_signature_of_the_function(load: Load, signature: str) -> None:
    """Names, kinds, defaults and annotations are the user's; so are name, module and docstring."""
    source = f"def plain{signature}: ...\ndef f{signature}:\n    'What it does.'\n    'use cache'"
    module = load(source)
    assert inspect.signature(module.f) == inspect.signature(module.plain)
    assert (
        inspect.signature(module.f, follow_wrapped=False).parameters
        == inspect.signature(module.plain).parameters
    )
    assert (module.f.__name__, module.f.__module__, module.f.__doc__) == (
        "f",
        module.__name__,
        "What it does.",
    )


def test_equal_calls_hit_however_written(load: Load) -> None:
    """Positional, by keyword, with the default written or left out: one call."""
    module, runs = counted(
        load,
        """
        def f(a, b=2, *, c=3):
            'use cache'
            runs.append((a, b, c))
            return a + b + c
        """,
    )
    assert {module.f(1), module.f(a=1), module.f(b=2, a=1), module.f(1, 2, c=3), module.f(c=3, a=1)} == {6}
    assert runs == [(1, 2, 3)]


def test_wrong_arguments_are_the_errors_of_python(load: Load) -> None:
    """What CPython refuses to bind is refused by CPython, in its words and with the user's names."""
    f = load("def stock(category, page=1):\n    'use cache'").stock
    with pytest.raises(TypeError, match=r"stock\(\) missing 1 required positional argument: 'category'"):
        f()
    with pytest.raises(TypeError, match=r"stock\(\) got an unexpected keyword argument 'pages'"):
        f("a", pages=2)


LOOK_ALIKES: list[Any] = [
    1, 1.0, True, 1 + 0j, "1", b"1", 0.0, -0.0, False, None, "", b"", (), [], {}, set(), frozenset(),
    (1,), [1], (True,), [1.0], {1: 2}, {1: True}, {1.0: 2}, {1, 2}, frozenset({1, 2}), "None", 2**64, float(2**64),
    {"a": 1, "b": 2}, {"b": 2, "a": 1}, bytearray(b"1"), range(1), float("inf"), "\ud800",
    1.5, -1.5, float("nan"), date(2026, 1, 1), datetime(2026, 1, 1), datetime(2026, 1, 1, fold=1),
]  # fmt: skip


def test_look_alikes_never_share_a_result(load: Load) -> None:
    """Values that are equal, or look equal, but are not the same, have an entry each, and each hits its own."""
    module, runs = counted(
        load,
        """
        def f(value):
            'use cache'
            runs.append(value)
            return repr(value), type(value).__name__
        """,
    )
    for _ in range(3):
        assert [module.f(value) for value in LOOK_ALIKES] == [
            (repr(value), type(value).__name__) for value in LOOK_ALIKES
        ]
    assert len(runs) == len(LOOK_ALIKES)


def test_what_a_hit_is_found_by_at_once(load: Load) -> None:
    """Plain values that are the same if they are equal and of one type; a zero may be a negative one."""
    f = load("def f(value):\n    'use cache'\n    return str(value)").f
    plain = [None, "tea", 2, 1.5, date(2026, 1, 1)]
    for value in [*plain, 0.0, -0.0, datetime(2026, 1, 1), b"tea", ("tea", 2)]:
        assert f(value) == f(value) == f(value) == str(value)
    assert list(f.__globals__["table_"]) == plain


def test_keywords_in_another_order_are_one_call(load: Load) -> None:
    """Of ``**kwargs`` the names count, not the order in which they are written; the values' own order does."""
    module, runs = counted(
        load,
        """
        def f(*args, **kwargs):
            'use cache'
            runs.append((args, kwargs))
            return len(runs)
        """,
    )
    assert module.f(1, a=1, b=2) == module.f(1, b=2, a=1) == 1
    assert module.f((1,), a=1, b=2) == 2
    assert module.f(1, ("a", 1), b=2) == 3
    assert module.f(1, {"a": 1, "b": 2}) == 4
    assert module.f({"b": 2, "a": 1}) == 5
    assert len(runs) == 5


def test_captured_variables_enter_the_key_as_they_are_at_the_call(load: Load) -> None:
    """Two users and two filters are four entries; a variable that is bound anew makes another call."""
    module, runs = counted(
        load,
        """
        def page(user, late='x'):
            def rows(filter):
                'use cache'
                runs.append((user, filter, late))
                return [user, filter, late]
            first = rows('a')
            late = late + '!'
            return first, rows('a')
        """,
    )
    for user in "ann", "bob", "ann":
        assert module.page(user) == ([user, "a", "x"], [user, "a", "x!"])
    assert runs == [("ann", "a", "x"), ("ann", "a", "x!"), ("bob", "a", "x"), ("bob", "a", "x!")]


def test_a_captured_variable_without_a_value(load: Load) -> None:
    """The error is Python's own, with the variable's name."""
    module = load(
        """
        def page():
            def rows():
                'use cache'
                return later
            rows()
            later = 1
        """
    )
    with pytest.raises(NameError, match="'later'"):
        module.page()


def test_imports_and_the_function_itself_are_no_captured_values(load: Load) -> None:
    """A recursive nested function that uses an imported module is keyed by its arguments alone."""
    module, runs = counted(
        load,
        """
        def page():
            import math
            def factorial(n):
                'use cache'
                runs.append(n)
                return math.prod([n, factorial(n - 1)]) if n else 1
            return factorial(3)
        """,
    )
    assert module.page() == module.page() == 6
    assert runs == [3, 2, 1, 0]


def test_defaults_of_a_nested_function_are_arguments(load: Load) -> None:
    """Two closures of one function with different defaults do not share results."""
    module = load(
        """
        def make(unit):
            def price(n=unit):
                'use cache'
                return n
            return price
        """
    )
    assert [module.make(1)(), module.make(2)(), module.make(1)()] == [1, 2, 1]


@pytest.mark.parametrize("flavor", ["sync", "async"])
def test_generators_stay_generators(load: Load, flavor: str) -> None:
    """A hit gives copies of the items; `inspect` sees what the user wrote."""
    keyword = "async def" if flavor == "async" else "def"
    module, runs = counted(
        load,
        f"""
        {keyword} rows(n):
            'use cache'
            runs.append(n)
            for i in range(n):
                yield [i]
        """,
    )

    async def items() -> list[list[int]]:
        return [item async for item in module.rows(2)]

    def collect() -> list[list[int]]:
        return asyncio.run(items()) if flavor == "async" else list(module.rows(2))

    is_of_kind = inspect.isasyncgenfunction if flavor == "async" else inspect.isgeneratorfunction
    assert is_of_kind(module.rows)
    collect()[0].append("changed")
    assert collect() == [[0], [1]]
    assert runs == [2]


def test_coroutine_functions_stay_coroutine_functions(load: Load) -> None:
    """A hit is awaited as a miss is."""
    module, runs = counted(
        load,
        """
        async def f(n):
            'use cache'
            runs.append(n)
            return {'n': n}
        """,
    )

    async def twice() -> list[dict[str, int]]:
        return [await module.f(1), await module.f(n=1)]

    assert inspect.iscoroutinefunction(module.f)
    assert asyncio.run(twice()) == [{"n": 1}, {"n": 1}] == asyncio.run(twice())
    assert runs == [1]


def test_class_and_static_methods(load: Load) -> None:
    """A class method counts the class that it is called on, by name; a static method has its arguments alone."""
    module, runs = counted(
        load,
        """
        class Base:
            @classmethod
            def name(cls, n):
                'use cache'
                runs.append(cls)
                return cls.__name__
            @staticmethod
            def twice(n):
                'use cache'
                runs.append(n)
                return 2 * n
        class Other(Base):
            pass
        """,
    )
    for _ in range(2):
        assert (module.Base.name(1), module.Other.name(1), module.Base.twice(2)) == ("Base", "Other", 4)
    assert runs == [module.Base, module.Other, 2]


def test_decorators_stay_outside(load: Load) -> None:
    """A hit never skips them."""
    module, runs = counted(
        load,
        """
        def seen(function):
            return lambda *args: runs.append('seen') or function(*args)
        @seen
        def f(n):
            'use cache'
            runs.append(n)
        """,
    )
    module.f(1), module.f(1)
    assert runs == ["seen", 1, "seen"]


def test_a_result_that_can_change_is_the_callers_own(load: Load) -> None:
    """Not even who computed it shares it with the cache."""
    f = load("kept = []\ndef f(n):\n    'use cache'\n    kept.append([n])\n    return kept[0]").f
    for _ in range(4):
        mine = f(1)
        assert mine == [1]
        mine.append("changed")


def test_arguments_with_an_equality_of_their_own(load: Load) -> None:
    """What an argument's class says about equality and hashes is never believed."""
    f = load("def f(n):\n    'use cache'\n    return n").f
    assert f("admin") == "admin"

    class Same(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return hash("admin")

    class Broken:
        def __hash__(self) -> int:
            raise ValueError("no hash")

    for impostor in Same("x"), Broken():
        with pytest.raises(CacheKeyError):
            f(impostor)


def test_hits_are_counted(load: Load) -> None:
    """Those found by their arguments and those found by a key alike."""
    f = load("def counted_here(n):\n    'use cache'\n    return n").counted_here
    for argument in 1, 1, 1, [1], [1]:
        f(argument)
    (statistics,) = (each for each in runtime.caches.statistics() if each.name.endswith(".counted_here"))
    assert (statistics.hits, statistics.fills) == (3, 2)


def test_what_results_take_is_counted(load: Load) -> None:
    """By function, for the results in the memory of this process."""
    module = load("""
    def long(n):
        'use cache'
        return 'x' * n

    def short(n):
        'use cache'
        return n
    """)
    module.long(10_000), module.long(20_000), module.short(1)
    counted = {each.name.rpartition(".")[2]: each for each in runtime.caches.statistics() if each.entries}
    assert {name: each.entries for name, each in counted.items()} == {"long": 2, "short": 1}
    assert 30_000 < counted["long"].bytes < 32_000
    assert counted["short"].bytes < 1_000


def test_server_functions_are_values(load: Load) -> None:
    """As a captured variable, a server function counts by its ID and what it captured itself."""
    module, _ = counted(
        load,
        """
        def handler(n):
            async def act():
                'use server'
                return n
            return act
        def form(action):
            def made():
                'use cache'
                runs.append(action)
                return len(runs)
            return made()
        def both():
            def inner(x):
                'use cache'
                return x
            def outer():
                'use cache'
                return inner(1)
            return outer()
        """,
    )
    assert [module.form(module.handler(n)) for n in (1, 2, 1)] == [1, 2, 1]
    assert module.both() == module.both() == 1


def test_an_exception_is_the_functions_own(load: Load) -> None:
    """It comes as it was raised, with nothing of the search for an entry as its context."""
    f = load("def f(n):\n    'use cache'\n    raise LookupError(n)").f
    for _ in range(2):
        with pytest.raises(LookupError, match="7") as caught:
            f(7)
        assert caught.value.__context__ is None
