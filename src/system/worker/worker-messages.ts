/** What a system and a strategy in another thread say to each other, beside market data. Everything is plain data. */
import type { DataKind } from '../../connector/capabilities.js'
import type { InstrumentDefinition } from '../../model/instrument.js'
import type { OrderChange, OrderRequest } from '../../model/order.js'
import type { OrderStatus } from '../../model/order-types.js'
import type { JsonObject } from '../../model/schema/json.js'
import type { OrderEventType } from '../../oms/order-event.js'
import type { OrderFilter } from '../../oms/order-manager.js'
import type { SplitPosition, SplitReport } from '../../oms/splits.js'
import type { FactSourceName } from '../../orders/codes.js'
import type { SharedRingHandle } from '../../ring/shared-ring.js'
import type { FeedEvent } from '../feed-event.js'
import type { ConnectionEvent, StrategySubscription } from '../strategy.js'
import type { WorkerLayout } from './worker-wire.js'

/** What a worker is started with, as `workerData`. */
export interface WorkerStart {
  readonly tradewire: 1
  readonly name: string
  readonly handle: SharedRingHandle<WorkerLayout>
  /** A counter that the worker moves while its loop runs. */
  readonly beat: Int32Array
  readonly seed: number
  readonly symbols: readonly string[] | undefined
  readonly persisted: unknown
  /** The host's own. */
  readonly data: unknown
}

/** The state of an order, as the worker is told. */
export interface OrderNews {
  /** The worker's number of the order; negative where the order came from elsewhere: an earlier life, the host. */
  readonly ref: number
  readonly status: OrderStatus
  readonly order: JsonObject
  /** Signed units that the strategy holds of the instrument now. */
  readonly positionUnits: number
  readonly instrument: number
}

/** An event of an order, ready to be made anew. */
export interface EventNews {
  readonly type: OrderEventType
  readonly seq: number
  readonly source: FactSourceName
  readonly tsEventUs: number
  readonly tsLocalUs: number
  readonly quantityUnits: number
  readonly priceUnits: number
  readonly feeUnits: number
  readonly feeCurrency: string | undefined
  readonly liquidity: number
  readonly execId: string | number | undefined
  readonly reason: string | undefined
  readonly request: number
}

/** A stock split as plain data. */
export interface SplitNews extends Omit<SplitReport, 'cashInLieu' | 'positions'> {
  readonly cashInLieu?: string
  readonly positions: readonly PositionNews[]
}

/** What a split made of a position, decimals as text. */
export interface PositionNews extends Omit<SplitPosition, 'before' | 'after' | 'cash'> {
  readonly before: string
  readonly after: string
  readonly cash: string
}

/** From the system to the worker. */
export type ToWorker =
  | { readonly type: 'instruments'; readonly definitions: readonly InstrumentDefinition[] }
  | { readonly type: 'start'; readonly positions: readonly (readonly [number, number])[] }
  | { readonly type: 'order'; readonly news: OrderNews; readonly event: EventNews | undefined }
  | {
      readonly type: 'denied'
      readonly ref: number
      readonly instrument: number
      readonly code: string
      readonly reason: string
    }
  | { readonly type: 'refused'; readonly ref: number; readonly reason: string }
  | {
      readonly type: 'split'
      readonly split: SplitNews
      readonly instrument: number
      readonly positionUnits: number
    }
  | { readonly type: 'connection'; readonly event: ConnectionEvent }
  | { readonly type: 'feed'; readonly event: FeedEvent }
  | { readonly type: 'answer'; readonly question: number; readonly error: string | undefined }
  | { readonly type: 'stop' }

/** From the worker to the system. */
export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'started' }
  | { readonly type: 'submit'; readonly ref: number; readonly request: OrderRequest }
  | { readonly type: 'modify'; readonly ref: number; readonly change: OrderChange }
  | { readonly type: 'cancel'; readonly ref: number }
  | { readonly type: 'cancelAll'; readonly filter: OrderFilter }
  | { readonly type: 'persist'; readonly state: unknown }
  | {
      readonly type: 'subscribe'
      readonly question: number
      readonly symbols: readonly string[]
      readonly options: StrategySubscription
    }
  | { readonly type: 'problem'; readonly where: string; readonly message: string }
  | { readonly type: 'threw'; readonly hook: string; readonly message: string; readonly stack: string | undefined }
  | { readonly type: 'stopped' }

/** Kinds of data that can be sent to a worker. */
export const workerKinds = ['quotes', 'trades', 'book', 'bars', 'status', 'news'] as const satisfies readonly DataKind[]
/** A kind of data that can be sent to a worker. */
export type WorkerKind = (typeof workerKinds)[number]
