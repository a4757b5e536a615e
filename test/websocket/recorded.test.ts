/**
 * Recorded streams of venues, played over real sockets: the connector must give what a reader of the file gives. And
 * what was tampered with must be seen: a missing message, a wrong digit.
 */
import { afterEach, expect, it } from 'vitest'
import type { DataKind } from '../../src/connector/capabilities.js'
import {
  binanceFeed,
  coinbaseFeed,
  krakenFeed,
  krakenV2Feed,
  WebSocketConnector,
  type WebSocketFeed,
} from '../../src/connectors/websocket/index.js'
import { RealTime } from '../../src/core/real-time.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import { InstrumentRegistry } from '../../src/model/instrument-registry.js'
import { TestHost } from '../../src/testing/test-host.js'
import type { Row } from '../recorded/capture.js'
import { krakenV2Recorded } from '../recorded/kraken-v2-files.js'
import { linesOf, nameOf, play } from '../recorded/support.js'
import { describeShared, sharedFiles } from '../support/shared.js'
import { Seen } from './books.js'
import { RecordedVenue, type RecordedVenueOptions } from './recorded-venue.js'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** What a reader of the file makes of it. */
async function fromFile(path: string, options: { rule?: 'range' | 'chained'; depth?: number }) {
  let seen: Seen | undefined
  const { instruments } = await play(path, (registry) => {
    seen = new Seen(registry, options)
    return seen.handlers
  })
  return { seen: seen as Seen, definitions: instruments.map(({ definition }) => definition) }
}

/** What the connector makes of it. */
async function fromVenue(
  venueOptions: RecordedVenueOptions,
  feed: WebSocketFeed,
  kinds: readonly DataKind[],
  options: { rule?: 'range' | 'chained'; depth?: number },
) {
  const venue = await RecordedVenue.open(venueOptions)
  closers.push(() => venue.close())
  const registry = new InstrumentRegistry()
  for (const definition of feed.instruments) registry.add(definition)
  const seen = new Seen(registry, options)
  const host = new TestHost({
    time: new RealTime(),
    instruments: feed.instruments,
    handlers: seen.handlers,
    ringCapacity: 8_192,
  })
  const connector = new WebSocketConnector({ url: venue.url, feed, reconnect: { firstDelayMs: 5 } })
  closers.push(() => connector.stop())
  await host.start(connector)
  await Promise.all(
    feed.instruments.flatMap((_, instrument) => kinds.map((kind) => connector.subscribeTo({ kind, instrument }))),
  )
  await venue.done
  host.drain()
  return { venue, connector, seen, host }
}

const jsonOf = (line: string) => line.slice(line.indexOf('{', line.indexOf(' ')))

// ---- Coinbase ------------------------------------------------------------------------------------------------------------

const coinbase = sharedFiles('data', 'crypto_l2_coinbase', /\.txt(\.gz)?$/)

describeShared('Coinbase over a socket', 'data', () => {
  it.each(coinbase.map((path) => [nameOf(path), path]))(
    '%s: books, tickers and matches as in the file',
    async (_, path) => {
      const expected = await fromFile(path, {})
      const messages = linesOf(path)
        .filter((line) => /^\d/.test(line) && !line.includes('"type":"subscriptions"'))
        .map(jsonOf)
      const { seen, connector } = await fromVenue(
        {
          messages,
          requests: expected.definitions.length * 3,
          answer: (request) => {
            const { channels, product_ids } = request as { channels: string[]; product_ids: string[] }
            return [
              JSON.stringify({ type: 'subscriptions', channels: channels.map((name) => ({ name, product_ids })) }),
            ]
          },
        },
        coinbaseFeed({ instruments: expected.definitions }),
        ['book', 'quotes', 'trades'],
        {},
      )
      expect(seen.quotes).toEqual(expected.seen.quotes)
      expect(seen.trades).toEqual(expected.seen.trades)
      expect(seen.bookMessages).toBe(expected.seen.bookMessages)
      expect(seen.quotes.length + seen.trades.length + seen.bookMessages).toBeGreaterThan(0)
      for (const { symbol } of expected.definitions) expect(seen.book(symbol)).toEqual(expected.seen.book(symbol))
      expect(connector.statistics.errors).toBe(0)
    },
  )
})

// ---- Kraken --------------------------------------------------------------------------------------------------------------

const kraken = sharedFiles('data', 'crypto_l2_kraken_crc', /\.txt(\.gz)?$/)
const krakenPairs = (lines: readonly string[]) =>
  new Set(lines.map((line) => /"book-\d+","([^"]+)"\]$/.exec(line)?.[1]).filter((pair) => pair !== undefined))

function krakenVenue(lines: readonly string[], requests: number): RecordedVenueOptions {
  return {
    messages: lines.filter((line) => /^\d[\d.]*: \[/.test(line)).map((line) => line.slice(line.indexOf('['))),
    requests,
    answer: (request) => {
      const { event, pair, subscription } = request as { event: string; pair?: string[]; subscription?: object }
      if (event === 'ping') return [JSON.stringify({ event: 'pong' })]
      const status = event === 'subscribe' ? 'subscribed' : 'unsubscribed'
      return (pair ?? []).map((each) =>
        JSON.stringify({ event: 'subscriptionStatus', status, pair: each, subscription }),
      )
    },
  }
}

describeShared('Kraken over a socket', 'data', () => {
  it.each(kraken.map((path) => [nameOf(path), path]))(
    '%s: every checksum holds, the books are equal',
    async (_, path) => {
      const { seen: expected, definitions } = await fromFile(path, { depth: 1000 })
      const lines = linesOf(path)
      expect(krakenPairs(lines).size).toBe(definitions.length)
      const { seen, connector } = await fromVenue(
        krakenVenue(lines, definitions.length),
        krakenFeed({ instruments: definitions, depth: 1000 }),
        ['book'],
        { depth: 1000 },
      )
      expect(seen.bookMessages).toBe(expected.bookMessages)
      for (const { symbol } of definitions) expect(seen.book(symbol)).toEqual(expected.book(symbol))
      expect(definitions.every((_definition, index) => connector.isBookLive(index))).toBe(true)
      expect(connector.statistics).toMatchObject({ errors: 0, gaps: 0 })
    },
  )

  it.each(kraken.map((path) => [nameOf(path), path]))(
    '%s: one wrong digit is seen, marked, and asked about',
    async (_, path) => {
      const { definitions } = await fromFile(path, { depth: 1000 })
      const lines = linesOf(path)
      const at = lines.findIndex((line, index) => index > lines.length / 2 && /"c":"\d+"/.test(line))
      lines[at] = (lines[at] as string).replace(
        /"c":"(\d)/,
        (_match, digit: string) => `"c":"${(Number(digit) + 1) % 10}`,
      )
      const symbol = /"book-\d+","([^"]+)"\]$/.exec(lines[at] as string)?.[1] as string
      const { seen, connector, venue } = await fromVenue(
        krakenVenue(lines, definitions.length),
        krakenFeed({ instruments: definitions, depth: 1000 }),
        ['book'],
        { depth: 1000 },
      )
      expect(connector.statistics.gaps).toBe(1)
      expect(seen.notes).toMatchObject([['note', symbol, expect.anything(), { kind: 'discontinuity', stream: 'book' }]])
      const index = definitions.findIndex((definition) => definition.symbol === symbol)
      expect(connector.isBookLive(index)).toBe(false)
      const asked = () =>
        venue.requests
          .slice(definitions.length, definitions.length + 2) // it goes on asking: this venue gives no snapshot
          .map((request) => [(request as { event: string }).event, (request as { pair?: string[] }).pair?.[0]])
      await expect.poll(asked, { timeout: 10_000 }).toEqual([
        ['unsubscribe', symbol],
        ['subscribe', symbol],
      ])
    },
  )
})

// ---- Kraken v2 -----------------------------------------------------------------------------------------------------------

function krakenV2Venue(messages: readonly string[], requests: number): RecordedVenueOptions {
  return {
    messages,
    requests,
    answer: (request) => {
      const { method, params, req_id } = request as { method: string; params?: { symbol?: string[] }; req_id?: number }
      if (method === 'ping') return [JSON.stringify({ method: 'pong', req_id })]
      const result = { ...params, symbol: params?.symbol?.[0] }
      return [JSON.stringify({ method, result, success: true, req_id })]
    },
  }
}

describeShared(
  'Kraken v2 over a socket',
  'payloads',
  () => {
    it.each(krakenV2Recorded.map((path) => [nameOf(path), path]))(
      '%s: every checksum holds, the books are equal',
      async (_, path) => {
        const { seen: expected, definitions } = await fromFile(path, { depth: 10 })
        const { seen, connector } = await fromVenue(
          krakenV2Venue(linesOf(path), definitions.length),
          krakenV2Feed({ instruments: definitions }),
          ['book'],
          { depth: 10 },
        )
        expect(seen.bookMessages).toBe(expected.bookMessages)
        for (const { symbol } of definitions) expect(seen.book(symbol)).toEqual(expected.book(symbol))
        expect(definitions.every((_definition, index) => connector.isBookLive(index))).toBe(true)
        expect(connector.statistics).toMatchObject({ errors: 0, gaps: 0 })
      },
    )

    it.each(krakenV2Recorded.map((path) => [nameOf(path), path]))('%s: one wrong digit is seen', async (_, path) => {
      const { definitions } = await fromFile(path, { depth: 10 })
      const lines = linesOf(path)
      const at = lines.length - 1 - [...lines].reverse().findIndex((line) => line.includes('"checksum":'))
      lines[at] = (lines[at] as string).replace(
        /"checksum": ?(\d+)/,
        (_match, sum: string) => `"checksum":${Number(sum) ^ 1}`,
      )
      const { connector } = await fromVenue(
        krakenV2Venue(lines, definitions.length),
        krakenV2Feed({ instruments: definitions }),
        ['book'],
        { depth: 10 },
      )
      expect(connector.statistics.gaps).toBe(1)
    })
  },
  'kraken',
)

// ---- Binance -------------------------------------------------------------------------------------------------------------

const binance = sharedFiles('data', 'crypto_l2_binance', /\.ndjson(\.gz)?$/)

/** A book as the venue keeps it: snapshot and changes, price text to size text. */
class VenueBook {
  readonly sides = [new Map<string, string>(), new Map<string, string>()] as const
  lastUpdateId = 0
  /** Changes recorded before the snapshot; some are newer than it. */
  readonly #early: string[] = []

  apply(message: string): void {
    const parsed = JSON.parse(message) as Record<string, never>
    const { lastUpdateId, bids, asks, data } = parsed as {
      lastUpdateId?: number
      bids?: string[][]
      asks?: string[][]
      data?: { u: number; e?: string; b: string[][]; a: string[][] }
    }
    if (lastUpdateId !== undefined) {
      for (const side of this.sides) side.clear()
      this.#levels(bids ?? [], asks ?? [])
      this.lastUpdateId = lastUpdateId
      for (const change of this.#early.splice(0)) this.apply(change)
    } else if (this.lastUpdateId === 0) this.#early.push(message)
    else if (data?.e === 'depthUpdate' && data.u > this.lastUpdateId) {
      this.#levels(data.b, data.a)
      this.lastUpdateId = data.u
    }
  }

  get snapshot() {
    const [bids, asks] = this.sides.map((side) => [...side])
    return { lastUpdateId: this.lastUpdateId, bids: bids ?? [], asks: asks ?? [] }
  }

  #levels(bids: string[][], asks: string[][]): void {
    for (const [index, levels] of [bids, asks].entries())
      for (const [price = '', size = ''] of levels) {
        if (Number(size) === 0) this.sides[index as 0 | 1].delete(price)
        else this.sides[index as 0 | 1].set(price, size)
      }
  }
}

async function binanceRun(path: string, leaveOut: (depthIndex: number, count: number) => boolean) {
  const lines = linesOf(path)
  const isFutures = lines.some((line) => line.includes('"pu":'))
  const rule = isFutures ? 'chained' : 'range'
  const expected = await fromFile(path, { rule })
  const all = lines.map(jsonOf)
  const snapshotAt = all.findIndex((line) => line.includes('"lastUpdateId"'))
  const depthCount = all.filter((line) => line.includes('"depthUpdate"')).length
  let depthIndex = 0
  const sent = all.filter((line, index) => {
    if (index === snapshotAt) return false
    return !(line.includes('"depthUpdate"') && leaveOut(depthIndex++, depthCount))
  })
  const venueBook = new VenueBook()
  let fetches = 0
  let reached: (() => void) | undefined
  const atSnapshot = new Promise<void>((resolve) => {
    reached = resolve
  })
  let told = 0
  const run = await fromVenue(
    {
      messages: sent,
      requests: 3,
      answer: (request) => [JSON.stringify({ result: null, id: (request as { id: number }).id })],
      onMessage: (index) => {
        // The venue's own book sees what was left out, too.
        while (told < all.length && all[told] !== sent[index]) {
          const line = all[told++] as string
          venueBook.apply(line)
        }
        venueBook.apply(all[told++] as string)
        if (index === snapshotAt) reached?.()
      },
    },
    binanceFeed({
      instruments: expected.definitions as InstrumentDefinition[],
      market: isFutures ? 'futures' : 'spot',
      fetchDepth: async () => {
        fetches++
        if (fetches > 1) return venueBook.snapshot
        await atSnapshot
        return JSON.parse(all[snapshotAt] as string)
      },
    }),
    ['book', 'quotes', 'trades'],
    { rule },
  )
  return { ...run, expected, fetches: () => fetches, symbol: expected.definitions[0]?.symbol as string }
}

describeShared('Binance over a socket', 'data', () => {
  it.each(binance.map((path) => [nameOf(path), path]))(
    '%s: tickers and trades as in the file, the book complete',
    async (_, path) => {
      const { seen, expected, connector, symbol, fetches } = await binanceRun(path, () => false)
      // Spot tickers have no time of the venue: it is that of receipt, which differs.
      const withoutTime = (rows: Row[]) => rows.map(([kind, instrument, , ...rest]) => [kind, instrument, ...rest])
      expect(withoutTime(seen.quotes)).toEqual(withoutTime(expected.seen.quotes))
      expect(seen.trades).toEqual(expected.seen.trades)
      expect(fetches()).toBe(1)
      expect(seen.book(symbol)).toEqual(expected.seen.book(symbol))
      expect(connector.statistics).toMatchObject({ errors: 0, gaps: 0 })
    },
  )

  it.each(binance.map((path) => [nameOf(path), path]))(
    '%s: a missing message is seen, marked, and healed',
    async (_, path) => {
      const { seen, expected, connector, symbol, fetches, host } = await binanceRun(
        path,
        (index, count) => index === Math.floor(count / 2),
      )
      expect(connector.statistics.gaps).toBe(1)
      expect(seen.notes).toMatchObject([['note', symbol, expect.anything(), { kind: 'discontinuity', stream: 'book' }]])
      await expect.poll(() => [fetches(), connector.isBookLive(0)], { timeout: 10_000 }).toEqual([2, true])
      host.drain()
      expect(seen.book(symbol)).toEqual(expected.seen.book(symbol))
    },
  )
})
