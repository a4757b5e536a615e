/**
 * Where orders with a plan enter the order plane: an algorithm, a bracket, an emulated order. The order plane keeps their
 * plans on record and knows their children; how they are worked is the business of whoever stands behind the port.
 */
import type { AlgoOrderRequest } from '../model/algo.js'
import type { Decimal, DecimalInput } from '../model/decimal.js'
import type { AccountId, ClientOrderId, InstrumentId, StrategyId } from '../model/ids.js'
import type { Side } from '../model/order-types.js'
import type { OrderHandle, WaitOptions } from './order-handle.js'
import type { OrderFilter } from './order-manager.js'

/** States of a parent order. The last five are final. */
export const parentStatuses = [
  'PENDING',
  'WAITING_START',
  'RUNNING',
  'PAUSED',
  'FINISHING',
  'FILLED',
  'PARTIALLY_CANCELED',
  'CANCELED',
  'EXPIRED',
  'FAILED',
] as const
/** State of a parent order. */
export type ParentStatus = (typeof parentStatuses)[number]

/** Why a parent order is paused. */
export type PauseReason = 'user' | 'halt' | 'risk' | 'disconnect' | 'rejects'

/** What happened to a parent order. */
export interface ParentEvent {
  readonly type:
    | 'started'
    | 'child'
    | 'progress'
    | 'blocked'
    | 'unblocked'
    | 'paused'
    | 'resumed'
    | 'amended'
    | 'finishing'
    | 'late_fill'
    | 'alert'
    | 'done'
  readonly tsUs: number
  readonly status: ParentStatus
  readonly order: ParentOrderHandle
  /** The child that it is about. */
  readonly child?: OrderHandle
  readonly reason?: string
  readonly filledUnits: number
  readonly workingUnits: number
  readonly unsentUnits: number
  /** What the plan wants done by now; NaN without a plan. */
  readonly targetUnits: number
  /** When it will be done at this pace, epoch microseconds; NaN where nothing is known. */
  readonly etaUs: number
}

/** What is known about a parent order at one moment. */
export interface ParentSnapshot {
  readonly clientOrderId: ClientOrderId
  readonly instrument: InstrumentId
  readonly account: AccountId
  readonly strategy: StrategyId
  readonly side: Side
  /** Name of the algorithm. */
  readonly type: string
  readonly status: ParentStatus
  readonly quantity: Decimal
  readonly price?: Decimal
  readonly filledQuantity: Decimal
  /** What its open children may still trade at worst. */
  readonly workingQuantity: Decimal
  readonly unsentQuantity: Decimal
  readonly averagePrice?: Decimal
  /** By currency; fills whose fee is not known are left out. */
  readonly fees: Readonly<Record<string, Decimal>>
  /** Middle of the quotes when it was submitted. */
  readonly arrivalPrice?: number
  /** Average price against the arrival price in basis points; positive is a cost, for both sides. */
  readonly slippageBps?: number
  readonly pausedBy: readonly PauseReason[]
  readonly reason?: string
  readonly startTimeUs: number
  readonly endTimeUs?: number
  readonly etaUs?: number
  /** Children sent so far. */
  readonly children: number
  /** Of a bracket: what is held and not confirmed as protected by its venue, or by a trigger that is watched here. */
  readonly unprotectedQuantity?: Decimal
  readonly tsCreatedUs: number
  readonly tsUpdatedUs: number
}

/** A change of a parent order; absent fields stay. */
export interface ParentChange {
  /** New total; not below what is filled. */
  quantity?: DecimalInput
  /** New limit of all children. */
  price?: DecimalInput
  endTimeUs?: number
}

/** A handle on a parent order. */
export interface ParentOrderHandle {
  readonly clientOrderId: string
  readonly status: ParentStatus
  readonly snapshot: ParentSnapshot
  readonly filledQuantity: Decimal
  readonly averagePrice: Decimal | undefined
  readonly reason: string | undefined
  readonly isClosed: boolean
  /** Its orders, the oldest first, as far as the order table has them. */
  readonly children: readonly OrderHandle[]
  /** Ends the plan and cancels what works. It is closed when all its children are. */
  cancel(reason?: string): void
  /** Stops sending; cancels what works unless `keepWorking`. The clock of the plan goes on. */
  pause(options?: { keepWorking?: boolean }): void
  /** Goes on; with `reanchor` what is left is planned anew over the time that is left. */
  resume(options?: { reanchor?: boolean }): void
  /** @throws TradewireError `TW_INVALID_STATE`, `TW_INVALID_ALGO`. */
  modify(change: ParentChange): void
  /** Resolves when it has begun, or is closed. */
  accepted(options?: WaitOptions): Promise<ParentSnapshot>
  /** Resolves when it is closed and nothing of it works any more. */
  done(options?: WaitOptions): Promise<ParentSnapshot>
  onEvent(listener: (event: ParentEvent) => void): () => void
  /** Every later event until it is closed. */
  events(options?: WaitOptions): AsyncGenerator<ParentEvent, void, undefined>
  /** Why it does what it does now, in words. */
  explain(): string[]
}

/** Works parent orders. */
export interface ParentOrderPort {
  /** @throws TradewireError `TW_INVALID_ALGO` and as `OrderManager.submit`; before any child exists. */
  submit(request: AlgoOrderRequest): ParentOrderHandle
  /** Cancels the parent orders that fit the filter: their children would be sent again otherwise. Returns how many. */
  cancelAll(filter: OrderFilter): number
}
