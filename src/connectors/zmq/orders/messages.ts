/**
 * What a client and a gateway say to each other: one part of JSON each, over DEALER and ROUTER.
 *
 *   client                                            gateway
 *   hello {version, client, token?}              ─►
 *                                                ◄─   welcome {session, environment, heartbeatMs}  or  refused {reason}
 *   new, replace, cancel {session, id, ...}      ─►
 *                                                ◄─   report {session, kind, id, ...}
 *   ask {session, question, what, since?}        ─►
 *                                                ◄─   answer {session, question, rows, more, reachUs?}
 *   beat {session}                               ─►◄─ beat {session}
 *
 * Amounts are whole numbers of the instrument's units, absent ones null; both ends have the same definitions. `id` is the
 * client's order id: the same id again is the same order. A session ends with its connection; what carries another session's
 * number is not acted upon, so an order that was delayed over a reconnect does not come to life. `reachUs`, in answers about
 * orders and fills: how far back the gateway has forgotten nothing, in microseconds, null for ever. What a list lacks and is
 * older may have been there.
 */
import { parseJson } from '../feed/feed-decoder.js'

/** Version of the protocol. */
export const ORDER_PROTOCOL = 1
/** The largest message of the protocol in bytes. */
export const orderMessageBytes = 1_048_576

/** A message: what it is, and its fields. */
export type Message = Readonly<Record<string, unknown>> & { readonly t: string }

/** A message as bytes. NaN becomes null. */
export function encode(message: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message))
}

/** A message; undefined for bytes that are none. */
export function decode(bytes: Uint8Array): Message | undefined {
  if (bytes.length > orderMessageBytes) return undefined
  try {
    const value = parseJson(bytes)
    return typeof value === 'object' && value !== null && typeof (value as Message).t === 'string'
      ? (value as Message)
      : undefined
  } catch {
    return undefined
  }
}

/** A text of 1 to `most` characters; undefined for anything else. */
export function textOf(value: unknown, most = 128): string | undefined {
  return typeof value === 'string' && value.length > 0 && value.length <= most ? value : undefined
}

/** A number; NaN for null and absence; undefined for anything else. */
export function amountOf(value: unknown): number | undefined {
  if (value === null || value === undefined) return Number.NaN
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** One order, as gateways tell of it. */
export interface OrderRow {
  id: string | null
  venueOrderId: string
  symbol: string
  account: string
  side: string
  type: string
  timeInForce: string
  quantity: number
  price: number | null
  trigger: number | null
  filled: number
  state: string
  reason: string | null
  tsUs: number
}

/** One execution, as gateways tell of it. */
export interface FillRow {
  id: string | null
  venueOrderId: string
  exec: string | number
  symbol: string
  account: string
  side: string
  quantity: number
  price: number
  fee: number | null
  feeCurrency: string
  liquidity: string
  tsUs: number
}
