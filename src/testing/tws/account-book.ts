/** What the accounts of the simulated gateway hold: values, positions and profits, as TWS tells them. */
import type { SimulatedVenue } from '../../connectors/sim/venue.js'
import type { VenuePosition } from '../../connectors/sim/venue-accounts.js'
import type { TwsListing } from './catalogue.js'
import { type MarketBoard, type MarketView, numberText } from './market-board.js'
import type { PortfolioFacts } from './replies.js'

/** One value of an account. */
export interface AccountValue {
  readonly key: string
  readonly value: string
  readonly currency: string
}

const money = (value: number) => value.toFixed(2)

/** A position with what it is worth. */
export interface HeldPosition {
  readonly listing: TwsListing
  readonly market: MarketView
  readonly quantity: number
  readonly quantityText: string
  /** Average cost of one contract: price times multiplier. */
  readonly averageCost: number
  readonly value: number
  readonly unrealized: number
  readonly realized: number
}

/** Reads the accounts of the venue. */
export class AccountBook {
  readonly #venue: SimulatedVenue
  readonly #board: MarketBoard

  constructor(venue: SimulatedVenue, board: MarketBoard) {
    this.#venue = venue
    this.#board = board
  }

  /** Positions of an account. Flat ones are left out unless asked for: TWS tells of one when it becomes flat. */
  positions(account: string, withFlat = false): HeldPosition[] {
    const held: HeldPosition[] = []
    for (const position of this.#venue.account(account).positions.values()) {
      if (!withFlat && position.quantityUnits === 0) continue
      const each = this.#held(position)
      if (each !== undefined) held.push(each)
    }
    return held
  }

  /** The position of an account in a contract; undefined where it never had one. */
  position(account: string, conId: number): HeldPosition | undefined {
    return this.positions(account, true).find(({ listing }) => listing.contract.conId === conId)
  }

  #held(position: VenuePosition): HeldPosition | undefined {
    const { instrument, quantityUnits, averagePriceUnits } = position
    const market = this.#board.markets.get(Number(instrument.symbol))
    if (market === undefined) return undefined
    const quantity = instrument.quantityNumber(quantityUnits)
    const multiplier = instrument.multiplierNumber
    const average = Number.isNaN(averagePriceUnits) ? 0 : averagePriceUnits / 10 ** instrument.priceScale
    const averageCost = Number((average * multiplier).toFixed(8))
    const value = quantity * market.last * multiplier
    const unrealized = quantity * (market.last - average) * multiplier
    const quantityText = instrument.quantityText(quantityUnits)
    return { listing: market.listing, market, quantity, quantityText, averageCost, value, unrealized, realized: 0 }
  }

  /** Profit of the day, open and closed. */
  profits(account: string): { daily: number; unrealized: number; realized: number } {
    let unrealized = 0
    for (const each of this.positions(account)) unrealized += each.unrealized
    return { daily: unrealized, unrealized, realized: 0 }
  }

  /** The values of an account, as `reqAccountUpdates` and the summary tell them. */
  values(account: string): AccountValue[] {
    const held = this.#venue.account(account)
    const positions = this.positions(account)
    const stocks = positions.reduce((sum, { value }) => sum + value, 0)
    const cash = (held.cash.get('USD') ?? 0) / 1e8
    const net = cash + stocks
    const margin = positions.reduce((sum, { value }) => sum + Math.abs(value), 0) * 0.25
    const { unrealized, realized } = this.profits(account)
    const usd: Readonly<Record<string, number>> = {
      NetLiquidation: net,
      TotalCashValue: cash,
      SettledCash: cash,
      AccruedCash: 0,
      BuyingPower: Math.max(0, (net - margin) * 4),
      EquityWithLoanValue: net,
      PreviousDayEquityWithLoanValue: net,
      GrossPositionValue: positions.reduce((sum, { value }) => sum + Math.abs(value), 0),
      RegTEquity: net,
      RegTMargin: margin,
      SMA: net,
      InitMarginReq: margin,
      MaintMarginReq: margin,
      AvailableFunds: net - margin,
      ExcessLiquidity: net - margin,
      FullInitMarginReq: margin,
      FullMaintMarginReq: margin,
      FullAvailableFunds: net - margin,
      FullExcessLiquidity: net - margin,
      LookAheadInitMarginReq: margin,
      LookAheadMaintMarginReq: margin,
      LookAheadAvailableFunds: net - margin,
      LookAheadExcessLiquidity: net - margin,
    }
    const values: AccountValue[] = [
      { key: 'AccountCode', value: account, currency: '' },
      { key: 'AccountReady', value: 'true', currency: '' },
      { key: 'AccountType', value: 'INDIVIDUAL', currency: '' },
      { key: 'AccountOrGroup', value: account, currency: 'BASE' },
      { key: 'Cushion', value: net === 0 ? '0' : ((net - margin) / net).toFixed(6), currency: '' },
      { key: 'LookAheadNextChange', value: '0', currency: '' },
      { key: 'HighestSeverity', value: '', currency: '' },
      { key: 'DayTradesRemaining', value: '-1', currency: '' },
      { key: 'Leverage', value: net === 0 ? '0' : (stocks / net).toFixed(2), currency: '' },
    ]
    for (const [key, value] of Object.entries(usd)) values.push({ key, value: money(value), currency: 'USD' })
    values.push({ key: 'UnrealizedPnL', value: money(unrealized), currency: 'BASE' })
    values.push({ key: 'RealizedPnL', value: money(realized), currency: 'BASE' })
    for (const [currency, units] of held.cash) {
      values.push({ key: 'CashBalance', value: numberText(Number((units / 1e8).toFixed(8))), currency })
      values.push({ key: 'TotalCashBalance', value: numberText(Number((units / 1e8).toFixed(8))), currency })
      values.push({ key: 'ExchangeRate', value: '1.00', currency })
    }
    values.push({ key: 'CashBalance', value: money(cash), currency: 'BASE' })
    values.push({ key: 'TotalCashBalance', value: money(cash), currency: 'BASE' })
    return values
  }

  /** A position for the message portfolioValue. */
  portfolio(account: string, held: HeldPosition): PortfolioFacts {
    return {
      account,
      contract: held.listing.contract,
      position: held.quantityText,
      price: numberText(held.market.last),
      value: money(held.value),
      averageCost: numberText(held.averageCost),
      unrealized: money(held.unrealized),
      realized: money(held.realized),
    }
  }
}
