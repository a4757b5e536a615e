/** Instruments for tests, with every field that matters stated. */
import type { InstrumentId } from '../model/ids.js'
import type { InstrumentDefinition } from '../model/instrument.js'

/** A share: cents and single shares. */
export const testShare: InstrumentDefinition = {
  id: 'IBM.XNYS' as InstrumentId,
  symbol: 'IBM',
  venue: 'XNYS',
  assetClass: 'equity',
  currency: 'USD',
  priceIncrement: '0.01',
  sizeIncrement: '1',
  lotSize: '100',
}

/** A currency pair: tenths of a pip and thousands. */
export const testPair: InstrumentDefinition = {
  id: 'EUR/USD.IDEALPRO' as InstrumentId,
  symbol: 'EUR/USD',
  venue: 'IDEALPRO',
  assetClass: 'fx',
  currency: 'USD',
  baseCurrency: 'EUR',
  priceIncrement: '0.00001',
  sizeIncrement: '1000',
}

/** A coin: dimes and ten-thousandths. */
export const testCoin: InstrumentDefinition = {
  id: 'BTC/USD.SIM' as InstrumentId,
  symbol: 'BTC/USD',
  venue: 'SIM',
  assetClass: 'crypto_spot',
  currency: 'USD',
  baseCurrency: 'BTC',
  priceIncrement: '0.1',
  sizeIncrement: '0.0001',
}

/** A future: quarter points, 50 dollars a point, paid when closed. */
export const testFuture: InstrumentDefinition = {
  id: 'ESZ5.XCME' as InstrumentId,
  symbol: 'ESZ5',
  venue: 'XCME',
  assetClass: 'future',
  currency: 'USD',
  priceIncrement: '0.25',
  sizeIncrement: '1',
  multiplier: '50',
  expiry: '2025-12-19',
  marginInitial: '0.1',
}

/** Another instrument like one of these. */
export function instrumentLike(
  definition: InstrumentDefinition,
  changes: Partial<InstrumentDefinition>,
): InstrumentDefinition {
  return { ...definition, ...changes }
}
