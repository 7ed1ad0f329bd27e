// Brings the client components of a page to life: <py-island component="shop.table:Table" client="visible">.
// The server appends the call of `start` with what it knows: the bundle and where the runtimes are.

import { decode, forget, inTurn, send, settings } from './client.js'
import { morph, policy } from './forms.js'

const here = new URL('.', import.meta.url)
const islands = new Map()
const runtimes = new Map()
const streams = new Map()
let site
let numbers = 0

export function start(known) {
  site = known
  if (!customElements.get('py-island')) customElements.define('py-island', PyIsland)
}

class PyIsland extends HTMLElement {
  connectedCallback() {
    if (this.number) return
    this.number = ++numbers
    islands.set(this.number, this)
    const [module, name] = split(this.getAttribute('component'))
    this.properties = propertiesOf(this)
    // Before what is nested in it starts, and takes its own properties away.
    if (site.modules[module]?.children.includes(name)) this.inner = contentOf(this)
    this.querySelector(PROPERTIES)?.remove()
    this.types = new Set()
    this.early = []
    for (const type of EARLY) this.addEventListener(type, this, true)
    WHEN[this.getAttribute('client') ?? 'load'](this, () => this.begin())
  }

  // The page is made anew around it: it goes on, or starts again where it is called with something else.
  become(other) {
    const [component, properties] = [other.getAttribute('component'), propertiesOf(other)]
    const inner = this.inner === undefined ? undefined : contentOf(other)
    const isSame = component === this.getAttribute('component') && properties === this.properties
    if (isSame && inner === this.inner) return true
    this.leave?.()
    this.setAttribute('component', component)
    Object.assign(this, { properties, inner })
    if (this.begun) {
      this.begun = false
      this.begin()
    }
    return true
  }

  disconnectedCallback() {
    // A node that is moved leaves, too, and is back at once.
    queueMicrotask(() => {
      if (this.isConnected) return
      this.leave?.()
      islands.delete(this.number)
      this.number = 0
    })
  }

  async begin() {
    if (this.begun) return
    this.begun = true
    const [module, name] = split(this.getAttribute('component'))
    try {
      if (module.startsWith('/')) await this.beginScript(module, name)
      else await this.beginPython(module, name)
    } catch (error) {
      this.fail('start', error?.stack ?? String(error))
    }
  }

  async beginPython(module, name) {
    const entry = site.modules[module]
    if (!entry) throw new Error(`${module} is not in the bundle: is it a 'use client' module without errors, and built?`)
    const [python, files] = await Promise.all([runtime(entry.runtime), fetched(entry.files)])
    python.write(files)
    const children = this.inner === undefined ? [] : [this.inner]
    this.python = python.entry()
    this.leave = () => this.python.end(this.number)
    this.python.begin(this.number, module, name, this.properties, ...children)
  }

  async beginScript(module, name) {
    const address = new URL(module, here)
    // Two slashes begin another host's name.
    if (address.origin !== here.origin) throw new Error(`${address} is not of this site`)
    const exports = await import(address)
    const made = await exports[name](decode(this.properties), this)
    if (made instanceof Node) this.replaceChildren(made)
    else if (typeof made === 'string') this.textContent = made
    else if (typeof made === 'function') this.leave = made
    this.ready()
  }

  render(html) {
    const template = document.createElement('template')
    template.innerHTML = policy ? policy.createHTML(html) : html
    for (const [, type] of html.matchAll(/\sdata-on-([a-z]+)=/g)) {
      if (!this.types.has(type)) {
        this.types.add(type)
        this.addEventListener(type, this, true)
      }
    }
    const early = this.early?.map(([event, target]) => [event, target, path(target, this)])
    morph(this, template.content)
    this.ready(early)
  }

  ready(early = this.early?.map(([event, target]) => [event, target, path(target, this)])) {
    if (!this.early) return
    this.early = null
    this.setAttribute('data-ready', '')
    this.dispatchEvent(new CustomEvent('directives:ready', { bubbles: true }))
    for (const [event, target, way] of early) replay(event, target.isConnected ? target : follow(way, this))
  }

  handleEvent(event) {
    if (this.early) return this.keep(event)
    for (let element = event.target; element && element !== this; element = element.parentElement) {
      const handler = element.getAttribute?.(`data-on-${event.type}`)
      if (!handler || element.closest('py-island') !== this) continue
      if (element.matches('a, form')) event.preventDefault()
      this.python.event(this.number, handler, JSON.stringify(facts(event, element)))
      if (!event.bubbles) return
    }
  }

  // What happens before the component is there happens again once it is; and nobody waits for what he clicks on.
  keep(event) {
    if (!event.isTrusted || event.target.closest('py-island') !== this) return
    if (event.type === 'click' && event.target.closest('a[href], form [type=submit], form button:not([type])')) return
    if (event.type !== 'click') this.early = this.early.filter(([, target]) => target !== event.target)
    this.early.push([event, event.target])
    this.begin()
  }

  fail(phase, text) {
    const component = this.getAttribute('component')
    console.error(`directives: island ${component} failed (${phase})\n${text}`)
    const error = Object.assign(new Error(text), { component, phase })
    this.dispatchEvent(new CustomEvent('directives:error', { bubbles: true, detail: error }))
  }
}

const PROPERTIES = ':scope > script[data-props]'
const propertiesOf = element => element.querySelector(PROPERTIES)?.textContent ?? '{}'
const contentOf = element => element.innerHTML.replace(element.querySelector(PROPERTIES)?.outerHTML ?? '', '')

const EARLY = ['click', 'input', 'change']

const WHEN = {
  load: (island, begin) => begin(),
  idle: (island, begin) => (globalThis.requestIdleCallback ?? (work => setTimeout(work, 200)))(begin),
  visible(island, begin) {
    const observer = new IntersectionObserver(seen => {
      if (!seen.some(entry => entry.isIntersecting)) return
      observer.disconnect()
      begin()
    })
    observer.observe(island)
  },
}

function split(component) {
  const at = component.lastIndexOf(':')
  return [component.slice(0, at), component.slice(at + 1)]
}

// -- the Python

const BOOT = {
  async pyodide(address) {
    const { loadPyodide } = await import(`${address}pyodide.mjs`)
    return loadPyodide({ indexURL: address, stdout: console.log, stderr: console.error })
  },
  async micropython(address) {
    const { loadMicroPython } = await import(`${address}micropython.mjs`)
    const url = `${address}micropython.wasm`
    return loadMicroPython({ url, heapsize: 8 << 20, linebuffer: true, stdout: console.log, stderr: console.error })
  },
}

const ROOT = '/islands'

class Python {
  constructor(interpreter) {
    this.interpreter = interpreter
    this.there = new Set()
    interpreter.runPython(`import sys\nsys.path.insert(0, '${ROOT}')`)
  }

  write(files) {
    const { FS } = this.interpreter
    for (const [name, text] of files) {
      if (this.there.has(name)) continue
      this.there.add(name)
      const parts = `${ROOT}/${name}`.split('/').slice(1)
      for (let end = 1; end < parts.length; end++) {
        const folder = `/${parts.slice(0, end).join('/')}`
        if (!this.there.has(folder)) FS.mkdir(folder)
        this.there.add(folder)
      }
      FS.writeFile(`${ROOT}/${name}`, text)
    }
  }

  entry() {
    if (!this.module) {
      this.module = this.interpreter.pyimport('directives.browser.entry')
      this.module.connect(page)
    }
    return this.module
  }
}

function runtime(name) {
  if (!runtimes.has(name)) {
    const address = new URL(site.runtimes[name], here).href
    const failed = ({ message }) => {
      throw new Error(`${message}\nIs there a Python in ${address}? "directives vendor ${name}" puts it there.`)
    }
    runtimes.set(name, BOOT[name](address).then(interpreter => new Python(interpreter), failed))
  }
  return runtimes.get(name)
}

const texts = new Map()

// The address of a file is bundle/<hash>/<path>: it is never another one under the same.
function fetched(addresses) {
  return Promise.all(
    addresses.map(address => {
      if (!texts.has(address)) texts.set(address, read(new URL(`bundle/${address}`, here)))
      return texts.get(address).then(text => [address.slice(address.indexOf('/') + 1), text])
    }),
  )
}

async function read(url) {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url.pathname}: ${response.status}`)
  return response.text()
}

// What Python can ask of the page: texts and small numbers alone cross. No name is one of an iterator's methods, for
// Pyodide takes an object with those for a generator.
const page = {
  render: (number, html) => islands.get(number)?.render(html),
  fail: (number, phase, text) => islands.get(number)?.fail(phase, text),
  go: address => settings.visit(address),

  async ask(id, body, concurrent) {
    const run = async () => {
      const response = await post(id, body, 'application/json')
      return reply(response.status, response.headers, await response.text())
    }
    try {
      return await (concurrent ? run() : inTurn(run, new AbortController().signal))
    } catch (error) {
      return JSON.stringify([0, { error: { kind: 'unreachable', message: String(error) } }])
    } finally {
      forget()
    }
  },

  open(id, body) {
    const number = ++numbers
    streams.set(number, lines(id, body))
    return number
  },

  async item(number) {
    const { done, value } = await streams.get(number).next()
    if (done) streams.delete(number)
    return done ? '' : value
  },
}

function post(id, body, accept) {
  const headers = { 'content-type': 'application/json', accept }
  return send(`${settings.endpoint}/${id}`, { method: 'POST', headers, body })
}

function reply(status, headers, text) {
  return `[${status},${headers.get('content-type')?.startsWith('application/json') ? text : '{}'}]`
}

async function* lines(id, body) {
  const response = await post(id, body, 'application/jsonl')
  if (!response.headers.get('content-type')?.startsWith('application/jsonl')) {
    yield reply(response.status, response.headers, await response.text())
    return
  }
  let rest = ''
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    const whole = (rest + value).split('\n')
    rest = whole.pop()
    for (const line of whole) if (line) yield `[${response.status},${line}]`
  }
  if (rest) yield `[${response.status},${rest}]`
}

// -- events

function facts(event, element) {
  const { target } = event
  const data = {}
  for (const { name, value } of element.attributes) {
    if (name.startsWith('data-') && !name.startsWith('data-on-')) data[name.slice(5).replaceAll('-', '_')] = value
  }
  const known = { type: event.type, value: target.value, checked: target.checked, name: target.name, key: event.key, data }
  if (element.matches('form')) {
    known.fields = {}
    for (const [name, value] of new FormData(element, event.submitter)) {
      if (typeof value === 'string') (known.fields[name] ??= []).push(value)
    }
  }
  return known
}

function path(node, root) {
  const way = []
  for (; node && node !== root; node = node.parentNode) way.unshift([...node.parentNode.childNodes].indexOf(node))
  return way
}

function follow(way, root) {
  return way.reduce((node, index) => node?.childNodes[index], root)
}

function replay(event, target) {
  if (!target) return
  if (event.type === 'click') target.click?.()
  else target.dispatchEvent(new Event(event.type, { bubbles: true }))
}
