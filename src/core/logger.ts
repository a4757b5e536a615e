/** The logger port: pino's call shape, silent unless the host passes a logger. Never called on the hot path. */

/** One level's method: structured fields first, then the message; or the message alone. */
export interface LogMethod {
  (fields: Readonly<Record<string, unknown>>, message: string): void
  (message: string): void
}

/** A pino-compatible logger. A pino instance can be passed as it is. */
export interface Logger {
  debug: LogMethod
  info: LogMethod
  warn: LogMethod
  error: LogMethod
  /** A logger that adds `bindings` to every line. */
  child(bindings: Readonly<Record<string, unknown>>): Logger
}

const nothing = (): void => {}

/** Logs nothing. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
}
