import { describe, expect, it } from 'vitest'
import { InstrumentRegistry } from '../../model/instrument-registry.js'
import { IngestRing } from '../../ring/ingest-ring.js'
import { SyntheticMarket, type SyntheticMarketOptions } from './synthetic-market.js'

const startUs = 1_704_205_800_000_000

/** Plays a market and writes down what it publishes. */
async function play(options: SyntheticMarketOptions, events: number) {
  const registry = new InstrumentRegistry()
  const market = new SyntheticMarket(options, { registry, startUs })
  const ring = new IngestRing({ capacity: 1_024 })
  const lines: string[] = []
  const tally = { quotes: 0, trades: 0, books: 0, crossed: 0, offGrid: 0, backwards: 0, tradesOff: 0 }
  let lastUs = 0
  const touch = new Map<number, [number, number]>()
  ring.addConsumer({
    name: 'test',
    policy: 'backpressure',
    handlers: {
      onQuotes({ quotes }, from, to) {
        for (let i = from; i < to; i++) {
          const [index, bid, ask, tsUs] = [quotes.instrument[i], quotes.bid[i], quotes.ask[i], quotes.tsRecvUs[i]] as [
            number,
            number,
            number,
            number,
          ]
          const instrument = registry.at(index)
          tally.quotes++
          if (bid >= ask || bid <= 0) tally.crossed++
          if (
            !instrument.isPriceOnGrid(instrument.nearestPriceUnits(bid)) ||
            instrument.priceNumber(instrument.nearestPriceUnits(ask)) !== ask
          )
            tally.offGrid++
          if (tsUs < lastUs) tally.backwards++
          lastUs = tsUs
          touch.set(index, [bid, ask])
          lines.push(`${index} ${tsUs} ${bid} ${ask} ${quotes.bidSize[i]} ${quotes.askSize[i]}`)
        }
      },
      onTrades({ trades }, from, to) {
        for (let i = from; i < to; i++) {
          tally.trades++
          const [bid, ask] = touch.get(trades.instrument[i] as number) as [number, number]
          if (trades.price[i] !== (trades.aggressor[i] === 1 ? ask : bid)) tally.tradesOff++
          lines.push(`t ${trades.instrument[i]} ${trades.price[i]} ${trades.size[i]}`)
        }
      },
      onBooks(_ring, from, to) {
        tally.books += to - from
      },
    },
  })
  for (let i = 0; i < events && market.peekTsUs() !== Number.POSITIVE_INFINITY; i++) {
    if (Number.isNaN(market.peekTsUs())) await market.refill()
    if (!market.emit(ring, 0)) throw new Error('the ring is full')
    ring.drain()
  }
  return { lines, tally, market, touch }
}

describe('a synthetic market', () => {
  it('is the same for a seed, and another for another', async () => {
    const first = await play({ seed: 42 }, 5_000)
    expect((await play({ seed: 42 }, 5_000)).lines).toEqual(first.lines)
    expect((await play({ seed: 43 }, 5_000)).lines).not.toEqual(first.lines)
  })

  it('quotes on the grid, uncrossed, in order of time, and trades at the touch', async () => {
    const { tally, market } = await play({ seed: 1, depth: 5 }, 50_000)
    expect(tally).toMatchObject({ crossed: 0, offGrid: 0, backwards: 0, tradesOff: 0 })
    expect(tally.books).toBe(tally.quotes)
    expect(tally.trades).toBeGreaterThan(tally.quotes / 10)
    expect(market.counters.events).toBe(50_000)
  })

  it('keeps to its rate and its end', async () => {
    const { tally, market } = await play({ seed: 3, rate: 2, durationMs: 600_000 }, 1e9)
    const perSecond = tally.quotes / 600
    expect(perSecond).toBeGreaterThan(65)
    expect(perSecond).toBeLessThan(260)
    expect(market.peekTsUs()).toBe(Number.POSITIVE_INFINITY)
  })

  it('stays near where it began for hours', async () => {
    const { touch } = await play({ seed: 9, durationMs: 4 * 3_600_000, rate: 0.2 }, 1e9)
    const [bid] = touch.get(0) as [number, number]
    expect(Math.abs(bid / 187.4 - 1)).toBeLessThan(0.1)
  })

  it('refuses impossible options', () => {
    const place = { registry: new InstrumentRegistry(), startUs }
    for (const options of [
      { rate: 0 },
      { depth: -1 },
      { seed: 0.5 },
      { durationMs: 0 },
      { instruments: [] },
      { nonsense: 1 },
    ]) {
      expect(() => new SyntheticMarket(options as never, place)).toThrow('TW_INVALID_CONFIG')
    }
  })
})
