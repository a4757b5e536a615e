/** What a parent order needs of the world around it: children, prices, time, a record. Small, so that tests can play all of it. */
import type { Clock } from '../core/clock.js'
import type { Scheduler } from '../core/scheduler.js'
import type { TimeInForce } from '../model/order-types.js'
import type { ParentEvent, PauseReason } from '../oms/parent-port.js'
import type { ParentView } from './algorithm.js'
import type { ChildFacts } from './child-book.js'
import type { VenueBoard } from './venue-board.js'

/** A child to be sent. */
export interface ChildRequest {
  /** Its number in the family. */
  index: number
  quantityUnits: number
  /** NaN: at the market. */
  priceUnits: number
  timeInForce: TimeInForce
  postOnly: boolean
  /** By the order, or its route, where undefined. */
  connector: string | undefined
}

/** The order plane as one parent order sees it. */
export interface ChildOrders {
  /** The first number above `index` that no order of the family has. */
  nextIndex(index: number): number
  /** Sends a child; returns its number in the order plane. What became of it is read with {@link read}. */
  send(request: ChildRequest): number
  cancel(number: number): void
  /** Asks for another price; false where the venue does not change orders now. */
  reprice(number: number, priceUnits: number): boolean
  read(number: number, facts: ChildFacts): void
}

/** The world of one parent order. */
export interface ParentPorts {
  readonly time: Clock & Scheduler
  readonly children: ChildOrders
  /** What may be taken at each venue, and the account by index: for algorithms that route. */
  readonly board?: VenueBoard | undefined
  readonly account?: number | undefined
  /** Writes prices and sizes of now into the view. */
  readPrices(view: ParentView): void
  /** Units that the market traded so far, as far as they count as volume. */
  tapeUnits(): number
  /** Why nothing can be sent now. */
  obstacle(): PauseReason | undefined
  /** Why every child would be refused for the market's data now: stale, crossed, or none. */
  dataFault?(): string | undefined
  /** Puts the state on record. */
  save(state: ParentState, isClosed: boolean): void
  /** Tells whoever listens. */
  tell(type: ParentEvent['type'], reason?: string, child?: number): void
}

/** What a restart must know beside plan and children. Plain data. */
export interface ParentState {
  status: ParentEvent['status']
  pauses: PauseReason[]
  totalUnits: number
  limitUnits: number | null
  /** The window that is planned now, and what was done or out there when it began. */
  windowStartUs: number
  endUs: number | null
  baseUnits: number
  /** Why it ends, once it does. */
  ending: 'window' | 'cancel' | 'fail' | null
  reason: string | null
  /** What the algorithm wants to find again; plain data. */
  memo: unknown
}
