/**
 * What reconciliation compares: our side and the venue's answers, as plain read-only data in instrument units.
 *
 * The venue's side uses the report types of `orders/venue-reports.ts`. What a query covered is part of its answer: an order
 * that is missing from a list of open orders may be filled; one that is missing from a complete history was never there.
 */
import type { OrderStatus, OrderType, Side } from '../model/order-types.js'
import type { ExecKey } from '../orders/trade-pool.js'
import type { VenueAccountReport, VenueFillReport, VenueOrderReport } from '../orders/venue-reports.js'

/** One execution that we know of an order. */
export interface LocalTrade {
  readonly exec: ExecKey
  /** Further ids of it, given by corrections. */
  readonly aliases?: readonly ExecKey[]
  /** Its terms as they hold now: those of the last correction. */
  readonly quantityUnits: number
  readonly priceUnits: number
  readonly isInferred: boolean
  readonly isBusted: boolean
  /** Whether a correction changed its terms: then the venue may list either version. */
  readonly isCorrected: boolean
  readonly tsUs: number
}

/** A cancel or update that was sent and not answered. */
export interface LocalRequest {
  readonly generation: number
  readonly kind: 'update' | 'cancel'
  readonly sentAtUs: number
  /** The terms that an update asks for. */
  readonly quantityUnits?: number
  readonly priceUnits?: number
  readonly triggerUnits?: number
}

/** What the venue itself has said of an order, whatever its status. */
export interface VenueFacts {
  readonly accepted: boolean
  readonly triggered: boolean
  readonly rejected: boolean
  readonly canceled: boolean
  readonly expired: boolean
}

/** An order as we know it. */
export interface LocalOrder {
  readonly clientOrderId: string
  /** All ids the venue gave it, the current one last; empty before the first. */
  readonly venueOrderIds: readonly (string | number)[]
  readonly account: string
  /** Index in the instrument registry. */
  readonly instrument: number
  readonly side: Side
  readonly type: OrderType
  readonly postOnly: boolean
  readonly status: OrderStatus
  /** Whether it is closed only by what we concluded, or by a bust: then a report that it works re-opens it. */
  readonly isClosedByInference: boolean
  readonly venueFacts: VenueFacts
  readonly quantityUnits: number
  readonly priceUnits?: number
  readonly triggerUnits?: number
  /** The replace generation of these terms; 0 for the original ones. */
  readonly termGeneration: number
  /** Venue time at which they were confirmed; 0 for the original ones. A report from before it shows older terms. */
  readonly termTsUs: number
  /** Unbusted trades, inferred ones as far as real ones have not taken their place. */
  readonly filledUnits: number
  /** All real trades ever reported, busted ones included. */
  readonly tradedUnits: number
  /** The part of `filledUnits` that is inferred. */
  readonly inferredUnits: number
  /** Average price of `filledUnits`, fractions of a unit allowed; absent when nothing is filled. */
  readonly averagePriceUnits?: number
  readonly trades: readonly LocalTrade[]
  readonly requests: readonly LocalRequest[]
  /** When it was handed to the connector, our clock. */
  readonly submittedAtUs: number
  /** When we last sent or received anything about it, our clock. */
  readonly lastActivityUs: number
}

/** A position as we know it, over all strategies. */
export interface LocalPosition {
  readonly account: string
  readonly instrument: number
  /** Negative is short. */
  readonly quantityUnits: number
  readonly averagePriceUnits?: number
  /** The middle of the market now, where there is one. */
  readonly midPriceUnits?: number
}

/** What our trades and fees paid in a currency of an account, ever: decimal text, positive is received. */
export interface LocalCash {
  readonly account: string
  readonly currency: string
  readonly paid: string
}

/** Balances as they were at the last look, by account and currency: decimal text. */
export type BalanceMemory = ReadonlyMap<string, { readonly venue: string; readonly ours: string }>

/** Our side. */
export interface LocalState {
  readonly orders: readonly LocalOrder[]
  readonly positions: readonly LocalPosition[]
  /** Executions of orders that are not ours which were booked before. */
  readonly externalExecs?: ReadonlySet<ExecKey>
  /** Instruments that are halted for an account: `haltKey(account, instrument)`. */
  readonly halted?: ReadonlySet<string>
  /** Absent where balances are not to be compared. */
  readonly cash?: readonly LocalCash[]
  /** Currencies that are bought and sold themselves: their balances move with positions, too, and are not compared. */
  readonly untrackedCurrencies?: ReadonlySet<string>
}

/** The venue's answers of one round. What was not answered is absent: absent is never "nothing". */
export interface VenueAnswers {
  readonly connector: string
  /** The accounts the queries were for. */
  readonly accounts: readonly string[]
  /** Our clock when the first query was sent and when the last answer was in. */
  readonly askedAtUs: number
  readonly answeredAtUs: number
  /** `open`: only working orders are listed. `history`: all orders that lived since `sinceUs`, closed ones included. */
  readonly orders?: {
    readonly reports: readonly VenueOrderReport[]
    readonly coverage: 'open' | 'history'
    readonly sinceUs: number
  }
  /** `complete`: the venue vouches that no execution since `sinceUs` is missing. */
  readonly fills?: {
    readonly reports: readonly VenueFillReport[]
    readonly sinceUs: number
    readonly complete: boolean
  }
  readonly account?: VenueAccountReport
  /** Orders that were asked for one by one and which the venue says it does not have. */
  readonly notFound?: readonly string[]
}

/** What to do with orders that this system did not send: manage them, book their fills only, or leave them out of the books. */
export type ExternalOrderPolicy = 'adopt' | 'observe' | 'ignore'

/** The rules of a venue and of the host. */
export interface ReconcilePolicy {
  /** `startup` acts on everything; `running` leaves alone what moved within `activityThresholdUs`. */
  readonly phase: 'startup' | 'running'
  /** 5,000,000 unless given. */
  readonly activityThresholdUs?: number
  /** How long the venue may take to show an order in its answers; two not-found answers that prove absence are so far apart. 5,000,000 unless given. */
  readonly venueGraceUs?: number
  /** After how long an unanswered submit, update or cancel counts as overdue. 5,000,000 unless given. */
  readonly overdueUs?: number
  /** `operator` unless given: acknowledged orders that are gone stay UNKNOWN. `infer` for venues known to purge their books. */
  readonly notFound?: 'operator' | 'infer'
  /** `observe` unless given. */
  readonly externalOrders?: ExternalOrderPolicy
  /** The strategy that owns external orders of an instrument; EXTERNAL where it names none. */
  readonly claims?: (instrument: number, account: string) => string | undefined
  /** `halt` unless given: what a position that differs leads to. */
  readonly positionMismatch?: 'halt' | 'adjust'
  /** While running, a position has to differ in so many rounds in a row. 3 unless given. */
  readonly mismatchRounds?: number
  /** Differences of balances up to this, in the currency itself, are rounding: decimal text, 0.01 unless given. */
  readonly balanceTolerance?: string
  /** At most so many single-order queries are asked for in one round. 10 unless given. */
  readonly maxOrderQueries?: number
}

/** What one round remembers for the next. Plain data. */
export interface ReconcileMemory {
  /** Orders not found so far, by client order id. */
  readonly absences: ReadonlyMap<
    string,
    { readonly count: number; readonly firstAtUs: number; readonly lastAtUs: number }
  >
  /** Rounds in a row in which a position differed, by `haltKey`. */
  readonly mismatches: ReadonlyMap<string, number>
  readonly balances?: BalanceMemory
  /** Executions of which it was not clear whose they are, and when they were first asked for. */
  readonly unclear?: ReadonlyMap<string, number>
}

/** A memory without anything in it. */
export const emptyMemory: ReconcileMemory = { absences: new Map(), mismatches: new Map() }

/** The key of an instrument for an account. */
export function haltKey(account: string, instrument: number): string {
  return `${account}|${instrument}`
}
