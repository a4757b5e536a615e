/**
 * What a connector may report, field by field. A connector is written by somebody else and translates what a venue sends:
 * nothing it says is believed to be well formed. Each function returns the name of the first field that cannot be right, or
 * undefined; nothing here throws, whatever it is given.
 */
import type { Instrument } from '../model/instrument.js'
import { orderTypes, timesInForce } from '../model/order-types.js'
import type { ExecKey } from '../orders/trade-pool.js'
import type {
  VenueBalanceReport,
  VenueFillReport,
  VenueOrderReport,
  VenueOrderState,
  VenuePositionReport,
} from '../orders/venue-reports.js'

/** The longest id, and the longest name of an account, that is taken. */
const maxIdLength = 256
/** Venue times are between 1970 and the day after ours. */
const dayUs = 86_400_000_000
/** Amounts at and beyond this are no quantities: sums of several would leave the safe integers. */
const maxUnits = 2 ** 49

const states: ReadonlySet<string> = new Set<VenueOrderState>([
  'working',
  'triggered',
  'filled',
  'canceled',
  'expired',
  'rejected',
  'pending',
])
const types: ReadonlySet<string> = new Set(orderTypes)
const times: ReadonlySet<string> = new Set(timesInForce)

/** Whether negative prices, and none above zero, can occur; false for instruments that nobody knows. */
export type NegativePrices = (instrument: number) => boolean

/** Whether a venue time can be right. `nowUs`: our time. */
export function isTime(tsUs: unknown, nowUs: number): tsUs is number {
  return typeof tsUs === 'number' && tsUs >= 0 && tsUs <= nowUs + dayUs
}

/** Whether a value is an id: text that is not empty and not endless, or a whole number. */
export function isKey(key: unknown): key is ExecKey {
  return typeof key === 'string' ? key !== '' && key.length <= maxIdLength : Number.isSafeInteger(key)
}

/** Whether a value is a quantity of a trade or an order, in units. */
export function isQuantity(units: unknown): units is number {
  return Number.isSafeInteger(units) && (units as number) > 0 && (units as number) < maxUnits
}

/** Whether a value is a price in units. */
export function isPrice(units: unknown, allowsNegative: boolean): units is number {
  return Number.isSafeInteger(units) && ((units as number) > 0 || allowsNegative)
}

/** Whether an instrument may trade at zero and below. Contracts that are paid in 1/price may not. */
export function hasNegativePrices(instrument: Instrument): boolean {
  return instrument.allowsNegativePrices && !instrument.isInverse
}

/** Whether a value is a fee in 10^-8 of its currency, or NaN for one that is not known. */
export function isFee(units: unknown): units is number {
  return typeof units === 'number' && (Number.isNaN(units) || Number.isSafeInteger(units))
}

/** Whether a value is the name of an account or a currency. */
export function isName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name.length <= maxIdLength
}

const isIndex = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isSide = (value: unknown): boolean => value === 'buy' || value === 'sell'
const isCount = (value: unknown): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < maxUnits

/** The first field of an order report that cannot be right. Times are judged apart, by {@link isTime}. */
export function orderReportFault(report: VenueOrderReport, allowsNegative: NegativePrices): string | undefined {
  if (typeof report !== 'object' || report === null) return 'report'
  if (report.clientOrderId !== undefined && typeof report.clientOrderId !== 'string') return 'clientOrderId'
  if (!isKey(report.venueOrderId)) return 'venueOrderId'
  if (!isIndex(report.instrument)) return 'instrument'
  if (!isName(report.account)) return 'account'
  if (!isSide(report.side)) return 'side'
  if (!types.has(report.type)) return 'type'
  if (!times.has(report.timeInForce)) return 'timeInForce'
  if (!isQuantity(report.quantityUnits)) return 'quantityUnits'
  const mayBeNegative = allowsNegative(report.instrument)
  for (const field of ['priceUnits', 'triggerUnits'] as const)
    if (report[field] !== undefined && !isPrice(report[field], mayBeNegative)) return field
  if (!isCount(report.cumulativeUnits)) return 'cumulativeUnits'
  const average = report.averagePriceUnits
  if (average !== undefined && !(Number.isFinite(average) && (average > 0 || mayBeNegative))) return 'averagePriceUnits'
  return states.has(report.state) ? undefined : 'state'
}

/** The first field of a fill report that cannot be right. Fee and time are judged apart: without them a fill still counts. */
export function fillReportFault(report: VenueFillReport, allowsNegative: NegativePrices): string | undefined {
  if (typeof report !== 'object' || report === null) return 'report'
  if (!isKey(report.exec)) return 'exec'
  if (report.clientOrderId !== undefined && typeof report.clientOrderId !== 'string') return 'clientOrderId'
  if (report.venueOrderId !== undefined && !isKey(report.venueOrderId)) return 'venueOrderId'
  if (!isIndex(report.instrument)) return 'instrument'
  if (!isName(report.account)) return 'account'
  if (!isSide(report.side)) return 'side'
  if (!isQuantity(report.quantityUnits)) return 'quantityUnits'
  return isPrice(report.priceUnits, allowsNegative(report.instrument)) ? undefined : 'priceUnits'
}

/** The first field of a position report that cannot be right. */
export function positionReportFault(report: VenuePositionReport): string | undefined {
  if (typeof report !== 'object' || report === null) return 'report'
  if (!isIndex(report.instrument)) return 'instrument'
  if (!isName(report.account)) return 'account'
  if (!isCount(Math.abs(report.quantityUnits))) return 'quantityUnits'
  return report.averagePriceUnits === undefined || Number.isFinite(report.averagePriceUnits)
    ? undefined
    : 'averagePriceUnits'
}

/** The first field of a balance report that cannot be right. */
export function balanceReportFault(report: VenueBalanceReport): string | undefined {
  if (typeof report !== 'object' || report === null) return 'report'
  if (!isName(report.account)) return 'account'
  if (!isName(report.currency)) return 'currency'
  for (const field of ['total', 'locked'] as const)
    if (typeof report[field] !== 'string' || !/^-?\d{1,40}(\.\d{1,40})?$/.test(report[field])) return field
  return undefined
}

/** A value as text that is safe to keep: short, on one line, whatever it is. */
export function textOf(value: unknown): string {
  try {
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
    return (text ?? String(value)).slice(0, 500)
  } catch {
    return `(${typeof value} that has no text)`
  }
}
