/**
 * Plays a source on a clock: publishes the events of one moment as a batch, calls back, goes on to the next moment.
 *
 * On virtual time the clock is set to the first event and then jumps from moment to moment, running the timers in
 * between, so that a recorded day takes as long as its handlers need. On real time events come at the recorded pace, at
 * a multiple of it, or as fast as possible.
 */
import { NS_PER_US } from '../../../core/clock.js'
import { TradewireError } from '../../../core/errors.js'
import { abortError, type Time } from '../../../core/time.js'
import { settlePromises, VirtualTime } from '../../../core/virtual-time.js'
import type { MarketSink } from '../../../ring/sink.js'
import type { ReplaySource } from './reading/replay-source.js'

/** Pace on real time: as fast as possible, as recorded, or a multiple (2: twice as fast). */
export type ReplayPace = 'asFastAsPossible' | 'recorded' | number

/** How a source is played. */
export interface ReplayPlayerOptions {
  source: ReplaySource
  sink: MarketSink
  time: Time
  /** `asFastAsPossible` unless given; virtual time always jumps. */
  pace?: ReplayPace
  /**
   * Times of the events: as `recorded`, or moved to the `wall` clock (the distance between event and receive time stays).
   * `recorded` unless given.
   */
  stamps?: 'recorded' | 'wall'
  /**
   * Runs after the events of each moment, with its recorded receive time, and when the sink is full: drain the ring here.
   * A promise is awaited before the replay goes on.
   */
  onBatch?: (tsUs: number) => void | Promise<void>
  /**
   * On virtual time: lets promises settle after every moment and every timer, for code that awaits promises of its own
   * (waits of this library, such as those for orders, sleeps and connections, are seen to anyway). Costs one turn of the
   * real event loop each; false unless given.
   */
  settlesPromises?: boolean
}

const optionNames = [
  'source',
  'sink',
  'time',
  'pace',
  'stamps',
  'onBatch',
  'settlesPromises',
] as const satisfies readonly (keyof ReplayPlayerOptions)[]

/** On real time, moments played before the event loop gets a turn. */
const momentsPerTurn = 1_024
/** Times that a full sink is drained in vain, with a turn of the event loop each, before the replay gives up. */
const maxRefusals = 10_000

/** Why the playing stops for a while. */
type Pause = 'end' | 'refill' | 'turn' | 'settle' | 'callback' | 'wait'

/** Plays one source once. */
export class ReplayPlayer {
  /** Moments played and events published. */
  moments = 0
  events = 0
  readonly #source: ReplaySource
  readonly #sink: MarketSink
  readonly #time: Time
  readonly #virtual: VirtualTime | undefined
  readonly #onBatch: (tsUs: number) => void | Promise<void>
  readonly #isSettling: boolean
  readonly #usesWallStamps: boolean
  readonly #speed: number
  #isRunning = false
  /** Receive time of the first event, and the monotonic time at which it was played. */
  #firstUs = Number.NaN
  #startNs = 0
  #isMomentOpen = false
  #momentUs = Number.NaN
  #shiftUs = 0
  #refusals = 0
  #callback: Promise<void> | undefined
  #deadlineNs = 0

  /** @throws TradewireError `TW_INVALID_CONFIG` naming the option that is not usable. */
  constructor(options: ReplayPlayerOptions) {
    for (const name of Object.keys(options)) {
      if ((optionNames as readonly string[]).includes(name)) continue
      const message = `Option ${name} of ReplayPlayer is not known; use one of ${optionNames.join(', ')}`
      throw new TradewireError('TW_INVALID_CONFIG', message)
    }
    this.#source = options.source
    this.#sink = options.sink
    this.#time = options.time
    this.#virtual = options.time instanceof VirtualTime ? options.time : undefined
    this.#onBatch = options.onBatch ?? (() => undefined)
    this.#isSettling = options.settlesPromises === true && this.#virtual !== undefined
    this.#usesWallStamps = options.stamps === 'wall'
    this.#speed = speedOf(options.pace ?? 'asFastAsPossible')
  }

  /**
   * Plays up to the end of the source, or up to `untilUs` (exclusive; a later call goes on from there).
   *
   * @throws TradewireError `TW_ABORTED`; what reading throws (`TW_BAD_ROW`, `TW_FILE`); `TW_CAPACITY` when the sink stays
   * full; `TW_INVALID_STATE` when it is running already; and what `onBatch` and timers of virtual time throw.
   */
  async run(options: { signal?: AbortSignal; untilUs?: number } = {}): Promise<void> {
    const { signal, untilUs = Number.POSITIVE_INFINITY } = options
    if (this.#isRunning) throw new TradewireError('TW_INVALID_STATE', 'This replay is running; one run at a time')
    this.#isRunning = true
    try {
      for (;;) {
        const pause = this.#play(untilUs, signal)
        if (signal?.aborted) throw abortError(signal)
        if (pause === 'end') return
        await this.#takePause(pause, signal)
      }
    } finally {
      this.#isRunning = false
    }
  }

  /** Plays moment by moment until something has to be waited for. */
  #play(untilUs: number, signal: AbortSignal | undefined): Pause {
    const source = this.#source
    for (;;) {
      const nextUs = source.peekTsUs()
      if (Number.isNaN(nextUs)) return 'refill'
      if (this.#isMomentOpen) {
        const pause = nextUs === this.#momentUs ? this.#publish() : this.#endMoment()
        if (pause !== undefined) return pause
      } else {
        if (nextUs >= untilUs || nextUs === Number.POSITIVE_INFINITY || signal?.aborted) return 'end'
        const pause = this.#moveClock(nextUs)
        if (pause !== undefined) return pause
        this.#isMomentOpen = true
        this.#momentUs = nextUs
        if (this.#usesWallStamps) this.#shiftUs = this.#time.wallUs() - nextUs
      }
    }
  }

  #publish(): Pause | undefined {
    if (this.#source.emit(this.#sink, this.#shiftUs)) {
      this.events++
      this.#refusals = 0
      return undefined
    }
    if (++this.#refusals > maxRefusals) {
      throw new TradewireError(
        'TW_CAPACITY',
        'The sink of the replay stays full: drain it in onBatch, or give the ring more capacity',
      )
    }
    return this.#callBack() ?? (this.#refusals > 1 ? 'turn' : undefined)
  }

  #endMoment(): Pause | undefined {
    this.#isMomentOpen = false
    this.moments++
    const pause = this.#callBack()
    if (pause !== undefined) return pause
    if (this.#isSettling || this.#virtual?.takeSettlingRequest() === true) return 'settle'
    return this.#virtual === undefined && this.moments % momentsPerTurn === 0 ? 'turn' : undefined
  }

  #callBack(): Pause | undefined {
    const result = this.#onBatch(this.#momentUs)
    if (result === undefined) return undefined
    this.#callback = result
    return 'callback'
  }

  /** Moves the clock to a moment, or says what has to happen first. */
  #moveClock(tsUs: number): Pause | undefined {
    const time = this.#time
    if (Number.isNaN(this.#firstUs)) {
      this.#firstUs = tsUs
      this.#startNs = time.monotonicNs()
      this.#virtual?.stepWallClock(tsUs - time.wallUs())
    }
    const sinceFirstNs = (tsUs - this.#firstUs) * NS_PER_US
    if (this.#virtual !== undefined) return this.#moveVirtual(this.#virtual, this.#startNs + sinceFirstNs, tsUs)
    if (this.#speed === Number.POSITIVE_INFINITY) return undefined
    this.#deadlineNs = this.#startNs + sinceFirstNs / this.#speed
    return time.monotonicNs() < this.#deadlineNs ? 'wait' : undefined
  }

  #moveVirtual(time: VirtualTime, deadlineNs: number, tsUs: number): Pause | undefined {
    while (time.runNext(deadlineNs)) if (this.#isSettling || time.takeSettlingRequest()) return 'settle'
    if (deadlineNs > time.monotonicNs()) time.advanceTo(deadlineNs)
    // Beyond 104 days, nanoseconds do not fit a double exactly any more; the wall clock still shows the microsecond.
    const driftUs = tsUs - time.wallUs()
    if (driftUs === 1 || driftUs === -1) time.stepWallClock(driftUs)
    return undefined
  }

  async #takePause(pause: Exclude<Pause, 'end'>, signal: AbortSignal | undefined): Promise<void> {
    if (pause === 'refill') {
      await this.#source.refill()
      if (this.#virtual !== undefined) await settlePromises()
    } else if (pause === 'callback') {
      await this.#callback
      if (this.#isSettling) await settlePromises()
    } else if (pause === 'wait') await waitUntil(this.#time, this.#deadlineNs, signal)
    else if (pause === 'settle' || this.#virtual !== undefined) await settlePromises()
    else await new Promise<void>((resolve) => this.#time.nextTurn(resolve))
  }
}

function speedOf(pace: ReplayPace): number {
  const speed = pace === 'asFastAsPossible' ? Number.POSITIVE_INFINITY : pace === 'recorded' ? 1 : pace
  if (typeof speed === 'number' && speed > 0) return speed
  throw new TradewireError(
    'TW_INVALID_CONFIG',
    `pace must be asFastAsPossible, recorded or a number above 0, got ${String(pace)}`,
  )
}

/** Resolves at a deadline of the monotonic clock, or as soon as the signal fires. */
function waitUntil(time: Time, deadlineNs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      timer.cancel()
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    const timer = time.at(deadlineNs, finish)
    signal?.addEventListener('abort', finish, { once: true })
  })
}
