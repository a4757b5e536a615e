/**
 * Reject storm: a connector whose venue rejects or fails one order after the other gets none for a while.
 *
 *   CLOSED ── so many bad answers in a row, or such a share of them ──► OPEN ── cool-down, where probes are allowed ──► HALF_OPEN
 *     ▲                                                                  ▲                                               │
 *     └──────────────── so many probes good ────────────────────────────┼──────────────────────── a probe bad ──────────┘
 *
 * A probe that has no answer within another cool-down is a bad one.
 *
 * Unless probes are asked for it stays OPEN until a person closes it: order flow does not come back by itself.
 */
import {
  type Breaker,
  type BreakerMemory,
  type BreakerState,
  requireCount,
  requirePercent,
  unreadable,
} from './breaker.js'
import { EventWindow } from './event-window.js'
import { reachesShare } from './share.js'

/** When it opens, and how it closes. */
export interface RejectStormOptions {
  /** Bad answers in a row; 10 unless given. */
  consecutive?: number
  /** Bad answers in percent of those in the window; 50 unless given. */
  errorPercent?: number
  /** 60,000 unless given. */
  windowMs?: number
  /** Answers in the window below which the share says nothing; 20 unless given. */
  minSamples?: number
  /** Time after which probes may pass; absent: none do, and a person closes it. */
  coolDownMs?: number
  /** Probes under way at once, and good answers that close it; 1 unless given. */
  probes?: number
}

/** The phases of a circuit. */
export type CircuitPhase = 'CLOSED' | 'OPEN' | 'HALF_OPEN'

/** See the file's header. */
export class RejectStormBreaker implements Breaker {
  readonly #consecutive: number
  readonly #percent: number
  readonly #minSamples: number
  readonly #coolDownMs: number | undefined
  readonly #probes: number
  readonly #window: EventWindow
  #phase: CircuitPhase = 'CLOSED'
  #inRow = 0
  #openedMs = 0
  #underWay = 0
  /** When the latest probe was sent. */
  #probedMs = 0
  #good = 0
  #reason = ''

  /** @throws TradewireError `TW_INVALID_CONFIG`. */
  constructor(options: RejectStormOptions = {}) {
    this.#consecutive = requireCount(options.consecutive ?? 10, 'rejectStorm.consecutive')
    this.#percent = requirePercent(options.errorPercent ?? 50, 'rejectStorm.errorPercent')
    this.#window = new EventWindow(options.windowMs ?? 60_000, 'rejectStorm.windowMs')
    this.#minSamples = requireCount(options.minSamples ?? 20, 'rejectStorm.minSamples')
    this.#coolDownMs =
      options.coolDownMs === undefined ? undefined : requireCount(options.coolDownMs, 'rejectStorm.coolDownMs')
    this.#probes = requireCount(options.probes ?? 1, 'rejectStorm.probes')
  }

  get state(): BreakerState {
    return this.#phase === 'CLOSED' ? 'ACTIVE' : 'HALTED'
  }

  get phase(): CircuitPhase {
    return this.#phase
  }

  get reason(): string {
    return this.#reason
  }

  /** Whether a new order may be sent now. Changes nothing. */
  mayPass(nowMs: number): boolean {
    if (this.#phase === 'CLOSED') return true
    return this.#isCool(nowMs) && this.#underWay + this.#good < this.#probes
  }

  /** A new order was sent: while it is HALF_OPEN, that is a probe. */
  sent(nowMs: number): void {
    this.advance(nowMs)
    if (this.#phase !== 'HALF_OPEN') return
    this.#underWay++
    this.#probedMs = nowMs
  }

  /** A good answer of the venue. */
  succeeded(nowMs: number): void {
    this.advance(nowMs)
    if (this.#phase === 'HALF_OPEN' && this.#underWay > 0) {
      this.#underWay--
      this.#good++
      if (this.#good >= this.#probes) this.reset()
      return
    }
    if (this.#phase !== 'CLOSED') return
    this.#inRow = 0
    this.#window.add(nowMs, 1, 0)
  }

  /** A rejection or an error of the venue. */
  failed(nowMs: number): void {
    this.advance(nowMs)
    if (this.#phase === 'OPEN') return
    if (this.#phase === 'HALF_OPEN') {
      this.#open(nowMs, 'a probe failed')
      return
    }
    this.#inRow++
    this.#window.add(nowMs, 0, 1)
    const { good, bad } = this.#window
    if (this.#inRow >= this.#consecutive) this.#open(nowMs, `${this.#inRow} orders in a row failed`)
    else if (good + bad >= this.#minSamples && reachesShare(bad, good + bad, this.#percent))
      this.#open(nowMs, `${bad} of ${good + bad} orders failed`)
  }

  /** Time passes. */
  advance(nowMs: number): void {
    if (this.#phase === 'OPEN' && this.#isCool(nowMs)) this.#phase = 'HALF_OPEN'
    else if (this.#phase === 'HALF_OPEN' && this.#underWay > 0 && this.#hasCooled(this.#probedMs, nowMs))
      this.#open(nowMs, 'a probe was not answered')
    this.#window.expire(nowMs)
  }

  #isCool(nowMs: number): boolean {
    return this.#hasCooled(this.#openedMs, nowMs)
  }

  #hasCooled(sinceMs: number, nowMs: number): boolean {
    return this.#coolDownMs !== undefined && nowMs - sinceMs >= this.#coolDownMs
  }

  /** A person closes it. */
  reset(): void {
    this.#phase = 'CLOSED'
    this.#inRow = 0
    this.#underWay = 0
    this.#good = 0
    this.#reason = ''
    this.#window.clear()
  }

  #open(nowMs: number, reason: string): void {
    this.reset()
    this.#phase = 'OPEN'
    this.#openedMs = nowMs
    this.#reason = reason
  }

  save(nowMs: number): BreakerMemory {
    return this.#phase === 'CLOSED'
      ? { phase: 'CLOSED' }
      : { phase: 'OPEN', openMs: nowMs - this.#openedMs, reason: this.#reason }
  }

  restore(memory: BreakerMemory, nowMs: number, elapsedMs: number): void {
    this.reset()
    if (memory.phase === 'CLOSED') return
    const open = typeof memory.openMs === 'number' ? memory.openMs + Math.max(0, elapsedMs) : 0
    this.#open(nowMs - open, String(memory.reason ?? unreadable))
  }
}
