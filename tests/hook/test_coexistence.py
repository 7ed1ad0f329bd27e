"""The hook beside the import hooks of other tools: each does its work."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.hook.workspace import ACTIONS
from tests.hook.workspace import Workspace

pytestmark = pytest.mark.slow

TEST_FILE = """\
import shop.actions

async def order() -> int:
    'use server'
    return 1

def test_project_module_is_transformed():
    assert '__directives__' in vars(shop.actions)

def test_this_file_is_transformed():
    assert repr(order).startswith('<ServerFunction')

def test_assertions_of_this_file_are_rewritten():
    left = 'this'
    assert left == 'that'
"""
PLAIN_TEST_FILE = """\
def test_the_loader_is_still_pytests():
    assert type(__loader__).__name__ == 'AssertionRewritingHook'
"""
CHECKED = """\
'use server'

async def order(quantity: int) -> int:
    return quantity

def _double(number: int) -> int:
    return number * 2
"""
CALL = """\
import inspect
import shop.checked
print('__directives__' in vars(shop.checked), inspect.unwrap(shop.checked._double).__code__.co_firstlineno)
try:
    print(shop.checked._double('two'))
except Exception as error:
    print(type(error).__name__)
"""
# What setuptools writes for an editable install, without what is not needed here.
EDITABLE_FINDER = """\
import sys
from importlib.util import spec_from_file_location
from pathlib import Path

MAPPING = {{'toolbox': {path!r}}}

class EditableFinder:
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if fullname in MAPPING:
            return spec_from_file_location(fullname, str(Path(MAPPING[fullname], '__init__.py')))

def install():
    sys.meta_path.append(EditableFinder)
"""


@pytest.mark.parametrize("mode", ["prepend", "importlib"])
def test_pytest(shop: Workspace, mode: str) -> None:
    """Both transforms are active in a test file with directives; one without keeps pytest's loader."""
    shop.write("tests/test_orders.py", TEST_FILE)
    shop.write("tests/test_plain.py", PLAIN_TEST_FILE)
    for _ in range(2):  # from source, then from bytecode
        arguments = (
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            f"--import-mode={mode}",
        )
        finished = shop.run(*arguments, "tests", status=1, PYTHONDIRECTIVES="1")
        assert "1 failed, 3 passed" in finished.stdout
        assert "AssertionError: assert 'this' == 'that'" in finished.stdout


def test_coverage(shop: Workspace) -> None:
    """The lines of a transformed module are those of its file, each measured."""
    shop.write("shop/checked.py", CHECKED)
    shop.write("app.py", "import shop.checked\nshop.checked._double(1)\n")
    shop.run("-m", "coverage", "run", "--include=shop/*", "app.py", PYTHONDIRECTIVES="1")
    report = shop.output("-m", "coverage", "report", "--show-missing", "--precision=0")
    (line,) = [line for line in report if line.startswith("shop/checked.py")]
    assert line.split()[-1] == "4"  # the body of the coroutine function alone was not run


def test_typeguard(shop: Workspace) -> None:
    """Its checks and our transform apply to one module, as its documentation installs it."""
    shop.write("shop/checked.py", CHECKED)
    shop.write("app.py", "import typeguard\ntypeguard.install_import_hook('shop')\n" + CALL)
    for _ in range(2):
        assert shop.output("-X", "directives", "app.py") == ["True 6", "TypeCheckError"]


def test_beartype(shop: Workspace) -> None:
    """Its checks and our transform apply to one module, as its documentation installs it."""
    shop.write("shop/checked.py", CHECKED)
    shop.write("app.py", "from beartype.claw import beartype_package\nbeartype_package('shop')\n" + CALL)
    for _ in range(2):
        assert shop.output("-X", "directives", "app.py") == ["True 6", "BeartypeCallHintParamViolation"]


def test_no_tool_spoils_the_bytecode_of_another_run(shop: Workspace) -> None:
    """What is imported while typeguard executes a module is found transformed by the next run, and without it."""
    shop.write("shop/checked.py", "import shop.actions\n" + CHECKED.replace("'use server'\n", ""))
    probe = "import shop.checked, shop.actions; print('__directives__' in vars(shop.actions))"
    shop.write("guarded.py", f"import typeguard\ntypeguard.install_import_hook('shop.checked')\n{probe}\n")
    assert shop.output("guarded.py") == ["False"]
    for _ in range(2):
        assert shop.output("-X", "directives", "guarded.py") == ["True"]
        assert shop.output("-X", "directives", "-c", probe) == ["True"]
    assert shop.output("guarded.py") == ["False"]
    assert shop.output("-c", probe) == ["False"]


def test_an_editable_install_of_another_project(
    shop: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A project elsewhere, found by the finder that its editable install adds, is covered when it is named."""
    other = tmp_path_factory.mktemp("other") / "src" / "toolbox"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("")
    (other / "actions.py").write_text(dedent(ACTIONS))
    shop.write("site/__editable___toolbox_finder.py", EDITABLE_FINDER.format(path=str(other)))
    shop.write("site/toolbox.pth", "import __editable___toolbox_finder as finder; finder.install()\n")
    probe = (
        f"import site; site.addsitedir({str(shop.root / 'site')!r}); "
        "import toolbox.actions; print('__directives__' in vars(toolbox.actions))"
    )
    assert shop.output("-X", "directives", "-c", probe) == ["False"]
    assert shop.output("-X", "directives", "-c", probe, DIRECTIVES_PACKAGES="toolbox") == ["True"]
