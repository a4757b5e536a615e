/** Books of a system: kept where wanted, and quotes from them for sources that have none. */
import { describe, expect, it } from 'vitest'
import { SimulatedConnector } from '../connectors/sim/simulated-connector.js'
import { BookState } from '../market/book.js'
import { TradingSystem } from './trading-system.js'

/** Sends books only, as some feeds do. */
class BooksOnly extends SimulatedConnector {
  override readonly capabilities: SimulatedConnector['capabilities'] = {
    ...new SimulatedConnector({}).capabilities,
    data: ['book'],
  } as never
}

async function start(books: boolean, connector = new SimulatedConnector({ synthetic: { depth: 3 } })) {
  const system = await TradingSystem.start({ mode: 'simulation', books, connectors: { sim: connector } })
  const { index } = system.instruments.get('ACME')
  const { source } = connector
  const book = (bid: number, ask: number) => {
    const now = system.time.wallUs()
    system.ring.beginBook(index, source, true, now, now, Number.NaN, Number.NaN)
    system.ring.addLevel(0, bid, 5)
    system.ring.addLevel(1, ask, 7)
    system.ring.commitBook(true)
    system.ring.drain()
    system.ring.drain()
  }
  return { system, index, source, book, connector }
}

describe('the books of a system', () => {
  it('are kept where wanted, and emptied when the connection breaks', async () => {
    const { system, index, source, book } = await start(true)
    book(100, 100.02)
    expect([system.books.level2(index, source).bestBid, system.books.size]).toEqual([100, 1])
    expect(system.quotes.quoteCount(index)).toBe(0)
    await system.stop()
    expect(system.books.level2(index, source).bestBid).toBeNaN()
  })

  it('are stale from a told loss on until their next snapshot, and their quotes are withdrawn', async () => {
    const { system, index, source, book } = await start(true, new BooksOnly({ synthetic: { depth: 3 } }))
    const tell = (note: object, of = source) => {
      const now = system.time.wallUs()
      system.ring.publishNote(index, of, { kind: 'discontinuity', stream: 'book', ...note }, now, now)
      system.ring.drain()
      system.ring.drain()
    }
    const state = () => [system.books.level2(index, source).state, system.quotes.bid(index)]
    book(100, 100.02)
    for (const note of [
      { reason: 'missing', stream: 'trades' },
      { reason: 'missing', stream: 'bars' },
      { reason: 'failover' },
      { reason: 'failover', stream: 'all', previousSource: 'nobody' },
      { reason: 'failover', stream: 'trades', previousSource: 'sim' },
      { kind: 'news', reason: 'missing' },
    ])
      tell(note)
    tell({ reason: 'missing' }, source + 1)
    expect(state()).toEqual([BookState.live, 100])
    for (const note of [{ reason: 'missing' }, { reason: 'lost' }, { reason: 'missing', stream: 'all' }]) {
      tell(note)
      expect(state()).toEqual([BookState.stale, Number.NaN])
      const now = system.time.wallUs()
      system.ring.beginBook(index, source, false, now, now, Number.NaN, Number.NaN)
      system.ring.addLevel(0, 100.01, 5)
      system.ring.commitBook(true)
      system.ring.drain()
      expect(state()).toEqual([BookState.stale, Number.NaN])
      book(100, 100.02)
      expect(state()).toEqual([BookState.live, 100])
    }
    expect(system.books.size).toBe(1)
    // Another source has the instrument from here on: what this one's book holds is not followed any more.
    tell({ reason: 'failover', stream: 'all', previousSource: 'sim' }, source + 1)
    expect(state()).toEqual([BookState.stale, 100])
    book(100, 100.02)
    expect(state()).toEqual([BookState.live, 100])
    await system.stop()
  })

  it('are none where they are not wanted', async () => {
    const { system, book } = await start(false)
    book(100, 100.02)
    expect(system.books.size).toBe(0)
    await system.stop()
  })

  it('give quotes of sources that send none: to the cache, and to the references of risk', async () => {
    const { system, index, book } = await start(true, new BooksOnly({ synthetic: { depth: 3 } }))
    book(100, 100.02)
    expect([system.quotes.bid(index), system.quotes.ask(index), system.quotes.bidSize(index)]).toEqual([100, 100.02, 5])
    book(100, 100.02)
    expect(system.quotes.quoteCount(index)).toBe(1)
    await system.stop()
  })
})
