/**
 * Several sources as one: the k-way merge of their events by receive time; at equal times the source given first goes
 * first. A heap holds the next time of each source; a source that stays the earliest costs two comparisons an event.
 */
import type { Instrument } from '../../../model/instrument.js'
import type { MarketSink } from '../../../ring/sink.js'
import { createReplayCounters, type ReplayCounters, type ReplaySource } from './reading/replay-source.js'

class MergedSource implements ReplaySource {
  readonly name: string
  readonly #sources: readonly ReplaySource[]
  /** Heap of positions in `#sources`, and the next time of each source by position. */
  readonly #heap: Int32Array
  readonly #next: Float64Array
  /** Sources whose next time is not known before a refill. */
  readonly #waiting: number[] = []
  #size = 0

  constructor(sources: readonly ReplaySource[], name: string) {
    this.name = name
    this.#sources = sources
    this.#heap = new Int32Array(sources.length)
    this.#next = new Float64Array(sources.length)
    for (let i = 0; i < sources.length; i++) this.#enter(i)
  }

  get instruments(): readonly Instrument[] {
    return [...new Set(this.#sources.flatMap((source) => source.instruments))]
  }

  get counters(): ReplayCounters {
    const sum = createReplayCounters()
    for (const { counters } of this.#sources) {
      for (const name of Object.keys(sum) as (keyof ReplayCounters)[]) sum[name] += counters[name]
    }
    return sum
  }

  get problems(): readonly string[] {
    return this.#sources.flatMap((source) => source.problems)
  }

  get progress() {
    const sum = { read: 0, total: 0 }
    for (const { progress = { read: Number.NaN, total: Number.NaN } } of this.#sources) {
      sum.read += progress.read
      sum.total += progress.total
    }
    return sum
  }

  peekTsUs(): number {
    if (this.#waiting.length > 0) return Number.NaN
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#next[this.#heap[0]]
  }

  async refill(): Promise<void> {
    while (this.#waiting.length > 0) {
      const position = this.#waiting[this.#waiting.length - 1] as number
      await (this.#sources[position] as ReplaySource).refill()
      this.#waiting.pop()
      this.#enter(position)
    }
  }

  emit(sink: MarketSink, shiftUs: number): boolean {
    const position = this.#heap[0]
    const source = this.#sources[position] as ReplaySource
    if (!source.emit(sink, shiftUs)) return false
    const next = source.peekTsUs()
    this.#next[position] = next
    if (next < Number.POSITIVE_INFINITY) {
      this.#sink(0)
      return true
    }
    this.#removeFirst()
    if (Number.isNaN(next)) this.#waiting.push(position)
    return true
  }

  async close(): Promise<void> {
    this.#size = 0
    this.#waiting.length = 0
    for (const source of this.#sources) await source.close()
  }

  #enter(position: number): void {
    const next = (this.#sources[position] as ReplaySource).peekTsUs()
    if (Number.isNaN(next)) this.#waiting.push(position)
    if (!(next < Number.POSITIVE_INFINITY)) return
    this.#next[position] = next
    let hole = this.#size++
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      if (!this.#isBefore(position, this.#heap[parent])) break
      this.#heap[hole] = this.#heap[parent]
      hole = parent
    }
    this.#heap[hole] = position
  }

  #removeFirst(): void {
    this.#size--
    if (this.#size === 0) return
    this.#heap[0] = this.#heap[this.#size]
    this.#sink(0)
  }

  /** Moves the entry at `start` down to its place. */
  #sink(start: number): void {
    const heap = this.#heap
    const position = heap[start]
    let hole = start
    for (;;) {
      let child = 2 * hole + 1
      if (child >= this.#size) break
      if (child + 1 < this.#size && this.#isBefore(heap[child + 1], heap[child])) child++
      if (!this.#isBefore(heap[child], position)) break
      heap[hole] = heap[child]
      hole = child
    }
    heap[hole] = position
  }

  #isBefore(a: number, b: number): boolean {
    const next = this.#next
    return next[a] < next[b] || (next[a] === next[b] && a < b)
  }
}

/** Merges sources into one ordered stream. Closing it closes them. */
export function mergeSources(sources: readonly ReplaySource[], name = 'merged'): ReplaySource {
  return sources.length === 1 ? (sources[0] as ReplaySource) : new MergedSource(sources, name)
}
