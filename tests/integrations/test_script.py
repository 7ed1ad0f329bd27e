"""The element that loads the browser's runtime."""

from __future__ import annotations

from types import SimpleNamespace

import jinja2
import pytest

from directives.integrations.jinja2 import install
from directives.integrations.script import directives_script
from directives.integrations.script import islands_script
from tests.answering import answering


def test_it_loads_scripts_of_the_endpoint_and_holds_none() -> None:
    """A module, and word of the one that it will ask for."""
    assert str(directives_script()) == (
        '<link rel="modulepreload" href="/_directives/forms.js">'
        '<script type="module" src="/_directives/client.js"></script>'
    )


def test_it_knows_where_the_application_is_mounted() -> None:
    """Below the path of the request that is being answered, as a URL has it."""
    with answering(SimpleNamespace(root="/shop ä")):
        assert 'src="/shop%20%C3%A4/_directives/client.js"' in directives_script()


def test_it_takes_the_nonce_of_a_policy() -> None:
    """For both elements, and as text."""
    made = directives_script(nonce='a"b')
    assert made.count(' nonce="a&#34;b"') == 2


@pytest.mark.parametrize("autoescape", [True, False])
def test_templates_have_it(autoescape: bool) -> None:
    """Jinja2, with autoescape and without."""
    environment = jinja2.Environment(autoescape=autoescape)
    install(environment)
    assert environment.from_string("{{ directives_script() }}").render() == str(directives_script())


def test_islands_have_an_element_of_their_own() -> None:
    """With what their script asks for first, so that it comes at the same time."""
    made = str(islands_script(nonce="n1"))
    assert made.endswith('<script type="module" src="/_directives/islands.js" nonce="n1"></script>')
    for name in ("client.js", "forms.js"):
        assert f'<link rel="modulepreload" href="/_directives/{name}" nonce="n1">' in made
