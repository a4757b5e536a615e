/** Messages of WebSocket venues. */
import {
  binanceFeed,
  coinbaseFeed,
  krakenFeed,
  krakenV2Feed,
  type WebSocketFeed,
} from '../../src/connectors/websocket/index.js'
import { MessageWriter, type WriterTarget } from '../../src/connectors/websocket/message-writer.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import type { FuzzTarget } from './harness.js'
import { bytesOf, recordedLines, textOf } from './samples.js'

const silentTarget = new Proxy(
  { source: 0 },
  { get: (object, name) => (name === 'source' ? object.source : () => 0) },
) as unknown as WriterTarget

function instrument(symbol: string): InstrumentDefinition {
  return {
    id: `${symbol}.X` as never,
    symbol,
    venue: 'X',
    assetClass: 'crypto_spot',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '0.00000001',
  }
}

function target(
  name: string,
  feed: WebSocketFeed,
  samples: readonly string[],
  folder: string,
  kind: 'data' | 'payloads',
): FuzzTarget {
  const writer = new MessageWriter(silentTarget)
  return {
    name,
    samples: () => [...bytesOf(...samples), ...recordedLines(kind, folder, /\.(txt|ndjson)(\.gz)?$/, 60)],
    read(input) {
      // As the connector has it: "what it throws is counted as a problem; the connection stays".
      try {
        feed.receive(feed.decode === undefined ? JSON.parse(textOf(input)) : feed.decode(textOf(input)), writer)
      } catch (error) {
        if (error instanceof RangeError || !(error instanceof Error)) throw error
      }
    },
  }
}

/** Targets of WebSocket venues. */
export const webSocketTargets: readonly FuzzTarget[] = [
  target(
    'websocket-binance',
    binanceFeed({
      instruments: [instrument('BTCUSDT')],
      fetchDepth: async () => ({ lastUpdateId: 1, bids: [], asks: [] }),
    }),
    [
      '{"stream":"btcusdt@bookTicker","data":{"u":1,"s":"BTCUSDT","b":"1.5","B":"2","a":"1.6","A":"3"}}',
      '{"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2,"b":[["1.5","2"]],"a":[["1.6","0"]]}}',
      '{"stream":"btcusdt@trade","data":{"e":"trade","E":1,"T":1,"s":"BTCUSDT","t":5,"p":"1.5","q":"2","m":true}}',
    ],
    'crypto_l2_binance',
    'data',
  ),
  target(
    'websocket-coinbase',
    coinbaseFeed({ instruments: [instrument('BTC-USD')] }),
    [
      '{"channel":"l2_data","events":[{"type":"update","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"2024-01-01T00:00:00Z","price_level":"1","new_quantity":"2"}]}],"sequence_num":5}',
    ],
    'crypto_l2_coinbase',
    'data',
  ),
  target(
    'websocket-kraken',
    krakenFeed({ instruments: [instrument('BTC/USD')] } as never),
    [
      '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":1.5,"qty":2}],"asks":[],"checksum":5,"timestamp":"2024-01-01T00:00:00Z"}]}',
    ],
    'crypto_l2_kraken_crc',
    'data',
  ),
  target(
    'websocket-kraken-v2',
    krakenV2Feed({ instruments: [instrument('ALGO/USD')] }),
    [
      '{"channel":"book","type":"snapshot","data":[{"symbol":"ALGO/USD","bids":[{"price":0.12290,"qty":2.0}],"asks":[{"price":0.1230,"qty":1.5}],"checksum":5}]}',
      '{"channel":"trade","type":"update","data":[{"symbol":"ALGO/USD","side":"buy","price":0.1229,"qty":2,"ord_type":"limit","trade_id":7,"timestamp":"2024-01-01T00:00:00.000000Z"}]}',
    ],
    'kraken',
    'payloads',
  ),
]
