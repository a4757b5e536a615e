/**
 * Where time bars begin and end. Without a session, intervals count from the Unix epoch (plus an offset); with one, from
 * the start of the session, and the last interval of a session ends with it.
 *
 * Within an interval nothing is asked of the calendar when it can tell the end of a session; otherwise it is asked at
 * every event, so that no interval reaches beyond its session.
 */

/**
 * A venue time that lies further ahead of its receipt, in microseconds, is a mistake (a wrong date, another unit): taken for
 * true it would make everything that follows late. Twelve hours: no clock is off by so much, and no date by less than a day.
 */
export const farAheadUs = 12 * 3_600_000_000

/** When sessions start. Times are Unix epoch microseconds. */
export interface SessionTimes {
  /** Start of the session to which `tsUs` belongs; NaN when it belongs to none. */
  sessionStartUs(tsUs: number): number
  /** End (excluded) of the session to which `tsUs` belongs; the start of the next one where they follow without a break. */
  sessionEndUs?(tsUs: number): number
}

/** The interval that is current, and the way to the next. */
export class BarIntervals {
  /** The interval located last: start included, end not. */
  startUs = Number.NaN
  endUs = Number.NaN
  /** Start of its session; NaN without sessions. */
  sessionUs = Number.NaN
  readonly #stepUs: number
  readonly #offsetUs: number
  readonly #session: SessionTimes | undefined

  constructor(stepUs: number, offsetUs: number, session: SessionTimes | undefined) {
    this.#stepUs = stepUs
    this.#offsetUs = offsetUs
    this.#session = session
  }

  /** Whether an event lies after the current interval: at or after its end, or outside its session. */
  isPast(tsUs: number): boolean {
    if (!(tsUs < this.endUs)) return true
    const session = this.#session
    if (session === undefined || session.sessionEndUs !== undefined || tsUs < this.startUs) return false
    return session.sessionStartUs(tsUs) !== this.sessionUs
  }

  /** Makes the interval of `tsUs` current. Returns false, and changes nothing, when it belongs to no session. */
  locate(tsUs: number): boolean {
    const session = this.#session
    if (session === undefined) {
      this.startUs = floorTo(tsUs, this.#offsetUs, this.#stepUs)
      this.endUs = this.startUs + this.#stepUs
      return true
    }
    const sessionUs = session.sessionStartUs(tsUs)
    if (!(sessionUs <= tsUs)) return false
    this.sessionUs = sessionUs
    this.startUs = floorTo(tsUs, sessionUs, this.#stepUs)
    this.endUs = this.startUs + this.#stepUs
    const sessionEndUs = session.sessionEndUs?.(tsUs) ?? Number.NaN
    if (sessionEndUs < this.endUs) this.endUs = sessionEndUs
    return true
  }

  /** Intervals from one's end up to a time, or to the end of the session `sessionUs` where it can tell and that comes first. */
  emptyFrom(endUs: number, untilUs: number, sessionUs: number): number {
    const session = this.#session
    if (session === undefined) return Math.floor((untilUs - endUs) / this.#stepUs)
    if (session.sessionStartUs(endUs) !== sessionUs) return 0
    const isSame = session.sessionStartUs(untilUs) === sessionUs
    const lastUs = isSame ? untilUs : Math.min(untilUs, session.sessionEndUs?.(endUs) ?? endUs)
    return Math.ceil((lastUs - endUs) / this.#stepUs)
  }
}

/** The last multiple of `step` from `origin` that is not after `value`. Exact for integers. */
function floorTo(value: number, origin: number, step: number): number {
  const rest = (value - origin) % step
  return value - (rest < 0 ? rest + step : rest)
}
