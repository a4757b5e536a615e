import { describe, expect, it } from 'vitest'
import { runs } from '../../../../test/support/runs.js'
import { SeededRandom } from '../../../core/random.js'
import { IngestRing } from '../../../ring/ingest-ring.js'
import { type GateKind, SlowGate, type SlowPolicy } from './slow-gate.js'

const policies: Record<GateKind, SlowPolicy> = {
  quotes: 'conflate',
  trades: 'dropOldest',
  book: 'disconnect',
  bars: 'dropNewest',
  status: 'dropOldest',
  news: 'dropOldest',
}

/** A ring whose only consumer does not read until it is told to. */
function stuckRing(capacity = 8) {
  const ring = new IngestRing({ capacity })
  const quotes: [number, number][] = []
  const trades: [number, number, number][] = []
  const books: boolean[] = []
  ring.addConsumer({
    name: 'slow',
    policy: 'backpressure',
    handlers: {
      onQuotes({ quotes: q }, from, to) {
        for (let row = from; row < to; row++) quotes.push([q.instrument[row], q.bid[row]])
      },
      onTrades({ trades: t }, from, to) {
        for (let row = from; row < to; row++) trades.push([t.instrument[row], t.price[row], t.size[row]])
      },
      onBooks({ books: b }, from, to) {
        for (let row = from; row < to; row++) books.push(b.isSnapshot[row] === 1)
      },
    },
  })
  return { ring, quotes, trades, books }
}

function gateTo(ring: IngestRing, given: Partial<Record<GateKind, SlowPolicy>> = {}, capacity = 4) {
  const lost: number[] = []
  const gate = new SlowGate(ring, () => 0, { ...policies, ...given }, capacity, {
    onOutOfStep: (index) => lost.push(index),
  })
  return { gate, lost }
}

const quote = (gate: SlowGate, instrument: number, bid: number) =>
  gate.quote(instrument, bid, bid + 1, 1, 1, 1, Number.NaN, 0)
const trade = (gate: SlowGate, instrument: number, price: number, size: number) =>
  gate.trade(instrument, price, size, 1, 1, Number.NaN, Number.NaN, 0)

describe('slow gate', () => {
  it('conflates quotes: the newest of each instrument waits', () => {
    const { ring, quotes } = stuckRing()
    const { gate } = gateTo(ring)
    for (let bid = 0; bid < 8; bid++) quote(gate, 0, bid)
    for (let bid = 100; bid < 110; bid++) {
      quote(gate, 1, bid)
      quote(gate, 2, bid + 100)
    }
    expect(gate.counters('quotes', 1)).toEqual({ offered: 10, delivered: 0, dropped: 0, conflated: 9, queued: 1 })
    ring.drain()
    expect(gate.drain()).toBe(true)
    ring.drain()
    expect(quotes.slice(8)).toEqual([
      [1, 109],
      [2, 209],
    ])
    expect(gate.counters('quotes', 2)).toEqual({ offered: 10, delivered: 1, dropped: 0, conflated: 9, queued: 0 })
  })

  it('conflates states of one bar, and never loses a bar to the next or to one of another interval', () => {
    const closes: number[] = []
    const ring = new IngestRing({ capacity: 2 })
    ring.addConsumer({
      name: 'slow',
      policy: 'backpressure',
      handlers: {
        onBars({ bars }, from, to) {
          for (let row = from; row < to; row++) closes.push(bars.close[row] as number)
        },
      },
    })
    const { gate } = gateTo(ring, { bars: 'conflate' })
    const bar = (interval: number, opened: number, close: number) =>
      gate.bar(0, [interval, 1, 9, 1, close, 1, 1, 1, opened, opened + interval], true)
    for (const close of [1, 2]) bar(1, 0, close) // the ring is full
    for (const close of [3, 4, 5]) bar(1, 10, close)
    bar(5, 10, 6)
    bar(1, 11, 7)
    expect(gate.counters('bars', 0)).toEqual({ offered: 7, delivered: 2, dropped: 0, conflated: 2, queued: 3 })
    for (let turn = 0; turn < 3; turn++) {
      ring.drain()
      gate.drain()
    }
    expect(closes).toEqual([1, 2, 5, 6, 7])
  })

  it('adds up the sizes of trades that it conflates', () => {
    const { ring, trades } = stuckRing()
    const { gate } = gateTo(ring, { trades: 'conflate' })
    for (let size = 0; size < 8; size++) trade(gate, 0, 1, 1)
    for (let size = 1; size <= 4; size++) trade(gate, 0, 10 + size, size)
    ring.drain()
    gate.drain()
    ring.drain()
    expect(trades.at(-1)).toEqual([0, 14, 10])
  })

  it('drops the oldest or the newest, and says how many', () => {
    for (const policy of ['dropOldest', 'dropNewest'] as const) {
      const { ring, trades } = stuckRing()
      const { gate } = gateTo(ring, { trades: policy })
      for (let price = 0; price < 8; price++) trade(gate, 0, price, 1)
      for (let price = 8; price < 18; price++) trade(gate, 0, price, 1)
      expect(gate.counters('trades', 0)).toEqual({ offered: 18, delivered: 8, dropped: 6, conflated: 0, queued: 4 })
      ring.drain()
      gate.drain()
      ring.drain()
      expect(trades.slice(8).map(([, price]) => price)).toEqual(
        policy === 'dropOldest' ? [14, 15, 16, 17] : [8, 9, 10, 11],
      )
    }
  })

  it('never hands on a book that lost a change, until a snapshot', () => {
    const { ring, books } = stuckRing()
    const { gate, lost } = gateTo(ring)
    const change = (isSnapshot: boolean) => {
      gate.beginBook(3, isSnapshot, 1, Number.NaN, Number.NaN)
      gate.level(0, 0, 1, 1, 0)
      gate.commitBook(true)
    }
    change(true)
    for (let index = 0; index < 7; index++) change(false)
    change(false)
    ring.drain()
    change(false)
    expect(lost).toEqual([3])
    expect(gate.needsSnapshot(3)).toBe(true)
    change(true)
    change(false)
    ring.drain()
    expect(books).toEqual([true, ...Array<boolean>(7).fill(false), true, false])
    expect(gate.counters('book', 3)).toEqual({ offered: 12, delivered: 10, dropped: 2, conflated: 0, queued: 0 })
  })

  it('says when the socket is not to be read on', () => {
    const { ring } = stuckRing()
    const { gate } = gateTo(ring, { trades: 'block' })
    for (let price = 0; price < 8; price++) trade(gate, 0, price, 1)
    expect(gate.isBlocking).toBe(false)
    for (let price = 0; price < 1_000; price++) trade(gate, 0, price, 1)
    expect(gate.isBlocking).toBe(true)
    expect(gate.counters('trades', 0)).toMatchObject({ dropped: 0, queued: 1_000 })
  })

  it('accounts for every event at every instant, in order', () => {
    for (let seed = 0; seed < runs({ ci: 300, full: 10_000 }); seed++) {
      const random = new SeededRandom(seed)
      const { ring, quotes, trades } = stuckRing(8)
      const given = random.chance(0.5) ? ('dropOldest' as const) : ('conflate' as const)
      const { gate } = gateTo(
        ring,
        { quotes: given, trades: random.chance(0.5) ? 'dropNewest' : 'conflate' },
        1 + random.below(6),
      )
      let size = 0
      for (let step = 0; step < 200; step++) {
        const instrument = random.below(3)
        const kind = random.below(4)
        if (kind < 2) quote(gate, instrument, step)
        else if (kind === 2) {
          trade(gate, instrument, step, 1)
          size++
        } else if (random.chance(0.3)) {
          ring.drain()
          gate.drain()
        }
        for (const of of ['quotes', 'trades'] as const)
          for (const index of [0, 1, 2]) {
            const { offered, delivered, dropped, conflated, queued } = gate.counters(of, index)
            if (offered !== delivered + dropped + conflated + queued) expect.fail(`seed ${seed} step ${step}`)
          }
      }
      do ring.drain()
      while (!gate.drain())
      ring.drain()
      const dropped = [0, 1, 2].reduce((sum, index) => sum + gate.counters('trades', index).dropped, 0)
      expect(trades.reduce((sum, [, , each]) => sum + each, 0)).toBeLessThanOrEqual(size)
      if (dropped === 0) expect(trades.reduce((sum, [, , each]) => sum + each, 0)).toBe(size)
      for (const index of [0, 1, 2]) {
        const bids = quotes.filter(([of]) => of === index).map(([, bid]) => bid)
        expect(bids).toEqual([...bids].sort((a, b) => a - b))
      }
    }
  })
})
