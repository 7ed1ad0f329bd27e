"""Test files with directives: our transform, then pytest's assertion rewriting."""

from __future__ import annotations

import ast
from types import CodeType
from typing import TYPE_CHECKING
from typing import TypeGuard

from directives.hook.loader import DirectivesLoader
from directives.hook.transform import Transform

if TYPE_CHECKING:
    from _pytest.assertion.rewrite import AssertionRewritingHook


def is_pytest_hook(loader: object) -> TypeGuard[AssertionRewritingHook]:
    """Whether a loader is pytest's, found out without importing pytest."""
    kind = type(loader)
    return (kind.__module__, kind.__name__) == ("_pytest.assertion.rewrite", "AssertionRewritingHook")


class PytestLoader(DirectivesLoader):
    """Loads a test file with both transforms.

    Args:
        fullname: The module's dotted name.
        path: Its file.
        transform: What is done to its text first.
        hook: The loader that pytest chose for it.
    """

    def __init__(self, fullname: str, path: str, transform: Transform, hook: AssertionRewritingHook) -> None:
        super().__init__(fullname, path, transform)
        self._config = hook.config
        rewriting = f"pytest {hook.config.getini('enable_assertion_pass_hook')}"
        self.prepare(fullname, path, transform, rewriting)

    def compile_text(self, text: bytes | str, path: str, optimize: int) -> CodeType:
        """The code of a text that looked as if it held directives, but holds none."""
        return self.compile_tree(ast.parse(text, path), text, path, optimize)

    def compile_tree(self, tree: ast.Module, text: bytes | str, path: str, optimize: int) -> CodeType:
        """The code of a transformed tree with its assertions rewritten."""
        from _pytest.assertion.rewrite import rewrite_asserts

        source = text if isinstance(text, bytes) else text.encode()
        rewrite_asserts(tree, source, path, self._config)
        return super().compile_tree(tree, text, path, optimize)
