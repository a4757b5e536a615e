/** What an execution cost: Commission (12) with its type (13), and MiscFees (136), as far as the venue says it with the report. */
import type { Instrument } from '../../../model/instrument.js'
import { FixGroup } from '../codec/group.js'
import type { FixMessage } from '../codec/message.js'
import { Tag } from '../dictionary/tags.js'

/** Digits of money in reports. */
const MONEY_SCALE = 8
const group = new FixGroup()

/**
 * The fee of an execution in 10^-8 of its currency; empty where the message says nothing, or nothing that can be told exactly
 * (a share of the value, fees in several currencies).
 */
export function feesOf(
  message: FixMessage,
  instrument: Instrument,
  quantityUnits: number,
): { feeUnits?: number; feeCurrency?: string } {
  try {
    const commission = commissionUnits(message, instrument, quantityUnits)
    const currency = message.string(Tag.CommCurrency) ?? message.string(Tag.Currency) ?? instrument.currency
    return withMiscFees(message, commission, currency)
  } catch {
    // A fee that cannot be read is a fee that is not known yet; the execution counts all the same.
    return {}
  }
}

function commissionUnits(message: FixMessage, instrument: Instrument, quantityUnits: number): number {
  if (!message.has(Tag.Commission)) return Number.NaN
  const units = message.units(Tag.Commission, MONEY_SCALE)
  const type = message.string(Tag.CommType)
  if (type === '1') return Math.ceil(units * instrument.quantityNumber(quantityUnits))
  return type === undefined || type === '3' ? units : Number.NaN
}

function withMiscFees(
  message: FixMessage,
  commission: number,
  currency: string,
): { feeUnits?: number; feeCurrency?: string } {
  let total = commission
  if (group.open(message, Tag.NoMiscFees)) {
    while (group.next()) {
      const amount = group.units(Tag.MiscFeeAmt, MONEY_SCALE)
      if (Number.isNaN(amount)) continue
      if ((group.string(Tag.MiscFeeCurr) ?? currency) !== currency) return {}
      total = (Number.isNaN(total) ? 0 : total) + amount
    }
  }
  return Number.isSafeInteger(total) ? { feeUnits: total, feeCurrency: currency } : {}
}
