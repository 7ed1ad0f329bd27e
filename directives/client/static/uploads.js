// A request with a large body: only XMLHttpRequest tells how much of it has left.

export const upload = (url, { method, headers, body, signal }, onprogress) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(method, url)
    for (const name in headers) request.setRequestHeader(name, headers[name])
    request.upload.onprogress = onprogress
    request.onload = () => {
      const { status, response, responseURL: value } = request
      const type = { 'content-type': request.getResponseHeader('content-type') }
      // Of a response that is made here the address is empty, and cannot be set.
      resolve(Object.defineProperty(new Response(response || null, { status, headers: type }), 'url', { value }))
    }
    request.onerror = reject
    signal.onabort = () => reject(request.abort() ?? signal.reason)
    request.send(body)
  })
