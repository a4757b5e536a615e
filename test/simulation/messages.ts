/** What travels between the system under test and the simulated venue, and how it is told in a trace. */
import type { VenueAccountReport, VenueFillReport, VenueOrderReport } from '../../src/orders/venue-reports.js'
import { hashOf } from './trace.js'

/** Price units in 1. */
export const priceFactor = 10_000

/** From the client to the venue. */
export type Request =
  | {
      readonly kind: 'new'
      readonly clientOrderId: string
      /** Number of the order in the system. */
      readonly order: number
      /** What the order is for: two venue orders with one intent are one too many. */
      readonly intent: string
      readonly instrument: number
      readonly side: 1 | -1
      readonly quantity: number
      readonly price: number
    }
  | {
      readonly kind: 'replace'
      readonly clientOrderId: string
      readonly generation: number
      readonly quantity: number
      readonly price: number
    }
  | { readonly kind: 'cancel'; readonly clientOrderId: string; readonly generation: number }
  | {
      readonly kind: 'ask'
      readonly id: number
      readonly what: 'orders' | 'fills' | 'account' | 'alive'
      readonly sinceUs: number
    }

/** From the venue to the client. */
export type Report =
  | { readonly kind: 'accepted'; readonly clientOrderId: string; readonly venueOrderId: number; readonly tsUs: number }
  | { readonly kind: 'rejected'; readonly clientOrderId: string; readonly tsUs: number }
  | {
      readonly kind: 'filled'
      readonly clientOrderId: string
      readonly exec: number
      readonly quantity: number
      readonly price: number
      readonly tsUs: number
    }
  | {
      readonly kind: 'closed'
      readonly clientOrderId: string
      readonly isExpiry: boolean
      readonly cumulative: number
      readonly tsUs: number
    }
  | {
      readonly kind: 'replaced'
      readonly clientOrderId: string
      readonly generation: number
      readonly quantity: number
      readonly price: number
      readonly tsUs: number
    }
  | {
      readonly kind: 'refused'
      readonly clientOrderId: string
      readonly generation: number
      readonly isCancel: boolean
      readonly tsUs: number
    }
  | {
      readonly kind: 'busted'
      readonly clientOrderId: string
      readonly exec: number
      readonly works: boolean
      readonly tsUs: number
    }
  | {
      readonly kind: 'corrected'
      readonly clientOrderId: string
      readonly exec: number
      readonly quantity: number
      readonly price: number
      readonly works: boolean
      readonly tsUs: number
    }
  | { readonly kind: 'external_order'; readonly order: VenueOrderReport }
  | { readonly kind: 'external_fill'; readonly fill: VenueFillReport }
  | {
      readonly kind: 'quote'
      readonly instrument: number
      readonly bid: number
      readonly ask: number
      readonly tsUs: number
    }
  | {
      readonly kind: 'answer'
      readonly id: number
      readonly orders?: VenueOrderReport[]
      readonly fills?: VenueFillReport[]
      readonly account?: VenueAccountReport
    }

/** A message in the hash of a trace. */
export function digestOf(message: Request | Report): number {
  const id =
    'clientOrderId' in message ? hashOf(message.clientOrderId, kindDigest(message.kind)) : kindDigest(message.kind)
  return id ^ (('quantity' in message ? message.quantity : 0) + ('price' in message ? message.price * 64 : 0))
}

const kindDigests = new Map<string, number>()

function kindDigest(kind: string): number {
  let digest = kindDigests.get(kind)
  if (digest === undefined) {
    digest = hashOf(kind)
    kindDigests.set(kind, digest)
  }
  return digest
}

/** A message in words. */
export function wordsOf(message: Request | Report): string {
  const price = (units: number) => (units / priceFactor).toFixed(2)
  const side = (sign: number) => (sign > 0 ? 'buy' : 'sell')
  switch (message.kind) {
    case 'new':
      return `NEW ${message.clientOrderId}: ${side(message.side)} ${message.quantity} S${message.instrument} at ${price(message.price)} (${message.intent})`
    case 'replace':
      return `REPLACE ${message.clientOrderId} #${message.generation}: ${message.quantity} at ${price(message.price)}`
    case 'cancel':
      return `CANCEL ${message.clientOrderId} #${message.generation}`
    case 'ask':
      return `QUESTION ${message.id}: ${message.what}`
    case 'answer':
      return `ANSWER ${message.id}: ${answerWords(message)}`
    case 'accepted':
      return `ACCEPTED ${message.clientOrderId} as ${message.venueOrderId}`
    case 'rejected':
      return `REJECTED ${message.clientOrderId}`
    case 'filled':
      return `FILLED ${message.clientOrderId}: ${message.quantity} at ${price(message.price)} (execution ${message.exec})`
    case 'closed':
      return `${message.isExpiry ? 'EXPIRED' : 'CANCELED'} ${message.clientOrderId} with ${message.cumulative} filled`
    case 'replaced':
      return `REPLACED ${message.clientOrderId} #${message.generation}: ${message.quantity} at ${price(message.price)}`
    case 'refused':
      return `${message.isCancel ? 'CANCEL' : 'REPLACE'} REFUSED ${message.clientOrderId} #${message.generation}`
    case 'busted':
      return `BUSTED ${message.clientOrderId}: execution ${message.exec}${message.works ? ', works again' : ''}`
    case 'corrected':
      return `CORRECTED ${message.clientOrderId}: execution ${message.exec} is ${message.quantity} at ${price(message.price)}`
    case 'external_order': {
      const { venueOrderId, side, quantityUnits, instrument } = message.order
      return `EXTERNAL ORDER ${venueOrderId}: ${side} ${quantityUnits} S${instrument}`
    }
    case 'external_fill': {
      const { exec, side, quantityUnits, instrument, priceUnits } = message.fill
      return `EXTERNAL FILL ${exec}: ${side} ${quantityUnits} S${instrument} at ${price(priceUnits)}`
    }
    case 'quote':
      return `QUOTE S${message.instrument} ${message.bid} / ${message.ask}`
  }
}

function answerWords({ orders, fills, account }: Extract<Report, { kind: 'answer' }>): string {
  const parts: string[] = []
  if (orders !== undefined) parts.push(`${orders.length} orders`)
  if (fills !== undefined) parts.push(`${fills.length} fills`)
  for (const { instrument, quantityUnits } of account?.positions ?? [])
    parts.push(`position ${quantityUnits} S${instrument}`)
  return parts.join(', ') || 'alive'
}
