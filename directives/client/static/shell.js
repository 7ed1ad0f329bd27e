// A page with deferred parts is shown as the shadow tree of its body, with the parts slotted in as they come. Once all
// of it is there, this makes the ordinary document of it that other scripts and style sheets expect. It runs before
// them: it is the first deferred script of the page. Without it, the page looks the same.

const settle = (body, root) => {
  const focused = root.activeElement
  for (const slot of root.querySelectorAll('slot[name^="directives-"]')) {
    const [part] = slot.assignedElements()
    slot.replaceWith(...(part ?? slot).childNodes)
  }
  const known = new Set([...document.head.querySelectorAll('link, style')].map(each => each.outerHTML))
  for (const each of root.querySelectorAll(':scope > link, :scope > style')) {
    if (known.has(each.outerHTML)) each.remove()
  }
  const content = document.createDocumentFragment()
  content.append(...root.childNodes)
  // What a host shows is its shadow tree, which it keeps: from now on that is a place for everything in it.
  root.append(document.createElement('slot'))
  body.replaceChildren(content)
  focused?.focus()
}

if (document.body.shadowRoot?.querySelector('slot[name^="directives-"]')) {
  settle(document.body, document.body.shadowRoot)
  document.dispatchEvent(new Event('directives:settled'))
}
