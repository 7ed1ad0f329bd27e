// Calls server functions from a page.
export const endpoint = new URL('.', import.meta.url).pathname.replace(/\/$/, '')
