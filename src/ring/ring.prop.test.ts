/**
 * Random interleavings of publishing and draining against a slow, obvious model: every event in an array, every
 * consumer a queue of positions. Rings are tiny, so everything wraps and overruns all the time.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import type { RingConsumer } from './consumer.js'
import { IngestRing } from './ingest-ring.js'
import { EventKind, type RingHandlers } from './kinds.js'
import { type OverflowPolicy, overflowPolicies } from './policies.js'
import { maxOffset, Position } from './sequencer.js'

type Kind = 'quote' | 'trade' | 'book' | 'bar' | 'status' | 'note'
const kinds: readonly Kind[] = ['quote', 'trade', 'book', 'bar', 'status', 'note']

interface Publish {
  readonly type: 'publish'
  readonly kind: Kind
  readonly instrument: number
  readonly source: number
  readonly levels: number
  readonly openUs: number
}

const publishStep = fc.record({
  type: fc.constant('publish' as const),
  kind: fc.constantFrom(...kinds),
  instrument: fc.integer({ min: 0, max: 2 }),
  source: fc.integer({ min: 0, max: 1 }),
  levels: fc.integer({ min: 0, max: 5 }),
  openUs: fc.integer({ min: 0, max: 1 }),
})
const consumerStep = fc.record({
  type: fc.constantFrom('drain' as const, 'drain' as const, 'drain' as const, 'pause' as const, 'resume' as const),
  consumer: fc.integer({ min: 0, max: 3 }),
  most: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant(Number.POSITIVE_INFINITY)),
})
const scenario = fc.record({
  capacity: fc.constantFrom(2, 4, 8, 16),
  levelCapacity: fc.constantFrom(8, 16),
  offset: fc.constantFrom(0, 5, maxOffset - 30),
  maxBatch: fc.integer({ min: 1, max: 5 }),
  policies: fc.array(fc.constantFrom(...overflowPolicies), { minLength: 1, maxLength: 4 }),
  handled: fc.array(fc.subarray([...kinds], { minLength: 1 }), { minLength: 4, maxLength: 4 }),
  steps: fc.array(fc.oneof({ weight: 4, arbitrary: publishStep }, { weight: 1, arbitrary: consumerStep }), {
    maxLength: 120,
    size: 'max',
  }),
})

interface ModelEvent extends Publish {
  readonly id: number
  readonly firstLevel: number
}

const sameKey = (a: ModelEvent, b: ModelEvent): boolean =>
  a.kind === b.kind &&
  a.instrument === b.instrument &&
  a.source === b.source &&
  (a.kind === 'quote' || a.kind === 'status' || (a.kind === 'bar' && a.openUs === b.openUs))

class ModelConsumer {
  queue: number[] = []
  delivered = 0
  dropped = 0
  conflated = 0
  isPaused = false
  readonly policy: OverflowPolicy

  constructor(policy: OverflowPolicy) {
    this.policy = policy
  }
}

/** What the ring promises, written without any thought for speed. */
class Model {
  readonly events: ModelEvent[] = []
  readonly #replaced = new Set<number>()
  #oldestBook = 0
  #nextLevel = 0
  readonly capacity: number
  readonly levelCapacity: number
  readonly consumers: readonly ModelConsumer[]

  constructor(capacity: number, levelCapacity: number, consumers: readonly ModelConsumer[]) {
    this.capacity = capacity
    this.levelCapacity = levelCapacity
    this.consumers = consumers
  }

  publish(step: Publish): boolean {
    const id = this.events.length
    if (this.#isNeeded(id - this.capacity)) return false
    if (step.kind === 'book') {
      const books = this.events.filter((event) => event.kind === 'book')
      if (books.length - this.#oldestBook >= this.capacity) this.#retire(books[this.#oldestBook].id)
      for (let level = 0; level < step.levels; level++) {
        const overwritten = this.#nextLevel + level - this.levelCapacity
        while (this.#oldestBook < books.length && books[this.#oldestBook].firstLevel <= overwritten) {
          if (this.#isNeeded(books[this.#oldestBook].id)) return false
          this.#retire(books[this.#oldestBook].id)
        }
      }
    }
    const event = { ...step, id, firstLevel: this.#nextLevel }
    const previous = this.events.findLast((other) => other.kind === step.kind && sameSeries(other, event))
    if (previous !== undefined && sameKey(previous, event)) this.#replaced.add(previous.id)
    this.#giveUp(id - this.capacity)
    this.events.push(event)
    if (step.kind === 'book') this.#nextLevel += step.levels
    for (const consumer of this.consumers) consumer.queue.push(id)
    return true
  }

  drain(consumer: ModelConsumer, most: number): number[] {
    const passed: number[] = []
    while (!consumer.isPaused && passed.length < most && consumer.queue.length > 0) {
      const id = consumer.queue.shift() as number
      if (consumer.policy === 'conflate' && this.#replaced.has(id)) consumer.conflated++
      else passed.push(id)
    }
    consumer.delivered += passed.length
    return passed
  }

  #isNeeded(id: number): boolean {
    return this.consumers.some((consumer) => consumer.policy === 'backpressure' && consumer.queue[0] <= id)
  }

  #retire(id: number): void {
    this.#oldestBook++
    this.#giveUp(id)
  }

  #giveUp(id: number): void {
    for (const consumer of this.consumers) {
      while (consumer.queue[0] <= id) {
        const lost = consumer.queue.shift() as number
        if (consumer.policy === 'conflate' && this.#replaced.has(lost)) consumer.conflated++
        else consumer.dropped++
      }
    }
  }
}

/** Bars of one instrument and source are one series per interval; the model uses one interval an instrument. */
const sameSeries = (a: Publish, b: Publish): boolean => a.instrument === b.instrument && a.source === b.source

const publish = (ring: IngestRing, step: Publish, id: number): boolean => {
  const { instrument, source } = step
  switch (step.kind) {
    case 'quote':
      return ring.publishQuote(instrument, source, id + 0.25, id + 0.5, 1, 1, id, id, id, 0)
    case 'trade':
      return ring.publishTrade(instrument, source, id + 0.25, 1, 0, id, id, id, id, 0)
    case 'bar':
      return ring.publishBar(instrument, source, 60, id + 0.25, 1, 1, 1, 1, 1, 1, step.openUs, id, id, false)
    case 'status':
      return ring.publishStatus(instrument, source, 2, id, id)
    case 'note':
      return ring.publishNote(instrument, source, { id }, id, id)
    case 'book':
      ring.beginBook(instrument, source, false, id, id, id, Number.NaN)
      for (let level = 0; level < step.levels; level++) ring.addLevel(0, id, level)
      return ring.commitBook()
  }
}

/** Handlers that append the id of each row to `ids` and check the payload against it. */
const recordingHandlers = (handled: readonly Kind[], ids: number[]): RingHandlers => {
  const all: Record<Kind, [keyof RingHandlers, (ring: IngestRing, row: number) => number]> = {
    quote: [
      'onQuotes',
      ({ quotes }, row) => (quotes.bid[row] === quotes.tsEventUs[row] + 0.25 ? quotes.sequence[row] : -1),
    ],
    trade: [
      'onTrades',
      ({ trades }, row) => (trades.price[row] === trades.tsRecvUs[row] + 0.25 ? trades.tradeId[row] : -1),
    ],
    bar: ['onBars', ({ bars }, row) => (bars.open[row] === bars.tsEventUs[row] + 0.25 ? bars.tsRecvUs[row] : -1)],
    status: ['onStatuses', ({ statuses }, row) => statuses.tsEventUs[row]],
    note: ['onNotes', ({ notes }, row) => (notes.note[row] as { id: number }).id],
    book: [
      'onBooks',
      ({ books }, row) => {
        for (let level = 0; level < books.levelCount[row]; level++) {
          const index = (books.firstLevel[row] + level) & books.levelMask
          if (books.levelPrice[index] !== books.sequence[row] || books.levelSize[index] !== level) return -1
        }
        return books.tsEventUs[row]
      },
    ],
  }
  const handlers: RingHandlers = {}
  for (const kind of handled) {
    const [name, read] = all[kind]
    handlers[name] = (ring, from, to) => {
      for (let row = from; row < to; row++) ids.push(read(ring, row))
    }
  }
  return handlers
}

const expectBalanced = (consumer: RingConsumer): void => {
  const { offered, delivered, dropped, conflated, queued } = consumer.counters
  expect(offered).toBe(delivered + dropped + conflated + queued)
}

describe('ingest ring against its model', () => {
  it('delivers, drops, conflates and refuses exactly the same events', () => {
    fc.assert(
      fc.property(scenario, ({ capacity, levelCapacity, offset, maxBatch, policies, handled, steps }) => {
        const ring = new IngestRing({ capacity, levelCapacity, instruments: 3, sources: 2 })
        ring.cursors.fill(offset, 0, EventKind.note + 1)
        ring.positions[Position.oldestBook] = offset
        const model = new Model(
          capacity,
          levelCapacity,
          policies.map((policy) => new ModelConsumer(policy)),
        )
        const received: number[][] = policies.map(() => [])
        const consumers = policies.map((policy, index) =>
          ring.addConsumer({
            name: `${index}`,
            policy,
            maxBatch,
            handlers: recordingHandlers(handled[index], received[index]),
          }),
        )
        for (const step of steps) {
          if (step.type === 'publish') {
            const id = model.events.length
            expect(publish(ring, step, id)).toBe(model.publish(step))
          } else {
            const index = step.consumer % policies.length
            const twin = model.consumers[index]
            if (step.type === 'drain') {
              const expected = model.drain(twin, step.most)
              received[index].length = 0
              expect(consumers[index].drain(step.most)).toBe(expected.length)
              const visible = expected.filter((id) => handled[index].includes(model.events[id].kind))
              expect(received[index]).toEqual(visible)
            } else {
              twin.isPaused = step.type === 'pause'
              consumers[index][step.type]()
            }
          }
          for (const [index, twin] of model.consumers.entries()) {
            expect(consumers[index].counters).toEqual({
              offered: model.events.length,
              delivered: twin.delivered,
              dropped: twin.dropped,
              conflated: twin.conflated,
              queued: twin.queue.length,
            })
          }
        }
        for (const consumer of consumers) expect(consumer.lastError).toBe(undefined)
      }),
      { numRuns: runs({ ci: 1_500, full: 50_000 }) },
    )
  })
})

describe('handlers that publish, throw, pause and close', () => {
  const chaos = fc.record({
    capacity: fc.constantFrom(2, 4, 8),
    policies: fc.array(fc.constantFrom(...overflowPolicies), { minLength: 1, maxLength: 4 }),
    turns: fc.array(
      fc.record({
        publishes: fc.array(publishStep, { maxLength: 12 }),
        inside: fc.array(publishStep, { maxLength: 12 }),
        act: fc.constantFrom('none', 'none', 'throw', 'close', 'pause', 'drain'),
        actor: fc.integer({ min: 0, max: 3 }),
      }),
      { maxLength: 20 },
    ),
  })

  it('keep every account balanced, every batch whole, the order total and backpressure without loss', () => {
    fc.assert(
      fc.property(chaos, ({ capacity, policies, turns }) => {
        const ring = new IngestRing({ capacity, levelCapacity: 8, instruments: 3, sources: 2 })
        const received: number[][] = policies.map(() => [])
        const consumers: RingConsumer[] = []
        let published = 0
        let turn = turns[0]
        const attempt = (step: Publish): void => {
          if (publish(ring, step, published)) published++
          for (const consumer of consumers) expectBalanced(consumer)
        }
        for (const [index, policy] of policies.entries()) {
          const handlers = recordingHandlers(kinds, [])
          const read = recordingHandlers(kinds, received[index])
          for (const name of Object.keys(handlers) as (keyof RingHandlers)[]) {
            handlers[name] = (ring, from, to) => {
              const half = from + ((to - from) >> 1)
              read[name]?.(ring, from, half)
              if (index === turn.actor % policies.length) {
                for (const step of turn.inside) attempt(step)
                if (turn.act === 'close') consumers[index].close()
                if (turn.act === 'pause') consumers[index].pause()
                if (turn.act === 'drain') ring.drain()
              }
              read[name]?.(ring, half, to)
              if (turn.act === 'throw' && index === turn.actor % policies.length) throw new RangeError('handler')
            }
          }
          consumers.push(ring.addConsumer({ name: `${index}`, policy, handlers }))
        }
        for (turn of turns) {
          for (const step of turn.publishes) attempt(step)
          ring.drain()
          for (const consumer of consumers) {
            consumer.resume()
            expectBalanced(consumer)
          }
        }
        for (let extra = 0; extra < 20; extra++) ring.drain()
        for (const [index, consumer] of consumers.entries()) {
          const ids = received[index]
          const { offered, delivered, dropped, conflated, queued } = consumer.counters
          expect(ids.length).toBe(delivered)
          expect(ids.every((id, at) => id >= 0 && (at === 0 || id > ids[at - 1]))).toBe(true)
          expect(consumer.lastError === undefined || consumer.lastError instanceof RangeError).toBe(true)
          if (consumer.policy === 'backpressure' && !consumer.isClosed) {
            expect([dropped, conflated, queued]).toEqual([0, 0, offered - delivered])
            expect(ids).toEqual(Array.from({ length: delivered }, (_, id) => id))
          }
          if (consumer.policy === 'dropOldest') expect(conflated).toBe(0)
        }
      }),
      { numRuns: runs({ ci: 1_500, full: 50_000 }) },
    )
  })
})
