/** A world for one parent order in which everything may happen: a venue that answers when and how it likes, and a host that changes its mind. */
import { SeededRandom } from '../core/random.js'
import { VirtualTime } from '../core/virtual-time.js'
import type { AlgoCommon } from '../model/algo.js'
import type { InstrumentId } from '../model/ids.js'
import { Instrument } from '../model/instrument.js'
import type { ParentEvent, PauseReason } from '../oms/parent-port.js'
import type { ParentView } from './algorithm.js'
import { factoryOf } from './algorithms.js'
import type { ChildFacts } from './child-book.js'
import { ParentOrder } from './parent-order.js'
import type { ChildRequest, ParentPorts, ParentState } from './parent-ports.js'
import { type ParentPlan, readTerms } from './parent-terms.js'

/** One order as the venue has it: the truth. */
export interface VenueOrder {
  readonly index: number
  readonly number: number
  readonly request: ChildRequest
  /** What was unsent when it was sent. */
  readonly unsentBefore: number
  filledUnits: number
  isClosed: boolean
  isAcked: boolean
  isRefused: boolean
  isCanceling: boolean
  /** Nothing is heard of it until it is found again. */
  isLost: boolean
  reason: string | undefined
}

/** What a world is made of. */
export interface WorldOptions {
  seed: number
  algo: AlgoCommon & { type: string } & Record<string, unknown>
  quantityUnits: number
  limitUnits?: number
  side?: 'buy' | 'sell'
  durationMs?: number
  minQuantity?: string
  minNotional?: string
  sizeIncrement?: string
}

/** The instrument of a world. */
export function worldInstrument(sizeIncrement = '1', minQuantity?: string, minNotional?: string): Instrument {
  return new Instrument(
    {
      id: 'X.TEST' as InstrumentId,
      symbol: 'X',
      venue: 'TEST',
      assetClass: 'equity',
      currency: 'USD',
      priceIncrement: '0.01',
      sizeIncrement,
      ...(minQuantity === undefined ? {} : { minQuantity }),
      ...(minNotional === undefined ? {} : { minNotional }),
    },
    0,
  )
}

/** See the file's header. */
export class ParentWorld {
  readonly time = new VirtualTime()
  readonly random: SeededRandom
  readonly instrument: Instrument
  readonly plan: ParentPlan
  readonly orders: VenueOrder[] = []
  readonly events: { type: ParentEvent['type']; reason: string | undefined; atMs: number }[] = []
  readonly startUs: number
  parent: ParentOrder
  obstacle: PauseReason | undefined
  bid = 9_999
  ask = 10_001
  bidSize = 500
  askSize = 500
  tape = 0
  /** What the next orders are answered with at once; undefined: nothing. */
  onSend: ((order: VenueOrder) => void) | undefined
  /** Checked at every child that is sent. */
  onChild: ((order: VenueOrder) => void) | undefined
  state: ParentState | undefined
  #epoch = 0

  constructor(options: WorldOptions) {
    const { seed, algo, quantityUnits, limitUnits, side = 'buy', durationMs = 60_000 } = options
    this.random = new SeededRandom(seed)
    this.instrument = worldInstrument(options.sizeIncrement, options.minQuantity, options.minNotional)
    this.startUs = this.time.wallUs()
    this.plan = {
      version: 1,
      id: 'P',
      instrument: 'X.TEST',
      side,
      quantityUnits,
      limitUnits: limitUnits ?? null,
      account: null,
      strategy: null,
      connector: null,
      tag: null,
      reduceOnly: false,
      algo,
      startUs: this.startUs,
      endUs: Number.isFinite(durationMs) ? this.startUs + durationMs * 1_000 : null,
      seed: 1,
      createdUs: this.startUs,
      arrival: null,
    }
    this.parent = this.#make()
  }

  get filledUnits(): number {
    return this.orders.reduce((sum, order) => sum + order.filledUnits, 0)
  }

  get openUnits(): number {
    return this.orders.reduce(
      (sum, order) => sum + (order.isClosed ? 0 : order.request.quantityUnits - order.filledUnits),
      0,
    )
  }

  get open(): VenueOrder[] {
    return this.orders.filter((order) => !order.isClosed)
  }

  get atMs(): number {
    return (this.time.wallUs() - this.startUs) / 1_000
  }

  start(): this {
    this.parent.start()
    return this
  }

  #make(): ParentOrder {
    const { plan, instrument } = this
    const factory = factoryOf(plan.algo.type)
    if (factory === undefined) throw new Error(`no algorithm ${plan.algo.type}`)
    const algorithm = factory.create(plan.algo)
    const window = plan.endUs === null ? Number.POSITIVE_INFINITY : (plan.endUs - plan.startUs) / 1_000
    algorithm.check(window, instrument)
    const terms = readTerms(plan.algo, plan.side === 'buy' ? 1 : -1, instrument, (this.bid + this.ask) / 2)
    return new ParentOrder(plan, terms, instrument, algorithm, this.#ports(++this.#epoch))
  }

  #ports(epoch: number): ParentPorts {
    return {
      time: this.time,
      tapeUnits: () => this.tape,
      obstacle: () => this.obstacle,
      readPrices: (view) => this.#prices(view),
      save: (state) => {
        // What an order of an earlier process says is on no record.
        if (epoch === this.#epoch) this.state = JSON.parse(JSON.stringify(state)) as ParentState
      },
      tell: (type, reason) => this.events.push({ type, reason, atMs: this.atMs }),
      children: {
        nextIndex: (index) => Math.max(index, this.orders.length) + 1,
        send: (request) => this.#send(request),
        cancel: (number) => this.#cancel(number),
        reprice: () => this.random.chance(0.5),
        read: (number, facts) => this.#read(number, facts),
      },
    }
  }

  #prices(view: ParentView): void {
    view.bidUnits = this.bid
    view.askUnits = this.ask
    view.bidSizeUnits = this.bidSize
    view.askSizeUnits = this.askSize
  }

  #send(request: ChildRequest): number {
    const order: VenueOrder = {
      index: request.index,
      number: this.orders.length + 1,
      request: { ...request },
      unsentBefore: this.parent.book.unsentUnits,
      filledUnits: 0,
      isClosed: false,
      isAcked: false,
      isRefused: false,
      isCanceling: false,
      isLost: false,
      reason: undefined,
    }
    this.orders.push(order)
    this.onChild?.(order)
    this.onSend?.(order)
    return order.number
  }

  #cancel(number: number): void {
    const order = this.orders[number - 1]
    if (order !== undefined && !order.isClosed) order.isCanceling = true
  }

  #read(number: number, facts: ChildFacts): void {
    const order = this.orders[number - 1]
    if (order === undefined) return
    facts.filledUnits = order.filledUnits
    facts.isClosed = order.isClosed
    facts.leavesUnits = order.isClosed ? 0 : order.request.quantityUnits - order.filledUnits
    facts.isRefused = order.isRefused && order.filledUnits === 0
    facts.isCanceled = order.isClosed && !order.isRefused && order.filledUnits < order.request.quantityUnits
    facts.reason = order.reason
  }

  // ---- What may happen -------------------------------------------------------------------------------------------------

  /** Fills at most what is left of an order, and tells the parent. */
  fill(order: VenueOrder, units: number): void {
    order.isAcked = true
    order.filledUnits = Math.min(order.request.quantityUnits, order.filledUnits + units)
    if (order.filledUnits === order.request.quantityUnits) order.isClosed = true
    this.parent.childChanged(order.number)
  }

  fillAll(): void {
    for (const order of this.open) this.fill(order, order.request.quantityUnits)
  }

  closeOrder(order: VenueOrder, reason?: string): void {
    order.isClosed = true
    order.isRefused = reason !== undefined
    order.reason = reason
    this.parent.childChanged(order.number)
  }

  /** The venue confirms all cancels that were asked for. */
  ackCancels(): void {
    for (const order of this.open) if (order.isCanceling) this.closeOrder(order)
  }

  quote(bid: number, ask: number, size = 500): void {
    this.bid = bid
    this.ask = ask
    this.bidSize = size
    this.askSize = size
    if (this.parent.wantsQuotes) this.parent.evaluate()
  }

  trade(units: number): void {
    this.tape += units
    if (this.parent.wantsTrades) this.parent.evaluate()
  }

  async advanceMs(ms: number): Promise<void> {
    await this.time.advanceMs(ms)
  }

  /** The process dies and another takes over from what is on record. */
  restart(): void {
    this.parent.suspend()
    const state = this.state
    if (state === undefined) throw new Error('nothing is on record')
    this.parent = this.#make()
    this.parent.restore(
      state,
      this.orders.map(({ index, number, request }) => ({
        index,
        number,
        quantityUnits: request.quantityUnits,
        priceUnits: request.priceUnits,
        isForAuction: request.timeInForce === 'CLO',
        isImmediate: request.timeInForce === 'IOC',
      })),
      this.orders.length,
      0,
    )
  }
}
