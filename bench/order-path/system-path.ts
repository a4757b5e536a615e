/**
 * Our side: a composed trading system, used as a host uses it. Requests are fresh objects, each is answered with a handle,
 * one listener reads the events of all orders, every control of the risk gate is on.
 */
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeFileSystem } from '../../src/core/node-file-system.js'
import { RealTime } from '../../src/core/real-time.js'
import { VirtualTime } from '../../src/core/virtual-time.js'
import type { OrderRequest } from '../../src/model/order.js'
import type { OrderEvent } from '../../src/oms/order-event.js'
import { Strategy } from '../../src/system/strategy.js'
import { TradingSystem } from '../../src/system/trading-system.js'
import type { OrderPath, PathOutcome } from '../orders/core-path.js'
import { counts, limits, priceUnit, quoteEvery, stepUs, type Workload, workloadSize } from '../orders/workload.js'
import { BenchVenue, definitions, symbols, type VenueIds } from './bench-venue.js'

const strategies = Array.from({ length: counts.strategies }, (_, i) => `strategy ${i}`)

/** How a system is set up and driven. */
export interface SystemPathOptions {
  /** Virtual time, as the peer has it, or the clock of the machine. */
  clock: 'virtual' | 'real'
  /** `os`: a journal on the disk, written before anything is sent or delivered. */
  journal: 'none' | 'os'
  /** Orders in a turn: above 1, a strategy submits them while it handles a quote. */
  perTurn: number
  ids: VenueIds
  /** When the venue fills: with the acknowledgement unless given, or when {@link SystemPath.fillLatest} is called. */
  fills?: 'at once' | 'on request'
}

/** An order path that has to be closed. */
export interface SystemPath extends OrderPath {
  readonly system: TradingSystem
  /** Makes the next request of the workload. */
  nextRequest(): OrderRequest
  /** Quotes every instrument, so that prices stay fresh. */
  refresh(): void
  /** Time of the latest acknowledgement that the listener saw, as {@link OrderPath} users set it; see `onAccepted`. */
  onAccepted: (() => void) | undefined
  /** Has the venue fill the latest order where it waits for that. */
  fillLatest(): void
  close(): Promise<void>
}

/** Submits the next orders of the workload whenever it sees a quote. */
class Quoter extends Strategy {
  isArmed = false
  readonly #submitBatch: () => void

  constructor(submitBatch: () => void) {
    super()
    this.#submitBatch = submitBatch
  }

  override get name(): string {
    return 'quoter'
  }

  override onQuote(): void {
    if (this.isArmed) this.#submitBatch()
  }
}

/** What the listener adds up: it reads the fields that a monitor or a strategy reads. */
class Tally {
  accepted = 0
  denied = 0
  filledOrders = 0
  events = 0
  quantityUnits = 0
  lastSeq = 0
  lastNumber = 0
  onAccepted: (() => void) | undefined

  readonly listen = (event: OrderEvent): void => {
    this.events++
    this.lastSeq = event.seq
    this.lastNumber = event.order.number
    switch (event.type) {
      case 'accepted':
        this.accepted++
        this.onAccepted?.()
        break
      case 'filled':
        this.quantityUnits += event.quantityUnits
        if (event.status === 'FILLED') this.filledOrders++
        break
      case 'denied':
        this.denied++
        break
    }
  }
}

/** Starts a system and makes it ready to run the workload. */
export async function openSystemPath(workload: Workload, options: SystemPathOptions): Promise<SystemPath> {
  const virtual = options.clock === 'virtual' ? new VirtualTime({ epochUs: 1_700_000_000_000_000 }) : undefined
  const directory = options.journal === 'os' ? fs.mkdtempSync(join(tmpdir(), 'tradewire-bench-')) : undefined
  const venue = new BenchVenue(workload, options.ids, options.fills)
  const tally = new Tally()
  let sent = 0
  let refused = 0

  const nextRequest = (): OrderRequest => {
    const index = sent++ & (workloadSize - 1)
    return {
      symbol: symbols[workload.instrument[index]],
      strategy: strategies[workload.strategy[index]],
      side: workload.side[index] > 0 ? 'buy' : 'sell',
      quantity: workload.quantity[index],
      price: workload.price[index] / priceUnit,
    }
  }
  const submitNext = (): void => {
    if (system.orders.submit(nextRequest()).status === 'DENIED') refused++
  }
  const quoter = new Quoter(() => {
    for (let i = 0; i < options.perTurn; i++) submitNext()
  })
  const system = await TradingSystem.start({
    mode: 'paper',
    connectors: { venue },
    strategies: [quoter],
    instruments: definitions,
    time: virtual ?? new RealTime(),
    fileSystem: nodeFileSystem,
    risk: {
      // Its own limits and no others, as the peer has them.
      preset: false,
      maxOrderQuantity: limits.maxOrderQuantity,
      maxOrderNotional: limits.maxOrderNotional,
      maxPosition: limits.maxPosition,
      priceCollarPercent: limits.collarPercent,
      marketData: { maxAgeMs: limits.maxAgeMs },
      // The machine's clock knows no orders per millisecond beforehand: as many as no machine reaches.
      throttle: virtual === undefined ? { limit: 100_000, windowMs: 10 } : limits.throttle,
      duplicates: limits.duplicates,
    },
    ...(directory === undefined ? {} : { journal: directory, durability: 'os' }),
  })
  system.orders.events.on('order', tally.listen)
  const anomaliesAtStart = system.orders.counters.anomalies
  const refresh = (): void => {
    quoter.isArmed = false
    venue.quoteAll()
    quoter.isArmed = true
  }
  const step = (orders: number): void => {
    if (virtual !== undefined) virtual.advanceTo(virtual.monotonicNs() + stepUs * 1_000 * orders)
  }

  return {
    system,
    nextRequest,
    refresh,
    fillLatest: () => venue.fillLatest(),
    get onAccepted() {
      return tally.onAccepted
    },
    set onAccepted(callback) {
      tally.onAccepted = callback
    },
    run(orders) {
      for (let done = 0; done < orders; done += options.perTurn) {
        step(options.perTurn)
        if ((sent & (quoteEvery - 1)) === 0) refresh()
        if (options.perTurn === 1) submitNext()
        else venue.quote()
      }
    },
    outcome: () => outcomeOf(system, tally, sent, refused, anomaliesAtStart),
    async close() {
      await system.stop()
      if (directory !== undefined) fs.rmSync(directory, { recursive: true })
    },
  }
}

function outcomeOf(
  system: TradingSystem,
  tally: Tally,
  sent: number,
  refused: number,
  anomaliesAtStart: number,
): PathOutcome {
  const { counters } = system.orders
  const anomalies = counters.anomalies - anomaliesAtStart
  if (tally.accepted !== sent - refused || tally.denied !== refused || tally.quantityUnits <= 0) {
    throw new Error(
      `events were lost: ${tally.accepted} accepted, ${tally.denied} denied of ${sent}, ${refused} refused`,
    )
  }
  if (tally.events !== 4 * counters.submitted || counters.listenerErrors + anomalies > 0) {
    throw new Error(`${tally.events} events of ${counters.submitted} orders, ${anomalies} anomalies`)
  }
  if (system.journal.failure !== undefined) throw system.journal.failure.error
  let realized = 0
  let fees = 0
  const { table } = system.portfolio
  for (let slot = 0; slot < table.size; slot++) {
    if (table.totals[slot] < 0) continue
    realized += table.realizedNumber(slot)
    fees += table.feesNumber(slot)
  }
  return { denied: refused, filledOrders: tally.filledOrders, realized, fees }
}
