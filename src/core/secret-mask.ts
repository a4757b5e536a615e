/**
 * The last line of defence: takes known secrets out of texts that others wrote. Venues quote what they were sent ("wrong
 * password hunter2"), and libraries put requests into their errors.
 */
import type { Logger, LogMethod } from './logger.js'
import { redacted, revealSecret, type SecretInput } from './secret.js'

/** Shorter ones would take ordinary words out of texts. */
const leastLength = 6
const mostDepth = 8

/** Knows some secrets, and takes them out. */
export class SecretMask {
  readonly #forms: readonly string[]

  /** Secrets of less than 6 characters are left alone: they would be found in ordinary words. */
  constructor(secrets: Iterable<SecretInput | undefined>) {
    const forms = new Set<string>()
    for (const secret of secrets)
      if (secret !== undefined) for (const form of formsOf(revealSecret(secret))) forms.add(form)
    // The longest first: one secret may hold another.
    this.#forms = [...forms].sort((a, b) => b.length - a.length)
  }

  /** The text without secrets: as they are, in Base64, in an address, in JSON. */
  text(text: string): string {
    let masked = text
    for (const form of this.#forms) if (masked.includes(form)) masked = masked.replaceAll(form, redacted)
    return masked
  }

  /** A copy of plain data and errors without secrets; what lies deeper than 8 levels is left out. */
  data(value: unknown, depth = 0): unknown {
    if (typeof value === 'string') return this.text(value)
    if (typeof value !== 'object' || value === null) return value
    if (depth >= mostDepth) return redacted
    if (value instanceof Error) return this.#error(value, depth)
    if (Array.isArray(value)) return value.map((each) => this.data(each, depth + 1))
    const prototype = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) return value
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [this.text(key), this.data(each, depth + 1)]))
  }

  /** A logger that sees no secret. */
  logger(logger: Logger): Logger {
    const method =
      (level: 'debug' | 'info' | 'warn' | 'error'): LogMethod =>
      (fields: unknown, message?: string) => {
        if (typeof fields === 'string') logger[level](this.text(fields))
        else logger[level](this.data(fields) as Readonly<Record<string, unknown>>, this.text(message ?? ''))
      }
    return {
      debug: method('debug'),
      info: method('info'),
      warn: method('warn'),
      error: method('error'),
      child: (bindings) => this.logger(logger.child(this.data(bindings) as Readonly<Record<string, unknown>>)),
    }
  }

  #error(error: Error, depth: number): Error {
    const masked: Error = Object.create(error)
    const hide = (name: string, value: unknown) =>
      Object.defineProperty(masked, name, { value, enumerable: false, configurable: true })
    hide('message', this.text(error.message))
    hide('stack', this.text(error.stack ?? ''))
    if (error.cause !== undefined) hide('cause', this.data(error.cause, depth + 1))
    if ('details' in error) hide('details', this.data(error.details, depth + 1))
    return masked
  }
}

function formsOf(secret: string): string[] {
  if (secret.length < leastLength) return []
  const base64 = Buffer.from(secret, 'utf8').toString('base64')
  return [secret, base64, base64.replace(/=+$/, ''), encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]
}
