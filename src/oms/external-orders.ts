/**
 * Orders and executions that nobody here asked for: placed by hand, by another program, by the broker. Executions are booked
 * to an order record made for them; what is done with the orders themselves is the host's choice.
 */
import { TradewireError } from '../core/errors.js'
import type { OrderType, TimeInForce } from '../model/order-types.js'
import { hasLimit, Liquidity, OrderFlag, sideSign, TifCode, TypeCode } from '../orders/codes.js'
import { Field, type OrderTable } from '../orders/order-table.js'
import type { ExecKey } from '../orders/trade-pool.js'
import type { VenueFillReport, VenueOrderReport } from '../orders/venue-reports.js'
import type { OrderIdentity } from './identities.js'
import { knownOwner, namelessRows } from './known-owner.js'
import type { OrderCore } from './order-core.js'
import { RecordType, writeTerms } from './records.js'

/** Manage such orders, only book their executions, or leave both out of the books. */
export type ExternalPolicy = 'adopt' | 'observe' | 'ignore'

/** Strategy that owns what nobody here asked for. */
export const EXTERNAL = 'EXTERNAL'

/** How many external orders that are not adopted are remembered by their venue order id, and executions without room. */
const remembered = 4_096

/** Adds to what is remembered, where the oldest make room. Whether it is new. */
function keepIn(set: Set<string>, key: string): boolean {
  if (set.has(key)) return false
  set.add(key)
  if (set.size > remembered) set.delete(set.values().next().value as string)
  return true
}

/** Whether a record was made for an execution whose order nobody here knew. */
export function isMadeForFill({ cells }: OrderTable, row: number): boolean {
  return (cells[row + Field.flags] & OrderFlag.external) !== 0 && cells[row + Field.type] === TypeCode.MARKET
}

/** What is needed of the intake of reports. */
export interface ReportBooks {
  accepted(orderNumber: number, venueOrderId: string | number | undefined, tsUs: number): void
  filled(
    orderNumber: number,
    exec: ExecKey,
    quantityUnits: number,
    priceUnits: number,
    feeUnits: number,
    feeCurrency: string,
    liquidity: number,
    tsUs: number,
  ): void
  replaced(
    orderNumber: number,
    generation: number,
    quantityUnits: number,
    priceUnits: number,
    triggerUnits: number,
    venueOrderId: string | number | undefined,
    tsUs: number,
  ): void
  trade(
    row: number,
    exec: ExecKey,
    quantityUnits: number,
    priceUnits: number,
    feeUnits: number,
    feeCurrency: string,
    liquidity: number,
    basis: number,
    tsUs: number,
  ): void
  halt(orderNumber: number, message: string): void
}

/** Keeps the books of external orders. */
export class ExternalOrders {
  readonly #core: OrderCore
  readonly #books: ReportBooks
  readonly #policy: ExternalPolicy
  /** Orders that are known and not adopted, as `source id`. */
  readonly #others = new Set<string>()
  /** Executions that could not be booked so far, as `source id`: told once, and tried again when the venue tells them again. */
  readonly #unbooked = new Set<string>()

  constructor(core: OrderCore, books: ReportBooks, policy: ExternalPolicy) {
    this.#core = core
    this.#books = books
    this.#policy = policy
  }

  /** An order at the venue that nobody here sent. One that carries an id of ours is ours. */
  order(source: number, report: VenueOrderReport, id: string | undefined, owner: string): void {
    const core = this.#core
    const own = this.#ownNumber(report.clientOrderId)
    if (own > 0) {
      this.#books.accepted(own, report.venueOrderId, report.tsUs)
      return
    }
    if (this.#byVenueId(source, report.venueOrderId) >= 0) return
    const { identities } = core
    const isOver = report.state !== 'working' && report.state !== 'triggered'
    // One that is forgotten, see forgotten-orders.ts.
    const known = identities.numberOf(source, report.venueOrderId)
    if (isOver ? known > 0 || report.tsUs <= identities.reachUs(source) : identities.isOld(known, report.tsUs)) return
    if (this.#policy !== 'adopt') {
      this.note(source, report.venueOrderId)
      return
    }
    if (!this.#isTradable(report.instrument)) {
      core.anomaly(
        'EXTERNAL_ORDER',
        0,
        `Order ${report.venueOrderId} at the venue is not ours, and its instrument ${report.instrument} is beyond the tables: raise limits.instruments`,
      )
      return
    }
    core.turn.begin()
    try {
      const { account, instrument, side, type, timeInForce, quantityUnits, priceUnits = Number.NaN } = report
      const row = this.adopt({
        source,
        account,
        instrument,
        side,
        type,
        timeInForce,
        quantityUnits,
        priceUnits,
        clientOrderId: id,
        owner,
      })
      if (row < 0)
        core.anomaly(
          'EXTERNAL_ORDER',
          0,
          `Order ${report.venueOrderId} at the venue is not ours, and there is no room to keep it`,
        )
      else {
        const number = core.table.cells[row]
        core.anomaly(
          'EXTERNAL_ORDER',
          number,
          `Order ${report.venueOrderId} at the venue is not ours; it is kept as order ${number}`,
        )
        this.#books.accepted(number, report.venueOrderId, report.tsUs)
      }
    } finally {
      core.turn.end()
    }
  }

  /** An execution of an order that nobody here knows. `halts`: it came unannounced, so its instrument is halted. */
  fill(source: number, report: VenueFillReport, owner: string, halts: boolean): void {
    const core = this.#core
    const {
      exec,
      venueOrderId,
      quantityUnits,
      priceUnits,
      feeUnits = Number.NaN,
      feeCurrency = '',
      liquidity,
      tsUs,
    } = report
    const own = this.#ownNumber(report.clientOrderId)
    if (own > 0) {
      this.#books.filled(own, exec, quantityUnits, priceUnits, feeUnits, feeCurrency, liquidity, tsUs)
      return
    }
    if (core.externalExecs.has(source, exec)) return
    const isAnnounced = venueOrderId !== undefined && this.#others.has(`${source} ${venueOrderId}`)
    if (!isAnnounced && this.#isOurs(source, report)) return
    if (isAnnounced && this.#policy === 'ignore') {
      core.externalExecs.add(source, exec)
      const what = `Execution ${exec} of order ${venueOrderId} at the venue is not ours; it is not booked (externalOrders: ignore)`
      core.anomaly('EXTERNAL_FILL', 0, what)
      return
    }
    core.turn.begin()
    try {
      const known = venueOrderId === undefined ? -1 : this.#byVenueId(source, venueOrderId)
      const row =
        known >= 0
          ? this.#makeRoom(known, quantityUnits, tsUs)
          : this.#adoptFor(source, report, owner, halts && !isAnnounced)
      if (row < 0) return
      core.externalExecs.add(source, exec)
      this.#books.trade(row, exec, quantityUnits, priceUnits, feeUnits, feeCurrency, liquidity, 0, tsUs)
    } finally {
      core.turn.end()
    }
  }

  /**
   * Whether an execution is of an order of ours whose id at the venue is not known, or that was forgotten, see
   * forgotten-orders.ts: then it is booked once, with the order's identity, or not at all where that is gone, too.
   */
  #isOurs(source: number, report: VenueFillReport): boolean {
    const core = this.#core
    const { identities, table } = core
    const { exec, venueOrderId, quantityUnits, priceUnits, feeUnits = Number.NaN, feeCurrency = '' } = report
    if (venueOrderId !== undefined && this.#byVenueId(source, venueOrderId) >= 0) return false
    const byName = venueOrderId === undefined ? 0 : identities.numberOf(source, venueOrderId)
    const number = byName > 0 ? byName : knownOwner(core, source, namelessRows(core, source, table.rows()), report)
    if (number > 0) {
      if (table.rowOf(number) < 0 && identities.recall(number, exec) === 'new')
        this.#books.filled(
          number,
          exec,
          quantityUnits,
          priceUnits,
          feeUnits,
          feeCurrency,
          report.liquidity,
          report.tsUs,
        )
      return true
    }
    if (report.tsUs > identities.reachUs(source)) return false
    core.anomaly(
      'UNKNOWN_ORDER_FILL',
      0,
      `Execution ${exec} of order ${venueOrderId} is from before orders are remembered (limits.orders): it is taken for one of ours, and booked`,
    )
    return true
  }

  /** A record for an execution whose order is unknown; -1 when there can be none. */
  #adoptFor(source: number, report: VenueFillReport, owner: string, halts: boolean): number {
    const core = this.#core
    const { account, instrument, side, quantityUnits, venueOrderId } = report
    const row = this.#isTradable(instrument)
      ? this.adopt({
          source,
          account,
          instrument,
          side,
          type: 'MARKET',
          timeInForce: 'DAY',
          quantityUnits,
          priceUnits: Number.NaN,
          clientOrderId: undefined,
          owner,
        })
      : -1
    if (row < 0) {
      this.#haltFor(source, report)
      return row
    }
    const number = core.table.cells[row]
    core.anomaly(
      'EXTERNAL_FILL',
      number,
      `Execution ${report.exec} belongs to no order of ours; it is booked as order ${number}`,
    )
    if (halts) core.setTradingState('instrument', instrument, 'HALTED', 'system', 'external fill')
    if (venueOrderId !== undefined) this.#books.accepted(number, venueOrderId, report.tsUs)
    return row
  }

  #haltFor(source: number, { exec, quantityUnits, instrument }: VenueFillReport): void {
    if (!keepIn(this.#unbooked, `${source} ${typeof exec} ${exec}`)) return
    this.#books.halt(
      0,
      `An execution of ${quantityUnits} units of instrument ${instrument} at the venue could not be booked: there is no room for it`,
    )
  }

  /** A record that was made for an execution is as large as that; another execution of the same order makes it larger. */
  #makeRoom(row: number, quantityUnits: number, tsUs: number): number {
    const { table } = this.#core
    const { cells } = table
    const needed = cells[row + Field.filled] + quantityUnits
    if (isMadeForFill(table, row) && needed > cells[row + Field.quantity])
      this.#books.replaced(
        cells[row],
        0,
        needed,
        Number.NaN,
        Number.NaN,
        undefined,
        Math.max(tsUs, cells[row + Field.termTs]),
      )
    return row
  }

  /** Books the difference between our position and the venue's, as an execution that was concluded. */
  adjust(
    source: number,
    account: string,
    instrument: number,
    owner: string,
    exec: string,
    side: 'buy' | 'sell',
    quantityUnits: number,
    priceUnits?: number,
  ): void {
    const core = this.#core
    const reference = this.#isTradable(instrument) ? (core.gate.references.reference[instrument] as number) : Number.NaN
    const price =
      priceUnits ??
      (Number.isNaN(reference) ? Number.NaN : core.instruments.at(instrument).nearestPriceUnits(reference))
    if (Number.isNaN(price)) {
      core.anomaly(
        'ADJUSTMENT_WITHOUT_PRICE',
        0,
        `A position difference of ${quantityUnits} units has no price to be booked at; it stands`,
      )
      return
    }
    core.turn.begin()
    try {
      const row = this.adopt({
        source,
        account,
        instrument,
        side,
        type: 'MARKET',
        timeInForce: 'DAY',
        quantityUnits,
        priceUnits: Number.NaN,
        clientOrderId: undefined,
        owner,
      })
      if (row < 0)
        core.anomaly(
          'ADJUSTMENT_WITHOUT_ROOM',
          0,
          `A position difference of ${quantityUnits} units could not be booked: there is no room for it; it stands`,
        )
      else
        this.#books.trade(
          row,
          exec,
          quantityUnits,
          Math.round(price),
          Number.NaN,
          '',
          Liquidity.unknown,
          quantityUnits,
          core.turn.nowUs,
        )
    } finally {
      core.turn.end()
    }
  }

  /** An order whose record was taken over: a new record with the same identity, so that its execution can be booked. -1 without room. */
  revive(orderNumber: number, identity: OrderIdentity, quantityUnits: number, countedUnits: number): number {
    const core = this.#core
    const { instrument, side, connector } = identity
    const row = this.adopt({
      source: connector,
      account: core.names.account(identity.account),
      instrument,
      side: side > 0 ? 'buy' : 'sell',
      type: 'MARKET',
      timeInForce: 'DAY',
      quantityUnits,
      priceUnits: Number.NaN,
      clientOrderId: undefined,
      owner: core.names.strategy(identity.strategy),
      standsFor: { number: orderNumber, countedUnits },
    })
    if (row >= 0)
      core.anomaly(
        'LATE_FILL',
        orderNumber,
        `Order ${orderNumber} is beyond the history; its fill is booked as order ${core.table.cells[row]}`,
      )
    return row
  }

  /** Makes a record for an order that somebody else sent, and journals it; -1 without room. Call it inside a turn. */
  adopt(order: AdoptedOrder): number {
    const core = this.#core
    const { table } = core
    const owners = this.#ownersOf(order)
    const row = owners === undefined ? -1 : table.allocate()
    if (owners === undefined || row < 0) return -1
    const { cells } = table
    cells[row + Field.instrument] = order.instrument
    cells[row + Field.account] = owners.account
    cells[row + Field.strategy] = owners.strategy
    cells[row + Field.connector] = order.source
    cells[row + Field.side] = sideSign(order.side)
    cells[row + Field.type] = TypeCode[order.type]
    cells[row + Field.timeInForce] = TifCode[order.timeInForce]
    cells[row + Field.flags] = OrderFlag.external
    cells[row + Field.quantity] = order.quantityUnits
    cells[row + Field.price] = hasLimit(TypeCode[order.type]) ? order.priceUnits : Number.NaN
    cells[row + Field.createdUs] = core.turn.nowUs
    cells[row + Field.updatedUs] = core.turn.nowUs
    if (order.clientOrderId !== undefined && core.ids.hasRoom && !core.ids.isTaken(order.clientOrderId)) {
      table.setClientOrderId(row, order.clientOrderId)
      core.ids.remember(order.clientOrderId, cells[row])
    }
    core.names.clientOrderId(row)
    const writer = core.turn.recorder.begin(RecordType.external)
    writeTerms(writer, table, row)
    writer.f64(order.standsFor?.number ?? 0)
    writer.f64(order.standsFor?.countedUnits ?? 0)
    const seq = core.turn.recorder.commit()
    core.ledger.submitted(row, seq)
    core.turn.touch()
    return row
  }

  /** Account and strategy of an order by index, and their position; undefined where there is no room for them. */
  #ownersOf(order: AdoptedOrder): { account: number; strategy: number } | undefined {
    const core = this.#core
    try {
      const account = core.nameBook.intern('account', order.account)
      const strategy = core.nameBook.intern('strategy', order.owner)
      core.ledger.portfolio.ensurePosition(account, strategy, core.instruments.at(order.instrument))
      return { account, strategy }
    } catch (error) {
      if (error instanceof TradewireError && error.code === 'TW_CAPACITY') return undefined
      throw error
    }
  }

  /** Number of the order of ours that an id belongs to, evicted ones included; 0 when none. */
  #ownNumber(clientOrderId: string | undefined): number {
    return clientOrderId === undefined ? 0 : this.#core.ids.numberOf(clientOrderId)
  }

  #isTradable(instrument: number): boolean {
    return (
      Number.isInteger(instrument) &&
      instrument >= 0 &&
      instrument < Math.min(this.#core.instruments.size, this.#core.sizes.instrument)
    )
  }

  /** An order of others is known from now on and not adopted. It is told of once. */
  note(source: number, venueOrderId: string | number): void {
    if (this.#policy === 'adopt' || !keepIn(this.#others, `${source} ${venueOrderId}`)) return
    this.#core.anomaly(
      'EXTERNAL_ORDER',
      0,
      `Order ${venueOrderId} at the venue is not ours; it is not kept (externalOrders: ${this.#policy})`,
    )
  }

  #byVenueId(source: number, venueOrderId: string | number): number {
    const { table } = this.#core
    for (const row of table.rows()) {
      if (table.venueOrderId(row) === venueOrderId && table.cells[row + Field.connector] === source) return row
    }
    return -1
  }
}

/** Identity and terms of an order that is taken into the books. */
export interface AdoptedOrder {
  source: number
  account: string
  instrument: number
  side: 'buy' | 'sell'
  type: OrderType
  timeInForce: TimeInForce
  quantityUnits: number
  /** NaN for types without a limit. */
  priceUnits: number
  clientOrderId: string | undefined
  owner: string
  /**
   * The order whose record was taken over, where this one is made for an execution of it; and how much of the execution was
   * counted before.
   */
  standsFor?: { readonly number: number; readonly countedUnits: number }
}
