/** What a synthetic market trades: instruments with realistic grids, and how their prices move. */
import type { InstrumentId } from '../../model/ids.js'
import type { InstrumentDefinition } from '../../model/instrument.js'

/** One instrument of a synthetic market and the character of its prices. */
export interface SyntheticInstrument {
  definition: InstrumentDefinition
  /** Price at the start. */
  price: number
  /** Standard deviation of the price over one hour, as a fraction of it. */
  volatility: number
  /** Usual spread in price steps; wider when the market is nervous. */
  spreadSteps: number
  /** Usual size at the touch, a multiple of the size step. */
  size: number
  /** Quotes a second of the clock. */
  eventsPerSecond: number
  /** Share of the quotes that a trade follows, from 0 to 1. */
  tradeShare: number
  /** How strongly prices return to their slow mean, per second: 0 is a random walk. */
  reversion: number
}

/** Instruments of a synthetic market that is given none: a share, a currency pair, a coin. */
export const defaultSyntheticInstruments: readonly SyntheticInstrument[] = [
  {
    definition: {
      id: 'ACME.XSIM' as InstrumentId,
      symbol: 'ACME',
      venue: 'XSIM',
      assetClass: 'equity',
      currency: 'USD',
      priceIncrement: '0.01',
      sizeIncrement: '1',
      lotSize: '100',
    },
    price: 187.4,
    volatility: 0.004,
    spreadSteps: 2,
    size: 400,
    eventsPerSecond: 20,
    tradeShare: 0.25,
    reversion: 0.02,
  },
  {
    definition: {
      id: 'EUR/USD.XSIM' as InstrumentId,
      symbol: 'EUR/USD',
      venue: 'XSIM',
      assetClass: 'fx',
      currency: 'USD',
      baseCurrency: 'EUR',
      priceIncrement: '0.00001',
      sizeIncrement: '1000',
    },
    price: 1.0845,
    volatility: 0.0008,
    spreadSteps: 6,
    size: 500_000,
    eventsPerSecond: 15,
    tradeShare: 0.15,
    reversion: 0.03,
  },
  {
    definition: {
      id: 'BTC/USD.XSIM' as InstrumentId,
      symbol: 'BTC/USD',
      venue: 'XSIM',
      assetClass: 'crypto_spot',
      currency: 'USD',
      baseCurrency: 'BTC',
      priceIncrement: '0.1',
      sizeIncrement: '0.0001',
    },
    price: 64_250,
    volatility: 0.006,
    spreadSteps: 8,
    size: 0.75,
    eventsPerSecond: 30,
    tradeShare: 0.35,
    reversion: 0.01,
  },
]
