/**
 * Brings our books and the venue's to agreement: asks the venue, compares (pure functions in `reconcile/`), and folds
 * what follows like any other report. Runs at every start and reconnect, before a connector takes new orders, and on demand.
 */
import type { BaseConnector } from '../connector/base-connector.js'
import { TradewireError } from '../core/errors.js'
import { sleep, type Time } from '../core/time.js'
import { unitsToText } from '../model/decimal.js'
import { StatusCode } from '../orders/codes.js'
import { lifecycle } from '../orders/derive.js'
import { isClosed } from '../orders/lifecycle.js'
import { Field } from '../orders/order-table.js'
import type { Finding, ReconcileResult } from '../reconcile/actions.js'
import { describeReconciliation } from '../reconcile/describe.js'
import {
  emptyMemory,
  type LocalState,
  type ReconcileMemory,
  type ReconcilePolicy,
  type VenueAnswers,
} from '../reconcile/inputs.js'
import { reconcile } from '../reconcile/reconcile.js'
import type { DriftPolicy } from './drift.js'
import { withoutForgotten } from './forgotten-orders.js'
import { LocalBooks } from './local-books.js'
import { localCash, tradedCurrencies } from './local-cash.js'
import { OrderAges } from './order-ages.js'
import type { OrderCore } from './order-core.js'
import { applyAction } from './reconcile-actions.js'
import type { ReportIntake } from './report-intake.js'
import { soundAnswers } from './sound-answers.js'

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
  /**
   * How far back executions are asked for, in milliseconds before all of them were known: before the latest run, or before the
   * end of the last session. 24 hours unless given.
   */
  lookbackMs?: number
  /** At most so many rounds until nothing is left to do; 5 unless given. */
  maxRounds?: number
  /** What balances that drift lead to beside being told; `alert` unless given. */
  onDrift?: DriftPolicy
  /** The account that is a connector's own, by the connector's name; the first account of the system unless given. */
  accountOf?: (connector: string) => string | undefined
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
  readonly #books: LocalBooks
  readonly #options: ReconcilerOptions
  readonly #memory = new Map<string, ReconcileMemory>()
  readonly #ages = new Map<string, OrderAges>()
  /** When the latest run of a connector that came to its end began, on its steady time. */
  readonly #knownUs = new Map<string, number>()
  /** Alerts that the latest run found, by connector. */
  readonly #alerts = new Map<string, ReadonlySet<string>>()

  constructor(core: OrderCore, intake: ReportIntake, time: Time, options: ReconcilerOptions = {}) {
    this.#core = core
    this.#intake = intake
    this.#time = time
    this.#books = new LocalBooks(core)
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
    const beganUs = this.#agesOf(connector).nowUs()
    for (;;) {
      const { epoch } = connector
      const askedSeq = this.#core.turn.recorder.lastSeq
      const answers = await this.#ask(connector, signal)
      if (connector.epoch !== epoch)
        throw new TradewireError(
          'TW_NOT_CONNECTED',
          `Connector ${connector.name} was reconnected while it was being reconciled`,
        )
      const remembered = withoutForgotten(
        this.#core,
        this.#intake,
        connector,
        () => this.#books.rows(connector),
        answers,
      )
      const result = this.#round(connector, remembered.answers, phase, askedSeq, alerts)
      report.rounds++
      report.actions += result.actions.length
      report.findings = [...report.findings, ...result.findings]
      report.lines = report.lines.concat(
        remembered.lines,
        describeReconciliation(result, (index) => this.#words(index)),
      )
      const isOld = report.rounds > 1 && result.actions.length === 0
      const waitUs = waitForQuestion(result, this.#agesOf(connector).nowUs(), isOld)
      const isComplete = phase === 'running' || result.skippedOrders.length === 0
      if (report.rounds >= maxRounds || (isComplete && waitUs === Number.POSITIVE_INFINITY)) {
        this.#declareUnlisted(connector, answers, result)
        this.#knownUs.set(connector.name, beganUs)
        break
      }
      if (waitUs > 0 && waitUs < Number.POSITIVE_INFINITY) await sleep(this.#time, waitUs / 1_000, signal)
    }
    // Orders that came to light, or came back to life, under a kill switch are canceled like all others.
    this.#core.sendOwedCancels(connector.source)
    this.#tellUnknown(connector, alerts)
    this.#alerts.set(connector.name, alerts.now)
    return report
  }

  #agesOf(connector: BaseConnector): OrderAges {
    let ages = this.#ages.get(connector.name)
    if (ages === undefined) {
      ages = new OrderAges(this.#core.table, this.#time)
      this.#ages.set(connector.name, ages)
    }
    return ages
  }

  async #ask(connector: BaseConnector, signal: AbortSignal): Promise<VenueAnswers> {
    const ages = this.#agesOf(connector)
    const askedAtUs = ages.nowUs()
    const lookbackUs = (this.#options.lookbackMs ?? 86_400_000) * 1_000
    // What is asked for from before that is taken where it comes, and proves nothing where it does not.
    const sinceUs = Math.max(0, askedAtUs - lookbackUs)
    const knownUs = Math.max(0, this.#knownBefore(connector, askedAtUs) - lookbackUs)
    const { orders, fills, account } = soundAnswers(this.#core, connector.name, {
      orders: await connector.queryOrders(signal),
      fills: await connector.queryFills(knownUs, signal),
      account: await connector.queryAccountState(signal),
    })
    const isHistory = connector.orderCapabilities?.fullHistory === true
    // What ended before that may be forgotten: then an order that is not listed proves nothing.
    const historyUs = isHistory ? Math.max(0, ages.nowUs() - connector.historyReachUs) : sinceUs
    const { accounts: known } = this.#core.names
    const own = this.#options.accountOf?.(connector.name) ?? (known.size === 0 ? undefined : known.name(0))
    const accounts = new Set<string>(own === undefined ? [] : [own])
    for (const each of [...orders, ...fills, ...(account.positions ?? [])]) accounts.add(each.account)
    for (const row of this.#books.rows(connector))
      accounts.add(this.#core.names.account(this.#core.table.cells[row + Field.account]))
    return {
      connector: connector.name,
      accounts: [...accounts],
      askedAtUs,
      answeredAtUs: ages.nowUs(),
      orders: { reports: orders, coverage: isHistory ? 'history' : 'open', sinceUs: historyUs },
      fills: { reports: fills, sinceUs: Math.max(sinceUs, historyUs), complete: isHistory },
      account,
    }
  }

  /**
   * Until when all executions were known: nobody looked while the connection was down, or between two sessions, however long
   * that was.
   */
  #knownBefore({ name }: BaseConnector, nowUs: number): number {
    const { lastActivityUs } = this.#core
    const known = this.#knownUs.get(name) ?? (Number.isNaN(lastActivityUs) ? nowUs : lastActivityUs)
    return Math.min(known, nowUs)
  }

  /** `askedSeq`: the latest record when the questions left. What was learned since then is newer than the answers. */
  #round(
    connector: BaseConnector,
    answers: VenueAnswers,
    phase: ReconcilePolicy['phase'],
    askedSeq: number,
    alerts: Alerts,
  ): ReconcileResult {
    const core = this.#core
    core.turn.begin()
    try {
      const moved = (row: number) => core.table.cells[row + Field.lastSeq] > askedSeq
      const aliases = this.#books.aliases(connector, answers)
      const ages = this.#agesOf(connector)
      const rows = this.#books.rows(connector)
      ages.look(rows)
      const hasMoved = phase === 'startup' && rows.some(moved)
      const orders = rows.map((row) => {
        const lastActivityUs = moved(row) ? answers.answeredAtUs : hasMoved ? 0 : ages.heardUs(row)
        return this.#books.order(
          row,
          { lastActivityUs, heardUs: ages.heardUs(row), createdUs: ages.createdUs(row) },
          aliases,
        )
      })
      // At a start everything is acted on, but what moved while the venue was being asked: that is for the next round.
      const policy: ReconcilePolicy = {
        externalOrders: this.#intake.externalPolicy,
        ...this.#options,
        ...(hasMoved ? { phase: 'running', activityThresholdUs: 1 } : { phase }),
      }
      const local = {
        orders,
        positions: this.#books.positions(connector),
        externalExecs: core.externalExecs.of(connector.source),
        halted: this.#books.halted(answers),
        ...(answers.account?.balances === undefined ? {} : this.#cash()),
      }
      const result = reconcile(local, answers, policy, this.#memory.get(connector.name) ?? emptyMemory)
      this.#memory.set(connector.name, result.memory)
      for (const action of result.actions) applyAction(core, this.#intake, connector, action)
      for (const finding of result.findings) {
        const { venueOrderId } = finding.details
        if (finding.kind === 'external_order' && venueOrderId !== undefined)
          this.#intake.noteExternal(connector.source, venueOrderId as string | number)
        if (finding.severity !== 'alert') continue
        // A balance that has moved once more is another case.
        const { currency = '', venue = '' } = finding.kind === 'balance_drift' ? finding.details : {}
        const key = `${finding.kind} ${finding.order ?? ''} ${finding.account ?? ''} ${finding.instrument ?? ''} ${currency} ${venue}`
        const isNew = this.#tell(
          alerts,
          key,
          `RECONCILE_${finding.kind.toUpperCase()}`,
          core.ids.numberOf(finding.order ?? ''),
          `${connector.name}: ${finding.kind} ${JSON.stringify(finding.details)}`,
        )
        if (isNew) this.#drifted(connector.name, finding)
      }
      return result
    } finally {
      core.turn.end()
    }
  }

  /** Our side of balances: where several connectors trade, nobody knows whose money an account is. */
  #cash(): Pick<LocalState, 'cash' | 'untrackedCurrencies'> {
    const core = this.#core
    const traders = core.connectors.filter((each) => each?.orderCapabilities !== undefined)
    return traders.length === 1 ? { cash: localCash(core), untrackedCurrencies: tradedCurrencies(core) } : {}
  }

  /** Tells an alert, once for as long as every run finds it again. Returns whether it is new. */
  #tell(alerts: Alerts, key: string, kind: string, orderNumber: number, message: string): boolean {
    const isNew = !alerts.known.has(key) && !alerts.now.has(key)
    if (isNew) this.#core.anomaly(kind, orderNumber, message)
    alerts.now.add(key)
    return isNew
  }

  /** A position or a balance that differs is drift. Positions have a rule of their own for what follows. */
  #drifted(connector: string, { kind, account, instrument, details }: Finding): void {
    const core = this.#core
    const options = this.#options
    const about = { connector, ...(account === undefined ? {} : { account }) }
    if (kind === 'balance_drift') {
      const { currency = '', expected = '', venue = '', drift = '' } = details
      const message = `${connector}: balance of ${account} in ${currency} is ${venue}, ${drift} beside what our trades paid (${expected})`
      core.drift.found({
        kind: 'balance',
        ...about,
        currency: String(currency),
        message,
        instrumentIndex: -1,
        policy: options.onDrift ?? 'alert',
      })
    } else if (kind === 'position_mismatch' && instrument !== undefined) {
      const { name, sizeScale } = this.#words(instrument)
      const amount = (units: string | number | undefined) => unitsToText(Number(units), sizeScale)
      const message = `${connector}: position of ${account} in ${name} is ${amount(details.oursUnits)} here and ${amount(details.venueUnits)} at the venue`
      const policy = options.positionMismatch === 'adjust' ? 'alert' : 'halted'
      core.drift.found({ kind: 'position', ...about, instrument: name, message, instrumentIndex: instrument, policy })
    }
  }

  /**
   * A venue that lists open orders only, or has forgotten old ones, does not say how orders ended that it does not list. It
   * was asked twice, it has had time: what became of them is not known, however few of them were asked about by name.
   */
  #declareUnlisted(
    connector: BaseConnector,
    { orders, askedAtUs }: VenueAnswers,
    { followUps }: ReconcileResult,
  ): void {
    const core = this.#core
    const { table, names } = core
    const ages = this.#agesOf(connector)
    if (orders === undefined || !followUps.some(({ kind }) => kind === 'order')) return
    const isCovered = (row: number) => orders.coverage === 'history' && orders.sinceUs <= ages.createdUs(row)
    const listed = new Set<string | number | undefined>(
      orders.reports.flatMap((report) => [report.clientOrderId, report.venueOrderId]),
    )
    core.turn.begin()
    try {
      for (const row of this.#books.rows(connector)) {
        const id = names.clientOrderId(row)
        if (listed.has(id) || listed.has(table.venueOrderId(row) ?? id) || isCovered(row)) continue
        const cycle = lifecycle(table, row)
        const isQuiet = askedAtUs - ages.heardUs(row) >= (this.#options.venueGraceUs ?? 5_000_000)
        if (!isClosed(cycle) && cycle !== StatusCode.UNKNOWN && isQuiet) core.facts.declareUnknown(row, 'NOT_LISTED')
      }
    } finally {
      core.turn.end()
    }
  }

  /** Orders whose fate no answer has settled: they count against limits, and somebody has to look at them. */
  #tellUnknown(connector: BaseConnector, alerts: Alerts): void {
    const { table, names } = this.#core
    for (const row of this.#books.rows(connector)) {
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

  #words(index: number) {
    const instrument = this.#core.instruments.at(index)
    return { name: instrument.id, priceScale: instrument.priceScale, sizeScale: instrument.sizeScale }
  }
}

/**
 * How long to wait before asking again, in microseconds; Infinity when there is nothing to ask. Questions that are due and
 * were asked in vain (`isOld`) do not count.
 */
function waitForQuestion(result: ReconcileResult, nowUs: number, isOld: boolean): number {
  let least = Number.POSITIVE_INFINITY
  for (const question of result.followUps) {
    const waitUs = Math.max(0, question.kind === 'order' ? question.notBeforeUs - nowUs : 0)
    if (waitUs > 0 || !isOld) least = Math.min(least, waitUs)
  }
  return least
}
