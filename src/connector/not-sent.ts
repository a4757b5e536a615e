/** The one list of errors that mean "nothing left this process": whoever gets another error from a send must take the order for sent. */
import type { ErrorCode } from '../core/error-codes.js'
import { TradewireError } from '../core/errors.js'

const codes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'TW_NOT_APPROVED',
  'TW_NOT_READY',
  'TW_NOT_CONNECTED',
  'TW_NOT_SUPPORTED',
  'TW_THROTTLED',
])

/** Whether an error of `BaseConnector.submit`, `replace` or `cancel` says that nothing was sent. Any other may have come after the message left. */
export function wasNotSent(error: unknown): boolean {
  return error instanceof TradewireError && codes.has(error.code)
}

/** What a subclass threw while sending, in a form that nobody can take for "nothing was sent": half of the message may be with the venue. */
export function mayHaveLeft(error: unknown): unknown {
  if (!wasNotSent(error)) return error
  return new TradewireError('TW_NETWORK', `Sending failed on the way: ${(error as TradewireError).message}`, {
    cause: error,
  })
}
