/** Arbitration over lines that lose, repeat and reorder: the stream is the union of the lines, once each, in order, with every hole marked. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { SeededRandom } from '../core/random.js'
import { VirtualTime } from '../core/virtual-time.js'
import type { ConnectorId, InstrumentId } from '../model/ids.js'
import { IngestRing } from '../ring/ingest-ring.js'
import { FeedRouter } from './feed-router.js'

interface Arrival {
  atMs: number
  line: number
  sequence: number
}

/** What arrives of `count` messages over two lines, 1 ms apart, each copy lost, repeated and late by chance. */
function arrivals(random: SeededRandom, count: number, loss: number, lateMs: number): Arrival[] {
  const all: Arrival[] = []
  for (let sequence = 1; sequence <= count; sequence++) {
    for (const line of [0, 1]) {
      if (random.chance(loss)) continue
      const copies = random.chance(0.1) ? 2 : 1
      for (let copy = 0; copy < copies; copy++) all.push({ atMs: sequence + random.below(lateMs + 1), line, sequence })
    }
  }
  return all.sort((first, second) => first.atMs - second.atMs)
}

it('is the union of its lines', () => {
  const seeds = fc.integer({ min: 1, max: 2 ** 31 - 1 })
  fc.assert(
    fc.property(seeds, fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 40 }), (seed, loss, lateMs) => {
      const time = new VirtualTime()
      const ring = new IngestRing({ capacity: 64, instruments: 1, sources: 2 })
      const delivered: number[] = []
      let missing = 0
      ring.addConsumer({
        name: 'test',
        policy: 'backpressure',
        handlers: {
          onTrades: (r, from, to) => {
            for (let row = from; row < to; row++) delivered.push(r.trades.sequence[row] as number)
          },
          onNotes: (r, from, to) => {
            for (let row = from; row < to; row++) missing += (r.notes.note[row] as { missing: number }).missing
          },
        },
      })
      const router = new FeedRouter({
        sink: ring,
        time,
        instrumentId: () => 'I' as InstrumentId,
        sourceId: () => 'S' as ConnectorId,
        wake: () => ring.drain(),
      })
      // Holding for longer than anything is late: a hole is a loss, never impatience.
      router.add(0, { mode: 'arbitrate', sources: [0, 1], identity: 'sequence', isContiguous: true, maxHoldMs: 60 })
      const came = arrivals(new SeededRandom(seed), 150, loss / 100, lateMs)
      let nowMs = 0
      for (const { atMs, line, sequence } of came) {
        time.advanceMs(atMs - nowMs)
        nowMs = atMs
        while (!router.publishTrade(0, line, 1, 1, 0, 0, 0, sequence, Number.NaN, 0)) ring.drain()
      }
      time.advanceMs(1_000)
      ring.drain()
      const union = [...new Set(came.map(({ sequence }) => sequence))].sort((a, b) => a - b)
      // The stream begins with what came first.
      const first = delivered[0] ?? 0
      const expected = union.filter((sequence) => sequence >= first)
      expect(delivered).toEqual(expected)
      const last = expected.at(-1) ?? first
      expect(missing).toBe(expected.length === 0 ? 0 : last - first + 1 - expected.length)
    }),
    { numRuns: runs({ ci: 1_000, full: 100_000 }) },
  )
})
