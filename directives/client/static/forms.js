// Forms of server functions, sent from within the page: see docs/browser.md. Without this file they work as well.

import { CallError, decode, forget, inTurn, ours, send, settings } from './client.js'

// ---- forms

const submitted = event => {
  const { target: form, submitter } = event
  const url = event.defaultPrevented ? null : addressOf(form, submitter)
  if (!url) return
  event.preventDefault()
  // Who presses a button twice means it once.
  if (!form.hasAttribute('data-pending')) submit(form, submitter, url)
}

// A field may have the name of anything that a form has, so what a form has is asked for by other ways.
const given = (node, name) => node.getAttribute?.(name) ?? ''
const said = (form, submitter, name) => submitter?.getAttribute(`form${name}`) ?? given(form, name)
const fields = form => [...Reflect.get(HTMLFormElement.prototype, 'elements', form)]

// Where a form goes if it is a server function's, and stays in this page.
const addressOf = (form, submitter) => {
  const url = new URL(said(form, submitter, 'action') || location, document.baseURI)
  const stays = url.origin === location.origin && /^(_self)?$/.test(said(form, submitter, 'target'))
  return stays && url.searchParams.has('_directives') && /^post$/i.test(said(form, submitter, 'method')) && url
}

const submit = async (form, submitter, url) => {
  const stop = new AbortController()
  const { signal } = stop
  const data = new FormData(form, submitter)
  form.querySelector('.directives-error')?.remove()
  form.toggleAttribute('data-failed', false)
  let end = begin(form)
  const renew = async ({ page }) => {
    end()
    apply(page ? { page } : await load(location))
    end = begin(form)
    return form.isConnected && addressOf(form, submitter)
  }
  fire(form, 'pending', { data, submitter, abort: () => stop.abort() })
  try {
    let told = await inTurn(() => post(form, submitter, url, data, signal, renew), signal)
    if (!told.error && !told.page) told = { ...told, ...(await load(told.redirect ?? told.address)) }
    end()
    if (told.page) apply(told)
    if (told.error) throw new CallError(told.error, told.status)
    HTMLFormElement.prototype.reset.call(form)
    fire(form, 'done', told.ok)
  } catch (error) {
    end()
    form.toggleAttribute('data-failed', true)
    if (!signal.aborted) refuse(form, ours(error))
  }
}

const post = async (form, submitter, url, data, signal, renew) => {
  const multipart = /^multipart/i.test(said(form, submitter, 'enctype'))
  const files = multipart && [...data.values()].some(value => value.size)
  const told = await send(url, {
    method: 'POST',
    headers: { accept: 'application/json', 'x-directives-page': '1' },
    body: multipart ? data : new URLSearchParams([...data].map(pair => pair.map(lines))),
    signal,
    onprogress: files && (detail => progress(form, detail)),
  }).then(read)
  forget()
  // The browser would be sent back to the page that the form was sent to.
  told.address ??= url.href.replace(/[?&]_directives=[^&#]*/, '').replace(/^([^?&]*)&/, '$1?')
  if (!/outdated|expired/.test(told.error?.kind)) return told
  // Nothing has run. In the page as it is now the same form can be sent once more, with what was typed.
  const next = renew && (await renew(told))
  if (next) return post(form, submitter, next, new FormData(form, submitter), signal)
  fire(form, 'outdated', told.error)
  return { error: told.error }
}

// As a form is encoded: lines end in two characters, and of a file it has the name.
const lines = value => (value.name ?? value).replace(/\r?\n|\r/g, '\r\n')

const isPage = response => /html/.test(response.headers.get('content-type'))

// What an answer says; a page that came instead, as to somebody who has to sign in first, is what to show.
const read = async response => {
  const { ok, status, url: address } = response
  const text = await response.text()
  if (ok && isPage(response)) return { page: text, address }
  try {
    const told = { ...decode(text), status }
    if (ok || told.error) return told
  } catch {}
  return { error: { kind: 'protocol', message: `The server answered ${status}.` } }
}

// Marks a form as pending; the function that is given marks it as it was.
const begin = form => {
  const focused = document.activeElement
  const buttons = fields(form).filter(field => /^(submit|image)$/.test(field.type) && !field.disabled)
  const mark = pending => {
    for (const button of buttons) button.disabled = pending
    form.toggleAttribute('data-pending', pending)
    form.ariaBusy = pending || null
  }
  mark(true)
  return () => {
    mark(false)
    // The page that comes then may say that one is disabled.
    buttons.length = 0
    if (document.activeElement === document.body) focused.focus({ preventScroll: true })
  }
}

const progress = (form, { loaded, total }) => {
  for (const bar of form.querySelectorAll('progress')) bar.value = loaded / total
  fire(form, 'progress', { loaded, total })
}

const fire = (form, name, detail) => {
  const target = form.isConnected ? form : document
  return target.dispatchEvent(new CustomEvent(`directives:${name}`, { bubbles: true, cancelable: true, detail }))
}

// Says what went wrong, where the page does not say it itself.
const refuse = (form, error) => {
  const shown = [...form.querySelectorAll('[role=alert]')].some(each => each.textContent.trim())
  if (!fire(form, 'error', error) || shown) return
  const alert = document.createElement('p')
  alert.className = 'directives-error'
  alert.role = 'alert'
  alert.textContent = [error.message, ...error.problems.map(({ path, reason }) => `${path}: ${reason}.`)].join(' ')
  form.prepend(alert)
  for (const { path } of error.problems.toReversed()) {
    const field = fields(form).find(({ name }) => name === path.split(/[.[]/)[0])
    if (!field) continue
    field.ariaInvalid = true
    field.addEventListener('input', () => (field.ariaInvalid = null))
    field.focus()
  }
}

// ---- pages

const place = ({ pathname, search }) => pathname + search
let current = place(location)
let loads = 0

const get = async url => {
  const response = await send(url, { headers: { accept: 'text/html' } })
  if (!isPage(response)) throw response
  return { page: await response.text(), address: response.url }
}

// The page at an address; where there is none that fits in here, the browser goes there. The last to be asked for counts.
const load = async url => {
  const target = new URL(url, location)
  const mine = ++loads
  try {
    if (target.origin !== location.origin) throw target
    const { page, address } = await get(target.href)
    return mine === loads ? { page, address: address + target.hash } : {}
  } catch {
    leave(target)
    return {}
  }
}

const leave = settings.visit
settings.visit = async url => apply(await load(url))

const returned = async ({ state }) => {
  if (place(location) !== current) apply(await load(location), state?.directives ?? 0)
}

const rules = { createHTML: text => text }
export const policy = globalThis.trustedTypes?.createPolicy('directives', rules) ?? rules
const parse = text => new DOMParser().parseFromString(policy.createHTML(text), 'text/html')
const sources = page => [...page.scripts].map(script => script.src)

// Makes this page what a text says, and its address what the text is the page of.
const apply = ({ page, address = location }, scroll) => {
  if (!page) return
  const made = parse(page)
  const target = new URL(address)
  const scripts = ['', ...sources(document)]
  // Scripts run where the browser loads a page, and not in what is put into another one.
  if (!sources(made).every(source => scripts.includes(source))) return leave(target)
  const moved = place(target) !== place(location)
  // Going back, the browser has moved already.
  const other = moved || scroll >= 0
  if (moved || (target.hash && target.hash !== location.hash)) {
    history.replaceState({ directives: scrollY }, '')
    history.pushState(null, '', target)
  }
  current = place(target)
  head(made.head)
  attributes(document.documentElement, made.documentElement)
  morph(document.body, made.body, other)
  follow()
  if (other) scrollTo(0, scroll ?? 0)
  if (target.hash) location.replace(target)
}

const parts = head => [...head.querySelectorAll(':scope > :not(script)')]

const head = to => {
  const had = new Map(parts(document.head).map(each => [each.outerHTML, each]))
  for (const each of parts(to)) had.delete(each.outerHTML) || document.head.append(each)
  for (const each of had.values()) each.remove()
}

// ---- morphing: nodes stay the same where they can, and with them focus, what was typed, and what plays

// Makes an element equal to another one, or its children to those of a fragment. An element of its own kind may know better:
// `become(to)` says whether it has done so itself. In the same page a form that is under way stays as it is, and so does one
// that failed, where its name tells that it is the same one: it may have run, and has its key to tell.
export const morph = (from, to, other) => {
  const kept = '[data-directives-keep]' + (other ? '' : ',form[data-pending],form[data-failed][id]')
  const focused = document.activeElement
  const wanted = once(to)
  // An element of that name in both, and once in each, is the same one wherever it goes.
  const lasting = new Map([...once(from)].filter(([id, each]) => id && each && wanted.get(id)?.localName === each.localName))
  const doomed = new Set()

  const element = (from, to) => {
    const own = /-/.test(from.localName) && from.become?.(to)
    if (!own && !from.matches(kept)) whole(from, to)
  }

  const whole = (from, to) => {
    const text = from.defaultValue
    if (to.attributes) attributes(from, to)
    if (from.localName === 'template') from.content.replaceChildren(to.content)
    children(from, to)
    if (from.localName === 'textarea' && from.defaultValue !== text) from.value = from.defaultValue
  }

  const children = (from, to) => {
    let last
    // Asked for anew each time: what stood next may have found its place elsewhere.
    const next = () => (last ? last.nextSibling : from.firstChild)
    for (const each of to.childNodes) {
      const at = next()
      const same = lasting.get(given(each, 'id')) ?? alike(at, each)
      // An element of its own kind looks at its content when it enters the page.
      last = same ?? document.importNode(each, /-/.test(each.localName))
      doomed.delete(last)
      if (last !== at) same && from.moveBefore ? from.moveBefore(last, at) : from.insertBefore(last, at)
      if (last.localName) element(last, each)
      else if (last.nodeValue !== each.nodeValue) last.nodeValue = each.nodeValue
    }
    // Not removed yet: what is within them may have a place further on.
    for (let at = next(); at; at = at.nextSibling) doomed.add(at)
  }

  whole(from, to)
  for (const each of doomed) each.remove()
  if (focused !== document.activeElement) focused.focus({ preventScroll: true })
}

const once = root => {
  const seen = new Map()
  for (const each of root.querySelectorAll('[id]')) {
    const id = given(each, 'id')
    seen.set(id, seen.has(id) ? null : each)
  }
  return seen
}

// One of the next nodes that can become another one, and is not needed for a third.
const alike = (at, to) => {
  for (let looked = 0; at && looked < 10; at = at.nextSibling, looked++)
    if (at.nodeName === to.nodeName && ['id', 'type'].every(name => ['', given(to, name)].includes(given(at, name)))) return at
}

const attributes = (from, to) => {
  const changed = name => from.getAttribute(name) !== to.getAttribute(name)
  const [value, checked, selected] = ['value', 'checked', 'selected'].map(changed)
  // What a person has opened stays open.
  const held = name => name === 'open' && /details|dialog/.test(from.localName)
  for (const each of to.attributes) if (!held(each.name) && changed(each.name)) from.setAttributeNode(each.cloneNode())
  for (const { name } of [...from.attributes]) if (!held(name) && !to.hasAttribute(name)) from.removeAttribute(name)
  // Where the server has changed its mind that counts, else what was typed.
  if (from.localName === 'input' && value && from.type !== 'file') from.value = from.defaultValue
  if (checked) from.checked = from.defaultChecked
  if (selected) from.selected = from.defaultSelected
}

// ---- regions that follow what the server updates

const regions = root => [...root.querySelectorAll('[data-directives-tags]')]
const tagsOf = region => region.dataset.directivesTags.split(/\s+/).filter(Boolean)
const changed = new Set()
let source
let followed = ''
let refreshing

// `missed` asks to be told of all tags at once: they may have been updated while nobody listened.
const follow = missed => {
  // A page that nobody sees holds no connection: of those a browser has six for a server, unless that speaks HTTP/2.
  const tags = document.hidden ? [] : new Set(regions(document).flatMap(tagsOf).sort())
  const query = `${new URLSearchParams([...tags].map(tag => ['tag', tag]))}`
  if (query === followed && !missed) return
  followed = query
  source?.close()
  source = query ? new EventSource(`${settings.endpoint}/events?${query}${missed ? '&again' : ''}`) : null
  source?.addEventListener('tags', event => refresh(JSON.parse(event.data)))
  source?.addEventListener('error', lost)
}

const again = () => follow(true)

// By itself the browser would ask for what was missed only if it had heard something before. What is closed was refused, as by a
// server that has too many to listen.
const lost = ({ target }) => {
  setTimeout(() => target === source && again(), target.readyState === 2 ? 15000 : 3000)
  target.close()
}

// One request at a time, however many updates come meanwhile.
const refresh = async tags => {
  forget()
  tags.forEach(tag => changed.add(tag))
  if (refreshing) return
  refreshing = true
  while (changed.size) {
    const wanted = [...changed]
    changed.clear()
    const { page } = await get(location).catch(() => ({}))
    const fresh = page ? regions(parse(page)) : []
    regions(document).forEach((region, index) => {
      const twin = region.id ? fresh.find(each => each.id === region.id) : fresh[index]
      if (twin && tagsOf(region).some(tag => wanted.includes(tag))) morph(region, twin)
    })
  }
  refreshing = false
}

// ---- what all that is for

// Enhances the page.
export const enhance = () => {
  document.addEventListener('submit', submitted)
  addEventListener('popstate', returned)
  document.addEventListener('visibilitychange', again)
  follow()
}
