// Calls of server functions: what docs/javascript.md shows, in the notation of docs/wire.md.

export const settings = {
  endpoint: new URL('.', import.meta.url).href.slice(0, -1),
  headers: {},
  fetch: (...given) => fetch(...given),
  visit: url => /^https?:/.test(new URL(url, location)) && location.assign(url),
}

// Where this file did not come from the server: say where that is.
export const configure = given => Object.assign(settings, given, forget())

// ---- values

// A value of a type that JavaScript has not: the word for its type, and its text or parts.
export class Tagged {
  constructor(tag, payload) {
    Object.assign(this, { tag, payload })
  }
  valueOf() {
    return this.payload
  }
  toString() {
    return `${this.payload}`
  }
}

const FLOATS = { nan: NaN, inf: Infinity, '-inf': -Infinity }

// What a value that was received was in Python, so that it goes back as that.
const origins = new WeakMap()

const came = (tag, value, payload) => {
  origins.set(value, [tag, payload, value instanceof Date && +value])
  return value
}

const ARRIVING = {
  __proto__: null,
  tuple: (payload, tag) => came(tag, payload),
  set: payload => new Set(payload),
  frozenset: (payload, tag) => came(tag, new Set(payload)),
  dict: payload => new Map(payload),
  bytes: payload => Uint8Array.from(atob(payload), character => character.charCodeAt()),
  bytearray: (payload, tag) => came(tag, payload),
  int: BigInt,
  float: payload => FLOATS[payload],
  datetime: (payload, tag) => came(tag, new Date(payload.replace(/\[.*/, '')), payload),
  function: ([id, bound]) => action(id, 'server_function', 'call', null, false, bound),
}

// The value that a text of the server's stands for.
export const decode = text =>
  JSON.parse(text, (_, value) => {
    if (!value?.$ || !Object.hasOwn(value, '$')) return value
    const [tag, payload] = value.$
    return ARRIVING[tag] ? ARRIVING[tag](payload, tag) : new Tagged(tag, payload)
  })

// A value as a text for the server; files go into the list, and the text says where they belong.
export const encode = (value, files, where = 'value', outer = []) => {
  if (value == null) return 'null'
  if (/string|boolean/.test(typeof value)) return JSON.stringify(value)
  if (typeof value === 'number') return writeNumber(value)
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? `${value}` : tagged('int', `"${value}"`)
  if (outer.includes(value)) throw new TypeError(`${where}: holds itself`)
  const part = (each, path) => encode(each, files, where + path, [...outer, value])
  const list = values => `[${Array.from(values, (each, index) => part(each, `[${index}]`))}]`
  const written = writeObject(value, part, list, files)
  if (!written) throw new TypeError(`${where}: ${value.constructor?.name ?? typeof value} cannot travel`)
  return written
}

const tagged = (tag, written) => `{"$":["${tag}",${written}]}`

const writeNumber = value => {
  if (isNaN(value)) return tagged('float', '"nan"')
  if (Math.abs(value) === Infinity) return tagged('float', value > 0 ? '"inf"' : '"-inf"')
  // An integer that may not be exact is a float to Python too, and so is -0.
  const inexact = Number.isInteger(value) && !Number.isSafeInteger(value)
  return Object.is(value, -0) ? '-0.0' : inexact && Math.abs(value) < 1e21 ? `${value}.0` : `${value}`
}

const writeObject = (value, part, list, files) => {
  const [tag, payload, time] = origins.get(value) ?? []
  if (value instanceof Tagged) return tagged(value.tag, part(value.payload, ''))
  if (Array.isArray(value)) return tag ? tagged(tag, list(value)) : list(value)
  if (value instanceof Map) return tagged('dict', list(value))
  if (value instanceof Set) return tagged(tag ?? 'set', list(value))
  if (value instanceof Date) return !isNaN(value) && tagged('datetime', JSON.stringify(Object.is(time, +value) ? payload : value.toISOString()))
  if (value instanceof ArrayBuffer) return part(new Uint8Array(value), '')
  if (value instanceof Uint8Array) return writeBytes(value, tag)
  if (typeof value === 'function') return value.id && tagged('function', list([value.id, value.bound]))
  if (value instanceof FormData) return tagged('form', list([...value].filter(([, each]) => each.name !== '' || each.size)))
  if (value instanceof Blob) return files && tagged('file', `"${files.push(value)}"`)
  const pairs = Object.entries(value).filter(pair => pair[1] !== undefined)
  if (Object.hasOwn(value, '$')) return tagged('dict', list(pairs))
  if ((Object.getPrototypeOf(value) ?? Object.prototype) === Object.prototype)
    return `{${pairs.map(([name, each]) => `${JSON.stringify(name)}:${part(each, `.${name}`)}`)}}`
}

const writeBytes = (view, tag) => {
  let text = ''
  for (const byte of view) text += String.fromCharCode(byte)
  const bytes = tagged('bytes', `"${btoa(text)}"`)
  return tag ? tagged(tag, bytes) : bytes
}

// ---- errors

// What went wrong: `kind` says what; `type` and `data` are those of an error that was declared for callers.
export class CallError extends Error {
  constructor(told, status = 0, cause) {
    super(told.message, { cause })
    Object.assign(this, { name: 'CallError', status, problems: [] }, told)
  }
}

const INTERRUPTED = { kind: 'interrupted', message: 'The connection broke. Please try again.' }
const LATE = { kind: 'deadline', message: 'The call was not over in time.' }
const FOREIGN = { kind: 'protocol', message: 'What answered is no endpoint.' }

// What is no error of ours is one of the connection.
export const ours = error => (error instanceof CallError ? error : new CallError(INTERRUPTED, 0, error))

// Runs the steps of a call; what stops them is told in our words.
const attempt = ({ signal, timeout }) => {
  const ends = timeout && AbortSignal.timeout(timeout)
  const stop = AbortSignal.any([signal, ends].filter(Boolean))
  return async step => {
    try {
      return await step(stop)
    } catch (error) {
      if (ends?.aborted) throw new CallError(LATE)
      if (stop.aborted) throw signal.reason
      throw ours(error)
    }
  }
}

// ---- requests

let last = Promise.resolve()

// Runs something when all that was asked for before it has ended.
export const inTurn = (run, stop) => {
  const turn = last.then(() => stop.throwIfAborted() ?? run())
  last = turn.catch(() => {})
  return Promise.race([turn, new Promise((_, reject) => stop.addEventListener('abort', () => reject(stop.reason)))])
}

// Sends a request; where `onprogress` is given the browser tells how much of the body has left.
export const send = async (url, { onprogress, ...request }) => {
  const traceparent = globalThis.document?.querySelector('meta[name=traceparent]')?.content
  request.headers = { ...settings.headers, ...(traceparent && { traceparent }), ...request.headers }
  if (!onprogress || !globalThis.XMLHttpRequest) return settings.fetch(url, request)
  return (await import('./uploads.js')).upload(url, request, onprogress)
}

const requestOf = (args, kwargs, { bound, timeout, key = crypto.getRandomValues(new BigUint64Array(2)).join('-') }) => {
  const files = []
  while (args.length && args.at(-1) === undefined) args = args.slice(0, -1)
  const body = `{"args":${encode(args, files, 'args')},"kwargs":${encode(kwargs, files, 'kwargs')},"bound":${encode(bound)}}`
  const headers = { accept: 'application/json', 'content-type': 'application/json', 'idempotency-key': `"${key}"` }
  if (timeout) headers['x-directives-timeout'] = `${Math.ceil(timeout)}`
  if (!files.length) return { method: 'POST', headers, body }
  delete headers['content-type']
  const form = new FormData()
  form.append('call', new Blob([body], { type: 'application/json' }))
  files.forEach((file, index) => form.append(index + 1, file))
  return { method: 'POST', headers, body: form }
}

// The value in a reply, or in one item of a stream; throws what it says went wrong.
export const valueOf = (text, status, options) => {
  let reply = {}
  try {
    reply = Object(decode(text))
  } catch {}
  if ('ok' in reply) return reply.ok
  const location = reply.redirect
  if (location && globalThis.document && options.redirect !== 'manual') settings.visit(location)
  const told = reply.error ?? (location ? { kind: 'redirect', message: 'The function redirects.', location } : FOREIGN)
  const error = new CallError(told, status)
  if (/outdated|expired/.test(error.kind)) globalThis.document?.dispatchEvent(new CustomEvent('directives:outdated', { detail: error }))
  throw error
}

// ---- what belongs to one user may be shown again for a while, and to nobody else: it stays in this page

const memory = new Map()

// Forgets it, since something may have changed.
export const forget = () => memory.clear()

const keep = (key, { ok, headers }, text) => {
  const seconds = /private/.test(headers.get('cache-control')) && headers.get('x-directives-stale-time')
  if (!seconds || memory.size > 99) forget()
  if (seconds && ok && key) memory.set(key, [Date.now() + seconds * 1000, text])
}

// ---- calls

// Calls a server function by its ID.
export const call = async (id, args = [], kwargs = {}, options = {}) => {
  const request = requestOf(args, kwargs, options)
  const key = typeof request.body === 'string' && id + request.body
  const run = async signal => {
    const [until, known] = memory.get(key) ?? []
    if (until > Date.now()) return valueOf(known)
    const response = await send(`${settings.endpoint}/${id}`, { onprogress: options.onprogress, ...request, signal })
    if (/jsonl/.test(response.headers.get('content-type'))) return items(response, options)
    const text = await response.text()
    keep(key, response, text)
    return valueOf(text, response.status, options)
  }
  return attempt(options)(stop => (options.concurrent ? run(stop) : inTurn(() => run(stop), stop)))
}

// The items of a server function that is an async generator, as they come; who stops reading stops it.
export async function* stream(id, args = [], kwargs = {}, options = {}) {
  const request = requestOf(args, kwargs, options)
  const tried = attempt(options)
  yield* items(await tried(signal => settings.fetch(`${settings.endpoint}/${id}`, { ...request, signal })), options, tried)
}

async function* items(response, options, tried = attempt(options)) {
  if (!response.ok) valueOf(await response.text(), response.status, options)
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  try {
    for (;;) {
      const { done, value = '' } = await tried(() => reader.read())
      const lines = (rest + value).split('\n')
      rest = lines.pop()
      for (const line of lines) yield valueOf(line, 200, options)
      if (done && rest) throw new CallError(INTERRUPTED)
      if (done) return
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

// The function of JavaScript that calls a server function: `place_order('sencha', 2)`, and
// `place_order.with({ signal, concurrent: true })('sencha', 2)` to say how.
export const action = (id, name, kind, names, keywords, bound) => {
  const make = options => {
    const run = (...given) => (kind === 'stream' ? stream : call)(id, ...arranged(given, names, keywords, options), { ...options, bound })
    return Object.assign(run, { id, bound, with: make })
  }
  return Object.defineProperty(make({}), 'name', { value: name })
}

// What is left out in the middle is left to the server's default: what follows goes by name.
const arranged = (given, names, keywords, options) => {
  const named = keywords && typeof given[names.length] === 'object' && given.splice(names.length, 1)[0]
  const kwargs = { ...options.kwargs, ...named }
  const gap = names ? given.indexOf(undefined) : -1
  if (gap >= 0) given.splice(gap).forEach((value, index) => (kwargs[names[gap + index]] = value))
  return [given, kwargs]
}

// ---- pages: who writes the script element wants the forms enhanced

if (globalThis.document && [...document.scripts].some(script => script.src === import.meta.url))
  import('./forms.js').then(forms => forms.enhance())
