"""Section C, what makes a key and what a caller gets, each line by its number."""

from __future__ import annotations

import re
from inspect import cleandoc
from pathlib import Path
from typing import Any

import pytest

from directives.cache.handlers.memory import MemoryHandler
from directives.errors import CacheKeyError
from directives.runtime import runtime
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]


def test_c01_a_key_is_made_of_build_function_and_arguments(load: Load) -> None:
    """Another function, another argument or another build is another entry; the same three are one."""
    module = load("""
        runs = []
        def first(n):
            'use cache'
            runs.append('first')
        def second(n):
            'use cache'
            runs.append('second')
    """)
    kept: dict[bytes, Any] = {}

    class Spy(MemoryHandler):
        """Remembers the keys."""

        def set(self, key: bytes, entry: Any, /) -> None:
            kept[key] = entry
            super().set(key, entry)

    for build in "one", "two":
        runtime.configure(build_id=build)
        runtime.caches.use("default", Spy(1 << 20))
        for _ in range(2):
            module.first(1), module.first(2), module.second(1)
    assert module.runs == ["first", "first", "second"] * 2
    assert len(kept) == 6


def test_c03_a_functions_id_is_a_hash(load: Load) -> None:
    """Of its place and signature, so that it tells nothing and cannot be guessed from another."""
    module = load("def stock(tea: str):\n    'use cache'\n    return 1", "shop_of_ids")
    module.stock("green")
    cached = next(each for each in runtime.caches.functions.values() if each.name == "shop_of_ids.stock")
    assert re.fullmatch("[0-9a-f]{40}", cached.id)
    load("def stock(tea: str, n=1):\n    'use cache'\n    return 1", "shop_of_ids")
    others = {each.id for each in runtime.caches.functions.values() if each.name == "shop_of_ids.stock"}
    assert len(others) == 2


def test_c04_captured_variables_enter_the_key(load: Load) -> None:
    """Two users and two filters are four entries."""
    module = load("""
        runs = []
        def page(user):
            def rows(filter):
                'use cache'
                runs.append((user, filter))
                return f'{user} {filter}'
            return rows
    """)
    for _ in range(2):
        for user in "ann", "bob":
            for chosen in "new", "old":
                assert module.page(user)(chosen) == f"{user} {chosen}"
    assert module.runs == [("ann", "new"), ("ann", "old"), ("bob", "new"), ("bob", "old")]


def test_c04_captured_code_enters_the_key(load: Load) -> None:
    """A helper that is captured counts by what it does and by what it captured itself."""
    module = load("""
        runs = []
        def page(rate, order):
            def priced(price):
                return rate * price
            def rows(prices):
                'use cache'
                runs.append(rate)
                return sorted(map(priced, prices), key=order)
            return rows
        def up(price):
            return price
        def down(price):
            return -price
    """)
    for _ in range(2):
        assert module.page(2, module.up)([2, 1]) == [2, 4]
        assert module.page(2, module.down)([2, 1]) == [4, 2]
        assert module.page(3, module.up)([2, 1]) == [3, 6]
    assert module.runs == [2, 2, 3]


def test_c05_equal_arguments_hit_however_passed(load: Load) -> None:
    """By position, by name, in another order, by default; sets in any order; extra keywords in any order."""
    module = load("""
        runs = []
        def f(a, b=2, *more, c=None, **others):
            'use cache'
            runs.append(a)
            return a
    """)
    module.f(1), module.f(a=1), module.f(1, 2), module.f(b=2, a=1), module.f(1, c=None)
    assert module.runs == [1]
    module.f({"x", "y"}), module.f({"y", "x"})
    module.f(5, p=1, q=2), module.f(5, q=2, p=1)
    assert module.runs == [1, {"x", "y"}, 5]


@pytest.mark.parametrize(
    "alike",
    [
        [1, 1.0, True, "1", b"1"],
        [0.0, -0.0, 0, False, None],
        [[1], (1,), {1}, frozenset({1}), {1: 1}],
        [[1], [1.0], [True], ["1"], [[1]]],
        [{"a": 1, "b": 2}, {"b": 2, "a": 1}],
        [{"k": (1,)}, {"k": [1]}, {"k": (True,)}, {"k": ((1,),)}],
    ],
    ids=repr,
)
def test_c05_look_alikes_never_share_a_key(load: Load, alike: list[Any]) -> None:
    """Values that differ in type or content have an entry each, nested ones too."""
    f = load("def f(value):\n    'use cache'\n    return repr(value)").f
    for _ in range(2):
        assert [f(value) for value in alike] == [repr(value) for value in alike]


def test_c05_extra_arguments_never_alias(load: Load) -> None:
    """What is in ``*args`` is told from a tuple, what is in ``**kwargs`` from a dict or from pairs."""
    f = load("def f(*args, **kwargs):\n    'use cache'\n    return repr((args, kwargs))").f
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        ((1, 2), {}), (((1, 2),), {}), ((), {"a": 1}), (({"a": 1},), {}), ((("a", 1),), {}), (("a", 1), {}), ((), {}),
    ]  # fmt: skip
    for _ in range(2):
        assert [f(*args, **kwargs) for args, kwargs in calls] == [repr(call) for call in calls]


VALUES = """
    import dataclasses, enum, typing
    import pydantic
    runs = []
    @dataclasses.dataclass(frozen=True)
    class Point:
        x: int
        y: int = 0
        def scaled(self, by):
            'use cache'
            runs.append(self)
            return Point(self.x * by, self.y * by)
    @dataclasses.dataclass
    class Other:
        x: int
        y: int = 0
    class Color(enum.Enum):
        RED = 1
    class Shade(enum.IntEnum):
        RED = 1
    class Pair(typing.NamedTuple):
        x: int
        y: int = 0
    class Model(pydantic.BaseModel):
        x: int
        y: int = 0
    class CoinsInKeys:
        def __init__(self, cents):
            self.cents = cents
    def f(value):
        'use cache'
        runs.append(value)
        return type(value).__name__
"""


def test_c06_instances_of_values_are_values(load: Load) -> None:
    """Dataclasses, enums, named tuples, models and registered types: equal ones hit, others of the same content do not."""
    from directives import register_type

    module = load(VALUES)
    register_type(module.CoinsInKeys, encode=lambda coins: coins.cents, decode=module.CoinsInKeys)
    makers = [
        lambda: module.Point(1), lambda: module.Point(1, 1), lambda: module.Other(1), lambda: module.Pair(1),
        lambda: module.Model(x=1), lambda: module.Color.RED, lambda: module.Shade.RED, lambda: (1, 0), lambda: 1,
        lambda: module.CoinsInKeys(1), lambda: module.CoinsInKeys(2), lambda: {"x": 1, "y": 0}, lambda: [module.Point(1)],
    ]  # fmt: skip
    for _ in range(2):
        assert [module.f(make()) for make in makers] == [type(make()).__name__ for make in makers]
    assert len(module.runs) == len(makers)


def test_c06_methods_of_values(load: Load) -> None:
    """The object that a method is called on is an argument like others; a result may be a value too."""
    module = load(VALUES)
    first = module.Point(1, 2).scaled(3)
    second = module.Point(1, 2).scaled(by=3)
    assert first == second == module.Point(3, 6)
    assert first is not second
    assert module.runs == [module.Point(1, 2)]


def test_c06_other_instances_are_errors_at_the_call(load: Load) -> None:
    """Naming function, argument and type, with the argument underlined where the call stands."""
    module = load(cleandoc(VALUES) + "\nclass Connection: ...")
    with pytest.raises(CacheKeyError) as caught:
        module.f([1, module.Connection()])
    assert str(caught.value).startswith(
        "shop_of_a_test.f(), argument value[1]: Connection cannot be part of a cache key"
    )
    (note,) = caught.value.__notes__
    place, line, marks = note.split("\n")
    assert place.startswith(f'File "{__file__}"')
    assert line[marks.index("^") : marks.rindex("^") + 1] == "[1, module.Connection()]"
    assert module.runs == []


def test_c17_the_default_store_is_bounded(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    """In bytes, by a setting; an item too large is skipped with a warning."""
    runtime.configure(cache_max_memory_size=40_000)
    module = load("runs = []\ndef f(n):\n    'use cache'\n    runs.append(n)\n    return 'x' * n")
    for size in range(1000, 1100):
        module.f(size)
    stats = runtime.caches.store("default").handler.stats()
    assert 10 < stats.entries < 40
    assert stats.size <= 40_000
    module.f(1099), module.f(1000)
    assert module.runs[-2:] == [1099, 1000]
    module.f(50_000), module.f(50_000)
    assert module.runs[-2:] == [50_000, 50_000]
    assert "cache_max_memory_size" in caplog.text


def test_c17_a_setting_replaces_the_store(load: Load, tmp_path: Path) -> None:
    """What ``'use cache'`` keeps is then kept there, and found there later."""
    runtime.configure(cache_handlers={"default": f"sqlite:///{tmp_path}/results.db"}, build_id="one")
    module = load("runs = []\ndef f(n):\n    'use cache'\n    runs.append(n)\n    return n")
    assert module.f(1) == 1
    assert (tmp_path / "results.db").exists()
    runtime.caches.reset()
    assert module.f(1) == 1
    assert module.runs == [1]


def test_c17_size_zero_turns_it_off(load: Load) -> None:
    """Each call runs the function."""
    runtime.configure(cache_max_memory_size=0)
    module = load("runs = []\ndef f(n):\n    'use cache'\n    runs.append(n)")
    module.f(1), module.f(1)
    assert module.runs == [1, 1]


def test_c25_every_caller_has_a_copy_of_its_own(load: Load) -> None:
    """Whoever computed it, and however deep the part is that is changed."""
    module = load("""
        rows = [{'id': 1, 'tags': ['new'], 'of': ({'x': 1},)}]
        def f():
            'use cache'
            return rows
    """)
    for _ in range(4):
        mine = module.f()
        assert mine == [{"id": 1, "tags": ["new"], "of": ({"x": 1},)}]
        mine[0]["tags"].append("changed")
        mine[0]["of"][0]["x"] = 2
        mine.append("changed")
    module.rows.append("changed")
    assert module.f() == [{"id": 1, "tags": ["new"], "of": ({"x": 1},)}]
