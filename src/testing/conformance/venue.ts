/**
 * The venue's side of a conformance run, as the kit moves it: what the venue knows, and what it can be told to do. Whoever
 * tests a connector implements this for a venue of their own: a simulated exchange, a local server, a sandbox.
 *
 * What is optional may be left out; cases that need it are skipped, with that as the reason. Prices and quantities are plain
 * numbers. Every case gets a venue of its own.
 */
import type { OrderType, Side, TimeInForce } from '../../model/order-types.js'
import type { VenueOrderState } from '../../orders/venue-reports.js'

/** An order as the venue holds it. */
export interface ConformanceOrder {
  /** The venue's id. */
  readonly id: string | number
  /** The client's id, as it came over the wire; absent for orders of others. */
  readonly wireId?: string
  readonly side: Side
  readonly type: OrderType
  readonly timeInForce: TimeInForce
  readonly quantity: number
  /** NaN where there is none. */
  readonly price: number
  readonly triggerPrice: number
  /** What is shown of an iceberg; NaN when all is. */
  readonly displayQuantity: number
  readonly postOnly: boolean
  readonly reduceOnly: boolean
  readonly filled: number
  readonly state: VenueOrderState
}

/** An execution as the venue holds it. */
export interface ConformanceFill {
  readonly id: string | number
  readonly orderId: string | number
  readonly side: Side
  readonly quantity: number
  readonly price: number
}

/** Messages that can be lost, doubled or held back: requests of the client, reports of the venue. */
export type ConformanceMessage = 'new' | 'replace' | 'cancel' | 'accepted' | 'fill' | 'canceled' | 'replaced'

/** A venue that does as it is told. */
export interface ConformanceVenue {
  /** The instrument that the cases trade: its symbol or `SYMBOL.VENUE` as the connector loads it. */
  readonly symbol: string
  /** A price around which the cases trade. */
  readonly price: number
  /** Account that orders name. `PAPER` unless given. */
  readonly account?: string
  /** Data come whatever is subscribed to: cases about asking for data are skipped. */
  readonly pushesAll?: boolean

  /** Best bid and offer from now on, each of a size. Whoever is subscribed hears of it; working orders that it reaches are filled. */
  quote(bid: number, ask: number, size: number): void
  /** Somebody else takes a working order, in whole or in part, at its price. */
  fill(orderId: string | number, quantity: number): void
  /** All orders it has, in the order of arrival, closed ones included. */
  orders(): ConformanceOrder[]
  /** All executions of those orders, busted ones left out. */
  fills(): ConformanceFill[]
  /** Signed position of the account in the instrument. */
  position(): number
  /** Messages about orders that have reached it, doubled ones included. */
  messages(): number
  /** Breaks every connection, as a network does. */
  cut(): void
  /** Ends it; nothing is left. */
  close(): Promise<void> | void

  /** Connections that are open. */
  sessions?(): number
  /** Refuses connections, or takes them again. */
  refuse?(isRefusing: boolean): void
  /** Takes connections and answers nothing, not even a logon, or answers again. */
  hang?(isHanging: boolean): void
  /** The connections that there are stay, and nothing passes over them any more, in either direction: half-open lines. */
  silence?(): void
  /** Refuses the next order for this reason. */
  rejectNext?(reason: string): void
  /** Loses the next message of a kind. */
  dropNext?(message: ConformanceMessage): void
  /** Sends the next message of a kind twice. */
  duplicateNext?(message: ConformanceMessage): void
  /** Holds the next message of a kind back; others overtake it. */
  delayNext?(message: ConformanceMessage, delayMs: number): void
  /** Prints a trade of others, at a price that is then the market. */
  trade?(price: number, quantity: number): void
  /** Cancels an order of its own accord. */
  cancelByVenue?(orderId: string | number): void
  /** Takes an execution back. */
  bust?(fillId: string | number): void
  /** Restates the price of an execution. */
  correct?(fillId: string | number, price: number): void
  /** An order for the account that this client did not send, resting. Returns its id. */
  foreignOrder?(side: Side, quantity: number, price: number): string | number
  /** Sends bytes that are no message of the protocol. */
  garbage?(): void
}

/** The optional abilities of a {@link ConformanceVenue}, by name. */
export type VenueAbility =
  | 'sessions'
  | 'refuse'
  | 'hang'
  | 'silence'
  | 'rejectNext'
  | 'dropNext'
  | 'duplicateNext'
  | 'delayNext'
  | 'trade'
  | 'cancelByVenue'
  | 'bust'
  | 'correct'
  | 'foreignOrder'
  | 'garbage'
