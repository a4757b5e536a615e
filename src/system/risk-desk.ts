/**
 * Risk of a running system: feeds the circuit breakers, puts what they ask for into force, rolls the trading day, watches
 * the use of limits, raises alerts, and keeps on record what a restart has to find again.
 *
 *   order events, anomalies ─┐
 *   equity, market values ───┼─► breakers ─► trading states, sizes ─► gate
 *   time ────────────────────┘          └─► alerts, journal
 *
 * Losses and breakers are judged after every fill, everything is looked at once a second, and after fills, ten times a second
 * at most. It acts at once and records behind: no disk holds it up.
 */
import { DayRoll } from '../calendar/day-roll.js'
import { messageOf, TradewireError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import type { TimerHandle } from '../core/scheduler.js'
import type { Time } from '../core/time.js'
import { Decimal } from '../model/decimal.js'
import { requirePerson } from '../model/person.js'
import type { OrderCore } from '../oms/order-core.js'
import type { OrderEvent } from '../oms/order-event.js'
import { type LargeOrderOptions, OrderRules, type RiskRule } from '../oms/order-rules.js'
import { riskMemoryName } from '../oms/risk-memory.js'
import * as Field from '../orders/order-fields.js'
import { PortfolioStanding } from '../portfolio/standing.js'
import type { AlertSeverity, AlertSink } from '../risk/alerts/alert.js'
import { AlertCenter } from '../risk/alerts/alert-center.js'
import type { BreakerState } from '../risk/breakers/breaker.js'
import { CircuitBreakers } from '../risk/breakers/circuit-breakers.js'
import { CircuitCheck } from '../risk/circuit-check.js'
import { controlNames, controlOf } from '../risk/controls.js'
import { LimitBook, type LimitBookOptions, type LimitChange, type SavedLimits } from '../risk/limit-book.js'
import type { LimitUse } from '../risk/limit-use.js'
import type { RiskLimits } from '../risk/limits.js'
import type { LossEntry, LossScope } from '../risk/loss-limits.js'
import type { Deployment } from './deployment.js'
import { GroupStates } from './group-states.js'
import { LimitMonitor } from './limit-monitor.js'
import { LimitNames } from './limit-names-watch.js'
import type { BreakerConfig } from './risk-config.js'
import { type BreakerReset, readRiskDecision, readRiskMemory, savedPositions } from './risk-memory-shape.js'

/** What a desk works with. */
export interface RiskDeskParts {
  core: OrderCore
  time: Time
  logger: Logger
  limits: RiskLimits
  breakers: BreakerConfig | undefined
  /** Release and configuration of this process. */
  deployment: Deployment
  /** Looks at everything from time to time even where nothing is configured that needs it. */
  isAlwaysOn: boolean
  /** Where alerts go. */
  sinks: readonly AlertSink[]
  rules: readonly RiskRule[]
  largeOrders: LargeOrderOptions | undefined
  governance: Pick<LimitBookOptions, 'ceilings' | 'authorize'>
  /** Accounts and connectors that the configuration names, beside those that orders go to. */
  configured: { readonly accounts: readonly string[]; readonly connectors: readonly string[] }
  onProblem: (where: string, error: unknown) => void
}

/** How often everything is looked at, and how long it is not after a fill where it just was. */
const defaultEvaluateMs = 1_000
const leastPauseMs = 100
/** Positions, of strategies and in total, that are judged in no time; of more, each adds so much to the pause between two looks after fills. */
const fewRows = 64
const pauseOfRowMs = 0.02
/** An order whose fate is unknown for longer is told. */
const unknownAfterUs = 5_000_000

const severityOf: Readonly<Record<BreakerState, AlertSeverity>> = {
  ACTIVE: 'info',
  WARNING: 'warning',
  HALTED: 'critical',
}

/** Anomalies that stop trading or may cost money. */
const criticalAnomalies: ReadonlySet<string> = new Set([
  'OVERFILL',
  'UNKNOWN_ORDER_FILL',
  'LOST_AT_VENUE',
  'POSITION_MISMATCH',
  'CHECK_FAILED',
  'LEFT_OPEN',
])

/** See the file's header. */
export class RiskDesk {
  /** None unless configured. */
  readonly breakers: CircuitBreakers | undefined
  readonly alerts: AlertCenter
  readonly limits: LimitBook
  readonly #monitor: LimitMonitor
  readonly #names: LimitNames
  /** Trading states of groups of instruments. */
  readonly groups: GroupStates
  readonly #parts: RiskDeskParts
  readonly #standing: PortfolioStanding
  readonly #days: DayRoll
  readonly #timers: TimerHandle[] = []
  readonly #blocked = new Set<number>()
  readonly #seenDenials: Float64Array
  /** The latest re-openings, with who and why: they go on record with the state. */
  #resets: BreakerReset[] = []
  /** Capital when it was last looked at: what came or went since is neither gain nor loss. */
  #capital: Decimal | undefined
  #isDue = false
  #lookedMs = Number.NEGATIVE_INFINITY
  #judgedMs = Number.NEGATIVE_INFINITY
  /** The look that is due after fills. */
  #soon: TimerHandle | undefined
  #isStarted = false
  #saved = ''
  #cleanUps: (() => void)[] = []

  constructor(parts: RiskDeskParts) {
    const { core, time, logger, breakers } = parts
    this.#parts = parts
    this.#standing = new PortfolioStanding(core.ledger.portfolio)
    this.alerts = new AlertCenter({ time, logger, sinks: parts.sinks })
    const { timeZone = 'UTC', rollLocal = '00:00', days = 'weekdays' } = breakers?.tradingDay ?? {}
    this.#days = new DayRoll({ timeZone, rollLocal, days })
    this.#monitor = new LimitMonitor({ core, alerts: this.alerts, limits: parts.limits })
    this.#names = new LimitNames({
      core,
      alerts: this.alerts,
      configured: parts.configured,
      onProblem: parts.onProblem,
    })
    this.#seenDenials = new Float64Array(core.gate.denials.length)
    core.gate.extras.daily.dayOf = (tsUs) => this.#days.dayAt(tsUs)
    this.limits = new LimitBook({
      limits: parts.limits,
      ...parts.governance,
      nowUs: () => time.wallUs(),
      requireNames: (patch) => this.#names.requireConnectors(patch),
      apply: (limits) => {
        core.gate.setLimits(limits)
        this.#monitor.losses.setLimits(limits)
      },
      record: (change, saved) => {
        core.facts.recordRiskDecision(JSON.stringify({ change, saved }))
        logger.warn({ ...change }, 'limits changed')
        this.alerts.raise({
          kind: 'limits',
          key: String(change.version),
          severity: 'warning',
          message: `Limits version ${change.version}: ${change.kind} by ${change.actor}: ${change.reason}`,
          isEvent: true,
        })
        this.groups.apply()
        if (this.#isStarted) this.#names.look(this.limits.limits)
        this.#watch()
        this.#keep()
      },
    })
    if (breakers !== undefined) {
      this.breakers = new CircuitBreakers(breakers)
      this.breakers.onChange = ({ name, state, before, reason }) => this.#changed(name, state, before, reason)
      core.gate.addCheck(new CircuitCheck(this.breakers, core.names))
    }
    this.groups = new GroupStates(core, () => this.limits.limits)
    const { rules, largeOrders } = parts
    if (rules.length > 0 || largeOrders !== undefined)
      core.rules = new OrderRules({
        core,
        time,
        rules,
        largeOrders,
        onPending: ({ id, order, actor }, isPending) => {
          if (!isPending) this.alerts.resolve('approval', String(id))
          else
            this.alerts.raise({
              kind: 'approval',
              key: String(id),
              severity: 'warning',
              message: `${actor} wants to ${order.side} ${order.quantity} ${order.symbol}, worth ${order.value}: a second person has to approve it`,
            })
        },
      })
    core.gate.actions = {
      ...core.gate.actions,
      warn: (control, _order, reason) =>
        this.alerts.raise({ kind: 'large-order', key: control, severity: 'warning', message: reason, isEvent: true }),
    }
    core.riskMemory = {
      save: () => this.#memory(),
      restore: (text) => this.#restore(text),
      decided: (text) => this.#decided(text),
      replayed: (row) => core.gate.replayed(row),
    }
  }

  /** Whether it has anything to look at from time to time. */
  get #isWatching(): boolean {
    const { isAlwaysOn } = this.#parts
    return (
      isAlwaysOn ||
      this.breakers !== undefined ||
      this.#monitor.isNeeded ||
      this.#parts.core.gate.clocks !== undefined ||
      this.#parts.sinks.length > 0
    )
  }

  /** Listens and looks from now on. `accounts`: those that venues told of. */
  start(accounts: Iterable<string> = []): void {
    this.#isStarted = true
    this.#names.reported = accounts
    this.#names.look(this.limits.limits)
    this.#watch()
  }

  /** Begins to look, where there is anything to look at: a first limit may come later. */
  #watch(): void {
    if (!this.#isStarted || this.#timers.length > 0 || !this.#isWatching) return
    const { core, time, breakers } = this.#parts
    const { events } = core
    const onAnomaly = ({ kind, orderNumber, message }: { kind: string; orderNumber: number; message: string }) => {
      const severity = criticalAnomalies.has(kind) ? 'critical' : 'warning'
      this.alerts.raise({ kind: 'anomaly', key: `${kind} ${orderNumber}`, severity, message, isEvent: true })
      if (kind === 'OVERFILL' || kind.includes('FILL')) this.breakers?.measure('outliers', 1, this.#nowMs)
    }
    const onState = (change: {
      scope: string
      index: number
      state: string
      isKill: boolean
      actor: string
      reason: string
    }) => {
      const { scope, index, state, isKill, actor, reason } = change
      const key = `${scope} ${index}`
      const message = `${scope} ${index} is ${state}${isKill ? ' by the kill switch' : ''}: ${actor}: ${reason}`
      if (state === 'ACTIVE') this.alerts.resolve('state', key)
      else this.alerts.raise({ kind: 'state', key, severity: 'critical', message })
    }
    this.#cleanUps.push(events.on('anomaly', onAnomaly), events.on('state', onState))
    if (this.breakers !== undefined || !this.#monitor.losses.isEmpty)
      this.#cleanUps.push(events.on('order', (event) => this.#onOrder(event)))
    this.#timers.push(time.every(breakers?.evaluateMs ?? defaultEvaluateMs, () => this.evaluate()))
    this.evaluate()
  }

  /** Stops looking; what was learned is on record. */
  stop(): void {
    this.#isStarted = false
    this.#parts.core.rules?.close()
    for (const timer of this.#timers) timer.cancel()
    this.#soon?.cancel()
    for (const cleanUp of this.#cleanUps) cleanUp()
    this.#cleanUps = []
    this.#keep()
    this.alerts.close()
  }

  get #nowMs(): number {
    return this.#parts.time.monotonicNs() / 1_000_000
  }

  #onOrder(event: OrderEvent): void {
    const { core } = this.#parts
    const { breakers } = this
    const { type } = event
    if (type === 'filled') {
      this.#evaluateSoon()
      return
    }
    if (breakers === undefined || (type !== 'accepted' && type !== 'rejected')) return
    const row = core.table.rowOf(event.order.number)
    if (row < 0 || event.source !== 'venue') return
    const connector = core.names.connector(core.table.cells[row + Field.connector])
    const nowMs = this.#nowMs
    if (type === 'rejected') breakers.rejected(connector, nowMs)
    else breakers.accepted(connector, nowMs, nowMs - core.table.cells[row + Field.sentNs] / 1_000_000)
    this.#applyEffect()
  }

  /**
   * Once after many fills of a turn; where there are so many positions that it takes time, once in a while of fills, so that
   * it takes a few percent of the time and no more.
   */
  #evaluateSoon(): void {
    if (this.#isDue) return
    this.#isDue = true
    const { time, core } = this.#parts
    const rows = core.ledger.portfolio.table.size
    const waitMs = rows > fewRows ? this.#judgedMs + rows * pauseOfRowMs - this.#nowMs : 0
    const judge = (): void => {
      this.#isDue = false
      if (this.#nowMs - this.#lookedMs >= leastPauseMs) this.evaluate()
      else
        this.#guarded(() => {
          this.#judge()
          this.#applyEffect()
          this.#keep()
        })
    }
    if (waitMs > 0) this.#soon = time.after(waitMs, judge)
    else this.#soon = time.nextTurn(judge)
  }

  /**
   * A person re-opens a breaker by its name in `breakers.report()`, or what a loss limit halted as `loss of strategy NAME`, or the
   * clock of a connector as `clock of NAME`; it holds at once and is on record. `rebase`: the daily loss
   * counts from the equity of now.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` for a name that none has; `TW_UNAUTHORIZED` without an actor.
   */
  resetBreaker(name: string, who: { actor: string; reason: string; rebase?: boolean }): void {
    requirePerson(who, 're-opens a breaker')
    const { actor, reason, rebase = false } = who
    const clock = /^clock of (.*)$/.exec(name)
    const loss = /^loss of (global|account|strategy) ?(.*)$/.exec(name)
    if (loss !== null) this.#monitor.losses.reset(loss[1] as LossScope, loss[2] as string)
    else if (clock !== null && this.#parts.core.names.connectors.find(clock[1] as string) >= 0)
      this.#parts.core.gate.clocks?.reset(this.#parts.core.names.connectors.find(clock[1] as string))
    else if (this.breakers === undefined)
      throw new TradewireError('TW_INVALID_ARGUMENT', `There is no breaker "${name}"; none is configured`)
    else this.breakers.reset(name, { rebase })
    this.#parts.logger.warn({ breaker: name, actor, reason, rebase }, 'circuit breaker reset')
    this.alerts.raise({
      kind: 'breaker-reset',
      key: name,
      severity: 'warning',
      message: `${name} was re-opened by ${actor}: ${reason}`,
      isEvent: true,
    })
    this.#resets.push({ name, actor, reason, rebase, tsUs: this.#parts.time.wallUs() })
    if (this.#resets.length > 100) this.#resets.shift()
    this.#applyEffect()
    this.#keep()
  }

  /** Release and configuration of this process, the same for all of a cluster; on record with every start. */
  get deployment(): Deployment {
    return this.#parts.deployment
  }

  /** The use of every limit now, worst case, the fullest first; from its soft level on it is also told as an alert. */
  utilisation(): LimitUse[] {
    return this.#monitor.use()
  }

  /** Losses and drawdowns of accounts, strategies and all together, where there are limits of them. */
  losses(): LossEntry[] {
    return this.#monitor.losses.report()
  }

  /** Looks at everything now. */
  evaluate(): void {
    const { time } = this.#parts
    this.#lookedMs = this.#nowMs
    this.#guarded(() => {
      const nowUs = time.wallUs()
      this.limits.advance(nowUs)
      this.#judge()
      this.breakers?.measure('staleData', this.#oldestReferenceMs(nowUs), this.#nowMs)
      this.breakers?.advance(this.#nowMs)
      this.#monitor.tellUse()
      this.#applyEffect()
      this.#watchClocks()
      this.#watchUse(nowUs)
      this.#names.lookAgain(this.limits.limits)
      this.#keep()
    })
  }

  /** Whatever fails in here is told, and nothing else fails with it. */
  #guarded(look: () => void): void {
    try {
      look()
    } catch (error) {
      this.#parts.onProblem('risk', error)
      this.alerts.raise({ kind: 'risk-desk', severity: 'critical', message: messageOf(error) })
    }
  }

  /** Judges what fills and prices have made of equity. */
  #judge(): void {
    const { core, time } = this.#parts
    const standing = this.#standing
    this.#judgedMs = this.#nowMs
    standing.look()
    const { equity } = standing
    this.#followCapital(core.ledger.portfolio.capital)
    const amount = equity === undefined ? Number.NaN : equity.toNumber()
    core.gate.setEquity(amount)
    for (let account = 0; account < core.names.accounts.size; account++) core.gate.setFunds(account, amount)
    this.#rollDay(time.wallUs(), equity)
    this.breakers?.markEquity(equity, this.#nowMs, standing.values())
    this.#monitor.judge(standing, amount)
  }

  /** Money paid in or out moves what losses are measured from. */
  #followCapital(capital: Decimal): void {
    const before = this.#capital
    this.#capital = capital
    if (before !== undefined && !capital.eq(before)) this.breakers?.flow(capital.minus(before))
  }

  #rollDay(nowUs: number, equity: Decimal | undefined): void {
    const day = this.#days.dayAt(nowUs)
    this.breakers?.rollDay(day, equity)
    if (this.#parts.core.gate.extras.daily.roll(day)) this.#monitor.losses.roll()
  }

  /** Age of the oldest reference among instruments that are held or worked; 0 where nothing is. */
  #oldestReferenceMs(nowUs: number): number {
    const { gate, instruments, names, sizes } = this.#parts.core
    let oldest = 0
    for (let account = 0; account < names.accounts.size; account++) {
      for (let i = 0; i < Math.min(instruments.size, sizes.instrument); i++) {
        const key = gate.exposure.keyOf(account, i)
        if (gate.exposure.position[key] === 0 && gate.exposure.openByInstrument[key] === 0) continue
        oldest = Math.max(oldest, (nowUs - gate.references.tsRecvUs[i]) / 1_000)
      }
    }
    return oldest
  }

  /** Puts what the breakers ask for into force. */
  #applyEffect(): void {
    const { core, breakers: config } = this.#parts
    const { gate, instruments } = core
    const effect = this.breakers?.effect(this.#nowMs)
    const { sizeMultiplier = 1, blocked = [] } = effect ?? {}
    const state = this.#monitor.haltsAll ? 'HALTED' : (effect?.state ?? 'ACTIVE')
    const before = gate.states.get('global')
    gate.states.setBreaker('global', 0, state)
    gate.sizeMultiplier = sizeMultiplier
    const wanted = new Set(blocked.map((symbol) => instruments.get(symbol).index))
    for (const index of this.#blocked) if (!wanted.has(index)) gate.states.setBreaker('instrument', index, 'ACTIVE')
    for (const index of wanted) gate.states.setBreaker('instrument', index, 'REDUCING')
    this.#blocked.clear()
    for (const index of wanted) this.#blocked.add(index)
    if (state === 'HALTED' && before !== 'HALTED' && config?.cancelOnHalt === true)
      for (const row of core.table.rows())
        if (core.table.cells[row + Field.isOpen] === 1) core.cancel(core.table.cells[row])
  }

  #changed(name: string, state: BreakerState, before: BreakerState, reason: string): void {
    const severity = severityOf[state]
    if (state === 'ACTIVE') this.alerts.resolve('breaker', name)
    else this.alerts.raise({ kind: 'breaker', key: name, severity, message: `${name} is ${state}: ${reason}` })
    this.#parts.logger.warn({ breaker: name, state, before, reason }, 'circuit breaker')
  }

  /** Clocks of venues that are too far from ours. */
  #watchClocks(): void {
    const { gate, names } = this.#parts.core
    const { clocks } = gate
    if (clocks === undefined) return
    for (let i = 0; i < names.connectors.size; i++) {
      const key = names.connector(i)
      const state = clocks.stateOf(i)
      const message = `The clock of ${key} is ${clocks.skewUs[i] / 1_000_000} s ahead of ours${state === 'refuse' ? ': orders to it are refused' : ''}`
      if (state === 'ok') this.alerts.resolve('clock', key)
      else this.alerts.raise({ kind: 'clock', key, severity: state === 'refuse' ? 'critical' : 'warning', message })
    }
  }

  /** Refused orders since the last look, and orders of unknown fate. */
  #watchUse(nowUs: number): void {
    const { gate, table, names } = this.#parts.core
    for (let verdict = 1; verdict < gate.denials.length; verdict++) {
      const more = gate.denials[verdict] - this.#seenDenials[verdict]
      if (more === 0) continue
      this.#seenDenials[verdict] = gate.denials[verdict]
      this.alerts.raise({
        kind: 'denied',
        key: controlNames[verdict - 1] as string,
        severity: 'warning',
        message: `${more} refused: ${controlOf(verdict).code}`,
        isEvent: true,
      })
    }
    for (const row of table.rows()) {
      const { cells } = table
      if (cells[row + Field.isOpen] === 0 || cells[row + Field.unknownSeq] === 0) continue
      const key = String(cells[row])
      const isUnknown = this.#parts.core.lifecycle(cells[row]) === 'UNKNOWN'
      if (!isUnknown) this.alerts.resolve('unknown', key)
      else if (nowUs - cells[row + Field.updatedUs] > unknownAfterUs)
        this.alerts.raise({
          kind: 'unknown',
          key,
          severity: 'critical',
          message: `The fate of order ${names.clientOrderId(row)} is not known`,
        })
    }
  }

  // ---- What survives a restart -----------------------------------------------------------------------------------------

  #memory(): string {
    const { core, time } = this.#parts
    const { books, daily } = core.gate.extras
    return JSON.stringify({
      closed: core.isClosing,
      capital: (this.#capital ?? core.ledger.portfolio.capital).toFixed(),
      limits: this.limits.save(),
      limitChanges: this.limits.history.slice(-20),
      resets: this.#resets,
      losses: this.#monitor.losses.save(),
      groups: this.groups.list(),
      ...(this.breakers === undefined ? {} : { breakers: this.breakers.save(this.#nowMs, time.wallUs() / 1_000) }),
      daily: daily.save(),
      books: Object.fromEntries(books.books.map((book) => [book.key, book.positions()])),
    })
  }

  /** Puts it on record where it changed. */
  #keep(): void {
    const { core } = this.#parts
    const { daily } = core.gate.extras
    const mark = `${this.breakers?.version} ${this.limits.version} ${daily.day} ${this.#monitor.version}`
    if (mark === this.#saved || core.turn.isReplaying || !core.turn.isOpen) return
    try {
      core.facts.saveStrategyState(riskMemoryName, this.#memory())
      this.#saved = mark
    } catch (error) {
      this.#parts.onProblem('risk memory', error)
    }
  }

  #decided(text: string): void {
    const { change, saved, groupState } = readRiskDecision(text)
    if (groupState !== undefined) this.groups.restore(groupState)
    if (saved !== undefined) this.#restoreLimits(saved, change)
  }

  /** What was changed stands, below the ceilings of now. */
  #restoreLimits(saved: SavedLimits, change?: LimitChange): void {
    if (this.limits.restore(saved, this.#parts.time.wallUs(), change)) return
    this.alerts.raise({
      kind: 'limits',
      key: 'ceilings',
      severity: 'critical',
      message: `Limits version ${saved.version} are above the ceilings of now: those of the configuration hold`,
    })
  }

  #restore(text: string): void {
    const { core, time } = this.#parts
    const memory = readRiskMemory(text)
    const { books, daily } = core.gate.extras
    if (memory.closed === true) core.wasKilled = false
    if (memory.capital !== undefined) this.#capital = new Decimal(memory.capital)
    if (memory.limitChanges !== undefined) this.limits.recall(memory.limitChanges)
    // The records of changes say it themselves; this is what a snapshot knows of those before it.
    if (memory.limits !== undefined && memory.limits.version >= this.limits.version) this.#restoreLimits(memory.limits)
    if (memory.breakers !== undefined) this.breakers?.restore(memory.breakers, this.#nowMs, time.wallUs() / 1_000)
    if (memory.resets !== undefined) this.#resets = memory.resets
    if (memory.daily !== undefined) daily.restore(memory.daily)
    for (const [i, book] of books.books.entries()) {
      const positions = savedPositions(memory.books, i, book.key, books.books.length)
      if (positions !== undefined) book.setPositions(positions)
    }
    if (memory.losses !== undefined && memory.losses.length > 0) this.#monitor.losses.restore(memory.losses)
    if (memory.groups !== undefined) this.groups.restoreAll(memory.groups)
    this.#monitor.apply()
    this.#applyEffect()
  }
}
