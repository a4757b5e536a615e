/** The shared ring, both sides in one thread: visibility, wrap, overflow, closing, waiting, and its refusals. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import type { TradewireError } from '../core/errors.js'
import { quoteLayout, type RecordLayout, tradeLayout } from './record-layout.js'
import type { SharedConsumer } from './shared-consumer.js'
import { Cell, loadDropped, storeDropped } from './shared-control.js'
import { SharedRing, type SharedRingHandle, type SharedRingOptions } from './shared-ring.js'

const layout = { id: 'f64', small: 'u8' } as const

const withCode = (code: string) => expect.objectContaining({ code }) as TradewireError

const open = (records: number, overflow: 'block' | 'drop', commitEvery = 1, start = 0) => {
  const ring = SharedRing.create({ records, layout, overflow })
  Atomics.store(ring.control, Cell.head, start)
  Atomics.store(ring.control, Cell.tail, start)
  const producer = ring.producer({ commitEvery: Math.min(commitEvery, records), blockTimeoutMs: 0 })
  const consumer = SharedRing.attach(ring.handle).consumer()
  const put = (id: number): boolean => {
    const row = producer.claim()
    if (row < 0) return false
    producer.columns.id[row] = id
    producer.columns.small[row] = id & 255
    return true
  }
  const ids: number[] = []
  const take = (consumer: SharedConsumer<typeof layout>, from: number, to: number): void => {
    for (let row = from; row < to; row++) {
      expect(consumer.columns.small[row]).toBe(consumer.columns.id[row] & 255)
      ids.push(consumer.columns.id[row])
    }
  }
  return { ring, producer, consumer, put, take, ids }
}

describe('SharedRing.create and attach', () => {
  it.each<[string, SharedRingOptions<RecordLayout>]>([
    ['records not a power of two', { records: 100, layout }],
    ['an empty layout', { records: 4, layout: {} }],
    ['an unknown field type', { records: 4, layout: { a: 'i64' as 'i32' } }],
    ['a field type of the prototype', { records: 4, layout: { a: 'toString' as 'i32' } }],
    ['an unknown overflow', { records: 4, layout, overflow: 'block it' as 'block' }],
    ['an unknown option', { records: 4, layout, size: 4 } as SharedRingOptions<RecordLayout>],
  ])('refuses %s', (_title, options) => {
    expect(() => SharedRing.create(options)).toThrow(withCode('TW_INVALID_ARGUMENT'))
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['no buffer', {}],
    ['a buffer that is not shared', { buffer: new ArrayBuffer(4096), layout }],
    ['a buffer that is too small', { buffer: new SharedArrayBuffer(16), layout }],
    ['a foreign buffer', { buffer: new SharedArrayBuffer(4096), layout }],
    ['another layout', { buffer: SharedRing.create({ records: 64, layout }).handle.buffer, layout: quoteLayout }],
  ])('refuses to attach to %s', (_title, handle) => {
    expect(() => SharedRing.attach(handle as SharedRingHandle)).toThrow(withCode('TW_INVALID_ARGUMENT'))
  })

  it('maps each field to a column of its own', () => {
    const ring = SharedRing.create({ records: 4, layout: tradeLayout })
    const twin = SharedRing.attach(structuredClone(ring.handle))
    for (const [index, column] of Object.values(ring.columns).entries()) column.fill(index + 1)
    expect(Object.values(twin.columns).map((column) => [...column])).toEqual(
      Object.keys(tradeLayout).map((_, index) => Array(4).fill(index + 1)),
    )
    expect([twin.records, twin.overflow]).toEqual([4, 'block'])
  })

  it('lets each side be taken once', () => {
    const ring = SharedRing.create({ records: 4, layout })
    ring.producer({ commitEvery: 1 })
    ring.consumer()
    const twin = SharedRing.attach(ring.handle)
    expect(() => twin.producer({ commitEvery: 1 })).toThrow(withCode('TW_INVALID_STATE'))
    expect(() => twin.consumer()).toThrow(withCode('TW_INVALID_STATE'))
  })

  it('checks the options of both sides before it gives them away', () => {
    const ring = SharedRing.create({ records: 4, layout })
    expect(() => ring.producer({ commitEvery: 5 })).toThrow(withCode('TW_INVALID_ARGUMENT'))
    expect(() => ring.producer({ commitEvery: 1, blockTimeoutMs: -1 })).toThrow(withCode('TW_INVALID_ARGUMENT'))
    expect(() => ring.producer({ size: 1 } as object)).toThrow(withCode('TW_INVALID_ARGUMENT'))
    expect(() => ring.consumer({ maxBatch: 0 })).toThrow(withCode('TW_INVALID_ARGUMENT'))
    expect(() => ring.consumer({ size: 1 } as object)).toThrow(withCode('TW_INVALID_ARGUMENT'))
    expect(ring.producer({ commitEvery: 4 }).claim()).toBe(0)
    expect(ring.consumer().available).toBe(0)
  })
})

describe('records', () => {
  it('become visible in groups, or at flush', () => {
    const { producer, consumer, put, take, ids } = open(8, 'drop', 3)
    for (let id = 0; id < 4; id++) put(id)
    expect(consumer.available).toBe(3)
    expect(producer.counters).toMatchObject({ offered: 4, published: 3, pending: 1 })
    producer.flush()
    expect(consumer.drain(take)).toBe(4)
    expect(ids).toEqual([0, 1, 2, 3])
  })

  it('come in batches that do not wrap', () => {
    const ring = SharedRing.create({ records: 4, layout })
    const producer = ring.producer({ commitEvery: 1 })
    const consumer = ring.consumer({ maxBatch: 2 })
    const batches: [number, number][] = []
    const fill = (count: number): void => {
      for (let id = 0; id < count; id++) producer.claim()
      producer.flush()
    }
    fill(3)
    consumer.drain(() => {})
    fill(4)
    consumer.drain((_consumer, from, to) => batches.push([from, to]), 2.9)
    consumer.drain((_consumer, from, to) => batches.push([from, to]))
    expect(batches).toEqual([
      [3, 4],
      [0, 1],
      [1, 3],
    ])
  })

  it('handled by a handler that throws count as delivered', () => {
    const { consumer, producer, put, take } = open(4, 'drop', 4)
    put(1)
    put(2)
    producer.flush()
    const fail = (): never => {
      throw new RangeError('handler')
    }
    expect(() => consumer.drain(fail)).toThrow(RangeError)
    expect(consumer.counters).toEqual({ offered: 2, delivered: 2, dropped: 0, queued: 0 })
    put(3)
    producer.flush()
    let inner = -1
    consumer.drain(() => {
      inner = consumer.drain(take)
    })
    expect(inner).toBe(0)
  })
})

describe('a full ring', () => {
  it('drops and counts with overflow drop', () => {
    const { producer, consumer, put, take, ids } = open(2, 'drop', 2)
    expect([put(1), put(2), put(3), put(4)]).toEqual([true, true, false, false])
    expect(producer.counters).toEqual({ offered: 4, published: 2, pending: 0, dropped: 2, queued: 2, refused: 0 })
    expect(consumer.counters).toEqual({ offered: 4, delivered: 0, dropped: 2, queued: 2 })
    consumer.drain(take)
    expect(put(5)).toBe(true)
    producer.flush()
    consumer.drain(take)
    expect(ids).toEqual([1, 2, 5])
  })

  it('refuses without loss when the timeout of overflow block passes', () => {
    const ring = SharedRing.create({ records: 2, layout })
    const producer = ring.producer({ commitEvery: 2, blockTimeoutMs: 1 })
    const consumer = ring.consumer()
    expect([producer.claim(), producer.claim(), producer.claim()]).toEqual([0, 1, -1])
    expect(producer.counters).toEqual({ offered: 2, published: 2, pending: 0, dropped: 0, queued: 2, refused: 1 })
    consumer.drain(() => {})
    expect(producer.claim()).toBe(0)
  })

  it('counts drops exactly past the carry of the shared counter', () => {
    const control = new Int32Array(new SharedArrayBuffer(640))
    for (const dropped of [0, 1, 2 ** 30 - 1, 2 ** 30, 2 ** 30 + 1, 2 ** 31, 2 ** 33 + 5]) {
      storeDropped(control, dropped)
      expect(loadDropped(control)).toBe(dropped)
    }
  })
})

describe('closing', () => {
  it('by the producer lets the consumer finish', async () => {
    const { producer, consumer, put, take, ids } = open(4, 'block', 4)
    put(1)
    {
      using closing = producer
      expect(closing.isConsumerClosed).toBe(false)
    }
    producer.close()
    expect(consumer.isFinished).toBe(false)
    expect(consumer.wait(10_000)).toBe(true)
    consumer.drain(take)
    expect(ids).toEqual([1])
    expect(consumer.isFinished).toBe(true)
    expect(consumer.wait(10_000)).toBe(false)
    expect(await consumer.waitAsync(10_000)).toBe(false)
    expect(put(2)).toBe(false)
    expect(producer.counters).toMatchObject({ offered: 1, published: 1, dropped: 0 })
  })

  it('by the consumer stops the producer', () => {
    const { producer, consumer, put, take } = open(2, 'block')
    put(1)
    producer.flush()
    {
      using closing = consumer
      expect(closing.isFinished).toBe(false)
    }
    consumer.close()
    expect([consumer.isFinished, consumer.available, consumer.drain(take)]).toEqual([true, 0, 0])
    expect(producer.isConsumerClosed).toBe(true)
    expect([put(2), put(3), put(4)]).toEqual([true, false, false])
    expect(consumer.counters).toEqual({ offered: 2, delivered: 0, dropped: 0, queued: 2 })
  })

  it('within the handler ends the drain', () => {
    const { producer, consumer, put } = open(4, 'block', 4)
    for (let id = 0; id < 3; id++) put(id)
    producer.flush()
    const single = SharedRing.create({ records: 4, layout })
    expect(single.consumer({ maxBatch: 1 }).drain(() => {})).toBe(0)
    expect(consumer.drain((side) => side.close())).toBe(3)
    expect(consumer.drain(() => {})).toBe(0)
  })
})

describe('waiting', () => {
  it('times out without records, and sees those that are there', async () => {
    const { producer, consumer, put } = open(4, 'block')
    expect([consumer.spin(3), consumer.wait(1), await consumer.waitAsync(1)]).toEqual([false, false, false])
    put(1)
    producer.flush()
    expect([consumer.spin(3), consumer.wait(0), await consumer.waitAsync(0)]).toEqual([true, true, true])
  })

  it('is woken by a flush, and by closing either side', async () => {
    const { producer, consumer, put, take } = open(4, 'block')
    const flushed = consumer.waitAsync(10_000)
    put(1)
    producer.flush()
    expect(await flushed).toBe(true)
    consumer.drain(take)
    const closed = consumer.waitAsync(10_000)
    consumer.close()
    expect(await closed).toBe(false)
    const other = open(4, 'block')
    const ended = other.consumer.waitAsync(10_000)
    other.producer.close()
    expect(await ended).toBe(false)
  })
})

describe('any interleaving of both sides', () => {
  const steps = fc.array(
    fc.record({ act: fc.constantFrom('put', 'put', 'put', 'flush', 'drain'), most: fc.integer({ min: 0, max: 9 }) }),
    { maxLength: 150, size: 'max' },
  )
  it('keeps order, content and accounts, also where positions wrap', () => {
    fc.assert(
      fc.property(
        steps,
        fc.constantFrom(2, 4, 8),
        fc.constantFrom<'block' | 'drop'>('block', 'drop'),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(0, 0x7fff_fffa, -6),
        (steps, records, overflow, commitEvery, start) => {
          const { producer, consumer, put, take, ids } = open(records, overflow, commitEvery, start)
          const accepted: number[] = []
          let attempts = 0
          for (const { act, most } of steps) {
            if (act === 'flush') producer.flush()
            else if (act === 'drain') consumer.drain(take, most)
            else {
              const held = accepted.length - ids.length
              expect(put(attempts)).toBe(held < records)
              if (held < records) accepted.push(attempts)
              attempts++
            }
            const sent = producer.counters
            const got = consumer.counters
            expect(sent.offered + sent.refused).toBe(attempts)
            expect(sent.offered).toBe(sent.published + sent.pending + sent.dropped)
            expect(sent.published).toBe(got.delivered + got.queued)
            expect([got.dropped, got.queued]).toEqual([sent.dropped, sent.queued])
            expect(sent[overflow === 'drop' ? 'refused' : 'dropped']).toBe(0)
          }
          producer.flush()
          consumer.drain(take)
          expect(ids).toEqual(accepted)
        },
      ),
      { numRuns: runs({ ci: 1_000, full: 50_000 }) },
    )
  })
})
