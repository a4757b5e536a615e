/** A gate with one account, a venue and some instruments, on a clock that tests move; and orders for it. */
import { OrderSupport } from '../connector/capabilities.js'
import type { InstrumentId } from '../model/ids.js'
import type { Instrument, InstrumentDefinition } from '../model/instrument.js'
import { InstrumentRegistry } from '../model/instrument-registry.js'
import { orderTypes, timesInForce } from '../model/order-types.js'
import { TifCode, TypeCode } from '../orders/codes.js'
import * as folds from '../orders/fold.js'
import { foldTrade } from '../orders/fold-trades.js'
import * as Field from '../orders/order-fields.js'
import { OrderTable } from '../orders/order-table.js'
import { denialCode } from './controls.js'
import type { ExtraOptions } from './extra-checks.js'
import { RiskGate } from './gate.js'
import type { RiskLimits } from './limits.js'

/** An order in units; what is left out is a day limit order to buy for strategy 0. */
export interface OrderDraft {
  instrument?: number
  strategy?: number
  side?: 1 | -1
  type?: number
  timeInForce?: number
  flags?: number
  quantity?: number
  price?: number
  trigger?: number
  expireUs?: number
  display?: number
}

/** Limits that let everything pass: tests name the one they are about. */
export const noLimits: RiskLimits = {
  maxOrderNotional: '1000000000000000',
  priceCollarPercent: false,
  throttle: false,
  duplicates: false,
}

const share = (id: string, changes: Partial<InstrumentDefinition>): InstrumentDefinition => ({
  id: `${id}.XNYS` as InstrumentId,
  symbol: id,
  venue: 'XNYS',
  assetClass: 'equity',
  currency: 'USD',
  priceIncrement: '0.01',
  sizeIncrement: '1',
  sparePriceDigits: 0,
  ...changes,
})

/** Adds a fact to an order of a table. */
export type Fold = (seq: number, table: OrderTable) => number

/** A gate and everything it needs. */
export class GateUnderTest {
  readonly instruments = new InstrumentRegistry()
  readonly table: OrderTable
  readonly gate: RiskGate
  readonly names = { account: String, strategy: String, connector: String, clientOrderId: String }
  readonly venue = {
    isReady: true,
    support: new OrderSupport({
      types: orderTypes,
      timeInForce: timesInForce,
      postOnly: true,
      reduceOnly: true,
      iceberg: true,
      replace: true,
      cancelOnDisconnect: 'none',
      fullHistory: true,
    }),
  }
  /** Whether the venue's message limit has room. */
  hasSlot: (isUrgent: boolean) => boolean = () => true
  nowUs = 1_700_000_000_000_000
  nowNs = 0
  readonly #drafts: OrderDraft[] = []
  readonly #facts: { row: number; fold: Fold }[] = []

  /** One instrument a change of the plain share: price units are cents. A reference of 100.00 is set for each. */
  constructor(
    limits: RiskLimits = {},
    instruments: Partial<InstrumentDefinition>[] = [{}],
    table = new OrderTable({ capacity: 64 }),
    extra: ExtraOptions = {},
    accounts = 1,
  ) {
    this.table = table
    for (const [i, changes] of instruments.entries()) this.instruments.add(share(`S${i}`, changes))
    this.gate = new RiskGate({
      table: this.table,
      instruments: this.instruments,
      names: this.names,
      clock: { wallUs: () => this.nowUs, monotonicNs: () => this.nowNs },
      venue: () => this.venue,
      hasSlot: (_connector, isUrgent) => this.hasSlot(isUrgent),
      sizes: { account: accounts, connector: 1, strategy: 4, instrument: Math.max(4, instruments.length) },
      limits: { ...noLimits, ...limits },
      ...extra,
    })
    for (const instrument of this.instruments) this.quote(instrument, 100)
  }

  /** Sets the reference of an instrument, now. */
  quote(instrument: Instrument | number, price: number): void {
    this.gate.references.set(typeof instrument === 'number' ? instrument : instrument.index, price, this.nowUs)
  }

  /** A new order in the table, not checked yet. */
  draft(draft: OrderDraft = {}): number {
    this.#drafts.push(draft)
    const { table } = this
    const { cells } = table
    const row = table.allocate()
    const type = draft.type ?? TypeCode.LIMIT
    cells[row + Field.instrument] = draft.instrument ?? 0
    cells[row + Field.strategy] = draft.strategy ?? 0
    cells[row + Field.side] = draft.side ?? 1
    cells[row + Field.type] = type
    cells[row + Field.timeInForce] = draft.timeInForce ?? TifCode.DAY
    cells[row + Field.flags] = draft.flags ?? 0
    cells[row + Field.quantity] = draft.quantity ?? 10
    cells[row + Field.price] = draft.price ?? (type === TypeCode.MARKET ? Number.NaN : 10_000)
    cells[row + Field.trigger] = draft.trigger ?? Number.NaN
    cells[row + Field.expireUs] = draft.expireUs ?? Number.NaN
    cells[row + Field.display] = draft.display ?? Number.NaN
    return row
  }

  /** Checks a row; 'ok' or the code of the refusal. A refused order is closed, as the order manager does it. */
  check(row: number): string {
    const verdict = this.gate.check(row)
    if (verdict === 0) return 'ok'
    this.apply(row, (seq, table) => folds.foldDenied(table, row, verdict, seq))
    return denialCode(verdict)
  }

  /** Checks a new order. */
  submit(draft: OrderDraft = {}): string {
    return this.check(this.draft(draft))
  }

  /** Checks a new order that passes, and sends it; its row. */
  send(draft: OrderDraft = {}): number {
    const row = this.draft(draft)
    const code = this.check(row)
    if (code !== 'ok') throw new Error(`refused: ${code}`)
    this.apply(row, (seq, table) => folds.foldSubmitted(table, row, seq))
    return row
  }

  /** Checks a change of terms; NaN prices stay as they are. */
  replace(
    row: number,
    quantity: number,
    price = this.table.cells[row + Field.price],
    trigger = this.table.cells[row + Field.trigger],
  ): string {
    const verdict = this.gate.checkReplace(row, quantity, price, trigger)
    return verdict === 0 ? 'ok' : denialCode(verdict)
  }

  /** Applies a fact, and brings reservations and positions in line with it as the ledger does. */
  apply(row: number, fold: Fold): void {
    const { cells } = this.table
    const seq = this.#facts.length + 1
    const before = cells[row + Field.filled]
    fold(seq, this.table)
    this.gate.exposure.sync(row)
    const change = cells[row + Field.side] * (cells[row + Field.filled] - before)
    this.gate.exposure.applyFill(0, cells[row + Field.instrument], change)
    this.#facts.push({ row, fold })
  }

  /** Another gate to which nothing happened but the facts of this one, as after a restart. */
  replayed(): GateUnderTest {
    const again = new GateUnderTest()
    for (const draft of this.#drafts) again.draft(draft)
    for (const { row, fold } of this.#facts) again.apply(row, fold)
    return again
  }

  /** A fill, in orders and positions at once, as the ledger books it. */
  fill(row: number, exec: string | number, quantity: number, price = 10_000): void {
    const { cells } = this.table
    const before = cells[row + Field.filled]
    const fold: Fold = (seq, table) => foldTrade(table, row, exec, quantity, price, Number.NaN, -1, 0, 0, seq, seq)
    fold(this.#facts.length + 1, this.table)
    this.gate.exposure.traded(row, cells[row + Field.side] * (cells[row + Field.filled] - before))
    this.#facts.push({ row, fold })
  }

  /** Ends an order at the venue. */
  cancel(row: number): void {
    this.apply(row, (seq, table) => folds.foldClosed(table, row, false, 0, seq, seq))
  }

  /** Sets the position that the gate sees. */
  setPosition(units: number, instrument = 0): void {
    const { exposure } = this.gate
    exposure.applyFill(0, instrument, units - exposure.position[exposure.keyOf(0, instrument)])
  }

  /** What works on both sides, and what is held. */
  exposureOf(instrument = 0): { position: number; buying: number; selling: number; open: number } {
    const { exposure } = this.gate
    const key = exposure.keyOf(0, instrument)
    return {
      position: exposure.position[key],
      buying: exposure.buying[key],
      selling: exposure.selling[key],
      open: exposure.openByInstrument[key],
    }
  }
}
