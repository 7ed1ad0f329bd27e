/** The client of server functions; see "Call from JavaScript" in the documentation of directives. */

/** How a call is made. */
export interface CallOptions {
  /** Do not wait for the calls that were made before. */
  concurrent?: boolean
  /** Gives the call up, also on the server. */
  signal?: AbortSignal
  /** How long to wait, in milliseconds; the server stops then, too. */
  timeout?: number
  /** What makes two calls the same one, which runs once. */
  key?: string
  /** Hears how much of the body has been sent. */
  onprogress?: (progress: { loaded: number; total: number }) => void
  /** `'manual'`: where the function redirects to is told by the error alone. */
  redirect?: 'follow' | 'manual'
  /** More arguments, by name. */
  kwargs?: Record<string, unknown>
}

/** A server function. */
export interface ServerFunction<Arguments extends unknown[] = unknown[], Result = unknown> {
  (...given: Arguments): Promise<Result>
  readonly id: string
  /** The same function, called in another way. */
  with(options: CallOptions): ServerFunction<Arguments, Result>
}

/** A server function that gives its items one by one. */
export interface ServerStream<Arguments extends unknown[] = unknown[], Item = unknown> {
  (...given: Arguments): AsyncGenerator<Item, void, void>
  readonly id: string
  with(options: CallOptions): ServerStream<Arguments, Item>
}

/** A value of a type that JavaScript has not; as text it reads as in Python. */
export declare class Tagged<Tag extends string = string> {
  constructor(tag: Tag, payload: unknown)
  readonly tag: Tag
  readonly payload: unknown
  toString(): string
}

/** What went wrong with a call. */
export declare class CallError extends Error {
  /** What it was: `expected`, `arguments`, `internal`, `interrupted`, `deadline`, … */
  readonly kind: string
  /** The status of the reply, or 0. */
  readonly status: number
  /** The type of an error that was declared for callers. */
  readonly type?: string
  /** The fields of such an error. */
  readonly data?: Record<string, unknown>
  /** What the log of the server has the details under. */
  readonly digest?: string
  /** The arguments that did not fit. */
  readonly problems: { path: string; reason: string }[]
  /** Where the function redirects to, if `kind` is `redirect`. */
  readonly location?: string
}

/** Where the server is, and how it is asked. */
export interface Settings {
  /** The address of the endpoint: `https://shop.example/_directives`. */
  endpoint: string
  /** Headers of every request, such as `Authorization`. */
  headers: Record<string, string>
  /** What sends a request. */
  fetch: typeof fetch
  /** What shows another page where a function redirects. */
  visit: (url: string) => unknown
}

export declare function configure(given: Partial<Settings>): Settings
export declare const settings: Settings
/** Forget the results that belong to one user. */
export declare function forget(): void
export declare function call(id: string, args?: unknown[], kwargs?: Record<string, unknown>, options?: CallOptions): Promise<unknown>
export declare function stream(id: string, args?: unknown[], kwargs?: Record<string, unknown>, options?: CallOptions): AsyncGenerator<unknown, void, void>
export declare function encode(value: unknown, files?: Blob[]): string
export declare function decode(text: string): unknown
