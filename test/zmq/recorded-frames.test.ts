/** Recorded and derived frames of foreign publishers, sent through real sockets, against what is known of the same data. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { Publisher } from 'zeromq'
import { pause, until } from '../../src/connectors/zmq/feed.test-support.js'
import {
  CryptofeedCodec,
  DwxCodec,
  parseDwxReply,
  type ZmqCodec,
  ZmqConnector,
} from '../../src/connectors/zmq/index.js'
import { RealTime } from '../../src/core/real-time.js'
import { BookStore } from '../../src/market/book-store.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import type { RingHandlers } from '../../src/ring/kinds.js'
import { TestHost } from '../../src/testing/test-host.js'
import { nameOf, play } from '../recorded/support.js'
import { describeShared, sharedFiles } from '../support/shared.js'

function linesOf(path: string): string[] {
  const bytes = readFileSync(path)
  return (path.endsWith('.gz') && bytes[0] === 0x1f ? gunzipSync(bytes) : bytes)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
}

function definition(id: string): InstrumentDefinition {
  const at = id.lastIndexOf('.')
  return {
    id: id as InstrumentDefinition['id'],
    symbol: id.slice(0, at),
    venue: id.slice(at + 1),
    assetClass: 'crypto_spot',
    currency: 'USD',
    priceIncrement: '0.0000000001',
    sizeIncrement: '0.0000000001',
  }
}

/** Sends frames to a connector that binds, as these publishers do. */
async function send(
  frames: readonly string[],
  ids: readonly string[],
  codec: ZmqCodec,
  kinds: readonly ('quotes' | 'trades' | 'book' | 'bars')[],
  handlers: RingHandlers,
) {
  const host = new TestHost({ time: new RealTime(), handlers, ringCapacity: 65_536 })
  const connector = new ZmqConnector({ bind: 'tcp://127.0.0.1:*', codec, instruments: ids.map(definition) })
  await host.start(connector)
  for (const instrument of host.instruments)
    for (const kind of kinds) await connector.subscribeTo({ kind, instrument: instrument.index })
  const publisher = new Publisher({ sendHighWaterMark: 1_000_000, linger: 1_000 })
  publisher.connect(connector.endpoints[0] as string)
  await pause(300)
  for (const frame of frames) await publisher.send(frame)
  await until(() => connector.counters.frames + connector.counters.malformed >= frames.length, 'all frames')
  await pause(20)
  host.drain()
  publisher.close()
  const counters = connector.counters
  await connector.stop()
  return { host, counters }
}

const cryptofeed = sharedFiles('payloads', 'zmq', /^cryptofeed.*\.txt(\.gz)?$/)
const dwx = sharedFiles('payloads', 'zmq', /^dwx.*\.txt$/)
const kraken = sharedFiles('data', 'crypto_l2_kraken_crc', /\.txt(\.gz)?$/)

describeShared(
  'frames of foreign publishers',
  'payloads',
  () => {
    it('are there', () => {
      expect(cryptofeed.length).toBeGreaterThan(0)
      expect(dwx.length).toBeGreaterThan(0)
    })

    it.each(cryptofeed.map((path) => [nameOf(path), path]))(
      '%s: the books are those whose checksums were verified',
      async (_, path) => {
        const frames = linesOf(path)
        const ids = [
          ...new Set(
            frames
              .map((frame) => JSON.parse(frame.slice(frame.indexOf(' ') + 1)) as { exchange: string; symbol: string })
              .map(({ exchange, symbol }) => `${symbol}.${exchange}`),
          ),
        ]
        const store = new BookStore({ define: () => ({ kind: 'level2', priceStep: '0.0000000001', depth: 1_000 }) })
        let trades = 0
        const { counters, host } = await send(frames, ids, new CryptofeedCodec(), ['quotes', 'trades', 'book'], {
          onBooks: store.applyBatch,
          onTrades: (_ring, from, to) => {
            trades += to - from
          },
        })
        expect(counters).toMatchObject({ malformed: 0, unknownInstruments: 0, unasked: 0, frames: frames.length })
        expect(trades).toBe(frames.filter((frame) => frame.includes('-trades-')).length)
        const verified = await verifiedBooks()
        let compared = 0
        for (const { symbol, index } of host.instruments) {
          const expected =
            verified.get(symbol.replace('BTC', 'XBT').replace('-', '/')) ?? verified.get(symbol.replace('-', '/'))
          if (expected === undefined) continue
          expect(top(store, index), symbol).toEqual(expected)
          compared++
        }
        if (verified.size > 0) expect(compared).toBe(Math.min(verified.size, host.instruments.size))
      },
    )

    it.each(dwx.map((path) => [nameOf(path), path]))('%s: prices, rates and replies are read', async (_, path) => {
      const lines = linesOf(path)
      const frames = lines.filter((line) => line.startsWith('PUB ')).map((line) => line.slice(4))
      const symbols = [
        ...new Set(frames.map((frame) => frame.slice(0, frame.indexOf(':|:')).replace(/_[A-Z]+\d+$/, ''))),
      ]
      const bids: number[] = []
      let bars = 0
      const { counters } = await send(
        frames,
        symbols.map((symbol) => `${symbol}.MT4`),
        new DwxCodec(),
        ['quotes', 'bars'],
        {
          onQuotes({ quotes }, from, to) {
            for (let row = from; row < to; row++) bids.push(quotes.bid[row])
          },
          onBars: (_ring, from, to) => {
            bars += to - from
          },
        },
      )
      expect(counters).toMatchObject({ malformed: 0, unknownInstruments: 0 })
      const prices = frames.filter((frame) => frame.split(';').length === 2)
      expect(bids).toEqual(prices.map((frame) => Number(frame.slice(frame.indexOf(':|:') + 3).split(';')[0])))
      expect(bars).toBe(frames.length - prices.length)
      for (const line of lines)
        if (line.startsWith('PULL<-EA ')) expect(parseDwxReply(line.slice(9)), line).toBeDefined()
    })
  },
  'zmq',
)

function top(store: BookStore, index: number): string[] {
  const prices = new Float64Array(10)
  const sizes = new Float64Array(10)
  const book = store.level2(index)
  return ([0, 1] as const).flatMap((side) => {
    const count = book.depth(side, 10, prices, sizes)
    return Array.from({ length: count }, (_, at) => `${side}:${prices[at]}:${sizes[at]}`)
  })
}

/** The last ten levels a side of the recording that the frames were derived from, by symbol. */
async function verifiedBooks(): Promise<Map<string, string[]>> {
  const books = new Map<string, string[]>()
  for (const path of kraken) {
    const store = new BookStore({ define: () => ({ kind: 'level2', priceStep: '0.0000000001', depth: 1_000 }) })
    const symbols = new Map<number, string>()
    await play(path, (registry) => ({
      onBooks: (ring, from, to) => {
        for (let row = from; row < to; row++)
          symbols.set(ring.books.instrument[row], registry.at(ring.books.instrument[row]).symbol)
        store.applyBatch(ring, from, to)
      },
    }))
    for (const [index, symbol] of symbols) books.set(symbol, top(store, index))
  }
  return books
}
