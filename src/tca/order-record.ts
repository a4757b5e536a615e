/**
 * The orders and fills of an analysis, in columns: a million fills are a few dozen megabytes and no objects.
 *
 * An "order" here is what is judged: a parent order with the fills of its children, or a single order. Bounded by options;
 * what finds no room is refused with an error, never left out in silence.
 */
import { TradewireError } from '../core/errors.js'
import type { Side } from '../model/order-types.js'

/** An order to be judged. Times are Unix epoch microseconds, prices and quantities data-plane doubles. */
export interface TcaOrder {
  /** Name in the report; not unique by rule. */
  readonly id: string
  readonly symbol: string
  /** Index of the instrument on the tape. */
  readonly instrument: number
  readonly side: Side
  /** Ordered quantity. */
  readonly quantity: number
  /** When the decision was made; `arrivalUs` unless given. */
  readonly decisionUs?: number
  /** Price of the decision; the mid on the tape at that time unless given. */
  readonly decisionPrice?: number
  /** When the order reached the market. */
  readonly arrivalUs: number
  /** The mid on the tape at that time unless given. */
  readonly arrivalPrice?: number
  /** What it belongs to, for the groups of the report; empty unless given. */
  readonly algorithm?: string
  readonly strategy?: string
  readonly account?: string
  /** Value of one unit per point of price; 1 unless given. */
  readonly multiplier?: number
  /** Value of the price currency in the currency of the report; 1 unless given. */
  readonly rate?: number
}

/** A fill of an order. */
export interface TcaFill {
  readonly tsUs: number
  readonly price: number
  readonly quantity: number
  /** In the price currency; a rebate is negative. NaN where it is not known yet. */
  readonly fee?: number
  readonly venue?: string
  readonly liquidity?: 'maker' | 'taker' | 'auction' | 'unknown'
}

/** How an order to a venue went, whatever its fills. */
export interface TcaRouted {
  readonly venue: string
  readonly quantity: number
  /** From hand-over to acknowledgement; NaN where there was none. */
  readonly ackLatencyUs?: number
  /** From hand-over to the first fill; NaN where there was none. */
  readonly fillLatencyUs?: number
  readonly isRejected?: boolean
  readonly filled: number
}

/** Bounds of an {@link OrderRecord}. */
export interface OrderRecordOptions {
  /** 1,048,576 unless given. */
  maxOrders?: number
  /** 16,777,216 unless given. */
  maxFills?: number
}

/** Liquidity by code. */
export const liquidityCodes = ['unknown', 'maker', 'taker', 'auction'] as const

/** Names as small integers. */
class Names {
  readonly list: string[] = []
  readonly #index = new Map<string, number>()

  intern(name: string): number {
    let index = this.#index.get(name)
    if (index === undefined) {
      index = this.list.length
      this.list.push(name)
      this.#index.set(name, index)
    }
    return index
  }
}

const orderColumns = [
  'quantity',
  'decisionUs',
  'decisionPrice',
  'arrivalUs',
  'arrivalPrice',
  'endUs',
  'endPrice',
  'multiplier',
  'rate',
] as const
const fillColumns = ['tsUs', 'price', 'quantity', 'fee'] as const

type Columns<Name extends string> = Record<Name, Float64Array>

/** Orders and fills, for {@link analyze}. Indices are given in the order of adding. */
export class OrderRecord {
  orderCount = 0
  fillCount = 0
  readonly ids: string[] = []
  readonly symbols = new Names()
  readonly venues = new Names()
  readonly algorithms = new Names()
  readonly strategies = new Names()
  readonly accounts = new Names()
  /** Orders as sent to venues, by venue. */
  readonly routed: {
    venue: number
    sent: number
    ordered: number
    filled: number
    rejected: number
    acks: number[]
    fills: number[]
  }[] = []
  orders: Columns<(typeof orderColumns)[number]>
  /** Instrument, side and names of an order. */
  orderInts: Int32Array
  fills: Columns<(typeof fillColumns)[number]>
  /** Order, venue and liquidity of a fill. */
  fillInts: Int32Array
  readonly #maxOrders: number
  readonly #maxFills: number
  /** Latencies kept of a venue. */
  readonly #maxSamples = 100_000

  constructor({ maxOrders = 1_048_576, maxFills = 16_777_216 }: OrderRecordOptions = {}) {
    this.#maxOrders = maxOrders
    this.#maxFills = maxFills
    this.orders = columns(orderColumns, 16)
    this.orderInts = new Int32Array(16 * ORDER_INTS)
    this.fills = columns(fillColumns, 64)
    this.fillInts = new Int32Array(64 * FILL_INTS)
  }

  /**
   * Adds an order; its index.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` naming the field; `TW_CAPACITY` beyond `maxOrders`.
   */
  addOrder(order: TcaOrder): number {
    const {
      id,
      symbol,
      instrument,
      side,
      quantity,
      arrivalUs,
      decisionUs = arrivalUs,
      multiplier = 1,
      rate = 1,
    } = order
    finite('arrivalUs', arrivalUs)
    finite('decisionUs', decisionUs)
    above0('quantity', quantity)
    above0('multiplier', multiplier)
    above0('rate', rate)
    if (side !== 'buy' && side !== 'sell') throw invalid('side', 'must be "buy" or "sell"', side)
    if (!(Number.isInteger(instrument) && instrument >= 0)) throw invalid('instrument', 'must be an index', instrument)
    const i = this.orderCount
    if (i >= this.#maxOrders) throw full('orders', this.#maxOrders)
    if (i * ORDER_INTS === this.orderInts.length) {
      this.orders = grown(this.orders, i * 2)
      this.orderInts = grownInts(this.orderInts)
    }
    this.orderCount = i + 1
    this.ids.push(id)
    const { orders, orderInts } = this
    orders.quantity[i] = quantity
    orders.decisionUs[i] = decisionUs
    orders.decisionPrice[i] = order.decisionPrice ?? Number.NaN
    orders.arrivalUs[i] = arrivalUs
    orders.arrivalPrice[i] = order.arrivalPrice ?? Number.NaN
    orders.endUs[i] = Number.NaN
    orders.endPrice[i] = Number.NaN
    orders.multiplier[i] = multiplier
    orders.rate[i] = rate
    orderInts.set(
      [
        instrument,
        side === 'buy' ? 1 : -1,
        this.symbols.intern(symbol),
        this.algorithms.intern(order.algorithm ?? ''),
        this.strategies.intern(order.strategy ?? ''),
        this.accounts.intern(order.account ?? ''),
      ],
      i * ORDER_INTS,
    )
    return i
  }

  /** Adds a fill of an order; its index. @throws TradewireError as {@link addOrder}. */
  addFill(order: number, fill: TcaFill): number {
    const liquidity = liquidityCodes.indexOf(fill.liquidity ?? 'unknown')
    return this.addFillRow(
      order,
      fill.tsUs,
      fill.price,
      fill.quantity,
      fill.fee ?? Number.NaN,
      this.venues.intern(fill.venue ?? ''),
      liquidity,
    )
  }

  /** As {@link addFill}, without an object: `venue` is an index of `venues`, `liquidity` 0 unknown, 1 maker, 2 taker, 3 auction. */
  addFillRow(
    order: number,
    tsUs: number,
    price: number,
    quantity: number,
    fee: number,
    venue: number,
    liquidity: number,
  ): number {
    if (!(order >= 0 && order < this.orderCount)) throw invalid('order', 'must be the index of an order', order)
    finite('tsUs', tsUs)
    finite('price', price)
    above0('quantity', quantity)
    const i = this.fillCount
    if (i >= this.#maxFills) throw full('fills', this.#maxFills)
    if (i * FILL_INTS === this.fillInts.length) {
      this.fills = grown(this.fills, i * 2)
      this.fillInts = grownInts(this.fillInts)
    }
    this.fillCount = i + 1
    const { fills, fillInts } = this
    fills.tsUs[i] = tsUs
    fills.price[i] = price
    fills.quantity[i] = quantity
    fills.fee[i] = fee
    fillInts[i * FILL_INTS] = order
    fillInts[i * FILL_INTS + 1] = venue
    fillInts[i * FILL_INTS + 2] = liquidity
    return i
  }

  /** A fill was busted: it counts no more. */
  removeFill(fill: number): void {
    if (fill >= 0 && fill < this.fillCount) this.fillInts[fill * FILL_INTS] = -1
  }

  /** A fill was corrected, or its fee came later. @throws TradewireError as {@link addOrder}. */
  correctFill(fill: number, change: Partial<Pick<TcaFill, 'price' | 'quantity' | 'fee'>>): void {
    if (!(fill >= 0 && fill < this.fillCount)) throw invalid('fill', 'must be the index of a fill', fill)
    if (change.price !== undefined) this.fills.price[fill] = finite('price', change.price)
    if (change.quantity !== undefined) this.fills.quantity[fill] = above0('quantity', change.quantity)
    if (change.fee !== undefined) this.fills.fee[fill] = change.fee
  }

  /** The order is over: filled, or what is left given up. Without a price the mid on the tape at that time counts. */
  endOrder(order: number, tsUs: number, endPrice = Number.NaN): void {
    if (!(order >= 0 && order < this.orderCount)) throw invalid('order', 'must be the index of an order', order)
    this.orders.endUs[order] = finite('tsUs', tsUs)
    this.orders.endPrice[order] = endPrice
  }

  /** How a child order went at its venue, for the scorecards. */
  addRouted({ venue, quantity, filled, isRejected = false, ackLatencyUs, fillLatencyUs }: TcaRouted): void {
    const index = this.venues.intern(venue)
    while (this.routed.length <= index)
      this.routed.push({ venue: this.routed.length, sent: 0, ordered: 0, filled: 0, rejected: 0, acks: [], fills: [] })
    const entry = this.routed[index] as (typeof this.routed)[number]
    entry.sent++
    entry.ordered += quantity
    entry.filled += filled
    if (isRejected) entry.rejected++
    if (ackLatencyUs !== undefined && ackLatencyUs >= 0 && entry.acks.length < this.#maxSamples)
      entry.acks.push(ackLatencyUs)
    if (fillLatencyUs !== undefined && fillLatencyUs >= 0 && entry.fills.length < this.#maxSamples)
      entry.fills.push(fillLatencyUs)
  }
}

/** Cells of an order in `orderInts`: instrument, side, symbol, algorithm, strategy, account. */
export const ORDER_INTS = 6
/** Cells of a fill in `fillInts`: order (-1: busted), venue, liquidity. */
export const FILL_INTS = 3

function columns<Name extends string>(names: readonly Name[], length: number): Columns<Name> {
  return Object.fromEntries(names.map((name) => [name, new Float64Array(length)])) as Columns<Name>
}

function grown<Name extends string>(from: Columns<Name>, length: number): Columns<Name> {
  const to = columns(Object.keys(from) as Name[], length)
  for (const name of Object.keys(from) as Name[]) to[name].set(from[name])
  return to
}

function grownInts(from: Int32Array): Int32Array {
  const to = new Int32Array(from.length * 2)
  to.set(from)
  return to
}

function finite(field: string, value: number): number {
  if (Number.isFinite(value)) return value
  throw invalid(field, 'must be a finite number', value)
}

function above0(field: string, value: number): number {
  if (value > 0 && Number.isFinite(value)) return value
  throw invalid(field, 'must be above 0', value)
}

function invalid(field: string, rule: string, value: unknown): TradewireError {
  return new TradewireError('TW_INVALID_ARGUMENT', `${field} ${rule}, is ${String(value)}`, { details: { field } })
}

function full(what: string, most: number): TradewireError {
  return new TradewireError(
    'TW_CAPACITY',
    `There is no room for more than ${most} ${what}; analyze and begin a new record`,
  )
}
