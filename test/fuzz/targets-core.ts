/** Data models, configuration, recorded market data. */

import { openDataset } from '../../src/connectors/sim/replay/open-dataset.js'
import { InstrumentRegistry } from '../../src/model/instrument-registry.js'
import { fromJson, marketEventFromJson, modelKinds } from '../../src/model/schemas.js'
import { IngestRing } from '../../src/ring/ingest-ring.js'
import { checkConfig } from '../../src/system/config.js'
import { memoryFiles } from '../recorded/memory-files.js'
import type { FuzzTarget } from './harness.js'
import { bytesOf, recordedFiles, textOf } from './samples.js'

/** The value behind a text of JSON, `undefined` where it is none: hosts parse before they hand on. */
export function parsed(input: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(input))
  } catch {
    return undefined
  }
}

const models = [
  { kind: 'quote', instrument: 'IBM.XNYS', tsEventUs: 1, tsRecvUs: 2, bid: 99.5, ask: 100.5, bidSize: 3, askSize: 4 },
  { symbol: 'IBM', side: 'buy', quantity: '100', type: 'limit', price: '99.5', timeInForce: 'gtc', tag: 'x' },
  {
    id: 'IBM.XNYS',
    symbol: 'IBM',
    venue: 'XNYS',
    assetClass: 'equity',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '1',
  },
  { account: 'A', instrument: 'IBM.XNYS', quantity: '5', averagePrice: '99.5', realizedPnl: '0', tsUs: 5 },
  { currency: 'USD', total: '100', locked: '0', free: '100' },
  { kind: 'book', instrument: 'IBM.XNYS', tsEventUs: 1, tsRecvUs: 2, bids: [['99.5', '1']], asks: [['100', '2']] },
]

/** `fromJson` of every kind, and `marketEventFromJson`. */
export const jsonModelsTarget: FuzzTarget = {
  name: 'json-models',
  samples: () => bytesOf(...models.map((model) => JSON.stringify(model))),
  maxMs: 20,
  read(input) {
    const value = parsed(input)
    let accepted = 0
    let last: unknown
    for (const read of [...modelKinds.map((kind) => (json: unknown) => fromJson(kind, json)), marketEventFromJson])
      try {
        read(value)
        accepted++
      } catch (error) {
        if (!(error instanceof Error && 'code' in error)) throw error
        last = error
      }
    if (accepted === 0) throw last
  },
}

const config = {
  mode: 'paper',
  account: 'A',
  capital: '100000',
  durability: 'fsync',
  onClose: 'leave',
  risk: {
    maxOrderQuantity: 100,
    maxPosition: { IBM: 50 },
    throttle: { limit: 5, windowMs: 1_000 },
    priceCollarPercent: 5,
  },
  breakers: { dailyLoss: { percent: 2 } },
  reconciliation: { intervalMs: 3_500 },
  limits: { orders: 256, ring: 64 },
  routing: { strategy: 'primary-backup' },
  reconnect: { firstDelayMs: 10 },
}

/** The configuration of a system. */
export const configTarget: FuzzTarget = {
  name: 'configuration',
  samples: () => bytesOf(JSON.stringify(config), JSON.stringify({ mode: 'simulation' })),
  read: (input) => checkConfig(parsed(input)),
}

const ownFiles = [
  '# {"tradewire":1,"instruments":[{"id":"IBM.XNYS","symbol":"IBM","venue":"XNYS","assetClass":"equity","currency":"USD","priceIncrement":"0.01","sizeIncrement":"1"}]}\nts_recv_us,ts_event_us,instrument,bid,ask,bid_size,ask_size\n1381152600000150,1381152600000000,IBM.XNYS,181.85,181.87,300,500\n1381152600250150,1381152600250000,IBM.XNYS,181.86,181.88,300,500\n',
  '{"kind":"header","version":1}\n{"kind":"quote","instrument":"IBM.XNYS","tsEventUs":1,"tsRecvUs":2,"bid":1,"ask":2,"bidSize":3,"askSize":4}\n',
]

/** All formats of recorded market data, found by their content. */
export const marketDataTarget: FuzzTarget = {
  name: 'market-data',
  samples: () => [
    ...bytesOf(...ownFiles),
    ...[
      'crypto_l2_binance',
      'crypto_l2_coinbase',
      'crypto_l2_kraken_crc',
      'crypto_l3_bitstamp',
      'equity_l3_lobster',
      'futures_l3_mbo',
      'futures_minute_bars',
      'fx_ticks',
      'us_equity_minute_bars',
      'us_equity_ticks',
      'daily_series',
    ].flatMap((folder) => recordedFiles('data', folder, /\.(csv|ndjson|txt|json)(\.gz)?$/, 8_192).slice(0, 2)),
    // Kraken v2 is recorded among the payloads of venues.
    ...recordedFiles('payloads', 'kraken', /\.ndjson$/, 8_192),
  ],
  // A whole file with its instruments, ring and books, not one frame.
  maxMs: 500,
  async read(input) {
    const ring = new IngestRing({ capacity: 4_096 })
    const dataset = await openDataset('file.csv', {
      fileSystem: memoryFiles(new Map([['file.csv', input]])),
      registry: new InstrumentRegistry(),
      onBadRow: 'skip',
    })
    try {
      for (let steps = 0; steps < 20_000; steps++) {
        const next = dataset.peekTsUs()
        if (next === Number.POSITIVE_INFINITY) break
        if (Number.isNaN(next)) await dataset.refill()
        else if (!dataset.emit(ring, 0)) ring.drain()
      }
    } finally {
      await dataset.close()
    }
  },
}
