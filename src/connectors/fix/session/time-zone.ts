/**
 * Local times of a time zone as moments, by the machine's time zone data (IANA names).
 *
 * Twice a year a local time does not exist, or exists twice. A time that is skipped counts as the moment at which the clocks
 * jump over it; one that comes twice counts as its first.
 */
import { TradewireError } from '../../../core/errors.js'
import { DAY_US, daysOfDate } from '../codec/times.js'

const MINUTE_US = 60_000_000

/** A time zone. */
export class TimeZone {
  readonly name: string
  readonly #format: Intl.DateTimeFormat | undefined

  /** @throws TradewireError `TW_INVALID_CONFIG` for a name the machine does not know. */
  constructor(name: string) {
    this.name = name
    if (name === 'UTC') return
    try {
      this.#format = new Intl.DateTimeFormat('en-US', {
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

  /** What a clock on the wall shows, in microseconds since 1970-01-01 00:00 as it shows that. */
  localUs(us: number): number {
    return us + this.#offsetUs(us)
  }

  /** The moment at which a clock on the wall shows `localUs`. */
  instantUs(localUs: number): number {
    if (this.#format === undefined) return localUs
    // The offsets a day before and after are those on either side of any change.
    const before = this.#offsetUs(localUs - DAY_US)
    const after = this.#offsetUs(localUs + DAY_US)
    for (const offset of before >= after ? [before, after] : [after, before]) {
      if (this.#offsetUs(localUs - offset) === offset) return localUs - offset
    }
    return this.#changeBetween(localUs - Math.max(before, after), localUs - Math.min(before, after))
  }

  /** The minute in (from, to] at which the offset changes. */
  #changeBetween(from: number, to: number): number {
    let low = Math.floor(from / MINUTE_US)
    let high = Math.ceil(to / MINUTE_US)
    const old = this.#offsetUs(low * MINUTE_US)
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (this.#offsetUs(middle * MINUTE_US) === old) low = middle
      else high = middle
    }
    return high * MINUTE_US
  }

  #offsetUs(us: number): number {
    if (this.#format === undefined) return 0
    const wholeMs = Math.floor(us / 1_000_000) * 1_000
    const field = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
    for (const { type, value } of this.#format.formatToParts(wholeMs)) {
      if (type in field) field[type as keyof typeof field] = Number(value)
    }
    const days = daysOfDate(field.year, field.month, field.day)
    const seconds = field.hour * 3_600 + field.minute * 60 + field.second
    return days * DAY_US + seconds * 1_000_000 - wholeMs * 1_000
  }
}

function unknownZone(name: string, cause: unknown): TradewireError {
  return new TradewireError('TW_INVALID_CONFIG', `timeZone "${name}" is not known to this machine`, { cause })
}
