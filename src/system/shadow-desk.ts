/**
 * Shadow mode: every order that goes to a venue is also worked in a simulated one that lives on the same market data, and
 * what became of the two is compared. It tells how far a simulation can be believed, and how well a venue fills.
 *
 * The shadow sends nothing and owns nothing: no position, no reservation, no record in the journal. It begins empty after a
 * restart; orders from before are counted as not mirrored.
 */

import { followRing } from '../connectors/sim/follow-ring.js'
import type { LatencyModel } from '../connectors/sim/latency.js'
import type { Listing } from '../connectors/sim/listing.js'
import type { VenueSession } from '../connectors/sim/report-outbox.js'
import { SimulatedVenue } from '../connectors/sim/venue.js'
import { type VenueReport, VenueRequest } from '../connectors/sim/venue-message.js'
import {
  checkVenueRules,
  invalid,
  refuseUnknown,
  type VenueRules,
  venueRuleNames,
} from '../connectors/sim/venue-options.js'
import { VenueOrder } from '../connectors/sim/venue-order.js'
import { NS_PER_MS } from '../core/clock.js'
import { type Random, SeededRandom } from '../core/random.js'
import type { TimerHandle } from '../core/scheduler.js'
import type { Time } from '../core/time.js'
import { Decimal } from '../model/decimal.js'
import type { Instrument } from '../model/instrument.js'
import type { OrderStatus, Side } from '../model/order-types.js'
import type { OrderCore } from '../oms/order-core.js'
import type { OrderEvent } from '../oms/order-event.js'
import type { OrderManager } from '../oms/order-manager.js'
import { CancelRequest } from '../orders/approved-order.js'
import { StatusCode, sideOf } from '../orders/codes.js'
import { isClosed } from '../orders/lifecycle.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import * as TradeField from '../orders/trade-fields.js'
import type { IngestRing } from '../ring/ingest-ring.js'

/** How the shadow venue behaves, and how long it is given. */
export interface ShadowOptions extends Omit<VenueRules, 'unlisted' | 'balances' | 'checksBalances'> {
  /** How long an order takes to the shadow venue; no time unless given. */
  latency?: LatencyModel
  /** How long a shadow order may still fill once the real one is filled, milliseconds; 1,000 unless given. */
  graceMs?: number
  /** Comparisons kept for the report, the latest; 1,000 unless given. The totals count all. */
  keep?: number
}

/** What became of an order on one side. */
export interface ShadowOutcome {
  readonly filled: Decimal
  /** Undefined where nothing is filled. */
  readonly averagePrice: Decimal | undefined
  /** Milliseconds from sending to the first fill; undefined without one. */
  readonly firstFillMs: number | undefined
}

/** One order on both sides. */
export interface ShadowComparison {
  readonly clientOrderId: string
  readonly symbol: string
  readonly side: Side
  readonly quantity: Decimal
  /** What the real order ended as. */
  readonly status: OrderStatus
  readonly live: ShadowOutcome
  readonly shadow: ShadowOutcome
  /** Filled by the venue less filled in the shadow. */
  readonly filledDifference: Decimal
  /** How much worse the venue filled, in price; negative where it filled better. Undefined where a side has no fill. */
  readonly priceDifference: Decimal | undefined
  /** Why the shadow refused the order; empty where it did not. */
  readonly shadowReason: string
  readonly isSame: boolean
}

/** What a shadow has seen. Shares are from 0 to 1. */
export interface ShadowReport {
  /** Orders mirrored, those compared, and those at work on either side. */
  readonly orders: number
  readonly compared: number
  readonly working: number
  /** Orders that the shadow never saw: sent before it began, or by somebody else. */
  readonly unmirrored: number
  /** Compared orders with equal quantity and price on both sides. */
  readonly same: number
  /** Orders that only one of the two filled at all. */
  readonly filledLiveOnly: number
  readonly filledShadowOnly: number
  /** Filled share of what was ordered; NaN before anything was compared. */
  readonly liveFillRate: number
  readonly shadowFillRate: number
  /** Mean of how much worse the venue filled, in basis points of the shadow's price, over orders filled on both sides. NaN without one. */
  readonly meanCostBps: number
  /** The latest comparisons that are not the same, the oldest first, as far as `keep` goes. */
  readonly differences: readonly ShadowComparison[]
}

/** One order while it is mirrored. */
interface Mirror {
  readonly number: number
  readonly instrument: Instrument
  readonly sideSign: number
  readonly clientOrderId: string
  readonly sentUs: number
  readonly order: VenueOrder
  liveFirstUs: number
  shadowFirstUs: number
  timer: TimerHandle | undefined
}

/** Closed orders that the shadow venue remembers: nobody asks it about them. */
const closedOrders = 1_000

const ownNames = ['latency', 'graceMs', 'keep'] as const

/** @throws TradewireError `TW_INVALID_CONFIG`. */
export function checkShadowOptions(options: ShadowOptions): void {
  const rules = venueRuleNames.filter((name) => !['unlisted', 'balances', 'checksBalances'].includes(name))
  refuseUnknown('shadow', options, [...ownNames, ...rules])
  checkVenueRules(options)
  const { latency, graceMs = 0, keep = 1 } = options
  if (latency !== undefined && typeof latency !== 'function')
    throw invalid('latency', 'a model such as constantLatency(5)')
  if (!(Number.isFinite(graceMs) && graceMs >= 0)) throw invalid('graceMs', 'a number of milliseconds of at least 0')
  if (!(Number.isSafeInteger(keep) && keep >= 1)) throw invalid('keep', 'a whole number of at least 1')
}

/** Mirrors orders into a venue of its own. */
export class ShadowDesk {
  /** Told of every comparison. */
  onCompared: ((comparison: ShadowComparison) => void) | undefined
  readonly #core: OrderCore
  readonly #time: Time
  readonly #latency: LatencyModel | undefined
  readonly #graceMs: number
  readonly #keep: number
  readonly #venue: SimulatedVenue
  readonly #session: VenueSession
  readonly #random: Random
  readonly #view: CancelRequest
  readonly #mirrors = new Map<number, Mirror>()
  readonly #timers = new Set<TimerHandle>()
  readonly #differences: ShadowComparison[] = []
  readonly #counts = { orders: 0, compared: 0, unmirrored: 0, same: 0, liveOnly: 0, shadowOnly: 0, both: 0 }
  #ordered = 0
  #liveShare = 0
  #shadowShare = 0
  #costBps = 0
  /** When the message sent last arrives. */
  #arrivesNs = 0
  readonly #ends: (() => void)[] = []

  /** @throws TradewireError `TW_INVALID_CONFIG`. */
  constructor(core: OrderCore, time: Time, seed: number, options: ShadowOptions) {
    checkShadowOptions(options)
    const { latency, graceMs = 1_000, keep = 1_000, ...rules } = options
    this.#core = core
    this.#time = time
    this.#latency = latency
    this.#graceMs = graceMs
    this.#keep = keep
    this.#random = new SeededRandom(options.seed ?? seed).fork('shadow')
    this.#venue = new SimulatedVenue({ time, seed, historyLimit: closedOrders, ...rules, unlisted: 'list' })
    this.#view = new CancelRequest(core.table, core.instruments, core.names)
    const client = {
      beginBatch: () => undefined,
      onReport: (report: VenueReport) => this.#reported(report),
      endBatch: () => undefined,
      onClosed: () => undefined,
    }
    this.#session = this.#venue.connect(client, 'shadow', [])
  }

  /** Begins: market data from the ring, orders from their events. */
  follow(ring: IngestRing, orders: OrderManager): void {
    const learn = (index: number) => this.#listing(index)
    this.#ends.push(followRing(ring, { learn }, this.#venue, -1))
    this.#ends.push(orders.events.on('order', (event) => this.#told(event)))
  }

  /** Ends. What is at work is not compared. */
  close(): void {
    for (const end of this.#ends.splice(0)) end()
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    this.#mirrors.clear()
    this.#venue[Symbol.dispose]()
  }

  /** What it has seen so far. */
  report(): ShadowReport {
    const { orders, compared, unmirrored, same, liveOnly, shadowOnly, both } = this.#counts
    return {
      orders,
      compared,
      working: this.#mirrors.size,
      unmirrored,
      same,
      filledLiveOnly: liveOnly,
      filledShadowOnly: shadowOnly,
      liveFillRate: this.#liveShare / this.#ordered,
      shadowFillRate: this.#shadowShare / this.#ordered,
      meanCostBps: both === 0 ? Number.NaN : this.#costBps / both,
      differences: [...this.#differences],
    }
  }

  #listing(index: number): Listing {
    return this.#venue.listingFor(this.#core.instruments.at(index).definition) as Listing
  }

  // ---- The real order --------------------------------------------------------------------------------------------------

  #told(event: OrderEvent): void {
    const { number } = event.order
    if (event.type === 'submitted') {
      this.#mirror(number)
      return
    }
    const mirror = this.#mirrors.get(number)
    if (mirror === undefined) {
      if (event.type === 'accepted') this.#counts.unmirrored++
      return
    }
    switch (event.type) {
      case 'pending_update':
        this.#send(mirror, 'replace', event)
        break
      case 'pending_cancel':
        this.#send(mirror, 'cancel')
        break
      case 'filled':
        if (Number.isNaN(mirror.liveFirstUs)) mirror.liveFirstUs = event.tsLocalUs
        break
    }
    if (isClosed(StatusCode[event.status])) this.#closed(mirror, event.status)
  }

  #mirror(number: number): void {
    const { table } = this.#core
    const row = table.rowOf(number)
    if (row < 0 || this.#mirrors.has(number)) return
    const view = this.#view.point(row, 0)
    const { instrument, clientOrderId } = view
    const { instrument: listed } = this.#listing(view.instrumentIndex)
    const order = new VenueOrder(clientOrderId, view.account, listed, view, number, this.#session.client)
    const sentUs = this.#time.wallUs()
    const mirror: Mirror = {
      number,
      instrument,
      sideSign: view.sideSign,
      clientOrderId,
      sentUs,
      order,
      liveFirstUs: Number.NaN,
      shadowFirstUs: Number.NaN,
      timer: undefined,
    }
    this.#mirrors.set(number, mirror)
    this.#counts.orders++
    this.#send(mirror, 'new')
  }

  /** Hands a request to the shadow venue, once it has travelled. */
  #send(mirror: Mirror, kind: VenueRequest['kind'], change?: OrderEvent): void {
    const request = new VenueRequest()
    request.kind = kind
    request.clientOrderId = mirror.clientOrderId
    request.number = mirror.number
    if (kind === 'new') request.order = mirror.order
    if (change !== undefined) {
      request.quantityUnits = change.quantityUnits
      request.priceUnits = change.priceUnits
      request.triggerUnits = this.#trigger(mirror.number)
    }
    const arrive = () => this.#venue.receive(this.#session, request)
    const now = this.#time.monotonicNs()
    const delayNs = this.#latency === undefined ? 0 : this.#latency(this.#time.wallUs(), this.#random)
    // One message does not overtake another on the same line.
    this.#arrivesNs = Math.max(this.#arrivesNs, now + delayNs)
    if (this.#arrivesNs <= now) arrive()
    else this.#later((this.#arrivesNs - now) / NS_PER_MS, arrive)
  }

  /** The trigger that a change asks for: of the latest request, or, where that is answered already, of the order. */
  #trigger(number: number): number {
    const { table } = this.#core
    const row = table.rowOf(number)
    if (row < 0) return Number.NaN
    const request = table.cells[row + Field.firstRequest]
    return request < 0 ? table.cells[row + Field.trigger] : table.requests.trigger[request]
  }

  #later(delayMs: number, run: () => void): TimerHandle {
    const timer = this.#time.after(delayMs, () => {
      this.#timers.delete(timer)
      run()
    })
    this.#timers.add(timer)
    return timer
  }

  // ---- The shadow ------------------------------------------------------------------------------------------------------

  #reported(report: VenueReport): void {
    const mirror = report.order === undefined ? undefined : this.#mirrors.get(report.order.tag)
    if (mirror === undefined) return
    if (report.kind === 'fill' && Number.isNaN(mirror.shadowFirstUs)) mirror.shadowFirstUs = this.#time.wallUs()
    // Waiting only for this side.
    if (mirror.timer !== undefined && isOver(mirror.order)) this.#compare(mirror, 'FILLED')
  }

  /** The real order is over. One that was filled gives the shadow time to fill as well; any other ends both. */
  #closed(mirror: Mirror, status: OrderStatus): void {
    if (mirror.timer !== undefined) return
    if (status === 'FILLED' && !isOver(mirror.order) && this.#graceMs > 0) {
      mirror.timer = this.#later(this.#graceMs, () => this.#compare(mirror, status))
      return
    }
    this.#compare(mirror, status)
  }

  #compare(mirror: Mirror, status: OrderStatus): void {
    this.#mirrors.delete(mirror.number)
    if (mirror.timer !== undefined) {
      mirror.timer.cancel()
      this.#timers.delete(mirror.timer)
    }
    if (!isOver(mirror.order)) {
      const cancel = new VenueRequest()
      cancel.kind = 'cancel'
      cancel.clientOrderId = mirror.clientOrderId
      this.#venue.receive(this.#session, cancel)
    }
    const comparison = this.#comparison(mirror, status)
    if (comparison === undefined) return
    this.#count(comparison)
    if (!comparison.isSame) {
      this.#differences.push(comparison)
      if (this.#differences.length > this.#keep) this.#differences.shift()
    }
    this.onCompared?.(comparison)
  }

  #comparison(mirror: Mirror, status: OrderStatus): ShadowComparison | undefined {
    const { instrument, order, sentUs } = mirror
    const { table } = this.#core
    const row = table.rowOf(mirror.number)
    // Its record was taken over: there is nothing left to compare with.
    if (row < 0) return undefined
    const live = outcome(instrument, table.cells[row + Field.filled], liveValue(table, row), mirror.liveFirstUs, sentUs)
    const shadow = outcome(instrument, order.cumulativeUnits, order.valueUnits, mirror.shadowFirstUs, sentUs)
    const worse =
      live.averagePrice === undefined || shadow.averagePrice === undefined
        ? undefined
        : live.averagePrice.minus(shadow.averagePrice).times(mirror.sideSign)
    return {
      clientOrderId: mirror.clientOrderId,
      symbol: instrument.symbol,
      side: sideOf(mirror.sideSign),
      quantity: instrument.quantityFromUnits(
        Math.max(table.cells[row + Field.quantity], table.cells[row + Field.filled]),
      ),
      status,
      live,
      shadow,
      filledDifference: live.filled.minus(shadow.filled),
      priceDifference: worse,
      shadowReason: order.state === 'rejected' ? order.reason : '',
      isSame: live.filled.equals(shadow.filled) && (worse === undefined || worse.isZero()),
    }
  }

  #count({ live, shadow, quantity, priceDifference, isSame }: ShadowComparison): void {
    const counts = this.#counts
    counts.compared++
    if (isSame) counts.same++
    if (shadow.filled.isZero() && !live.filled.isZero()) counts.liveOnly++
    if (live.filled.isZero() && !shadow.filled.isZero()) counts.shadowOnly++
    this.#ordered++
    this.#liveShare += live.filled.div(quantity).toNumber()
    this.#shadowShare += shadow.filled.div(quantity).toNumber()
    if (priceDifference === undefined || shadow.averagePrice?.isZero() !== false) return
    counts.both++
    this.#costBps += priceDifference.div(shadow.averagePrice.abs()).toNumber() * 10_000
  }
}

function isOver(order: VenueOrder): boolean {
  return order.state !== 'pending' && order.state !== 'working' && order.state !== 'triggered'
}

/** Sum of price units times quantity units of the trades that count. */
function liveValue(table: OrderTable, row: number): number {
  const { trades } = table
  let value = 0
  for (let trade = table.cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next])
    value += trades.cells[trade + TradeField.effective] * trades.priceOf(trade)
  return value
}

function outcome(
  instrument: Instrument,
  filledUnits: number,
  valueUnits: number,
  firstUs: number,
  sentUs: number,
): ShadowOutcome {
  return {
    filled: instrument.quantityFromUnits(filledUnits),
    averagePrice:
      filledUnits === 0
        ? undefined
        : new Decimal(valueUnits).div(filledUnits).div(new Decimal(10).pow(instrument.priceScale)),
    firstFillMs: Number.isNaN(firstUs) ? undefined : (firstUs - sentUs) / 1_000,
  }
}
