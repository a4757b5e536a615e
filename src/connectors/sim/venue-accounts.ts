/**
 * The venue's accounts: positions by instrument, cash by currency. The truth that clients reconcile with.
 *
 * Where ownership changes hands (shares, currencies, coins, bonds) a trade moves cash by its value; contracts (futures,
 * options, perpetuals, CFDs) pay the profit when they are closed. Fees leave in the instrument's settlement currency.
 */
import type { AssetClass, Instrument } from '../../model/instrument.js'
import { MONEY, notionalUnits } from './money.js'

const contractClasses: ReadonlySet<AssetClass> = new Set(['crypto_perpetual', 'future', 'option', 'spread', 'cfd'])

/** Whether profit is paid out instead of the value changing hands. */
export function isContract(instrument: Instrument): boolean {
  return contractClasses.has(instrument.definition.assetClass)
}

/** A position at the venue. */
export interface VenuePosition {
  readonly instrument: Instrument
  /** Negative is short. */
  quantityUnits: number
  /** Average entry price in price units; NaN when flat. */
  averagePriceUnits: number
}

/** One account: what it holds and what it traded. */
export class VenueAccount {
  readonly name: string
  readonly positions = new Map<Instrument, VenuePosition>()
  /** Cash in 10^-8 by currency. */
  readonly cash = new Map<string, number>()
  /** What is set aside for open orders, in 10^-8 by currency; kept where balances are checked. */
  readonly locked = new Map<string, number>()
  /** Value traded in 10^-8 of the settlement currencies, added up. */
  tradedUnits = 0

  constructor(name: string) {
    this.name = name
  }

  position(instrument: Instrument): VenuePosition {
    let position = this.positions.get(instrument)
    if (position === undefined) {
      position = { instrument, quantityUnits: 0, averagePriceUnits: Number.NaN }
      this.positions.set(instrument, position)
    }
    return position
  }

  quantityUnits(instrument: Instrument): number {
    return this.positions.get(instrument)?.quantityUnits ?? 0
  }

  /** Cash that is not set aside, in 10^-8. */
  available(currency: string): number {
    return (this.cash.get(currency) ?? 0) - (this.locked.get(currency) ?? 0)
  }

  add(currency: string, units: number): void {
    this.cash.set(currency, (this.cash.get(currency) ?? 0) + units)
  }

  lock(currency: string, units: number): void {
    this.locked.set(currency, (this.locked.get(currency) ?? 0) + units)
  }

  /** Books an execution; a negative quantity takes one back. */
  book(instrument: Instrument, sideSign: number, quantityUnits: number, priceUnits: number, feeUnits: number): void {
    const currency = instrument.settlementCurrency
    const size = Math.abs(quantityUnits)
    const direction = quantityUnits < 0 ? -1 : 1
    this.tradedUnits += direction * Math.abs(notionalUnits(instrument, priceUnits, size))
    if (feeUnits !== 0) this.add(currency, -feeUnits)
    const position = this.position(instrument)
    const signed = sideSign * quantityUnits
    if (isContract(instrument)) this.add(currency, profit(instrument, position, signed, priceUnits))
    else this.add(currency, -Math.sign(signed) * notionalUnits(instrument, priceUnits, size))
    move(position, signed, priceUnits)
  }
}

/** Cash that closing part of a position pays, in 10^-8. */
function profit(instrument: Instrument, position: VenuePosition, signed: number, priceUnits: number): number {
  const held = position.quantityUnits
  if (held === 0 || Math.sign(held) === Math.sign(signed)) return 0
  const closed = Math.min(Math.abs(held), Math.abs(signed)) * Math.sign(held)
  const quantity = instrument.quantityNumber(closed) * instrument.multiplierNumber
  const entry = position.averagePriceUnits / 10 ** instrument.priceScale
  const exit = instrument.priceNumber(priceUnits)
  return Math.floor((instrument.isInverse ? quantity / entry - quantity / exit : quantity * (exit - entry)) * MONEY) + 0
}

/** Average-cost position keeping. */
function move(position: VenuePosition, signed: number, priceUnits: number): void {
  const held = position.quantityUnits
  const next = held + signed
  if (next === 0) position.averagePriceUnits = Number.NaN
  else if (held === 0 || Math.sign(next) !== Math.sign(held)) position.averagePriceUnits = priceUnits
  else if (Math.abs(next) > Math.abs(held)) {
    position.averagePriceUnits = (position.averagePriceUnits * held + priceUnits * signed) / next
  }
  position.quantityUnits = next
}
