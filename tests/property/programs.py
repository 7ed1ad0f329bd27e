"""Random programs: nested functions and classes, every binding form, directives sprinkled in.

Names are few, so that captures, rebinding and variables without a value are frequent. Whatever is called is called
in a ``try``, or not: how a program ends is part of what it does.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from textwrap import indent

from hypothesis import strategies as st

PRELUDE = """\
import contextlib

a = 'global a'
b = 'global b'
c = 'global c'


def run(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value


def drain(items):
    found = []
    while True:
        try:
            found.append(run(items.__anext__()))
        except StopAsyncIteration:
            return found


def decorate(function):
    log('decorate ' + function.__name__)
    return function


"""
NAMES = ("a", "b", "c", "d")
CACHES = (
    "'use cache'",
    "'use cache: remote'",
    "'''use cache'''",
    '"""a docstring"""\n\'use cache: private\'',
)
SERVERS = ("'use server'", '"use server"', '\'use server\'\n"""a docstring"""')


@dataclass
class Writer:
    """Draws the statements of one program.

    Attributes:
        draw: Hypothesis's source of choices.
        functions: How many functions there are so far; names them.
        in_server: Whether a server function is around: what it captures it may not write.
        parameters: The keyword parameters of the functions around, innermost last.
    """

    draw: st.DrawFn
    functions: int = 0
    in_server: bool = False
    parameters: list[str] = field(default_factory=list)

    def block(self, depth: int, least: int = 1) -> str:
        """Some statements."""
        count = self.draw(st.integers(least, 3))
        return "\n".join(self.statement(depth) for _ in range(count))

    def statement(self, depth: int) -> str:
        """One statement, with what is in it."""
        simple = [self.assign, self.unpack, self.walrus, self.loop_over_comprehension, self.delete, self.read]
        nested = [
            self.define,
            self.define,
            self.define_async,
            self.define_class,
            self.loop,
            self.attempt,
            self.match,
        ]
        choices = [*simple, *(nested if depth < 3 else [])]
        make: Callable[[int], str] = self.draw(st.sampled_from(choices))
        return make(depth)

    def name(self) -> str:
        return self.draw(st.sampled_from(NAMES))

    def value(self) -> str:
        return self.draw(st.sampled_from(["1", "'text'", "[1, 2]", *NAMES]))

    def assign(self, depth: int) -> str:
        form = self.draw(st.sampled_from(["{n} = log({v})", "{n} = {m} = {v}", "{n} = [log({v})]"]))
        return form.format(n=self.name(), m=self.name(), v=self.value())

    def unpack(self, depth: int) -> str:
        return f"{self.name()}, *{self.name()} = log([1, 2, 3])"

    def walrus(self, depth: int) -> str:
        return f"log([({self.name()} := item) for item in [1, {self.value()}]])"

    def loop_over_comprehension(self, depth: int) -> str:
        name = self.name()
        return f"log({{{name}: [x for x in [{name}]] for {name} in 'xy'}})"

    def delete(self, depth: int) -> str:
        name = self.name()
        return f"{name} = 0\ndel {name}"

    def read(self, depth: int) -> str:
        form = self.draw(st.sampled_from(["log({n})", "log((lambda: {n})())", "log([{n} for _ in 'x'])"]))
        return form.format(n=self.name())

    def loop(self, depth: int) -> str:
        return f"for {self.name()} in log([1, 2]):\n" + indented(self.block(depth + 1))

    def attempt(self, depth: int) -> str:
        name = self.name()
        return (
            f"try:\n{indented(self.block(depth + 1))}\n    raise LookupError('looked')\n"
            f"except (LookupError, NameError) as {name}:\n    log(str({name}))\n{indented(self.block(depth + 1))}\n"
            f"finally:\n    with contextlib.nullcontext('managed') as {self.name()}:\n        log('finally')"
        )

    def match(self, depth: int) -> str:
        return (
            f"match log([1, {self.value()}]):\n    case [1, {self.name()}]:\n"
            f"{indented(indented(self.block(depth + 1)))}\n    case _:\n        pass"
        )

    def define(self, depth: int) -> str:
        directive = self.draw(st.sampled_from(["", *CACHES]))
        generator = self.draw(st.booleans())
        name, code = self.function("def", directive, depth, "yield {n}\n" if generator else "")
        return f"{code}\n{self.call(f'list({name}())' if generator else f'{name}()')}"

    def define_async(self, depth: int) -> str:
        directive = self.draw(st.sampled_from(["", *CACHES, *SERVERS, *SERVERS]))
        generator = self.draw(st.booleans())
        before, self.in_server = self.in_server, self.in_server or directive in SERVERS
        name, code = self.function("async def", directive, depth, "yield {n}\n" if generator else "")
        self.in_server = before
        return f"{code}\n{self.call(f'drain({name}())' if generator else f'run({name}())')}"

    def define_class(self, depth: int) -> str:
        self.functions += 1
        directive = self.draw(st.sampled_from(["", *CACHES]))
        name, code = self.function("def", directive, depth, "", "self, ")
        return (
            f"class C{self.functions}:\n    __private = {self.name()} = log('class')\n{indented(code)}\n"
            f"{self.call(f'C{self.functions}().{name}()')}"
        )

    def function(
        self, keyword: str, directive: str, depth: int, first: str, self_: str = ""
    ) -> tuple[str, str]:
        """A definition: its name and its source."""
        self.functions += 1
        name, parameter = f"f{self.functions}", self.name()
        decorator = self.draw(st.sampled_from(["", "@decorate\n"]))
        body = directive + "\n" if directive else ""
        written = self.draw(st.sampled_from(["", *self.parameters]))
        if written not in ("", parameter) and not self.in_server:
            body += f"nonlocal {written}\n{written} = log('written')\n"
        self.parameters.append(parameter)
        body += first.format(n=self.name()) + self.block(depth + 1)
        self.parameters.pop()
        body += "" if first else f"\nreturn {self.name()}"
        signature = f"{self_}{self.name()}_=log({self.functions}), *, {parameter}={self.value()}"
        return name, f"{decorator}{keyword} {name}({signature}):\n{indented(body)}"

    def call(self, expression: str) -> str:
        if self.draw(st.booleans()):
            return f"log({expression})"
        return f"try:\n    log({expression})\nexcept Exception as error:\n    log(type(error).__name__ + str(error))"


def indented(code: str) -> str:
    return indent(code, "    ")


@st.composite
def programs(draw: st.DrawFn) -> str:
    """The source of a program with at least one directive."""
    writer = Writer(draw)
    body = "\n".join(statements(writer))
    return f"{PRELUDE}def always():\n    'use cache'\n\n\n{body}\n"


def statements(writer: Writer) -> Iterator[str]:
    for _ in range(writer.draw(st.integers(1, 4))):
        kind: Callable[[int], str] = writer.draw(
            st.sampled_from([writer.define, writer.define_async, writer.define_class, writer.statement])
        )
        yield kind(0)
