/**
 * Brings our books and the venue's to agreement: asks the venue, compares (pure functions in `reconcile/`), and folds
 * what follows like any other report. Runs at every start and reconnect, before a connector takes new orders, and on demand.
 */
import type { BaseConnector } from '../connector/base-connector.js'
import { sleep, type Time } from '../core/time.js'
import type { OrderStatus, OrderType } from '../model/order-types.js'
import { FactSource, OrderFlag, sideOf, statusOf, typeOf } from '../orders/codes.js'
import { factsOf, inFlightRequests, status } from '../orders/derive.js'
import { Fact } from '../orders/lifecycle.js'
import { Field } from '../orders/order-table.js'
import { TOTAL } from '../portfolio/position-table.js'
import { TradeFact, TradeField } from '../orders/trade-pool.js'
import type { ReconcileAction, ReconcileResult } from '../reconcile/actions.js'
import { describeReconciliation } from '../reconcile/describe.js'
import { emptyMemory, type LocalOrder, type LocalPosition, type LocalRequest, type LocalTrade, type ReconcileMemory, type ReconcilePolicy, type VenueAnswers } from '../reconcile/inputs.js'
import { reconcile } from '../reconcile/reconcile.js'
import type { OrderCore } from './order-core.js'
import type { ReportIntake } from './report-intake.js'

/** What one reconciliation found and did. */
export interface ReconciliationReport {
  connector: string
  rounds: number
  actions: number
  findings: ReconcileResult['findings']
  /** For people: what was found and what was done. */
  lines: string[]
}

/** How a reconciler works. */
export interface ReconcilerOptions extends Omit<ReconcilePolicy, 'phase'> {
  /** How far back executions are asked for, in milliseconds; 24 hours unless given. */
  lookbackMs?: number
  /** At most so many rounds until nothing is left to do; 5 unless given. */
  maxRounds?: number
}

/** Reconciles connectors of one system. */
export class Reconciler {
  readonly #core: OrderCore
  readonly #intake: ReportIntake
  readonly #time: Time
  readonly #options: ReconcilerOptions
  readonly #memory = new Map<string, ReconcileMemory>()

  constructor(core: OrderCore, intake: ReportIntake, time: Time, options: ReconcilerOptions = {}) {
    this.#core = core
    this.#intake = intake
    this.#time = time
    this.#options = options
  }

  /** Runs rounds until the venue's answers ask for nothing more. */
  async run(connector: BaseConnector, phase: ReconcilePolicy['phase'], signal: AbortSignal): Promise<ReconciliationReport> {
    const report: ReconciliationReport = { connector: connector.name, rounds: 0, actions: 0, findings: [], lines: [] }
    const maxRounds = this.#options.maxRounds ?? 5
    for (;;) {
      const answers = await this.#ask(connector, signal)
      const result = this.#round(connector, answers, phase)
      report.rounds++
      report.actions += result.actions.length
      report.findings = [...report.findings, ...result.findings]
      report.lines.push(...describeReconciliation(result, (index) => this.#words(index)))
      const waitUs = nextQuestionAt(result) - this.#time.wallUs()
      if (report.rounds >= maxRounds || waitUs === Number.POSITIVE_INFINITY) break
      if (waitUs > 0) await sleep(this.#time, waitUs / 1_000, signal)
    }
    return report
  }

  async #ask(connector: BaseConnector, signal: AbortSignal): Promise<VenueAnswers> {
    const askedAtUs = this.#time.wallUs()
    const lookbackUs = (this.#options.lookbackMs ?? 86_400_000) * 1_000
    const sinceUs = Math.max(0, askedAtUs - lookbackUs)
    const orders = await connector.queryOrders(signal)
    const fills = await connector.queryFills(sinceUs, signal)
    const account = await connector.queryAccountState(signal)
    const isHistory = connector.capabilities.orders?.fullHistory === true
    const accounts = new Set<string>(this.#core.names.accounts.size === 0 ? [] : [this.#core.names.account(0)])
    for (const each of [...orders, ...fills, ...(account.positions ?? [])]) accounts.add(each.account)
    for (const local of this.#orders(connector)) accounts.add(local.account)
    return {
      connector: connector.name,
      accounts: [...accounts],
      askedAtUs,
      answeredAtUs: this.#time.wallUs(),
      orders: { reports: orders, coverage: isHistory ? 'history' : 'open', sinceUs: isHistory ? 0 : sinceUs },
      fills: { reports: fills, sinceUs, complete: isHistory },
      account,
    }
  }

  #round(connector: BaseConnector, answers: VenueAnswers, phase: ReconcilePolicy['phase']): ReconcileResult {
    const core = this.#core
    const local = { orders: this.#orders(connector), positions: this.#positions(connector), externalExecs: core.externalExecs.of(connector.source) }
    const result = reconcile(local, answers, { externalOrders: this.#intake.externalPolicy, ...this.#options, phase }, this.#memory.get(connector.name) ?? emptyMemory)
    this.#memory.set(connector.name, result.memory)
    core.beginTurn()
    for (const action of result.actions) this.#apply(connector, action)
    for (const finding of result.findings) {
      if (finding.severity === 'alert') core.anomaly(`RECONCILE_${finding.kind.toUpperCase()}`, core.ids.numberOf(finding.order ?? ''), `${connector.name}: ${finding.kind} ${JSON.stringify(finding.details)}`)
    }
    core.endTurn()
    return result
  }

  #apply(connector: BaseConnector, action: ReconcileAction): void {
    const core = this.#core
    const intake = this.#intake
    const number = 'order' in action ? core.ids.numberOf(action.order) : 0
    switch (action.kind) {
      case 'accepted':
        return intake.accepted(number, action.venueOrderId, action.tsUs)
      case 'updated':
        return intake.replaced(number, action.generation, action.quantityUnits, action.priceUnits, action.triggerUnits, action.venueOrderId, action.tsUs)
      case 'triggered':
        return intake.triggered(number, action.tsUs)
      case 'filled': {
        const { fill } = action
        return intake.filled(number, fill.exec, fill.quantityUnits, fill.priceUnits, fill.feeUnits ?? Number.NaN, fill.feeCurrency ?? '', fill.liquidity, fill.tsUs)
      }
      case 'inferred_fill': {
        const row = core.table.rowOf(number)
        if (row >= 0) intake.inferFill(row, action.exec, action.quantityUnits, action.priceUnits, action.basisUnits, action.tsUs, action.liquidity)
        return
      }
      case 'inferred_bust':
        return intake.busted(number, action.exec, false, action.tsUs, FactSource.inferred)
      case 'works':
        return intake.works(number, action.tsUs)
      case 'canceled':
        return intake.canceled(number, action.cumulativeUnits, action.reason, action.tsUs, action.source === 'inferred' ? FactSource.inferred : FactSource.venue)
      case 'expired':
        return intake.expired(number, action.cumulativeUnits, action.tsUs, action.source === 'inferred' ? FactSource.inferred : FactSource.venue)
      case 'rejected':
        return intake.rejected(number, action.reason, action.tsUs, action.source === 'inferred' ? FactSource.inferred : FactSource.venue)
      case 'unknown':
        return intake.outcomeUnknown(number, action.reason)
      case 'adopt':
        return intake.externalOrder(connector.source, action.report, action.order, action.owner)
      case 'external_fill':
        return intake.externalFill(connector.source, action.fill, action.owner)
      case 'adjust_position':
        return intake.adjustPosition(connector.source, action.account, action.instrument, action.owner, action.exec, action.side, action.quantityUnits, action.priceUnits)
      case 'halt':
        core.setTradingState('instrument', action.instrument, 'HALTED', 'reconciliation', action.reason)
    }
  }

  #words(index: number) {
    const instrument = this.#core.instruments.at(index)
    return { name: instrument.id, priceScale: instrument.priceScale, sizeScale: instrument.sizeScale }
  }

  /** Our orders at a connector that can still matter: open ones, and those the venue may still speak of. */
  #orders(connector: BaseConnector): LocalOrder[] {
    const { table, connectors } = this.#core
    const orders: LocalOrder[] = []
    for (const row of table.rows()) {
      if (connectors[table.cells[row + Field.connector]] !== connector) continue
      if ((table.cells[row + Field.facts] & Fact.denied) !== 0 || table.cells[row + Field.submittedSeq] === 0) continue
      orders.push(this.#order(row))
    }
    return orders
  }

  #order(row: number): LocalOrder {
    const core = this.#core
    const { table, names } = core
    const { cells } = table
    const facts = factsOf(table, row)
    const plain = cells[row + Field.facts]
    const venueOrderId = table.venueOrderId(row)
    const trades = this.#trades(row)
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
      status: statusOf(status(table, row)) as OrderStatus,
      isClosedByInference:
        !works && (facts & (Fact.canceledByInference | Fact.expiredByInference | Fact.rejectedByInference | Fact.unfilledByBust | Fact.unfilledByCorrection)) !== 0,
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
      requests: this.#requests(row),
      submittedAtUs: cells[row + Field.createdUs],
      lastActivityUs: cells[row + Field.updatedUs],
    }
    return order
  }

  #trades(row: number): (LocalTrade & { counted: number })[] {
    const { trades, cells } = this.#core.table
    const list: (LocalTrade & { counted: number })[] = []
    for (let trade = cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next]) {
      const facts = trades.cells[trade + TradeField.facts]
      list.push({
        exec: trades.exec(trade),
        quantityUnits: trades.cells[trade + TradeField.quantity],
        priceUnits: trades.priceOf(trade),
        isInferred: (facts & TradeFact.inferred) !== 0,
        isBusted: (facts & TradeFact.busted) !== 0,
        isCorrected: (facts & TradeFact.corrected) !== 0,
        tsUs: trades.cells[trade + TradeField.ts],
        counted: trades.cells[trade + TradeField.effective],
      })
    }
    return list
  }

  #requests(row: number): LocalRequest[] {
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
        sentAtUs: cells[row + Field.updatedUs],
        ...(asked < 0 ? {} : { quantityUnits: requests.quantity[asked] as number }),
        ...(asked < 0 || Number.isNaN(requests.price[asked]) ? {} : { priceUnits: requests.price[asked] as number }),
        ...(asked < 0 || Number.isNaN(requests.trigger[asked]) ? {} : { triggerUnits: requests.trigger[asked] as number }),
      })
    }
    return list
  }

  /** Whether a position is this connector's to answer for: the only one there is, or the one its orders went to. */
  #isHeldAt(connector: BaseConnector, account: number, instrument: number): boolean {
    const { table, connectors } = this.#core
    if (connectors.filter((each) => each?.capabilities.orders !== undefined).length <= 1) return true
    for (const row of table.rows()) {
      const { cells } = table
      if (cells[row + Field.account] === account && cells[row + Field.instrument] === instrument && connectors[cells[row + Field.connector]] === connector) return true
    }
    return false
  }

  /** Positions over all strategies. */
  #positions(connector: BaseConnector): LocalPosition[] {
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
}

function nextQuestionAt(result: ReconcileResult): number {
  let earliest = Number.POSITIVE_INFINITY
  for (const question of result.followUps) earliest = Math.min(earliest, question.kind === 'order' ? question.notBeforeUs : 0)
  return earliest
}
