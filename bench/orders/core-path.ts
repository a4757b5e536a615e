/** The order path of the library without handles and journal: gate, order facts, reservations, positions and profit. */
import { OrderSupport } from '../../src/connector/capabilities.js'
import type { InstrumentId } from '../../src/model/ids.js'
import { InstrumentRegistry } from '../../src/model/instrument-registry.js'
import { Ledger } from '../../src/oms/ledger.js'
import { Liquidity, TifCode, TypeCode } from '../../src/orders/codes.js'
import * as Field from '../../src/orders/order-fields.js'
import { OrderTable } from '../../src/orders/order-table.js'
import { Portfolio } from '../../src/portfolio/portfolio.js'
import { RiskGate, type Venue } from '../../src/risk/gate.js'
import { counts, feeUnits, limits, quoteEvery, reference, stepUs, type Workload, workloadSize } from './workload.js'

/** What both sides of the benchmark have to agree on. */
export interface PathOutcome {
  readonly denied: number
  readonly filledOrders: number
  /** Realised profit over all strategies in currency units. */
  readonly realized: number
  readonly fees: number
}

/** A path: runs a number of orders and says what came out since it was opened. */
export interface OrderPath {
  run(orders: number): void
  outcome(): PathOutcome
}

/**
 * Virtual time starts at 0 and runs slower than that of the peer, with windows shortened to match: so nanoseconds are
 * small integers, and what a clock allocates for larger ones is not measured here.
 */
const timeScale = 100
const stepNs = (stepUs * 1_000) / timeScale

/** The same path one step at a time. */
export interface CorePath extends OrderPath {
  /** Has the next order of the workload checked and noted as sent. Returns its number; 0 where it is denied. */
  submitNext(): number
  /** Notes its acknowledgement. */
  accept(number: number): void
  /** Notes the two fills of the order that was submitted last. */
  fillLatest(number: number): void
  /** Quotes every instrument, now. */
  refresh(): void
}

/** Sets up table, gate, ledger and portfolio, with eight instruments and one venue. */
export function openCorePath(workload: Workload): CorePath {
  const instruments = new InstrumentRegistry()
  for (let i = 0; i < counts.instruments; i++) {
    instruments.add({
      id: `S${i}.XNYS` as InstrumentId,
      symbol: `S${i}`,
      venue: 'XNYS',
      assetClass: 'equity',
      currency: 'USD',
      priceIncrement: '0.01',
      sizeIncrement: '1',
    })
  }
  const table = new OrderTable()
  let nowNs = 0
  let nowUs = 0
  const venue: Venue = {
    isReady: true,
    support: new OrderSupport({
      types: ['MARKET', 'LIMIT'],
      timeInForce: ['DAY', 'IOC'],
      postOnly: true,
      reduceOnly: true,
      iceberg: true,
      replace: true,
      cancelOnDisconnect: 'none',
      fullHistory: true,
    }),
  }
  const gate = new RiskGate({
    table,
    instruments,
    names: { account: String, strategy: String, connector: String, clientOrderId: String },
    clock: { wallUs: () => nowUs, monotonicNs: () => nowNs },
    venue: () => venue,
    sizes: { account: 1, connector: 1, strategy: counts.strategies, instrument: counts.instruments },
    limits: {
      maxOrderQuantity: limits.maxOrderQuantity,
      maxOrderNotional: limits.maxOrderNotional,
      maxPosition: limits.maxPosition,
      priceCollarPercent: limits.collarPercent,
      marketData: { maxAgeMs: limits.maxAgeMs },
      throttle: { limit: limits.throttle.limit, windowMs: limits.throttle.windowMs / timeScale },
      duplicates: { limit: limits.duplicates.limit, windowMs: limits.duplicates.windowMs / timeScale },
    },
  })
  const portfolio = new Portfolio({ baseCurrency: 'USD' })
  portfolio.accounts.intern('main')
  for (let i = 0; i < counts.strategies; i++) portfolio.strategies.intern(`strategy ${i}`)
  const ledger = new Ledger({ table, exposure: gate.exposure, portfolio, instruments })
  const usd = ledger.currency('USD')
  const { cells } = table
  const { instrument, strategy, side, quantity, price, firstFill, fillPrice } = workload
  let sent = 0
  let seq = 1
  let exec = 1
  let denied = 0
  let filledOrders = 0

  const submit = (index: number): number => {
    const row = table.allocate()
    cells[row + Field.instrument] = instrument[index]
    cells[row + Field.strategy] = strategy[index]
    cells[row + Field.side] = side[index]
    cells[row + Field.type] = TypeCode.LIMIT
    cells[row + Field.timeInForce] = TifCode.DAY
    cells[row + Field.quantity] = quantity[index]
    cells[row + Field.price] = price[index]
    if (gate.check(row) !== 0) {
      denied++
      return 0
    }
    gate.approved(row).consume()
    ledger.submitted(row, seq++)
    return cells[row + Field.number] | 0
  }

  const fill = (number: number, units: number, at: number): void => {
    const row = table.rowOf(number)
    ledger.trade(row, exec++, units, at, feeUnits, usd, Liquidity.taker, 0, nowUs, nowUs, seq++)
    if (cells[row + Field.isOpen] === 0) filledOrders++
  }

  const refresh = (): void => {
    for (let at = 0; at < counts.instruments; at++) gate.references.set(at, reference, nowUs)
  }
  const submitNext = (): number => {
    nowNs += stepNs
    nowUs = (nowNs / 1_000) | 0
    if ((sent & (quoteEvery - 1)) === 0) refresh()
    return submit(sent++ & (workloadSize - 1))
  }
  const accept = (number: number): void => {
    ledger.accepted(table.rowOf(number), number, nowUs, seq++)
  }
  const fillLatest = (number: number): void => {
    const index = (sent - 1) & (workloadSize - 1)
    const first = firstFill[index]
    fill(number, first, fillPrice[index])
    fill(number, quantity[index] - first, fillPrice[index])
  }

  return {
    submitNext,
    accept,
    fillLatest,
    refresh,
    run(orders) {
      for (let i = 0; i < orders; i++) {
        const number = submitNext()
        if (number === 0) continue
        accept(number)
        fillLatest(number)
      }
    },
    outcome() {
      let realized = 0
      let fees = 0
      for (let slot = 0; slot < portfolio.table.size; slot++) {
        if (portfolio.table.totals[slot] < 0) continue
        realized += portfolio.table.realizedNumber(slot)
        fees += portfolio.table.feesNumber(slot)
      }
      return { denied, filledOrders, realized, fees }
    },
  }
}
