/** What the accounts of the simulated gateway hold: values, positions and profits, as TWS tells them. */
import type { SimulatedVenue } from '../../connectors/sim/venue.js'
import { isContract, type VenuePosition } from '../../connectors/sim/venue-accounts.js'
import type { TwsListing } from './catalogue.js'
import { type MarketBoard, type MarketView, numberText } from './market-board.js'
import type { ProfitLedger } from './profit-ledger.js'
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
  readonly #profits: ProfitLedger

  constructor(venue: SimulatedVenue, board: MarketBoard, profits: ProfitLedger) {
    this.#venue = venue
    this.#board = board
    this.#profits = profits
  }

  /** Positions of an account. Flat ones are left out unless asked for: TWS tells of one when it becomes flat. */
  positions(account: string, withFlat = false): HeldPosition[] {
    const held: HeldPosition[] = []
    for (const position of this.#venue.account(account).positions.values()) {
      if (!withFlat && position.quantityUnits === 0) continue
      const each = this.#held(account, position)
      if (each !== undefined) held.push(each)
    }
    return held
  }

  /** The position of an account in a contract; undefined where it never had one. */
  position(account: string, conId: number): HeldPosition | undefined {
    return this.positions(account, true).find(({ listing }) => listing.contract.conId === conId)
  }

  #held(account: string, position: VenuePosition): HeldPosition | undefined {
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
    const realized = this.#profits.realizedOf(account, instrument)
    return { listing: market.listing, market, quantity, quantityText, averageCost, value, unrealized, realized }
  }

  /** Profit of the day, open and closed, in USD. */
  profits(account: string): { daily: number; unrealized: number; realized: number } {
    let unrealized = 0
    let realized = 0
    for (const each of this.positions(account, true)) {
      const rate = this.#usdPer(each.listing.contract.currency)
      unrealized += each.unrealized * rate
      realized += each.realized * rate
    }
    return { daily: unrealized + realized, unrealized, realized }
  }

  /** What is left above the margin, in percent of the account's value: a margin condition looks at it. */
  cushionPercent(account: string): number {
    const { net, margin } = this.#totals(account)
    return net > 0 ? ((net - margin) / net) * 100 : 0
  }

  /** Worth of a unit of a currency in USD, by the pairs that are listed; 1 for one that is not. */
  #usdPer(currency: string): number {
    if (currency === 'USD') return 1
    for (const { listing, last } of this.#board.markets.values()) {
      const { secType, symbol, currency: second } = listing.contract
      if (secType !== 'CASH') continue
      if (symbol === currency && second === 'USD') return last
      if (symbol === 'USD' && second === currency) return 1 / last
    }
    return 1
  }

  #totals(account: string): { cash: number; worth: number; gross: number; net: number; margin: number } {
    let cash = 0
    for (const [currency, units] of this.#venue.account(account).cash) cash += (units / 1e8) * this.#usdPer(currency)
    let worth = 0
    let gross = 0
    for (const { value, unrealized, listing } of this.positions(account)) {
      const rate = this.#usdPer(listing.contract.currency)
      // Cash paid for what changed hands; of a contract only the profit is worth anything.
      const paysProfit = isContract(this.#venue.instruments.get(`${listing.contract.conId}.TWS`))
      worth += (paysProfit ? unrealized : value) * rate
      gross += Math.abs(value) * rate
    }
    return { cash, worth, gross, net: cash + worth, margin: gross * 0.25 }
  }

  /** The values of an account, as `reqAccountUpdates` and the summary tell them. */
  values(account: string): AccountValue[] {
    const held = this.#venue.account(account)
    const { cash, worth, gross, net, margin } = this.#totals(account)
    const { unrealized, realized } = this.profits(account)
    const usd: Readonly<Record<string, number>> = {
      NetLiquidation: net,
      TotalCashValue: cash,
      SettledCash: cash,
      AccruedCash: 0,
      BuyingPower: Math.max(0, (net - margin) * 4),
      EquityWithLoanValue: net,
      PreviousDayEquityWithLoanValue: net,
      GrossPositionValue: gross,
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
      { key: 'Leverage', value: net === 0 ? '0' : (worth / net).toFixed(2), currency: '' },
    ]
    for (const [key, value] of Object.entries(usd)) values.push({ key, value: money(value), currency: 'USD' })
    values.push({ key: 'UnrealizedPnL', value: money(unrealized), currency: 'BASE' })
    values.push({ key: 'RealizedPnL', value: money(realized), currency: 'BASE' })
    for (const [currency, units] of held.cash) {
      values.push({ key: 'CashBalance', value: numberText(Number((units / 1e8).toFixed(8))), currency })
      values.push({ key: 'TotalCashBalance', value: numberText(Number((units / 1e8).toFixed(8))), currency })
      values.push({ key: 'ExchangeRate', value: this.#usdPer(currency).toFixed(currency === 'USD' ? 2 : 7), currency })
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
