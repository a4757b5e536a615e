/**
 * Brings our books and the venue's to agreement: asks the venue, compares (pure functions in `reconcile/`), and folds
 * what follows like any other report. Runs at every start and reconnect, before a connector takes new orders, and on demand.
 */
import type { BaseConnector } from '../connector/base-connector.js'
import { TradewireError } from '../core/errors.js'
import { sleep, type Time } from '../core/time.js'
import type { OrderStatus, OrderType } from '../model/order-types.js'
import { FactSource, OrderFlag, StatusCode, sideOf, statusOf, typeOf } from '../orders/codes.js'
import { factsOf, inFlightRequests, lifecycle } from '../orders/derive.js'
import { Fact, isClosed } from '../orders/lifecycle.js'
import { Field } from '../orders/order-table.js'
import { type ExecKey, TradeFact, TradeField } from '../orders/trade-pool.js'
import { TOTAL } from '../portfolio/position-table.js'
import type { ReconcileAction, ReconcileResult } from '../reconcile/actions.js'
import { describeReconciliation } from '../reconcile/describe.js'
import {
  emptyMemory,
  haltKey,
  type LocalOrder,
  type LocalPosition,
  type LocalRequest,
  type LocalTrade,
  type ReconcileMemory,
  type ReconcilePolicy,
  type VenueAnswers,
} from '../reconcile/inputs.js'
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

/** Alerts by what they are about: those of the run before, and those of this one. */
interface Alerts {
  readonly known: ReadonlySet<string>
  readonly now: Set<string>
}

/** Reconciles connectors of one system. */
export class Reconciler {
  readonly #core: OrderCore
  readonly #intake: ReportIntake
  readonly #time: Time
  readonly #options: ReconcilerOptions
  readonly #memory = new Map<string, ReconcileMemory>()
  /** Alerts that the latest run found, by connector. */
  readonly #alerts = new Map<string, ReadonlySet<string>>()

  constructor(core: OrderCore, intake: ReportIntake, time: Time, options: ReconcilerOptions = {}) {
    this.#core = core
    this.#intake = intake
    this.#time = time
    this.#options = options
  }

  /**
   * Runs rounds until the venue's answers ask for nothing more, or asking again brings nothing new.
   *
   * @throws TradewireError `TW_NOT_CONNECTED` when the connection ended meanwhile: answers of two connections do not mix.
   */
  async run(
    connector: BaseConnector,
    phase: ReconcilePolicy['phase'],
    signal: AbortSignal,
  ): Promise<ReconciliationReport> {
    const report: ReconciliationReport = { connector: connector.name, rounds: 0, actions: 0, findings: [], lines: [] }
    const alerts: Alerts = { known: this.#alerts.get(connector.name) ?? new Set(), now: new Set() }
    const maxRounds = this.#options.maxRounds ?? 5
    for (;;) {
      const { epoch } = connector
      const askedSeq = this.#core.recorder.lastSeq
      const answers = await this.#ask(connector, signal)
      if (connector.epoch !== epoch)
        throw new TradewireError(
          'TW_NOT_CONNECTED',
          `Connector ${connector.name} was reconnected while it was being reconciled`,
        )
      const result = this.#round(connector, answers, phase, askedSeq, alerts)
      report.rounds++
      report.actions += result.actions.length
      report.findings = [...report.findings, ...result.findings]
      report.lines.push(...describeReconciliation(result, (index) => this.#words(index)))
      const waitUs = nextQuestionAt(result) - this.#time.wallUs()
      const isComplete = phase === 'running' || result.skippedOrders.length === 0
      const isOldNews = waitUs <= 0 && result.actions.length === 0 && report.rounds > 1
      if (report.rounds >= maxRounds || (isComplete && (waitUs === Number.POSITIVE_INFINITY || isOldNews))) {
        this.#declareUnlisted(answers, result)
        break
      }
      if (waitUs > 0 && waitUs < Number.POSITIVE_INFINITY) await sleep(this.#time, waitUs / 1_000, signal)
    }
    this.#tellUnknown(connector, alerts)
    this.#alerts.set(connector.name, alerts.now)
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
    for (const row of this.#rows(connector))
      accounts.add(this.#core.names.account(this.#core.table.cells[row + Field.account]))
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

  /** `askedSeq`: the latest record when the questions left. What was learned since then is newer than the answers. */
  #round(
    connector: BaseConnector,
    given: VenueAnswers,
    phase: ReconcilePolicy['phase'],
    askedSeq: number,
    alerts: Alerts,
  ): ReconcileResult {
    const core = this.#core
    core.beginTurn()
    try {
      const answers = this.#withoutForgotten(connector, given)
      const moved = (row: number) => core.table.cells[row + Field.lastSeq] > askedSeq
      const aliases = this.#aliases(connector, answers)
      const hasMoved = phase === 'startup' && [...this.#rows(connector)].some(moved)
      const orders = [...this.#rows(connector)].map((row) => {
        const lastActivityUs = moved(row)
          ? answers.answeredAtUs
          : hasMoved
            ? 0
            : core.table.cells[row + Field.updatedUs]
        return this.#order(row, lastActivityUs, aliases)
      })
      // At a start everything is acted on, but what moved while the venue was being asked: that is for the next round.
      const policy: ReconcilePolicy = {
        externalOrders: this.#intake.externalPolicy,
        ...this.#options,
        ...(hasMoved ? { phase: 'running', activityThresholdUs: 1 } : { phase }),
      }
      const local = {
        orders,
        positions: this.#positions(connector),
        externalExecs: core.externalExecs.of(connector.source),
        halted: this.#halted(answers),
      }
      const result = reconcile(local, answers, policy, this.#memory.get(connector.name) ?? emptyMemory)
      this.#memory.set(connector.name, result.memory)
      for (const action of result.actions) this.#apply(connector, action)
      for (const finding of result.findings) {
        if (finding.severity !== 'alert') continue
        const key = `${finding.kind} ${finding.order ?? ''} ${finding.account ?? ''} ${finding.instrument ?? ''}`
        this.#tell(
          alerts,
          key,
          `RECONCILE_${finding.kind.toUpperCase()}`,
          core.ids.numberOf(finding.order ?? ''),
          `${connector.name}: ${finding.kind} ${JSON.stringify(finding.details)}`,
        )
      }
      return result
    } finally {
      core.endTurn()
    }
  }

  /** Tells an alert, once for as long as every run finds it again. */
  #tell(alerts: Alerts, key: string, kind: string, orderNumber: number, message: string): void {
    if (!alerts.known.has(key) && !alerts.now.has(key)) this.#core.anomaly(kind, orderNumber, message)
    alerts.now.add(key)
  }

  /**
   * A venue that lists open orders only does not say how an order ended that it does not list. It was asked about twice, it
   * has had time: what became of the order is not known.
   */
  #declareUnlisted({ orders, askedAtUs }: VenueAnswers, { followUps }: ReconcileResult): void {
    const core = this.#core
    const { table, ids } = core
    if (orders?.coverage !== 'open') return
    const listed = new Set<string | number | undefined>(
      orders.reports.flatMap((report) => [report.clientOrderId, report.venueOrderId]),
    )
    core.beginTurn()
    try {
      for (const question of followUps) {
        if (question.kind !== 'order') continue
        const row = table.rowOf(ids.numberOf(question.order))
        if (row < 0 || listed.has(question.order) || listed.has(table.venueOrderId(row) ?? question.order)) continue
        const cycle = lifecycle(table, row)
        const isQuiet = askedAtUs - table.cells[row + Field.updatedUs] >= (this.#options.venueGraceUs ?? 5_000_000)
        if (!isClosed(cycle) && cycle !== StatusCode.UNKNOWN && isQuiet) core.declareUnknown(row, 'NOT_LISTED')
      }
    } finally {
      core.endTurn()
    }
  }

  /** Orders whose fate no answer has settled: they count against limits, and somebody has to look at them. */
  #tellUnknown(connector: BaseConnector, alerts: Alerts): void {
    const { table, names } = this.#core
    for (const row of this.#rows(connector)) {
      if (lifecycle(table, row) !== StatusCode.UNKNOWN) continue
      const id = names.clientOrderId(row)
      this.#tell(
        alerts,
        `fate ${id}`,
        'FATE_UNKNOWN',
        table.cells[row],
        `The fate of order ${id} is not known after asking ${connector.name}: ${table.reason(row) ?? ''}`,
      )
    }
  }

  /**
   * The answers without closed orders whose record was taken over, and without their executions: those that were booked are
   * known, those that were not are booked here.
   */
  #withoutForgotten(connector: BaseConnector, answers: VenueAnswers): VenueAnswers {
    const fills = answers.fills?.reports.filter((fill) => {
      const number = this.#forgotten(connector, fill.clientOrderId, fill.venueOrderId)
      if (number === 0) return true
      if (this.#core.identities.recall(number, fill.exec) === 'new') {
        this.#intake.filled(
          number,
          fill.exec,
          fill.quantityUnits,
          fill.priceUnits,
          fill.feeUnits ?? Number.NaN,
          fill.feeCurrency ?? '',
          fill.liquidity,
          fill.tsUs,
        )
      }
      return false
    })
    const orders = answers.orders?.reports.filter(
      (report) =>
        report.state === 'working' ||
        report.state === 'triggered' ||
        this.#forgotten(connector, report.clientOrderId, report.venueOrderId) === 0,
    )
    return {
      ...answers,
      ...(answers.fills === undefined || fills === undefined ? {} : { fills: { ...answers.fills, reports: fills } }),
      ...(answers.orders === undefined || orders === undefined
        ? {}
        : { orders: { ...answers.orders, reports: orders } }),
    }
  }

  /** Number of an order of ours whose record was taken over; 0 for all others. */
  #forgotten(
    connector: BaseConnector,
    clientOrderId: string | undefined,
    venueOrderId: string | number | undefined,
  ): number {
    const core = this.#core
    const known = clientOrderId === undefined ? 0 : core.ids.numberOf(clientOrderId)
    if (known > 0) return core.table.rowOf(known) < 0 ? known : 0
    return clientOrderId === undefined && venueOrderId !== undefined
      ? core.identities.numberOf(connector.source, venueOrderId)
      : 0
  }

  /** Ids that corrections gave to executions that we know by another one, by row. */
  #aliases(connector: BaseConnector, answers: VenueAnswers): Map<number, ExecKey[]> {
    const { table, ids } = this.#core
    const byVenueId = new Map<string | number, number>()
    for (const row of this.#rows(connector)) {
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
  #halted(answers: VenueAnswers): Set<string> {
    const { gate, instruments, sizes } = this.#core
    const halted = new Set<string>()
    for (let index = 0; index < Math.min(instruments.size, sizes.instrument); index++) {
      if (gate.states.get('instrument', index) === 'HALTED')
        for (const account of answers.accounts) halted.add(haltKey(account, index))
    }
    return halted
  }

  #apply(connector: BaseConnector, action: ReconcileAction): void {
    const core = this.#core
    const intake = this.#intake
    const number = 'order' in action ? core.ids.numberOf(action.order) : 0
    const source = 'source' in action && action.source === 'inferred' ? FactSource.inferred : FactSource.venue
    switch (action.kind) {
      case 'accepted':
        intake.accepted(number, action.venueOrderId, action.tsUs)
        return
      case 'updated':
        intake.replaced(
          number,
          action.generation,
          action.quantityUnits,
          action.priceUnits,
          action.triggerUnits,
          action.venueOrderId,
          action.tsUs,
        )
        return
      case 'triggered':
        intake.triggered(number, action.tsUs)
        return
      case 'filled': {
        const { fill } = action
        intake.filled(
          number,
          fill.exec,
          fill.quantityUnits,
          fill.priceUnits,
          fill.feeUnits ?? Number.NaN,
          fill.feeCurrency ?? '',
          fill.liquidity,
          fill.tsUs,
        )
        return
      }
      case 'inferred_fill': {
        const row = core.table.rowOf(number)
        if (row >= 0)
          intake.inferFill(
            row,
            action.exec,
            action.quantityUnits,
            action.priceUnits,
            action.basisUnits,
            action.tsUs,
            action.liquidity,
          )
        return
      }
      case 'inferred_bust':
        intake.busted(number, action.exec, false, action.tsUs, FactSource.inferred)
        return
      case 'works':
        intake.works(number, action.tsUs)
        return
      case 'canceled':
        intake.canceled(number, action.cumulativeUnits, action.reason, action.tsUs, source)
        return
      case 'expired':
        intake.expired(number, action.cumulativeUnits, action.tsUs, source)
        return
      case 'rejected':
        intake.rejected(number, action.reason, action.tsUs, source)
        return
      case 'unknown':
        intake.outcomeUnknown(number, action.reason)
        return
      default:
        this.#applyBeyondOrders(connector, action)
    }
  }

  /** Actions that are not about one of our orders. */
  #applyBeyondOrders(connector: BaseConnector, action: ReconcileAction): void {
    const core = this.#core
    const intake = this.#intake
    switch (action.kind) {
      case 'adopt':
        intake.externalOrder(connector.source, action.report, action.order, action.owner)
        return
      case 'external_fill':
        intake.externalFill(connector.source, action.fill, action.owner, false)
        return
      case 'adjust_position':
        intake.adjustPosition(
          connector.source,
          action.account,
          action.instrument,
          action.owner,
          action.exec,
          action.side,
          action.quantityUnits,
          action.priceUnits,
        )
        return
      case 'halt':
        core.setTradingState('instrument', action.instrument, 'HALTED', 'reconciliation', action.reason)
    }
  }

  #words(index: number) {
    const instrument = this.#core.instruments.at(index)
    return { name: instrument.id, priceScale: instrument.priceScale, sizeScale: instrument.sizeScale }
  }

  /** Our orders at a connector that were sent, or may have been. */
  *#rows(connector: BaseConnector): Generator<number> {
    const { table, connectors } = this.#core
    for (const row of table.rows()) {
      if (connectors[table.cells[row + Field.connector]] !== connector) continue
      if ((table.cells[row + Field.facts] & Fact.denied) === 0 && table.cells[row + Field.submittedSeq] > 0) yield row
    }
  }

  #order(row: number, lastActivityUs: number, aliases: ReadonlyMap<number, readonly ExecKey[]>): LocalOrder {
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
      requests: this.#requests(row),
      submittedAtUs: cells[row + Field.createdUs],
      lastActivityUs,
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
    if (connectors.filter((each) => each?.capabilities.orders !== undefined).length <= 1) return true
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
  for (const question of result.followUps)
    earliest = Math.min(earliest, question.kind === 'order' ? question.notBeforeUs : 0)
  return earliest
}
