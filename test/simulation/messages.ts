/** What travels between the system under test and the simulated venue. */
import type { VenueAccountReport, VenueFillReport, VenueOrderReport } from '../../src/orders/venue-reports.js'

/** From the client to the venue. */
export type Request =
  | {
      readonly kind: 'new'
      readonly clientOrderId: string
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
