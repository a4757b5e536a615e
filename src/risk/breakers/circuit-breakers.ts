/**
 * All circuit breakers of a system: fed with what happens, they say what may still be done.
 *
 *   breaker          fed by                      when it trips
 *   daily loss       equity, trading days        HALTED until the next trading day or a person
 *   drawdown         equity                      HALTED until a person
 *   rejection rate   answers of venues           sizes x 0.5 for half an hour
 *   concentration    equity and market values    the symbol may only become smaller
 *   reject storm     answers of one venue        no new orders to that connector
 *   latency          time to acknowledgement     as configured: warn, reduce or halt
 *   stale data       age of reference prices     as configured
 *   outliers         suspicious executions       as configured
 *   own              figures of the host         as configured
 *
 * Pure: no timers, no input or output. The owner calls {@link CircuitBreakers.advance} at least once a second. State is
 * plain data ({@link CircuitBreakers.save}) that the owner puts into its journal whenever {@link CircuitBreakers.version}
 * has moved.
 */
import { TradewireError } from '../../core/errors.js'
import type { DecimalInput } from '../../model/decimal.js'
import { type Breaker, type BreakerMemory, type BreakerState, worse } from './breaker.js'
import { ConcentrationBreaker, type ConcentrationOptions } from './concentration.js'
import { DailyLossBreaker, type DailyLossOptions } from './daily-loss.js'
import { DrawdownBreaker, type DrawdownOptions } from './drawdown.js'
import { RejectStormBreaker, type RejectStormOptions } from './reject-storm.js'
import { RejectionRateBreaker, type RejectionRateOptions } from './rejection-rate.js'
import { ThresholdBreaker, type ThresholdOptions } from './threshold.js'

/** What a tripped breaker of measured values does to the system. */
export type BreakerAction = 'warn' | 'reduce' | 'halt'

/** A breaker over a measured value. */
export interface MeasureOptions extends ThresholdOptions {
  /** `reduce` unless given. */
  action?: BreakerAction
}

/** Which breakers there are; `false` switches one off. */
export interface CircuitBreakerOptions {
  dailyLoss?: DailyLossOptions | false
  drawdown?: DrawdownOptions | false
  rejectionRate?: RejectionRateOptions | false
  concentration?: ConcentrationOptions | false
  /** One for each connector. */
  rejectStorm?: RejectStormOptions | false
  /** Milliseconds from submit to acknowledgement; off unless given. */
  latency?: MeasureOptions | false
  /** Age of the oldest reference price that is needed, in milliseconds; off unless given. */
  staleData?: MeasureOptions | false
  /** Suspicious executions; off unless given. */
  outliers?: MeasureOptions | false
  /** Breakers of the host by name, fed by {@link CircuitBreakers.measure}. */
  own?: Readonly<Record<string, MeasureOptions>>
  /** Equity that is older is not known, and blocks new orders; 5,000 ms unless given. */
  maxEquityAgeMs?: number
}

/** What the breakers ask for, together. */
export interface BreakerEffect {
  /** Strictest over all: HALTED beats everything else. */
  state: 'ACTIVE' | 'REDUCING' | 'HALTED'
  /** What sizes of opening orders are multiplied with. */
  sizeMultiplier: number
  /** Symbols that may only become smaller. */
  blocked: string[]
  /** Connectors that get no new orders. */
  haltedConnectors: string[]
}

/** One breaker for people. */
export interface BreakerReport {
  name: string
  state: BreakerState
  reason: string
}

/** Called when a breaker changes its state. */
export type BreakerListener = (change: BreakerReport & { before: BreakerState }) => void

const names = ['dailyLoss', 'drawdown', 'rejectionRate', 'concentration', 'latency', 'staleData', 'outliers'] as const

/** See the file's header. */
export class CircuitBreakers {
  readonly dailyLoss: DailyLossBreaker | undefined
  readonly drawdown: DrawdownBreaker | undefined
  readonly rejectionRate: RejectionRateBreaker | undefined
  readonly concentration: ConcentrationBreaker | undefined
  /** Called on every change of state. */
  onChange: BreakerListener | undefined
  readonly #rate: Entry | undefined
  readonly #storms = new Map<string, { breaker: RejectStormBreaker; entry: Entry }>()
  readonly #stormOptions: RejectStormOptions | undefined
  readonly #measured = new Map<string, { breaker: ThresholdBreaker; action: BreakerAction; entry: Entry }>()
  /** All of them, with the state that was last told. */
  readonly #all: Entry[] = []
  readonly #maxEquityAgeMs: number
  #equityMs = Number.NEGATIVE_INFINITY
  #openStorms = 0
  #version = 0

  /** @throws TradewireError `TW_INVALID_CONFIG`. */
  constructor(options: CircuitBreakerOptions = {}) {
    const { dailyLoss, drawdown, rejectionRate, concentration, rejectStorm } = options
    this.dailyLoss = dailyLoss === false ? undefined : new DailyLossBreaker(dailyLoss)
    this.drawdown = drawdown === false ? undefined : new DrawdownBreaker(drawdown)
    this.rejectionRate = rejectionRate === false ? undefined : new RejectionRateBreaker(rejectionRate)
    this.concentration = concentration === false ? undefined : new ConcentrationBreaker(concentration)
    this.#stormOptions = rejectStorm === false ? undefined : (rejectStorm ?? {})
    this.#maxEquityAgeMs = options.maxEquityAgeMs ?? 5_000
    this.#enter('dailyLoss', this.dailyLoss)
    this.#enter('drawdown', this.drawdown)
    this.#rate = this.#enter('rejectionRate', this.rejectionRate)
    this.#enter('concentration', this.concentration)
    for (const name of ['latency', 'staleData', 'outliers'] as const) {
      const measure = options[name]
      if (measure !== undefined && measure !== false) this.#addMeasure(name, measure)
    }
    for (const [name, measure] of Object.entries(options.own ?? {})) {
      if ((names as readonly string[]).includes(name) || name === 'rejectStorm')
        throw new TradewireError('TW_INVALID_CONFIG', `own.${name}: the name of a built-in breaker`)
      this.#addMeasure(name, measure)
    }
    // Wrong options of a breaker that is made per connector are told now.
    if (this.#stormOptions !== undefined) new RejectStormBreaker(this.#stormOptions)
  }

  #addMeasure(name: string, { action = 'reduce', ...options }: MeasureOptions): void {
    const breaker = new ThresholdBreaker(options, name)
    this.#measured.set(name, { breaker, action, entry: this.#enter(name, breaker) as Entry })
  }

  #enter(name: string, breaker: AnyBreaker | undefined): Entry | undefined {
    if (breaker === undefined) return undefined
    const entry: Entry = { name, breaker, told: 'ACTIVE' }
    this.#all.push(entry)
    return entry
  }

  /** Moves whenever something changed that has to survive a restart. */
  get version(): number {
    return this.#version
  }

  /** A trading day begins. */
  rollDay(day: string, equity: DecimalInput | undefined): void {
    if (this.dailyLoss?.roll(day, equity) === true) this.#changed()
  }

  /** Equity now, with the market values of positions by symbol. */
  markEquity(
    equity: DecimalInput | undefined,
    nowMs: number,
    marketValues: Readonly<Record<string, DecimalInput | undefined>> = {},
  ): void {
    const isKnown = equity !== undefined && Number.isFinite(Number(equity))
    if (isKnown) this.#equityMs = nowMs
    const peak = this.drawdown?.peak
    const blocked = this.concentration?.blocked.length
    this.dailyLoss?.mark(equity)
    this.drawdown?.mark(equity)
    this.concentration?.mark(equity, marketValues)
    if (this.drawdown?.peak !== peak || this.concentration?.blocked.length !== blocked) this.#version++
    this.#settle()
  }

  /** Money paid in (above 0) or out. */
  flow(amount: DecimalInput): void {
    this.dailyLoss?.flow(amount)
    this.drawdown?.flow(amount)
    this.#changed()
  }

  /** A venue took a new order. `latencyMs`: since it was submitted. */
  accepted(connector: string, nowMs: number, latencyMs?: number): void {
    this.rejectionRate?.accepted(nowMs)
    this.#tell(this.#rate)
    const storm = this.#storm(connector)
    storm?.breaker.succeeded(nowMs)
    this.#tell(storm?.entry)
    if (latencyMs !== undefined) this.measure('latency', latencyMs, nowMs)
  }

  /** A venue rejected a new order. */
  rejected(connector: string, nowMs: number): void {
    this.rejectionRate?.rejected(nowMs)
    this.#tell(this.#rate)
    this.failed(connector, nowMs)
  }

  /** An order could not be sent, or a venue answered with an error: counts toward the storm, not toward the rate. */
  failed(connector: string, nowMs: number): void {
    const storm = this.#storm(connector)
    storm?.breaker.failed(nowMs)
    this.#tell(storm?.entry)
  }

  /** A figure for `latency`, `staleData`, `outliers`, or a breaker of the host's own. Names without a breaker are ignored. */
  measure(name: string, value: number, nowMs: number): void {
    const found = this.#measured.get(name)
    if (found === undefined) return
    found.breaker.add(value, nowMs)
    this.#tell(found.entry)
  }

  /** Whether the circuit of any connector is open, or half open. */
  get hasStorms(): boolean {
    return this.#openStorms > 0
  }

  /** Whether a new order may go to a connector now. Changes nothing. */
  mayPass(connector: string, nowMs: number): boolean {
    return this.#storms.get(connector)?.breaker.mayPass(nowMs) ?? true
  }

  /** A new order went to a connector. */
  sent(connector: string, nowMs: number): void {
    this.#storms.get(connector)?.breaker.sent(nowMs)
  }

  /** Time passes. */
  advance(nowMs: number): void {
    this.rejectionRate?.advance(nowMs)
    for (const { breaker } of this.#storms.values()) breaker.advance(nowMs)
    for (const { breaker } of this.#measured.values()) breaker.advance(nowMs)
    this.#settle()
  }

  /** What the breakers ask for now. Equity that is not known, where a breaker needs it, blocks what opens positions. */
  effect(nowMs: number): BreakerEffect {
    let state: BreakerEffect['state'] = this.#isBlind(nowMs) ? 'REDUCING' : 'ACTIVE'
    if (this.dailyLoss?.state === 'HALTED' || this.drawdown?.state === 'HALTED') state = 'HALTED'
    for (const { breaker, action } of this.#measured.values()) {
      if (breaker.state !== 'HALTED' || action === 'warn' || state === 'HALTED') continue
      state = action === 'halt' ? 'HALTED' : 'REDUCING'
    }
    return {
      state,
      sizeMultiplier: this.rejectionRate?.sizeMultiplier ?? 1,
      blocked: this.concentration?.blocked ?? [],
      haltedConnectors: [...this.#storms].filter(([, { breaker }]) => breaker.state === 'HALTED').map(([name]) => name),
    }
  }

  /** Equity is too old, was never known, or is nothing that a position could be a share of. */
  #isBlind(nowMs: number): boolean {
    if (this.concentration?.isBlind === true) return true
    if (this.dailyLoss === undefined && this.drawdown === undefined && this.concentration === undefined) return false
    return !(nowMs - this.#equityMs <= this.#maxEquityAgeMs)
  }

  /** Every breaker with its state. */
  report(): BreakerReport[] {
    return this.#all.map(({ name, breaker }) => ({ name, state: breaker.state, reason: breaker.reason }))
  }

  /** The most severe state of all. */
  get state(): BreakerState {
    let state: BreakerState = 'ACTIVE'
    for (const { breaker } of this.#all) state = worse(state, breaker.state)
    return state
  }

  /** A person re-opens a breaker by its name in {@link report}. @throws TradewireError `TW_INVALID_ARGUMENT` for a name that none has. */
  reset(name: string, options: { rebase?: boolean } = {}): void {
    const breaker = this.#all.find((entry) => entry.name === name)?.breaker
    if (breaker === undefined)
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        `There is no breaker "${name}"; there are ${this.#all.map((entry) => entry.name).join(', ')}`,
      )
    if (breaker === this.dailyLoss) this.dailyLoss.reset(options)
    else breaker.reset()
    this.#changed()
  }

  /** What has to survive a restart, as plain data. `wallMs`: to know later how long the restart took. */
  save(nowMs: number, wallMs: number): BreakerMemory {
    return {
      wallMs,
      breakers: Object.fromEntries(this.#all.map(({ name, breaker }) => [name, breaker.save(nowMs)])),
    }
  }

  /**
   * Takes what {@link save} gave. Breakers that it does not tell of start anew; what it tells and cannot be read halts the
   * breaker, and all of them where nothing of it can be read.
   */
  restore(memory: BreakerMemory, nowMs: number, wallMs: number): void {
    const savedMs = Number(asRecord(memory)?.wallMs)
    const elapsedMs = Number.isFinite(savedMs) ? wallMs - savedMs : 0
    const saved = asRecord(asRecord(memory)?.breakers)
    for (const name of Object.keys(saved ?? {}))
      if (name.startsWith(stormPrefix)) this.#storm(name.slice(stormPrefix.length))
    for (const entry of this.#all) {
      if (saved === undefined || Object.hasOwn(saved, entry.name))
        entry.breaker.restore(asRecord(saved?.[entry.name]) ?? {}, nowMs, elapsedMs)
      entry.told = entry.breaker.state
    }
    this.#openStorms = [...this.#storms.values()].filter(({ breaker }) => breaker.state === 'HALTED').length
  }

  #storm(connector: string): { breaker: RejectStormBreaker; entry: Entry } | undefined {
    if (this.#stormOptions === undefined) return undefined
    let storm = this.#storms.get(connector)
    if (storm === undefined) {
      const breaker = new RejectStormBreaker(this.#stormOptions)
      storm = { breaker, entry: this.#enter(`${stormPrefix}${connector}`, breaker) as Entry }
      this.#storms.set(connector, storm)
    }
    return storm
  }

  #changed(): void {
    this.#version++
    this.#settle()
  }

  /** Tells what changed. */
  #settle(): void {
    for (const entry of this.#all) this.#tell(entry)
  }

  #tell(entry: Entry | undefined): void {
    if (entry === undefined) return
    const { state } = entry.breaker
    const before = entry.told
    if (state === before) return
    entry.told = state
    if (entry.name.startsWith(stormPrefix)) this.#openStorms += state === 'HALTED' ? 1 : -1
    this.#version++
    this.onChange?.({ name: entry.name, state, before, reason: entry.breaker.reason })
  }
}

type AnyBreaker = Breaker & { reset(): void }

/** A breaker with its name and the state that was last told. */
interface Entry {
  readonly name: string
  readonly breaker: AnyBreaker
  told: BreakerState
}

const stormPrefix = 'rejectStorm:'

/** Plain data with names; undefined for anything else. */
function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}
