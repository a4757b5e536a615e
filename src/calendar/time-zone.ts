/**
 * Offsets of a time zone from UTC, from the platform's time zone data (Intl), each year's changes looked up once and kept.
 *
 * A local time that a change of clocks skips is moved forward by the change; one that occurs twice means the first.
 */
import { TradewireError } from '../core/errors.js'
import { dayNumber, MS_PER_DAY, yearOf } from './civil-date.js'

const weekMs = 7 * MS_PER_DAY
/** Sampling by the week finds every change of clocks: none of a zone's changes of one year lie closer together. */
const weeksPerYear = 53

/** The changes of one year: from `startsMs[i]` on, local time is UTC plus `offsetsMs[i]`. */
interface YearOffsets {
  readonly startsMs: readonly number[]
  readonly offsetsMs: readonly number[]
}

/** What the platform knows of each zone that was asked for: the same for everybody, and slow to look up. */
const known = new Map<string, { format: Intl.DateTimeFormat; years: Map<number, YearOffsets> }>()

function zoneOf(name: string) {
  let zone = known.get(name)
  if (zone === undefined) {
    zone = { format: formatOf(name), years: new Map() }
    known.set(name, zone)
  }
  return zone
}

function formatOf(name: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch (error) {
    throw unknownZone(name, error)
  }
}

/** Converts between UTC and the local time of one IANA time zone, such as `America/New_York`. */
export class TimeZone {
  /** IANA name. */
  readonly name: string
  readonly #format: Intl.DateTimeFormat
  readonly #years: Map<number, YearOffsets>
  /** The span of constant offset found last: start included, end not. */
  #fromMs = Number.NaN
  #untilMs = Number.NaN
  #offsetMs = 0

  /** @throws TradewireError `TW_INVALID_ARGUMENT` when the platform does not know the zone. */
  constructor(name: string) {
    this.name = name
    const { format, years } = zoneOf(name)
    this.#format = format
    this.#years = years
  }

  /** Milliseconds that local time is ahead of UTC at an instant (Unix epoch milliseconds). */
  offsetMs(utcMs: number): number {
    if (utcMs >= this.#fromMs && utcMs < this.#untilMs) return this.#offsetMs
    const year = yearOf(Math.floor(utcMs / MS_PER_DAY))
    const { startsMs, offsetsMs } = this.#offsetsOf(year)
    let i = startsMs.length - 1
    while (i > 0 && utcMs < (startsMs[i] as number)) i--
    this.#fromMs = startsMs[i] as number
    this.#untilMs = startsMs[i + 1] ?? dayNumber(year + 1, 1, 1) * MS_PER_DAY
    this.#offsetMs = offsetsMs[i] as number
    return this.#offsetMs
  }

  /** The instant (Unix epoch milliseconds) of a local time: minutes from the midnight that begins the day. May be negative. */
  utcMs(day: number, minutes: number): number {
    const localMs = day * MS_PER_DAY + minutes * 60_000
    const before = this.offsetMs(localMs - MS_PER_DAY)
    const after = this.offsetMs(localMs + MS_PER_DAY)
    if (before === after) return localMs - before
    const early = localMs - before
    if (this.offsetMs(early) === before) return early
    const late = localMs - after
    return this.offsetMs(late) === after ? late : early
  }

  /** The day that an instant lies in, where days begin so many minutes from local midnight (negative: on the day before). */
  dayAt(utcMs: number, minutes: number): number {
    const day = Math.floor((utcMs + this.offsetMs(utcMs) - minutes * 60_000) / MS_PER_DAY)
    // Where clocks change at that time of day, the instants at which days begin decide.
    if (utcMs < this.utcMs(day, minutes)) return day - 1
    return utcMs < this.utcMs(day + 1, minutes) ? day : day + 1
  }

  /** The local day (as a day number) at an instant. */
  localDay(utcMs: number): number {
    return Math.floor((utcMs + this.offsetMs(utcMs)) / MS_PER_DAY)
  }

  /** Milliseconds from local midnight by the clock on the wall at an instant. */
  localMsOfDay(utcMs: number): number {
    const localMs = utcMs + this.offsetMs(utcMs)
    return localMs - Math.floor(localMs / MS_PER_DAY) * MS_PER_DAY
  }

  #offsetsOf(year: number): YearOffsets {
    const known = this.#years.get(year)
    if (known !== undefined) return known
    const startMs = dayNumber(year, 1, 1) * MS_PER_DAY
    const endMs = dayNumber(year + 1, 1, 1) * MS_PER_DAY
    const startsMs = [startMs]
    const offsetsMs = [this.#ask(startMs)]
    let [fromMs, from] = [startMs, offsetsMs[0] as number]
    for (let week = 1; week <= weeksPerYear; week++) {
      const toMs = Math.min(startMs + week * weekMs, endMs)
      const to = this.#ask(toMs)
      if (to !== from) {
        const changeMs = this.#change(fromMs, toMs, from)
        if (changeMs < endMs) {
          startsMs.push(changeMs)
          offsetsMs.push(to)
        }
      }
      fromMs = toMs
      from = to
    }
    const offsets = { startsMs, offsetsMs }
    this.#years.set(year, offsets)
    return offsets
  }

  /** The first instant, to the second, at which the offset is no longer the one at `fromMs`. */
  #change(fromMs: number, toMs: number, offset: number): number {
    let [low, high] = [fromMs / 1000, toMs / 1000]
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (this.#ask(middle * 1000) === offset) low = middle
      else high = middle
    }
    return high * 1000
  }

  #ask(utcMs: number): number {
    const part: Record<string, number> = {}
    for (const { type, value } of this.#format.formatToParts(utcMs)) part[type] = Number(value)
    const localMs =
      dayNumber(part.year as number, part.month as number, part.day as number) * MS_PER_DAY +
      (part.hour as number) * 3_600_000 +
      (part.minute as number) * 60_000 +
      (part.second as number) * 1000
    return localMs - Math.floor(utcMs / 1000) * 1000
  }
}

function unknownZone(name: string, cause: unknown): TradewireError {
  return new TradewireError(
    'TW_INVALID_ARGUMENT',
    `Time zone ${JSON.stringify(name)} is not known: pass an IANA name`,
    {
      cause,
      details: { timeZone: name },
    },
  )
}
