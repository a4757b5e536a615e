/** Stage 3: the market is open, by the calendar of the instrument. */
import type { Calendars } from '../../../calendar/calendars.js'
import type { TradingCalendar } from '../../../calendar/trading-calendar.js'
import { TradewireError } from '../../../core/errors.js'
import type { OrderUnderValidation } from '../order-under-validation.js'
import type { Finding, ValidationStage } from '../stage.js'

/** What happens to orders outside regular hours. */
export interface SessionRules {
  /** In extended hours: limit orders are warned about (unless `deny`), all others are refused. */
  readonly extendedHours: 'warn' | 'deny'
  /** While the market is closed: `deny` refuses what cannot wait for the opening (IOC, FOK, DAY, CLO), `warn` nothing. */
  readonly closed: 'warn' | 'deny'
}

/** Times in force that wait at the broker for the next session. */
const waits: ReadonlySet<string> = new Set(['GTC', 'GTD', 'OPG'])

/** Asks calendars; remembers the one of each instrument. */
export class SessionStage implements ValidationStage {
  readonly name = 'session'
  readonly #calendars: Calendars
  readonly #rules: SessionRules
  /** By instrument index; null where the instrument names none. */
  readonly #byInstrument: (TradingCalendar | null | undefined)[] = []

  constructor(calendars: Calendars, rules: SessionRules) {
    this.#calendars = calendars
    this.#rules = rules
  }

  /** The trading day at the market of an order; undefined where its calendar does not tell. */
  tradingDay(order: OrderUnderValidation): string | undefined {
    try {
      return this.#calendarOf(order)?.tradingDayAt(order.nowUs)
    } catch {
      // Stage 3 itself refuses what its calendar does not know.
      return undefined
    }
  }

  check(order: OrderUnderValidation, finding: Finding): void {
    try {
      const calendar = this.#calendarOf(order)
      if (calendar !== null) this.#check(calendar, order, finding)
    } catch (error) {
      if (!(error instanceof TradewireError)) throw error
      const code = error.code === 'TW_UNKNOWN_CALENDAR' ? 'UNKNOWN_CALENDAR' : 'CALENDAR_RANGE'
      finding.deny(code, error.message)
    }
  }

  #check(calendar: TradingCalendar, order: OrderUnderValidation, finding: Finding): void {
    const phase = calendar.phaseAt(order.nowUs)
    if (phase === 'regular') return
    if (phase === 'closed') {
      const next = `${calendar.id} is closed; its next session is the one of ${calendar.nextSession(order.nowUs).date}`
      if (this.#rules.closed === 'deny' && !waits.has(order.timeInForce)) finding.deny('MARKET_CLOSED', next)
      else finding.warn('MARKET_CLOSED', 50, next)
      return
    }
    const hours = phase === 'pre' ? 'before its opening' : 'after its close'
    if (waits.has(order.timeInForce) && order.type !== 'LIMIT') {
      finding.warn('AFTER_HOURS', 30, `${calendar.id} trades ${hours}; the order waits for the opening`)
    } else if (this.#rules.extendedHours === 'deny' || order.type !== 'LIMIT') {
      finding.deny('AFTER_HOURS', `${calendar.id} trades ${hours} only, by limit orders where these are allowed`)
    } else finding.warn('AFTER_HOURS', 30, `${calendar.id} trades ${hours}: books are thin`)
  }

  #calendarOf({ instrument }: OrderUnderValidation): TradingCalendar | null {
    const known = this.#byInstrument[instrument.index]
    if (known !== undefined) return known
    const { calendar: id } = instrument.definition
    const calendar = id === undefined ? null : this.#calendars.get(id)
    while (this.#byInstrument.length < instrument.index) this.#byInstrument.push(undefined)
    this.#byInstrument[instrument.index] = calendar
    return calendar
  }
}
