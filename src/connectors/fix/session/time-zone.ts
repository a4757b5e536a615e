/**
 * Local times of a time zone as moments, by the machine's time zone data (IANA names).
 *
 * Twice a year a local time does not exist, or exists twice. A time that is skipped counts as the moment at which the clocks
 * jump over it; one that comes twice counts as its first.
 */
import { TimeZone as Offsets } from '../../../calendar/time-zone.js'
import { TradewireError } from '../../../core/errors.js'
import { DAY_US } from '../codec/times.js'

const MINUTE_US = 60_000_000

/** A time zone, as schedules of sessions read it; its offsets are those of the calendars. */
export class TimeZone {
  readonly name: string
  readonly #offsets: Offsets

  /** @throws TradewireError `TW_INVALID_CONFIG` for a name the machine does not know. */
  constructor(name: string) {
    this.name = name
    try {
      this.#offsets = new Offsets(name)
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
    return this.#offsets.offsetMs(Math.floor(us / 1_000)) * 1_000
  }
}

function unknownZone(name: string, cause: unknown): TradewireError {
  return new TradewireError('TW_INVALID_CONFIG', `timeZone "${name}" is not known to this machine`, { cause })
}
