/**
 * Fields of the venue's messages in our terms: quantities and prices in units of the instrument, types and times in force as words.
 * What is finer than the instrument's grid is told and rounded: an execution is never lost for its digits.
 */
import type { Clock } from '../../../core/clock.js'
import type { Instrument } from '../../../model/instrument.js'
import type { OrderType, TimeInForce } from '../../../model/order-types.js'
import type { VenueFillReport } from '../../../orders/venue-reports.js'
import type { FixGroup } from '../codec/group.js'
import type { FixMessage } from '../codec/message.js'
import { Tag } from '../dictionary/tags.js'
import { execKeyOf, liquidityOf, reportTimeUs } from './execution-reader.js'
import { feesOf } from './fees.js'
import { timeOfFields, typeOfFields } from './order-words.js'
import type { ResolvedProfile } from './profile.js'

/** What a reader works with. */
export interface ReportReaderParts {
  readonly profile: ResolvedProfile
  readonly time: Clock
  /** Account of reports that name none. */
  readonly account: string
  /** Something was wrong with a message; it goes on. */
  problem(error: unknown): void
}

/** Reads reports of one venue. */
export class ReportReader {
  readonly #parts: ReportReaderParts

  constructor(parts: ReportReaderParts) {
    this.#parts = parts
  }

  /** Trigger price in units; what was asked for where the message does not say. */
  triggerOf(message: FixMessage, instrument: Instrument, asked: number | undefined): number {
    const tag = message.has(Tag.StopPx) ? Tag.StopPx : Tag.TriggerPrice
    const said = this.price(message, tag, instrument)
    return Number.isNaN(said) ? (asked ?? Number.NaN) : said
  }

  /** An execution; undefined where the message has none. */
  fillReport(message: FixMessage, instrument: Instrument, tsUs: number): VenueFillReport | undefined {
    const { profile, account } = this.#parts
    const quantityUnits = this.quantity(message, Tag.LastQty, instrument)
    const priceUnits = this.price(message, Tag.LastPx, instrument)
    // A status of OrdStatus "partially filled" without an execution.
    if (!(quantityUnits > 0) || Number.isNaN(priceUnits)) return undefined
    const orderId = message.string(Tag.OrderID)
    return {
      exec: execKeyOf(message, profile),
      ...(orderId === undefined ? {} : { venueOrderId: orderId }),
      instrument: instrument.index,
      account: message.string(Tag.Account) ?? account,
      side: isSell(message) ? 'sell' : 'buy',
      quantityUnits,
      priceUnits,
      ...feesOf(message, instrument, quantityUnits),
      liquidity: liquidityOf(message, profile),
      tsUs,
    }
  }

  /** Order type; undefined where the message does not say, or has no name here. */
  typeOf(message: FixMessage): OrderType | undefined {
    const ordType = message.string(Tag.OrdType)
    if (ordType === undefined) return message.has(Tag.Price) ? 'LIMIT' : undefined
    return typeOfFields(
      {
        ordType,
        execInst: message.string(Tag.ExecInst) ?? '',
        hasPrice: message.has(Tag.Price),
        hasTrigger: message.has(Tag.TriggerPrice),
      },
      this.#parts.profile.words,
    )
  }

  /** Time in force; DAY where the message does not say. */
  tifOf(message: FixMessage): TimeInForce {
    const { words } = this.#parts.profile
    return timeOfFields(message.string(Tag.TimeInForce), message.string(Tag.OrdType) ?? '', words) ?? 'DAY'
  }

  /** A quantity in units; NaN where it is absent or no number. What is finer than the instrument's grid is told, and rounded. */
  quantity(message: FixMessage, tag: number, instrument: Instrument): number {
    if (!message.has(tag)) return Number.NaN
    const { inLots } = this.#parts.profile
    try {
      return inLots ? message.units(tag, 0) * instrument.lotUnits : message.units(tag, instrument.sizeScale)
    } catch (error) {
      this.#parts.problem(error)
      const value = numberAt(message, tag)
      return instrument.nearestQuantityUnits(inLots ? value * instrument.quantityNumber(instrument.lotUnits) : value)
    }
  }

  /** A price in units, as {@link quantity}. */
  price(message: FixMessage, tag: number, instrument: Instrument): number {
    if (!message.has(tag)) return Number.NaN
    try {
      return message.units(tag, instrument.priceScale)
    } catch (error) {
      this.#parts.problem(error)
      return instrument.nearestPriceUnits(numberAt(message, tag))
    }
  }

  /** AvgPx (6) to the nearest unit: averages have more digits than prices. */
  average(message: FixMessage, instrument: Instrument): number {
    const value = message.has(Tag.AvgPx) ? numberAt(message, Tag.AvgPx) : Number.NaN
    return Number.isNaN(value) || value === 0 ? Number.NaN : instrument.nearestPriceUnits(value)
  }

  /** Time of a report, epoch microseconds; our time of receipt where it has none. */
  timeOf(message: FixMessage): number {
    const tsUs = reportTimeUs(message)
    return Number.isNaN(tsUs) ? this.#parts.time.wallUs() : tsUs
  }

  /** A quantity of an entry of a group in units; 0 where it is absent. */
  unitsAt(group: FixGroup, tag: number, instrument: Instrument): number {
    if (!group.has(tag)) return 0
    if (this.#parts.profile.inLots) return group.units(tag, 0) * instrument.lotUnits
    return group.units(tag, instrument.sizeScale)
  }
}

/** Whether a report is about the selling side, short sales included. */
export function isSell(message: FixMessage): boolean {
  const side = message.string(Tag.Side)
  return side === '2' || side === '5' || side === '6' || side === 'H'
}

function numberAt(message: FixMessage, tag: number): number {
  try {
    return message.double(tag)
  } catch {
    return Number.NaN
  }
}
