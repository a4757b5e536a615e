/** Times of messages as epoch microseconds. */
import { TradewireError } from '../../../core/errors.js'

/** An ISO time with up to nanoseconds, cut to microseconds. @throws TradewireError `TW_INVALID_MODEL`. */
export function timeUs(text: string): number {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text)
  const seconds = match === null ? Number.NaN : Date.parse(`${match[1]}Z`) * 1_000
  if (Number.isNaN(seconds))
    throw new TradewireError('TW_INVALID_MODEL', `time must be an ISO time, got ${text.slice(0, 40)}`)
  return seconds + Number((match?.[2] ?? '').padEnd(6, '0').slice(0, 6))
}

/** A text of seconds with up to nanoseconds, cut to microseconds. @throws TradewireError `TW_INVALID_MODEL`. */
export function secondsUs(text: string): number {
  const match = /^(\d{1,11})(?:\.(\d{1,9}))?$/.exec(text)
  if (match === null)
    throw new TradewireError('TW_INVALID_MODEL', `time must be seconds as text, got ${text.slice(0, 40)}`)
  return Number(match[1]) * 1_000_000 + Number((match[2] ?? '').padEnd(6, '0').slice(0, 6))
}
