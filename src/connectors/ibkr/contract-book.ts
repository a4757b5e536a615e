/** Which contract of IBKR each instrument is, and what the two sides call it. */
import { TradewireError } from '../../core/errors.js'
import { type AssetClass, Instrument, type InstrumentDefinition, type PriceBand } from '../../model/instrument.js'
import type { InstrumentRegistry } from '../../model/instrument-registry.js'
import { type IbkrContract, symbolOf } from './contracts.js'
import type { ToldContract, ToldDetails } from './messages.js'

/** An instrument as IBKR knows it. */
export interface BookedContract {
  /** Id of the instrument. */
  readonly id: string
  readonly contract: IbkrContract
  readonly details: ToldDetails
  /** Average costs of positions are per contract: price times this. */
  readonly costPerPoint: number
}

const assetClasses: Readonly<Record<string, AssetClass>> = {
  STK: 'equity',
  CASH: 'fx',
  FUT: 'future',
  CONTFUT: 'future',
  OPT: 'option',
  FOP: 'option',
  WAR: 'option',
  CRYPTO: 'crypto_spot',
  BAG: 'spread',
  CFD: 'cfd',
  BOND: 'bond',
  IND: 'index',
  CMDTY: 'commodity',
  FUND: 'equity',
}

/** The contracts of a connector. */
export class ContractBook {
  readonly #byConId = new Map<number, BookedContract>()
  readonly #byId = new Map<string, BookedContract>()

  /** Notes a contract; gives its instrument's definition. */
  add(
    wanted: IbkrContract,
    details: ToldDetails,
    rule: readonly (readonly [string, string])[] | undefined,
    connectorName: string,
  ): InstrumentDefinition {
    const definition = definitionOf(wanted, details, rule, connectorName)
    const { contract: told } = details
    const contract: IbkrContract = {
      ...wanted,
      conId: told.conId,
      ...(told.localSymbol === '' ? {} : { localSymbol: told.localSymbol }),
      ...(told.tradingClass === '' ? {} : { tradingClass: told.tradingClass }),
      ...(told.expiry === '' ? {} : { expiry: told.expiry }),
    }
    const multiplier = Number(definition.multiplier ?? '1')
    const booked: BookedContract = { id: definition.id, contract, details, costPerPoint: multiplier }
    this.#byConId.set(told.conId, booked)
    this.#byId.set(definition.id, booked)
    return definition
  }

  byConId(conId: number): BookedContract | undefined {
    return this.#byConId.get(conId)
  }

  /** The instrument of a contract; undefined while it is not in the registry. */
  instrumentOf(conId: number, registry: InstrumentRegistry): Instrument | undefined {
    const booked = this.#byConId.get(conId)
    return booked === undefined ? undefined : registry.find(booked.id)
  }

  /** @throws TradewireError `TW_UNKNOWN_INSTRUMENT` for one that was not loaded from IBKR. */
  of(instrument: Instrument): BookedContract {
    const booked = this.#byId.get(instrument.id)
    if (booked !== undefined) return booked
    throw new TradewireError(
      'TW_UNKNOWN_INSTRUMENT',
      `IBKR was not asked for ${instrument.id}; name its contract in the option contracts`,
      { details: { instrument: instrument.id } },
    )
  }
}

/** A contract that TWS told of, as one to ask about. */
export function contractFrom(told: ToldContract): IbkrContract {
  return {
    conId: told.conId,
    symbol: told.symbol,
    secType: told.secType as IbkrContract['secType'],
    exchange: told.secType === 'STK' || told.secType === 'OPT' ? 'SMART' : told.exchange,
    currency: told.currency,
    ...(told.expiry === '' ? {} : { expiry: told.expiry }),
    ...(told.multiplier === '' ? {} : { multiplier: told.multiplier }),
  }
}

function definitionOf(
  wanted: IbkrContract,
  details: ToldDetails,
  rule: readonly (readonly [string, string])[] | undefined,
  connectorName: string,
): InstrumentDefinition {
  const { contract } = details
  const symbol = symbolOf(wanted, contract.localSymbol)
  const venue = details.primaryExchange || wanted.primaryExchange || contract.exchange || wanted.exchange
  const isDerivative = contract.expiry !== ''
  const definition: InstrumentDefinition = {
    id: `${symbol}.${venue}`,
    symbol,
    venue,
    assetClass: assetClasses[contract.secType] ?? 'equity',
    currency: contract.currency,
    priceIncrement: plain(details.minTick),
    sizeIncrement:
      details.sizeIncrement === ''
        ? contract.secType === 'CRYPTO'
          ? '0.00000001'
          : '1'
        : plain(details.sizeIncrement),
    venueSymbols: { [connectorName]: String(contract.conId) },
    ...(contract.multiplier === '' || Number(contract.multiplier) === 0 ? {} : { multiplier: contract.multiplier }),
    ...(contract.secType === 'CASH' || contract.secType === 'CRYPTO' ? { baseCurrency: contract.symbol } : {}),
    ...(isDerivative ? { expiry: dashed(contract.expiry) } : {}),
    ...(details.underlyingSymbol === '' ? {} : { underlying: details.underlyingSymbol }),
    ...(contract.secType === 'OPT' || contract.secType === 'FOP' ? optionTerms(contract) : {}),
    ...(contract.secType === 'STK' && Number(details.suggestedSize) >= 1
      ? { lotSize: plain(details.suggestedSize) }
      : {}),
  }
  return withRule(definition, rule)
}

function optionTerms(contract: ToldContract): Pick<InstrumentDefinition, 'strike' | 'right'> {
  return {
    strike: plain(String(contract.strike)),
    right: contract.right.startsWith('P') ? 'put' : 'call',
  }
}

/** Price steps by the market rule; where they make no grid, the smallest step alone. */
function withRule(
  definition: InstrumentDefinition,
  rule: readonly (readonly [string, string])[] | undefined,
): InstrumentDefinition {
  if (rule === undefined || rule.length === 0) return definition
  const priceBands: PriceBand[] = rule.map(([from, increment]) => ({ from: plain(from), increment: plain(increment) }))
  const steps = priceBands.map(({ increment }) => Number(increment))
  const finest = priceBands[steps.indexOf(Math.min(...steps))]?.increment ?? definition.priceIncrement
  const ruled = { ...definition, priceIncrement: finest, ...(priceBands.length > 1 ? { priceBands } : {}) }
  return isUsable(ruled) ? ruled : definition
}

function isUsable(definition: InstrumentDefinition): boolean {
  try {
    return new Instrument(definition, 0).index === 0
  } catch {
    return false
  }
}

/** A decimal without an exponent: TWS writes `1.0E-8`. */
function plain(text: string): string {
  if (!/[eE]/.test(text)) return text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')
  return Number(text)
    .toFixed(12)
    .replace(/\.?0+$/, '')
}

function dashed(expiry: string): string {
  return expiry.length >= 8
    ? `${expiry.slice(0, 4)}-${expiry.slice(4, 6)}-${expiry.slice(6, 8)}`
    : `${expiry.slice(0, 4)}-${expiry.slice(4, 6)}-01`
}
