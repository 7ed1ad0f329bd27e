"""Morphing: one tree made equal to another, with as many nodes as can be staying what they are.

The cases are of the kinds that idiomorph's own tests have: fidelity, order, state of elements that move, duplicate names.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page

from tests.e2e.site_server import Site

MORPH = """async ([before, after, act]) => {
  const { morph } = await import('/_directives/forms.js')
  const made = text => new DOMParser().parseFromString(policy.createHTML(`<body>${text}</body>`), 'text/html').body
  document.body.replaceChildren(...made(before).childNodes)
  const to = made(after)
  const wanted = to.innerHTML
  const first = new Map([...document.querySelectorAll('body *')].map(each => [each.id || each.textContent, each]))
  const element = name => first.get(name)
  if (act) eval(policy.createScript(act))
  morph(document.body, to)
  const kept = [...document.querySelectorAll('body *')].filter(each => first.get(each.id || each.textContent) === each)
  return [document.body.innerHTML === wanted || document.body.innerHTML, kept.map(each => each.id || each.textContent)]
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, server: Site) -> Iterator[Page]:
    """A page without a policy, so that a test may write into it; one for all tests."""
    page = browser.new_page(base_url=server.url)
    page.route(
        "**/blank",
        lambda route: route.fulfill(content_type="text/html", body="<!doctype html><title>b</title>"),
    )
    page.goto("/blank")
    page.evaluate("globalThis.policy = { createHTML: text => text, createScript: text => text }")
    yield page
    page.close()


def morph(page: Page, before: str, after: str, act: str = "") -> list[str]:
    """The names of the elements that are still the same ones; the outcome is what was wanted."""
    outcome, kept = page.evaluate(MORPH, [before, after, act])
    assert outcome is True, outcome
    names: list[str] = kept
    return names


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<button>Foo</button>", "<button>Bar</button>"),
        ('<p class="a" title="t">x</p>', '<p class="b" lang="en">x</p>'),
        ("<p>A</p><p>B</p>", "<p>C</p><p>D</p>  "),
        ("<p>A</p><p>B</p>", ""),
        ("", "<p>A</p><p>B</p>"),
        ("<p>hello</p>", "<div>hello</div>"),
        ("one <b>two</b> three", "<b>two</b> three <i>four</i>"),
        ("<!-- a --><p>x</p>", "<p>x</p><!-- b -->"),
        ("<table><tr><td>1</table>", "<table><thead><tr><th>0</table>"),
        ("<select><option>a<option selected>b</select>", "<select><option selected>a<option>c</select>"),
        ("<svg><path d='M0 0'></path></svg>", "<svg viewBox='0 0 1 1'><circle r='1'></circle></svg>"),
        ("<template><p>a</p></template>", "<template><i>b</i></template>"),
        ("<p id='a'>1</p><p id='a'>2</p>", "<p id='a'>2</p><div id='a'>1</div><p id='a'>3</p>"),
        ("<input type='text'>", "<input type='checkbox' checked>"),
        ("<p @click='x' :a='y'>x</p>", "<p @click='z' :b='y'>x</p>"),
        ("<div><p id='x'>x</p></div>", "<p id='x'><b>y</b></p><div></div>"),
        ("<div id='o'><div id='i'>x</div></div>", "<div id='i'><div id='o'>x</div></div>"),
    ],
)
def test_the_outcome_is_what_was_wanted(page: Page, before: str, after: str) -> None:
    """Text, attributes, comments, added, removed and replaced nodes, in every mixture."""
    morph(page, before, after)


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ("<a>A</a><b>B</b><i>C</i>", "<b>B</b>", "B"),
        ("<p id='a'>A</p><p id='b'>B</p><p id='c'>C</p>", "<p id='c'>C</p><p id='b'>B</p><p id='a'>A</p>", "cba"),
        ("<p id='a'>A</p><p id='b'>B</p><p id='c'>C</p>", "<p id='b'>B</p>", "b"),
        ("<p id='b'>B</p>", "<p id='a'>A</p><p id='b'>B</p><p id='c'>C</p>", "b"),
        ("<div id='l'><i id='x'></i></div><div id='r'><i id='y'></i></div>",
         "<div id='l'><i id='y'></i></div><div id='r'><i id='x'></i></div>", "lyrx"),
        ("<div><p><i id='x'></i></p></div>", "<section><i id='x'></i></section>", "x"),
        ("<p>1</p><p id='x'>x</p>", "<p id='x'>x</p><p>1</p>", "x1"),
    ],
)  # fmt: skip
def test_nodes_stay_the_same(page: Page, before: str, after: str, kept: str) -> None:
    """Elements with a name wherever they go, others where one of their kind stands next."""
    assert [name for name in morph(page, before, after) if len(name) == 1] == list(kept)


def test_an_element_keeps_what_no_attribute_says(page: Page) -> None:
    """When it moves within its parent, into another one, or when what is around it becomes something else."""
    before = "<div><input type='checkbox' id='a'></div><p><input type='checkbox' id='b'></p>"
    after = (
        "<section><input type='checkbox' id='b'></section><div><p><input type='checkbox' id='a'></p></div>"
    )
    assert morph(page, before, after, "element('a').indeterminate = element('b').indeterminate = true") != []
    assert page.evaluate("[a.indeterminate, b.indeterminate]") == [True, True]


def test_the_focus_stays_where_it_is(page: Page) -> None:
    """With the selection, when the field moves, and when all around it does."""
    before = "<input id='a' value='hello'><input id='b'>"
    for after in (
        "<input id='b'><input id='a' value='hello'>",
        "<p><i><input id='a' value='hello'></i></p><input id='b'>",
    ):
        morph(page, before, after, "element('a').focus(), element('a').setSelectionRange(1, 3)")
        assert page.evaluate("[document.activeElement.id, a.selectionStart, a.selectionEnd]") == ["a", 1, 3]


def test_without_moving_in_one_step(page: Page) -> None:
    """A browser that cannot move a node without removing it keeps node and focus all the same."""
    page.evaluate("globalThis.own = Element.prototype.moveBefore, delete Element.prototype.moveBefore")
    before, after = "<input id='a'><input id='b'>", "<input id='b'><input id='a'>"
    assert morph(page, before, after, "element('b').focus()") == ["b", "a"]
    assert page.evaluate("Element.prototype.moveBefore = own, document.activeElement.id") == "b"


def test_what_was_typed_counts_until_the_server_says_otherwise(page: Page) -> None:
    """Fields keep their content where the server's is what it was, and take the server's where that has changed."""
    fields = (
        "<input id='t' value='{0}'><input type='checkbox' id='c'{1}><textarea id='a'>{0}</textarea>"
        "<select id='s'><option>x<option{2}>y<option>z</select>"
    )
    typed = "element('t').value = 'typed', element('c').checked = true, a.value = 'typed', s.value = 'z'"
    read = "[t.value, c.checked, a.value, s.value]"
    morph(page, fields.format("old", "", ""), fields.format("old", "", "") + "<p>more</p>", typed)
    assert page.evaluate(read) == ["typed", True, "typed", "z"]
    morph(page, fields.format("old", "", ""), fields.format("new", " checked", " selected"), typed)
    assert page.evaluate(read) == ["new", True, "new", "y"]


def test_what_is_to_be_kept_is_left_alone(page: Page) -> None:
    """The content of an element that a script looks after."""
    page.evaluate(
        MORPH,
        [
            "<div id='k' data-directives-keep><b>mine</b></div><p>1</p>",
            "<div id='k'>server's</div><p>2</p>",
            "",
        ],
    )
    assert page.inner_text("body").split() == ["mine", "2"]


def test_a_field_may_be_called_as_what_a_form_has(page: Page) -> None:
    """A form is asked for nothing that a field of it can hide: it stays the same one, and so do its fields."""
    fields = "".join(
        f"<textarea name='{name}'>{{0}}</textarea>" for name in ("content", "id", "type", "name", "title")
    )
    form = f"<form id='f' class='{{0}}'>{fields}</form><form>{fields}</form>"
    page.evaluate(
        MORPH, [form.format("a"), "<p>x</p>" + form.format("b"), "globalThis.forms = [...document.forms]"]
    )
    assert page.evaluate("[...document.forms].every((form, at) => form === forms[at])")
    assert page.evaluate("[...document.querySelectorAll('textarea')].map(each => each.value)") == ["b"] * 10
    assert page.evaluate("[...document.querySelectorAll('textarea')].every(each => !each.children.length)")


def test_scripts_do_not_run(page: Page) -> None:
    """What comes into a page with another one is text, whatever stands in it."""
    morph(page, "<p>x</p>", "<p>x</p><script>globalThis.ran = true</script>")
    assert page.evaluate("globalThis.ran") is None


def test_any_tree_becomes_any_other(page: Page) -> None:
    """Made by chance: 1,000 pairs, with and without names, one in four of them in both."""
    chance = random.Random(7)
    pairs = [[tree(chance), tree(chance)] for _ in range(1000)]
    program = """async pairs => {
      const { morph } = await import('/_directives/forms.js')
      const made = text => new DOMParser().parseFromString(`<body>${text}</body>`, 'text/html').body
      return pairs.filter(([before, after]) => {
        document.body.replaceChildren(...made(before).childNodes)
        morph(document.body, made(after))
        return document.body.innerHTML !== made(after).innerHTML
      })
    }"""
    assert page.evaluate(program, pairs) == []


def tree(chance: random.Random, depth: int = 0) -> str:
    """A tree of HTML."""
    if depth > 3 or chance.random() < 0.2:
        return chance.choice(["", "a", "b ", " ", "<!--c-->"])
    name = chance.choice(["div", "p" if depth > 2 else "section", "b", "i"])
    given = chance.choice(["", f" id={chance.randrange(12)}", " class=x", ' title="&quot;"'])
    inner = "".join(tree(chance, depth + 1) for _ in range(chance.randrange(5)))
    return f"<{name}{given}>{inner}</{name}>"


def test_a_thousand_rows_are_quick(page: Page) -> None:
    """Reversed, with one of them new: a matter of milliseconds, and each row is the same element."""
    made: list[Any] = page.evaluate(
        """async () => {
          const { morph } = await import('/_directives/forms.js')
          const rows = ids => ids.map(id => `<li id="r${id}"><span>row</span> <b>${id}</b></li>`).join('')
          const body = text => new DOMParser().parseFromString(`<body><ul>${text}</ul></body>`, 'text/html').body
          const ids = [...Array(1000).keys()]
          document.body.replaceChildren(...body(rows(ids)).childNodes)
          const first = document.getElementById('r0')
          const to = body(rows([...ids.reverse(), 1000]))
          const begun = performance.now()
          morph(document.body, to)
          return [performance.now() - begun, document.getElementById('r0') === first, document.querySelectorAll('li').length]
        }"""
    )
    print(f"\nmorphing 1,000 rows: {made[0]:.1f} ms")
    assert made[1:] == [True, 1001]
    assert made[0] < 1000
