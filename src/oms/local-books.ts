/**
 * Our side of a reconciliation: the orders and positions of one connector as the pure functions of `reconcile/` want to see
 * them, read from the order table and the portfolio.
 */
import type { BaseConnector } from '../connector/base-connector.js'
import type { OrderStatus, OrderType } from '../model/order-types.js'
import { OrderFlag, sideOf, statusOf, typeOf } from '../orders/codes.js'
import { factsOf, inFlightRequests, lifecycle } from '../orders/derive.js'
import { Fact } from '../orders/lifecycle.js'
import { Field } from '../orders/order-table.js'
import { type ExecKey, TradeFact, TradeField } from '../orders/trade-pool.js'
import { TOTAL } from '../portfolio/position-table.js'
import {
  haltKey,
  type LocalOrder,
  type LocalPosition,
  type LocalRequest,
  type LocalTrade,
  type VenueAnswers,
} from '../reconcile/inputs.js'
import type { OrderCore } from './order-core.js'

/** Times of an order, on the time that reconciliation lives on (`order-ages.ts`). */
export interface OrderTimes {
  /** For the comparison with the venue: what has moved since the venue was asked counts as moving now. */
  readonly lastActivityUs: number
  readonly heardUs: number
  readonly createdUs: number
}

/** Reads what we believe. Changes nothing. */
export class LocalBooks {
  readonly #core: OrderCore

  constructor(core: OrderCore) {
    this.#core = core
  }

  /** Our orders at a connector that were sent, or may have been. */
  rows(connector: BaseConnector): number[] {
    const { table, connectors } = this.#core
    const { cells } = table
    return table.rows().filter((row) => {
      if (connectors[cells[row + Field.connector]] !== connector) return false
      const wasSent = (cells[row + Field.facts] & Fact.denied) === 0 && cells[row + Field.submittedSeq] > 0
      // A record that was made for an execution without an order is nothing the venue could speak of.
      const isNameless = (cells[row + Field.flags] & OrderFlag.external) !== 0 && table.venueOrderId(row) === undefined
      return wasSent && !isNameless
    })
  }

  /** An order as reconciliation sees it. */
  order(row: number, times: OrderTimes, aliases: ReadonlyMap<number, readonly ExecKey[]>): LocalOrder {
    const core = this.#core
    const { table, names } = core
    const { cells } = table
    const facts = factsOf(table, row)
    const plain = cells[row + Field.facts]
    const venueOrderId = table.venueOrderId(row)
    const trades = this.#trades(row, aliases.get(row) ?? [])
    const value = trades.reduce((sum, trade) => sum + trade.counted * trade.priceUnits, 0)
    const filledUnits = cells[row + Field.filled]
    const inferredUnits = trades.reduce((sum, trade) => sum + (trade.isInferred ? trade.counted : 0), 0)
    const works = (facts & Fact.works) !== 0
    const order: LocalOrder = {
      clientOrderId: names.clientOrderId(row),
      venueOrderIds: venueOrderId === undefined ? [] : [venueOrderId],
      account: names.account(cells[row + Field.account]),
      instrument: cells[row + Field.instrument],
      side: sideOf(cells[row + Field.side]),
      type: typeOf(cells[row + Field.type]) as OrderType,
      postOnly: (cells[row + Field.flags] & OrderFlag.postOnly) !== 0,
      status: statusOf(lifecycle(table, row)) as OrderStatus,
      isClosedByInference:
        !works &&
        (facts &
          (Fact.canceledByInference |
            Fact.expiredByInference |
            Fact.rejectedByInference |
            Fact.unfilledByBust |
            Fact.unfilledByCorrection)) !==
          0,
      venueFacts: {
        accepted: (plain & Fact.accepted) !== 0 || works,
        triggered: (plain & Fact.triggered) !== 0,
        rejected: (plain & Fact.rejected) !== 0,
        canceled: (plain & Fact.canceled) !== 0,
        expired: (plain & Fact.expired) !== 0,
      },
      quantityUnits: cells[row + Field.quantity],
      ...(Number.isNaN(cells[row + Field.price]) ? {} : { priceUnits: cells[row + Field.price] }),
      ...(Number.isNaN(cells[row + Field.trigger]) ? {} : { triggerUnits: cells[row + Field.trigger] }),
      termGeneration: cells[row + Field.termGeneration],
      termTsUs: cells[row + Field.termTs],
      filledUnits,
      tradedUnits: cells[row + Field.traded],
      inferredUnits,
      ...(filledUnits > 0 ? { averagePriceUnits: value / filledUnits } : {}),
      trades,
      requests: this.#requests(row, times.heardUs),
      submittedAtUs: times.createdUs,
      lastActivityUs: times.lastActivityUs,
    }
    return order
  }

  #trades(row: number, reported: readonly ExecKey[]): (LocalTrade & { counted: number })[] {
    const { trades, cells } = this.#core.table
    const list: (LocalTrade & { counted: number })[] = []
    for (let trade = cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next]) {
      const facts = trades.cells[trade + TradeField.facts]
      const isCorrected = (facts & TradeFact.corrected) !== 0
      const exec = trades.exec(trade)
      const others = reported.filter((name) => name !== exec && trades.find(cells[row], name) === trade)
      list.push({
        exec,
        ...(others.length === 0 ? {} : { aliases: others }),
        quantityUnits: trades.cells[trade + (isCorrected ? TradeField.correctedQuantity : TradeField.quantity)],
        priceUnits: trades.priceOf(trade),
        isInferred: (facts & TradeFact.inferred) !== 0,
        isBusted: (facts & TradeFact.busted) !== 0,
        isCorrected,
        tsUs: trades.cells[trade + TradeField.ts],
        counted: trades.cells[trade + TradeField.effective],
      })
    }
    return list
  }

  #requests(row: number, sentAtUs: number): LocalRequest[] {
    const { table } = this.#core
    const { cells, requests } = table
    const inFlight = inFlightRequests(table, row)
    const list: LocalRequest[] = []
    for (let bit = 0; inFlight >>> bit !== 0; bit++) {
      if (((inFlight >>> bit) & 1) === 0) continue
      const generation = cells[row + Field.requestBase] + bit
      const asked = requests.find(cells[row + Field.firstRequest], generation)
      list.push({
        generation,
        kind: ((cells[row + Field.requestIsCancel] >>> bit) & 1) === 1 ? 'cancel' : 'update',
        sentAtUs,
        ...(asked < 0 ? {} : { quantityUnits: requests.quantity[asked] as number }),
        ...(asked < 0 || Number.isNaN(requests.price[asked]) ? {} : { priceUnits: requests.price[asked] as number }),
        ...(asked < 0 || Number.isNaN(requests.trigger[asked])
          ? {}
          : { triggerUnits: requests.trigger[asked] as number }),
      })
    }
    return list
  }

  /** Whether a position is this connector's to answer for: the only one there is, or the one its orders went to. */
  #isHeldAt(connector: BaseConnector, account: number, instrument: number): boolean {
    const { table, connectors } = this.#core
    if (connectors.filter((each) => each?.orderCapabilities !== undefined).length <= 1) return true
    for (const row of table.rows()) {
      const { cells } = table
      if (
        cells[row + Field.account] === account &&
        cells[row + Field.instrument] === instrument &&
        connectors[cells[row + Field.connector]] === connector
      )
        return true
    }
    return false
  }

  /** Positions over all strategies. */
  positions(connector: BaseConnector): LocalPosition[] {
    const core = this.#core
    const { names } = core
    const seen = new Map<string, LocalPosition>()
    const { portfolio } = core.ledger
    for (let slot = 0; slot < portfolio.table.size; slot++) {
      if (portfolio.table.strategyOf(slot) !== TOTAL) continue
      const account = portfolio.table.accountOf(slot)
      const { index: instrument } = portfolio.table.instrumentOf(slot)
      if (!this.#isHeldAt(connector, account, instrument)) continue
      const mid = core.gate.references.reference[instrument] as number
      seen.set(`${account}|${instrument}`, {
        account: names.account(account),
        instrument,
        quantityUnits: portfolio.quantityAt(slot),
        ...(Number.isNaN(mid) ? {} : { midPriceUnits: core.instruments.at(instrument).nearestPriceUnits(mid) }),
      })
    }
    return [...seen.values()]
  }

  /** Ids that corrections gave to executions that we know by another one, by row. */
  aliases(connector: BaseConnector, answers: VenueAnswers): Map<number, ExecKey[]> {
    const { table, ids } = this.#core
    const byVenueId = new Map<string | number, number>()
    for (const row of this.rows(connector)) {
      const id = table.venueOrderId(row)
      if (id !== undefined && table.cells[row + Field.isIndexed] === 1) byVenueId.set(id, row)
    }
    const aliases = new Map<number, ExecKey[]>()
    for (const fill of answers.fills?.reports ?? []) {
      const own = fill.clientOrderId === undefined ? -1 : table.rowOf(ids.numberOf(fill.clientOrderId))
      const row = own >= 0 ? own : fill.venueOrderId === undefined ? undefined : byVenueId.get(fill.venueOrderId)
      if (row === undefined || table.cells[row + Field.isIndexed] !== 1) continue
      aliases.set(row, [...(aliases.get(row) ?? []), fill.exec])
    }
    return aliases
  }

  /** Instruments that are halted already, for every account that was asked for. */
  halted(answers: VenueAnswers): Set<string> {
    const { gate, instruments, sizes } = this.#core
    const halted = new Set<string>()
    for (let index = 0; index < Math.min(instruments.size, sizes.instrument); index++) {
      if (gate.states.get('instrument', index) === 'HALTED')
        for (const account of answers.accounts) halted.add(haltKey(account, index))
    }
    return halted
  }
}
