"""What a function reaches: the project's code that it refers to, through all modules, and the packages behind."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from functools import cached_property
from importlib import metadata
from importlib.util import find_spec

from directives.compiler.definitions import Definitions
from directives.compiler.definitions import Statement
from directives.compiler.references import Chain
from directives.compiler.references import Import
from directives.manifest.reached import CONTEXT
from directives.manifest.reached import EVERYTHING
from directives.manifest.reached import FINGERPRINT_BYTES
from directives.manifest.reached import PACKAGE
from directives.manifest.reached import Reach
from directives.manifest.reached import Reached
from directives.manifest.reached import Target
from directives.manifest.reached import Unfollowed
from directives.manifest.sources import SourceFile
from directives.project import OWN_NAMES


class Linker:
    """Follows the names of a project's modules to their definitions. Not safe for several threads at once.

    Args:
        sources: The project's source files by the names of their modules; one is asked for when it is reached.
    """

    def __init__(self, sources: Mapping[str, SourceFile]) -> None:
        self._sources = sources
        self._modules: dict[str, Definitions | None] = {}
        self._reached: dict[Target, Reached] = {}
        self._names = {name for source in sources for name in _with_parents(source)}

    def reach(self, module: str, qualname: str) -> Reach | None:
        """What a function reaches; ``None`` if the sources do not have it.

        Args:
            module: Its module.
            qualname: Its qualified name. All of the outermost definition around it counts as its own.
        """
        name = qualname.partition(".")[0]
        definitions = self._definitions(module)
        if definitions is None or name not in definitions.names:
            return None
        found = dict[Target, Reached]()
        pending: list[Target] = [(module, name)]
        while pending:
            target = pending.pop()
            if target not in found:
                reached = found[target] = self._look_up(target)
                pending += (further for _, targets in reached.refers for further in targets)
        by_name = [found[target] for target in sorted(found)]
        return Reach(
            tuple(reached for reached in by_name if reached.file),
            tuple(reached for reached in by_name if not reached.file),
            tuple(sorted({u for reached in by_name for u in reached.unfollowed}, key=_place)),
        )

    def _look_up(self, target: Target) -> Reached:
        known = self._reached.get(target)
        if known is None:
            module, name = target
            known = self._reached[target] = (
                self._package(module) if name == PACKAGE else self._link(module, name)
            )
        return known

    def _link(self, module: str, name: str) -> Reached:
        """The definition of a name, with what it refers to."""
        definitions = self._definitions(module)
        file = self._sources[module].file
        if definitions is None:
            return _unreadable(module, self._sources[module])
        if name == EVERYTHING:
            names = sorted({*definitions.names, *definitions.imports})
            everything: dict[Chain, set[Target]] = {(each,): self._resolve(module, (each,)) for each in names}
            return Reached(f"{module}.{name}", file, 1, "", _ordered(everything))
        statements = definitions.names[name]
        refers: dict[Chain, set[Target]] = {}
        unfollowed = []
        for statement in statements:
            refers |= self._refers(module, statement)
            unfollowed += [Unfollowed(file, u.line, u.reason) for u in statement.references.unknown]
            unfollowed += self._replaced(module, file, statement)
        refers = {chain: targets - {(module, name)} for chain, targets in refers.items()}
        digest = " ".join(statement.digest for statement in statements)
        line = statements[0].line
        return Reached(f"{module}.{name}", file, line, digest, _ordered(refers), tuple(unfollowed))

    def _refers(self, module: str, statement: Statement) -> dict[Chain, set[Target]]:
        """What each chain of names in a statement stands for."""
        references = statement.references
        refers = {chain: self._resolve(module, chain) for chain in references.chains}
        for name, target in references.imports:
            for chain in references.chains:
                if chain[0] == name:
                    refers[chain] = refers[chain] | self._follow(module, target, chain[1:], frozenset())
        return refers

    def _replaced(self, module: str, file: str, statement: Statement) -> Iterator[Unfollowed]:
        """The attributes of modules that a statement assigns: what they were is what is followed."""
        for line, chain in statement.references.replaced:
            definitions = self._definitions(module)
            if definitions and chain[0] in definitions.imports:
                yield Unfollowed(file, line, f"{'.'.join(chain)} is replaced while the program runs")

    def _resolve(
        self, module: str, chain: Chain, trail: frozenset[tuple[str, Chain]] = frozenset()
    ) -> set[Target]:
        """What a chain of names stands for in a module.

        Args:
            module: The module.
            chain: A name and the attributes behind it; what is behind a definition is part of it.
            trail: What is being resolved already, for imports that go round in a circle.
        """
        if (module, chain) in trail:
            return set()
        trail |= {(module, chain)}
        if module not in self._names:
            return _foreign(module)
        if not chain:
            return {(module, EVERYTHING)} if module in self._sources else set()
        definitions = self._definitions(module)
        name, rest = chain[0], chain[1:]
        found = set[Target]()
        if definitions is not None:
            if name in definitions.names:
                found.add((module, name))
            for target in definitions.imports.get(name, ()):
                found |= self._follow(module, target, rest, trail)
        elif module in self._sources:
            return {(module, EVERYTHING)}
        if not found and f"{module}.{name}" in self._names:
            found = self._resolve(f"{module}.{name}", rest, trail)
        if not found and definitions is not None:
            found = self._resolve_elsewhere(module, definitions, chain, trail)
        return found

    def _resolve_elsewhere(
        self, module: str, definitions: Definitions, chain: Chain, trail: frozenset[tuple[str, Chain]]
    ) -> set[Target]:
        """What a name stands for that a module does not bind by itself."""
        if chain[0] in definitions.imports or hasattr(builtins, chain[0]):
            return set()
        found = set[Target]()
        for star in definitions.stars:
            found |= self._follow(module, Import(star), chain, trail)
        if "__getattr__" in definitions.names and not chain[0].startswith("__"):
            found.add((module, "__getattr__"))
        return found

    def _follow(
        self, importer: str, target: Import, rest: Chain, trail: frozenset[tuple[str, Chain]]
    ) -> set[Target]:
        """What a chain behind an imported name stands for."""
        chain = rest if target.attribute is None else (target.attribute, *rest)
        module = self._absolute(importer, target.module)
        return self._resolve(module, chain, trail) if module else set()

    def _absolute(self, importer: str, name: str) -> str:
        """A module's name without leading dots; empty if they lead out of the package."""
        dots = len(name) - len(name.lstrip("."))
        if not dots:
            return name
        is_package = self._sources[importer].file.endswith("__init__.py")
        parts = importer.split(".")
        parts = parts[: len(parts) - dots + is_package]
        return ".".join(filter(None, (*parts, name[dots:]))) if parts else ""

    def _definitions(self, module: str) -> Definitions | None:
        """The names of a module; ``None`` if it has no source, or one that is no Python."""
        if module not in self._sources:
            return None
        if module not in self._modules:
            source = self._sources[module]
            try:
                self._modules[module] = Definitions(source.source, source.file)
            except SyntaxError:
                self._modules[module] = None
        return self._modules[module]

    def _package(self, module: str) -> Reached:
        """An installed package, by the versions of its distributions."""
        names = self._distributions_of(module)
        if not names:
            missing = Unfollowed(
                module, 0, "it is neither the project's nor that of an installed distribution"
            )
            return Reached(module, "", 0, "", (), (missing,))
        return Reached(module, "", 0, ", ".join(f"{name} {metadata.version(name)}" for name in names))

    def _distributions_of(self, module: str) -> Sequence[str]:
        if any(metadata.distributions(name=module)):
            return (module,)
        # What is not installed at all is common, ``try: import ujson``, and looking through everything is slow.
        return sorted(set(self._distributions.get(module, ()))) if _is_installed(module) else ()

    @cached_property
    def _distributions(self) -> Mapping[str, Sequence[str]]:
        """The installed distributions by the modules that they hold; slow."""
        return metadata.packages_distributions()


def _ordered(refers: Mapping[Chain, Iterable[Target]]) -> tuple[tuple[Chain, tuple[Target, ...]], ...]:
    """What is referred to, in an order of its own; what leads nowhere is left out."""
    return tuple(sorted((chain, tuple(sorted(targets))) for chain, targets in refers.items() if targets))


def _unreadable(module: str, source: SourceFile) -> Reached:
    from blake3 import blake3

    digest = blake3(source.source, derive_key_context=CONTEXT).hexdigest(length=FINGERPRINT_BYTES)
    reason = "it cannot be read as Python, so that any change of it counts"
    return Reached(module, source.file, 1, digest, (), (Unfollowed(source.file, 0, reason),))


def _foreign(module: str) -> set[Target]:
    """What stands for a module that is not the project's; nothing for the standard library."""
    top = module.partition(".")[0]
    return set() if top in sys.stdlib_module_names | OWN_NAMES else {(top, PACKAGE)}


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # the second for a module that was made by hand
        return module in sys.modules


def _place(unfollowed: Unfollowed) -> tuple[str, int, str]:
    return unfollowed.file, unfollowed.line, unfollowed.reason


def _with_parents(module: str) -> Iterator[str]:
    """The name of a module, and those of the packages it is in; a package need not have a file."""
    while module:
        yield module
        module = module.rpartition(".")[0]
