/**
 * Which of several connectors new orders, or a market data stream, use now. A pure state machine: it is told the time and
 * how the candidates are, and decides; it sends nothing.
 *
 * Leaving a connector that cannot be used is immediate. Going back to a better one waits: it must have been usable without
 * a break for a while, the present choice must have stood for a while, and each time a candidate breaks soon after it was
 * returned to, its wait doubles. So a connection that flaps is used less and less, and cannot make the choice oscillate.
 */
import { TradewireError } from '../core/errors.js'

/** How a choice among several is made. */
export const routingStrategies = ['primary-backup', 'best-available', 'round-robin'] as const
/**
 * - `primary-backup`: the first that can be used, in the order given.
 * - `best-available`: the one with the best health score, by a margin.
 * - `round-robin`: those that can be used, in turn.
 */
export type RoutingStrategy = (typeof routingStrategies)[number]

/** How steady a choice is. */
export interface SteadinessOptions {
  /** A choice stands at least so long, unless it cannot be used any more. Default 5,000 ms. */
  minDwellMs?: number
  /** A better candidate must have been usable for so long without a break. Default 30,000 ms. */
  failbackAfterMs?: number
  /** Where the doubling of that wait ends. Default 16 times `failbackAfterMs`. */
  maxFailbackAfterMs?: number
  /** By how many points of health score another must be better (`best-available`). Default 10. */
  scoreMargin?: number
}

/** What a selector asks about its candidates. */
export interface CandidateHealth {
  /** Whether it can be used at all. */
  isUsable(candidate: number): boolean
  /** 0 to 100. */
  score(candidate: number): number
}

/** What a selector asks about its candidates for one order. */
export interface RoomForOrders {
  /** Whether the venue's message limit has room for the order. */
  hasRoom(candidate: number): boolean
  /** 0 to 100. */
  score(candidate: number): number
}

/** A change of the choice. */
export interface Switch {
  /** -1: there was none. */
  readonly from: number
  /** -1: none can be used. */
  readonly to: number
  readonly reason: 'start' | 'failover' | 'failback' | 'better' | 'lost'
}

/** One choice among candidates, over time. */
export class RouteSelector {
  readonly candidates: readonly number[]
  readonly strategy: RoutingStrategy
  /** Grows with every change: what was decided under an earlier number is out of date. */
  epoch = 0
  #current = -1
  #sinceMs = Number.NEGATIVE_INFINITY
  #turn = -1
  readonly #usableSinceMs: Float64Array
  /** When a candidate was last returned to, and how often it broke soon after. */
  readonly #returnedMs: Float64Array
  readonly #relapses: Uint8Array
  readonly #options: Required<SteadinessOptions>

  /**
   * @param candidates indices of connectors, most preferred first.
   * @throws TradewireError `TW_INVALID_CONFIG`.
   */
  constructor(strategy: RoutingStrategy, candidates: readonly number[], options: SteadinessOptions = {}) {
    if (candidates.length === 0)
      throw new TradewireError('TW_INVALID_CONFIG', 'A route needs at least one connector; name them in `connectors`')
    if (new Set(candidates).size !== candidates.length)
      throw new TradewireError('TW_INVALID_CONFIG', 'A route names a connector twice; name each once')
    const { minDwellMs = 5_000, failbackAfterMs = 30_000, scoreMargin = 10 } = options
    const { maxFailbackAfterMs = 16 * failbackAfterMs } = options
    this.#options = { minDwellMs, failbackAfterMs, maxFailbackAfterMs, scoreMargin }
    for (const [name, value] of Object.entries(this.#options))
      if (!(Number.isFinite(value) && value >= 0))
        throw new TradewireError('TW_INVALID_CONFIG', `${name} is ${value}; give a number of at least 0`)
    this.strategy = strategy
    this.candidates = candidates
    this.#usableSinceMs = new Float64Array(candidates.length).fill(Number.NaN)
    this.#returnedMs = new Float64Array(candidates.length).fill(Number.NEGATIVE_INFINITY)
    this.#relapses = new Uint8Array(candidates.length)
  }

  /** Goes on where another selector stands, as far as the candidates are the same: connectors were added or taken out. */
  continueFrom(other: RouteSelector): void {
    this.epoch = other.epoch
    for (let at = 0; at < this.candidates.length; at++) {
      const before = other.candidates.indexOf(this.candidates[at] as number)
      if (before < 0) continue
      this.#usableSinceMs[at] = other.#usableSinceMs[before] as number
      this.#returnedMs[at] = other.#returnedMs[before] as number
      this.#relapses[at] = other.#relapses[before] as number
      if (before === other.#turn) this.#turn = at
    }
    if (!this.candidates.includes(other.#current)) return
    this.#current = other.#current
    this.#sinceMs = other.#sinceMs
  }

  /** The connector in use; -1 when none can be used. In `round-robin` the one whose turn was last. */
  get current(): number {
    return this.#current
  }

  /**
   * Looks at the candidates again.
   *
   * @param nowMs monotonic time.
   * @returns the change it led to, if any.
   */
  observe(nowMs: number, health: CandidateHealth): Switch | undefined {
    this.#track(nowMs, health)
    const at = this.candidates.indexOf(this.#current)
    if (at < 0 || !this.#isUsable(at)) return this.#leave(nowMs, health)
    if (this.strategy === 'round-robin' || nowMs - this.#sinceMs < this.#options.minDwellMs) return undefined
    const better = this.#better(at, nowMs, health)
    if (better < 0) return undefined
    this.#returnedMs[better] = nowMs
    return this.#choose(better, nowMs, this.strategy === 'best-available' ? 'better' : 'failback')
  }

  /**
   * The connector for the next order; -1 when none can be used. Only `round-robin` moves on.
   *
   * @param room where it is given, one without room for an order is passed over for another that can be used: for this
   * order, which changes nothing for those after it. Where none has room, the answer is as if all had.
   */
  next(room?: RoomForOrders): number {
    if (this.strategy === 'round-robin') return this.#nextInTurn(room)
    const current = this.#current
    return current < 0 || room === undefined || room.hasRoom(current) ? current : this.#spilled(room)
  }

  #nextInTurn(room: RoomForOrders | undefined): number {
    const { candidates } = this
    let chosen = -1
    for (let step = 1; step <= candidates.length; step++) {
      const at = (this.#turn + step) % candidates.length
      if (!this.#isUsable(at)) continue
      const hasRoom = room === undefined || room.hasRoom(candidates[at] as number)
      if (chosen >= 0 && !hasRoom) continue
      chosen = at
      if (hasRoom) break
    }
    if (chosen < 0) return -1
    this.#turn = chosen
    return candidates[chosen] as number
  }

  /** Another that has room: the most preferred, or the one with the best score. */
  #spilled(room: RoomForOrders): number {
    let best = -1
    for (let at = 0; at < this.candidates.length; at++) {
      const candidate = this.candidates[at] as number
      if (candidate === this.#current || !this.#isUsable(at) || !room.hasRoom(candidate)) continue
      if (best < 0 || (this.strategy === 'best-available' && room.score(candidate) > room.score(best))) best = candidate
    }
    return best < 0 ? this.#current : best
  }

  /** How long a candidate has to be usable before it is returned to, milliseconds. */
  failbackWaitMs(candidate: number): number {
    const { failbackAfterMs, maxFailbackAfterMs } = this.#options
    const at = this.candidates.indexOf(candidate)
    return Math.min(maxFailbackAfterMs, failbackAfterMs * 2 ** (this.#relapses[at] ?? 0))
  }

  #track(nowMs: number, health: CandidateHealth): void {
    const { candidates } = this
    for (let at = 0; at < candidates.length; at++) {
      const candidate = candidates[at] as number
      const wasUsable = this.#isUsable(at)
      const isUsable = health.isUsable(candidate)
      if (isUsable && !wasUsable) this.#usableSinceMs[at] = nowMs
      if (!isUsable && wasUsable) this.#broke(at, candidate, nowMs)
      // What has held for the longest wait there is has earned its good name back.
      if (isUsable && nowMs - (this.#usableSinceMs[at] as number) >= this.#options.maxFailbackAfterMs)
        this.#relapses[at] = 0
    }
  }

  #broke(at: number, candidate: number, nowMs: number): void {
    const heldMs = nowMs - (this.#returnedMs[at] as number)
    if (heldMs < this.failbackWaitMs(candidate) && (this.#relapses[at] as number) < 30) (this.#relapses[at] as number)++
    this.#usableSinceMs[at] = Number.NaN
  }

  #isUsable(at: number): boolean {
    return !Number.isNaN(this.#usableSinceMs[at] as number)
  }

  /** The present choice cannot be used: another one, at once. */
  #leave(nowMs: number, health: CandidateHealth): Switch | undefined {
    let best = -1
    for (let at = 0; at < this.candidates.length; at++) {
      if (!this.#isUsable(at)) continue
      if (best < 0 || (this.strategy === 'best-available' && this.#scoreOf(at, health) > this.#scoreOf(best, health)))
        best = at
    }
    if (best >= 0) {
      // A forced choice counts as a return too: what breaks soon after has to wait longer the next time.
      this.#returnedMs[best] = nowMs
      return this.#choose(best, nowMs, this.epoch === 0 ? 'start' : 'failover')
    }
    if (this.#current < 0) return undefined
    const from = this.#current
    this.#current = -1
    this.epoch++
    return { from, to: -1, reason: 'lost' }
  }

  /** Position of a candidate that is worth a change from position `at`; -1 when there is none. */
  #better(at: number, nowMs: number, health: CandidateHealth): number {
    let best = -1
    for (let other = 0; other < this.candidates.length; other++) {
      if (other === at || !this.#hasWaited(other, nowMs)) continue
      if (this.strategy === 'primary-backup') {
        if (other < at) return other
        continue
      }
      const needed = best < 0 ? this.#scoreOf(at, health) + this.#options.scoreMargin : this.#scoreOf(best, health)
      if (this.#scoreOf(other, health) >= needed && (best < 0 || this.#scoreOf(other, health) > needed)) best = other
    }
    return best
  }

  #hasWaited(at: number, nowMs: number): boolean {
    return nowMs - (this.#usableSinceMs[at] as number) >= this.failbackWaitMs(this.candidates[at] as number)
  }

  #scoreOf(at: number, health: CandidateHealth): number {
    return health.score(this.candidates[at] as number)
  }

  #choose(at: number, nowMs: number, reason: Switch['reason']): Switch {
    const from = this.#current
    this.#current = this.candidates[at] as number
    this.#sinceMs = nowMs
    this.#turn = this.#turn < 0 ? at - 1 : this.#turn
    this.epoch++
    return { from, to: this.#current, reason }
  }
}
