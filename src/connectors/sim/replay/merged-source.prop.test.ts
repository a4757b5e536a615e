import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { runs } from '../../../../test/support/runs.js'
import type { MarketSink } from '../../../ring/sink.js'
import { mergeSources } from './merged-source.js'
import { EventBatch } from './reading/event-batch.js'
import { createReplayCounters, type ReplaySource } from './reading/replay-source.js'

/** A source that holds the given times, and needs a refill before every `batch`-th of them. */
class ListSource implements ReplaySource {
  readonly name = 'list'
  readonly instruments = []
  readonly problems = []
  readonly counters = createReplayCounters()
  #next = 0
  #ready = 0
  readonly #times: readonly number[]
  readonly #batch: number
  readonly #id: number

  constructor(id: number, times: readonly number[], batch: number) {
    this.#id = id
    this.#times = times
    this.#batch = batch
  }

  peekTsUs(): number {
    if (this.#next < this.#ready) return this.#times[this.#next] as number
    return this.#next === this.#times.length ? Number.POSITIVE_INFINITY : Number.NaN
  }

  refill(): Promise<void> {
    this.#ready = Math.min(this.#times.length, this.#ready + this.#batch)
    return Promise.resolve()
  }

  emit(sink: MarketSink): boolean {
    const tsUs = this.#times[this.#next++] as number
    this.counters.events++
    return sink.publishStatus(this.#id, 0, 0, this.#next, tsUs)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

it('a merge is a stable sort of all events by receive time', async () => {
  const times = fc.array(fc.nat(20), { maxLength: 30 }).map((list) => list.sort((a, b) => a - b))
  const lists = fc.array(fc.tuple(times, fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 9 })
  await fc.assert(
    fc.asyncProperty(lists, async (inputs) => {
      const merged = mergeSources(inputs.map(([list, batch], id) => new ListSource(id, list, batch)))
      const got: [number, number, number][] = []
      const sink = new EventBatch('fail')
      sink.publishStatus = (instrument, _source, _status, tsEventUs, tsRecvUs) => {
        got.push([tsRecvUs, instrument, tsEventUs])
        return true
      }
      for (let next = merged.peekTsUs(); next !== Number.POSITIVE_INFINITY; next = merged.peekTsUs()) {
        if (Number.isNaN(next)) await merged.refill()
        else expect(merged.emit(sink, 0)).toBe(true)
      }
      const all = inputs.flatMap(([list], id) => list.map((time, i): [number, number, number] => [time, id, i + 1]))
      expect(got).toEqual(all.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]))
      expect(merged.counters.events).toBe(all.length)
    }),
    { numRuns: runs({ ci: 500, full: 20_000 }) },
  )
})
