/**
 * Rejection rate: when too many new orders are rejected by venues, orders become smaller for a while.
 *
 * Only what venues say of new orders counts: neither refusals on our own side nor rejected cancels do. At the trip counting
 * starts anew; when the time is over and the rate still is too high, it stays for as long again. It never compounds.
 */
import {
  type Breaker,
  type BreakerMemory,
  type BreakerState,
  requireCount,
  requireFraction,
  requirePercent,
} from './breaker.js'
import { EventWindow } from './event-window.js'
import { reachesShare } from './share.js'

/** When it trips, and what then. */
export interface RejectionRateOptions {
  /** Rejections in percent of answers; 20 unless given. */
  limitPercent?: number
  /** 300,000 unless given. */
  windowMs?: number
  /** Answers in the window below which it never trips; 20 unless given. */
  minSamples?: number
  /** What sizes are multiplied with; 0.5 unless given. */
  sizeMultiplier?: number
  /** How long; 1,800,000 unless given. */
  holdMs?: number
  /** Share of the limit from which it warns; 0.8 unless given. */
  warnAt?: number
}

/** See the file's header. */
export class RejectionRateBreaker implements Breaker {
  readonly #percent: number
  readonly #window: EventWindow
  readonly #minSamples: number
  readonly #multiplier: number
  readonly #holdMs: number
  readonly #warnAt: number
  #untilMs: number | undefined

  /** @throws TradewireError `TW_INVALID_CONFIG`. */
  constructor(options: RejectionRateOptions = {}) {
    this.#percent = requirePercent(options.limitPercent ?? 20, 'rejectionRate.limitPercent')
    this.#window = new EventWindow(options.windowMs ?? 300_000, 'rejectionRate.windowMs')
    this.#minSamples = requireCount(options.minSamples ?? 20, 'rejectionRate.minSamples')
    this.#multiplier = requireFraction(options.sizeMultiplier ?? 0.5, 'rejectionRate.sizeMultiplier')
    this.#holdMs = requireCount(options.holdMs ?? 1_800_000, 'rejectionRate.holdMs')
    this.#warnAt = requireFraction(options.warnAt ?? 0.8, 'rejectionRate.warnAt')
  }

  get state(): BreakerState {
    if (this.#untilMs !== undefined) return 'HALTED'
    return this.#breaches(this.#warnAt) ? 'WARNING' : 'ACTIVE'
  }

  get reason(): string {
    const { good, bad } = this.#window
    return this.state === 'ACTIVE' ? '' : `${bad} of ${good + bad} orders rejected in the window since it last tripped`
  }

  /** 1, or smaller while it has tripped. */
  get sizeMultiplier(): number {
    return this.#untilMs === undefined ? 1 : this.#multiplier
  }

  /** When sizes are whole again; null while they are. */
  get untilMs(): number | null {
    return this.#untilMs ?? null
  }

  /** The venue took `count` new orders. */
  accepted(nowMs: number, count = 1): void {
    this.advance(nowMs)
    this.#window.add(nowMs, count, 0)
    this.#judge(nowMs)
  }

  /** The venue rejected `count` new orders. */
  rejected(nowMs: number, count = 1): void {
    this.advance(nowMs)
    this.#window.add(nowMs, 0, count)
    this.#judge(nowMs)
  }

  /** Time passes. */
  advance(nowMs: number): void {
    while (this.#untilMs !== undefined && nowMs >= this.#untilMs) {
      const until = this.#untilMs
      this.#window.expire(until)
      this.#untilMs = this.#breaches(1) ? until + this.#holdMs : undefined
      this.#window.clear()
    }
    this.#window.expire(nowMs)
  }

  /** A person re-opens it. */
  reset(): void {
    this.#untilMs = undefined
    this.#window.clear()
  }

  #judge(nowMs: number): void {
    if (this.#untilMs !== undefined || !this.#breaches(1)) return
    this.#untilMs = nowMs + this.#holdMs
    this.#window.clear()
  }

  #breaches(factor: number): boolean {
    const { good, bad } = this.#window
    const total = good + bad
    return total >= this.#minSamples && reachesShare(bad, total, this.#percent, factor)
  }

  save(nowMs: number): BreakerMemory {
    return { remainingMs: this.#untilMs === undefined ? null : this.#untilMs - nowMs }
  }

  restore(memory: BreakerMemory, nowMs: number, elapsedMs: number): void {
    const { remainingMs } = memory
    this.#window.clear()
    if (remainingMs === null) this.#untilMs = undefined
    else if (typeof remainingMs === 'number') this.#untilMs = nowMs + Math.max(0, remainingMs - Math.max(0, elapsedMs))
    else this.#untilMs = nowMs + this.#holdMs
  }
}
