/**
 * The surroundings of one connector in a test: virtual time, a registry, a ring, and reports that are kept. Approvals come
 * from a real risk gate, so the connector is driven through its public methods like in a trading system; the gate's limits
 * are not asked.
 *
 *   const host = new TestHost()
 *   await host.start(connector)
 *   const order = host.submit(connector, { symbol: 'IBM', side: 'buy', quantity: 100, price: '187.25' })
 *   host.reports.kinds(order)       // ['accepted']
 */

import type { BaseConnector } from '../connector/base-connector.js'
import { OrderSupport } from '../connector/capabilities.js'
import type { ConnectorHost } from '../connector/connector-host.js'
import { TradewireError } from '../core/errors.js'
import { type Logger, silentLogger } from '../core/logger.js'
import { SeededRandom } from '../core/random.js'
import type { Time } from '../core/time.js'
import { VirtualTime } from '../core/virtual-time.js'
import type { InstrumentDefinition } from '../model/instrument.js'
import { InstrumentRegistry } from '../model/instrument-registry.js'
import {
  NormalizedChange,
  NormalizedOrder,
  normalizeOrderChange,
  normalizeOrderRequest,
} from '../model/normalize-order.js'
import type { OrderChange, OrderRequest } from '../model/order.js'
import type { OrderType } from '../model/order-types.js'
import { type ApprovedOrder, type ApprovedReplace, CancelRequest, type OrderNames } from '../orders/approved-order.js'
import { OrderFlag, StpCode, typeOf } from '../orders/codes.js'
import { Field, OrderTable } from '../orders/order-table.js'
import { NameTable } from '../portfolio/names.js'
import { IngestRing } from '../ring/ingest-ring.js'
import type { RingHandlers } from '../ring/kinds.js'
import { RiskGate } from '../risk/gate.js'
import { RecordingReports } from './recording-reports.js'

/** What a host may be given. */
export interface TestHostOptions<T extends Time = VirtualTime> {
  /** Clock and timers; virtual time unless given. */
  time?: T
  seed?: number
  instruments?: readonly InstrumentDefinition[]
  logger?: Logger
  /** Handlers of the market data that are published. */
  handlers?: RingHandlers
  /** Events the ring holds; 65,536 unless given. */
  ringCapacity?: number
  /** Orders the host holds, a power of two; 1,024 unless given. */
  orderCapacity?: number
}

/** Names by number, and ids as the requests gave them. */
class TestNames implements OrderNames {
  readonly accounts = new NameTable()
  readonly #table: OrderTable

  constructor(table: OrderTable) {
    this.#table = table
  }

  account(index: number): string {
    return this.accounts.name(index)
  }

  strategy(): string {
    return 'TEST'
  }

  connector(): string {
    return 'test'
  }

  clientOrderId(row: number): string {
    return this.#table.clientOrderId(row) as string
  }
}

/** A connector's surroundings for tests. */
export class TestHost<T extends Time = VirtualTime> implements ConnectorHost {
  readonly time: T
  readonly random: SeededRandom
  readonly seed: number
  readonly logger: Logger
  readonly instruments = new InstrumentRegistry()
  readonly market: IngestRing
  readonly reports = new RecordingReports()
  /** Reasons of lost connections. */
  readonly disconnects: string[] = []
  /** Runs before a connector becomes ready; compare with the venue here. */
  onReconcile: ((connector: BaseConnector) => Promise<void>) | undefined
  readonly #table: OrderTable
  readonly #names: TestNames
  readonly #gate: RiskGate
  readonly #normalized = new NormalizedOrder()
  readonly #change = new NormalizedChange()
  readonly #cancel: CancelRequest
  readonly #generations = new Map<number, number>()
  /** Terms of changed orders as they were last asked for, by number; the table has those that the venue confirmed. */
  readonly #wanted = new Map<number, { quantity: number; price: number; trigger: number }>()

  constructor(options: TestHostOptions<T> = {}) {
    this.#table = new OrderTable({ capacity: options.orderCapacity ?? 1_024 })
    this.#names = new TestNames(this.#table)
    this.time = options.time ?? (new VirtualTime() as Time as T)
    this.seed = options.seed ?? 1
    this.random = new SeededRandom(this.seed)
    this.logger = options.logger ?? silentLogger
    for (const definition of options.instruments ?? []) this.instruments.add(definition)
    this.market = new IngestRing({ capacity: options.ringCapacity ?? 65_536 })
    if (options.handlers !== undefined)
      this.market.addConsumer({ name: 'test', policy: 'backpressure', handlers: options.handlers })
    this.reports.onReplaced = (number, quantity, price, trigger) => {
      const row = this.#table.rowOf(number)
      if (row < 0) return
      const { cells } = this.#table
      cells[row + Field.quantity] = quantity
      cells[row + Field.price] = price
      cells[row + Field.trigger] = trigger
    }
    this.#cancel = new CancelRequest(this.#table, this.instruments, this.#names)
    this.#gate = new RiskGate({
      table: this.#table,
      instruments: this.instruments,
      names: this.#names,
      clock: this.time,
      venue: () => ({ isReady: true, support: new OrderSupport(undefined) }),
      sizes: { account: 16, strategy: 1, connector: 1, instrument: 64 },
    })
  }

  /** Attaches a connector and starts it: ready when this resolves. */
  async start(connector: BaseConnector, name = 'test'): Promise<void> {
    connector.attach(this, name, 0)
    const started = connector.start()
    await (this.time instanceof VirtualTime ? this.time.runUntil(started) : started)
  }

  /** Sends an order, as approved. Returns its number, by which reports name it. */
  submit(connector: BaseConnector, request: OrderRequest): number {
    const instrument = this.instruments.get(request.symbol)
    const order = normalizeOrderRequest(request, instrument, this.#normalized)
    const row = this.#table.allocate()
    if (row < 0) throw new TradewireError('TW_CAPACITY', 'The test host is full; raise orderCapacity')
    const { cells } = this.#table
    const number = cells[row]
    const id = order.clientOrderId ?? `C${number}`
    cells[row + Field.isOpen] = 1
    cells[row + Field.instrument] = instrument.index
    cells[row + Field.account] = this.#names.accounts.intern(order.account ?? 'PAPER')
    cells[row + Field.side] = order.sideSign
    cells[row + Field.type] = order.typeIndex
    cells[row + Field.timeInForce] = order.timeInForceIndex
    cells[row + Field.flags] = flagsOf(order)
    cells[row + Field.selfTrade] = StpCode[order.selfTradePrevention]
    cells[row + Field.quantity] = order.quantityUnits
    cells[row + Field.price] = order.priceUnits
    cells[row + Field.trigger] = order.triggerPriceUnits
    cells[row + Field.trailingAmount] = order.trailingAmountUnits
    cells[row + Field.trailingBasisPoints] = order.trailingBasisPoints
    cells[row + Field.display] = order.displayUnits
    cells[row + Field.expireUs] = order.expireTimeUs
    this.#table.setClientOrderId(row, id)
    this.reports.numbers.set(id, number)
    connector.submit(this.#gate.approved(row))
    return number
  }

  /** Sends a change. Terms that it leaves out stay as they were last asked for; those of the order are what the venue confirmed. Returns its generation, by which reports name it. */
  replace(connector: BaseConnector, number: number, change: OrderChange): number {
    const row = this.#table.rowOf(number)
    const { cells } = this.#table
    const instrument = this.instruments.at(cells[row + Field.instrument])
    const terms = normalizeOrderChange(change, typeOf(cells[row + Field.type]) as OrderType, instrument, this.#change)
    const wanted = this.#wanted.get(number) ?? {
      quantity: cells[row + Field.quantity],
      price: cells[row + Field.price],
      trigger: cells[row + Field.trigger],
    }
    if (!Number.isNaN(terms.quantityUnits)) wanted.quantity = terms.quantityUnits
    if (!Number.isNaN(terms.priceUnits)) wanted.price = terms.priceUnits
    if (!Number.isNaN(terms.triggerPriceUnits)) wanted.trigger = terms.triggerPriceUnits
    this.#wanted.set(number, wanted)
    const generation = this.#nextGeneration(number)
    connector.replace(this.#gate.approvedReplace(row, generation, wanted.quantity, wanted.price, wanted.trigger))
    return generation
  }

  /** Sends a cancel. Returns its generation. */
  cancel(connector: BaseConnector, number: number): number {
    const generation = this.#nextGeneration(number)
    connector.cancel(this.#cancel.point(this.#table.rowOf(number), generation))
    return generation
  }

  isApproved(view: ApprovedOrder | ApprovedReplace): boolean {
    return this.#gate.isOwn(view)
  }

  wake(): void {
    this.time.nextTurn(() => this.drain())
  }

  drain(): void {
    this.market.drain()
  }

  async reconcile(connector: BaseConnector): Promise<void> {
    await this.onReconcile?.(connector)
  }

  disconnected(_connector: BaseConnector, reason: string): void {
    this.disconnects.push(reason)
  }

  #nextGeneration(number: number): number {
    const next = (this.#generations.get(number) ?? 0) + 1
    this.#generations.set(number, next)
    return next
  }
}

function flagsOf(order: NormalizedOrder): number {
  return (
    (order.postOnly ? OrderFlag.postOnly : 0) |
    (order.reduceOnly ? OrderFlag.reduceOnly : 0) |
    (order.triggerSource === 'bid_ask' ? OrderFlag.triggerBidAsk : 0) |
    (order.triggerSource === 'mid' ? OrderFlag.triggerMid : 0)
  )
}
