/** Instruments for synthetic markets: two shares, a currency pair and a coin, all in dollars. */
import type { InstrumentDefinition } from 'tradewire'

/** Definitions, as they could stand in a configuration file. */
export const syntheticInstruments: InstrumentDefinition[] = [
  share('ACME'),
  share('GLOBEX'),
  {
    id: 'EUR/USD.SIM' as InstrumentDefinition['id'],
    symbol: 'EUR/USD',
    venue: 'SIM',
    assetClass: 'fx',
    currency: 'USD',
    baseCurrency: 'EUR',
    priceIncrement: '0.00001',
    sizeIncrement: '1',
  },
  {
    id: 'BTC/USD.SIM' as InstrumentDefinition['id'],
    symbol: 'BTC/USD',
    venue: 'SIM',
    assetClass: 'crypto_spot',
    currency: 'USD',
    baseCurrency: 'BTC',
    priceIncrement: '0.01',
    sizeIncrement: '0.00001',
  },
]

function share(symbol: string): InstrumentDefinition {
  return {
    id: `${symbol}.SIM` as InstrumentDefinition['id'],
    symbol,
    venue: 'SIM',
    assetClass: 'equity',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '1',
    lotSize: '100',
  }
}
