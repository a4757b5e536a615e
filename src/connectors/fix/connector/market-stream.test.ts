/** Streams of market data entry by entry: names of entries, books, best prices. */
import { describe, expect, it } from 'vitest'
import { InstrumentRegistry } from '../../../model/instrument-registry.js'
import { LevelAction } from '../../../ring/kinds.js'
import { testShare } from '../../../testing/builders.js'
import { type EntryIds, type FeedEntry, MarketStream, type StreamKind } from './market-stream.js'

const { addOrder: add, changeOrder: change, deleteOrder: remove } = LevelAction
const nothing = { entry: undefined, order: undefined, reference: undefined }

function open(kind: StreamKind): {
  stream: MarketStream
  take(action: LevelAction, ids: Partial<EntryIds>, more?: Partial<FeedEntry>, isSnapshot?: boolean): void
} {
  const registry = new InstrumentRegistry()
  const stream = new MarketStream('M', kind, registry.add(testShare))
  return {
    stream,
    take: (action, ids, more = {}, isSnapshot = false) => {
      const id = stream.nameOf({ ...nothing, ...ids }, action)
      const absent = { price: Number.NaN, size: Number.NaN, position: Number.NaN }
      stream.take({ action, side: 0, ...absent, id, ...more }, isSnapshot)
    },
  }
}

describe('orders', () => {
  it('are the same by OrderID and by the MDEntryID that stands for it', () => {
    const { stream, take } = open('orders')
    take(add, { order: 'A' }, { price: 99, size: 100 }, true)
    take(change, { order: 'A', entry: 'e1' }, { price: 99, size: 80 })
    take(change, { entry: 'e1' }, { size: 60 })
    take(remove, { entry: 'e1' })
    take(remove, { entry: 'e1' })
    expect(stream.changes.map(({ action, orderId, price, size }) => [action, orderId, price, size])).toEqual([
      [add, 1, 99, 100],
      [change, 1, 99, 80],
      [change, 1, 99, 60],
      [remove, 1, 99, 0],
    ])
  })

  it('go on under a new id where an entry refers to an earlier one', () => {
    const { stream, take } = open('orders')
    take(add, { entry: 'a' }, { price: 99, size: 100 })
    take(change, { entry: 'b', reference: 'a' }, { price: 98, size: 100 })
    take(remove, { entry: 'b' })
    expect(stream.changes.map(({ action, orderId, price }) => [action, orderId, price])).toEqual([
      [add, 1, 99],
      [change, 1, 98],
      [remove, 1, 98],
    ])
  })
})

describe('levels', () => {
  it('move with the id that they have', () => {
    const { stream, take } = open('book')
    take(add, { entry: 'a' }, { price: 99, size: 100 })
    take(change, { entry: 'b', reference: 'a' }, { price: 98, size: 50 })
    expect(stream.changes.map(({ price, size }) => [price, size])).toEqual([
      [99, 100],
      [99, 0],
      [98, 50],
    ])
  })
})

describe('best prices', () => {
  it('without ids are replaced by what is said next', () => {
    const { stream, take } = open('quotes')
    take(add, {}, { price: 99.5, size: 100 }, true)
    take(add, {}, { side: 1, price: 99.7, size: 100 }, true)
    take(add, {}, { price: 99.4, size: 300 })
    expect(stream.top()).toEqual({ bid: 99.4, ask: 99.7, bidSize: 300, askSize: 100 })
    take(remove, {}, { price: 99.5 })
    take(change, {}, { size: 200 })
    expect(stream.top()).toMatchObject({ bid: 99.4, bidSize: 200 })
    take(remove, {}, { side: 1 })
    expect(stream.top()).toMatchObject({ bid: 99.4, ask: Number.NaN })
    take(add, {}, { side: 1, price: 99.6, size: 0 })
    expect(stream.top().ask).toBeNaN()
  })

  it('of a snapshot of many levels are the best ones', () => {
    const { stream, take } = open('quotes')
    for (const price of [99.3, 99.5, 99.4]) take(add, {}, { price, size: 100 }, true)
    expect(stream.top().bid).toBe(99.5)
  })

  it('with ids stay until they are deleted', () => {
    const { stream, take } = open('quotes')
    take(add, { entry: 'a' }, { price: 99.5, size: 100 })
    take(add, { entry: 'b' }, { price: 99.4, size: 100 })
    expect(stream.top().bid).toBe(99.5)
    take(remove, { entry: 'a' })
    expect(stream.top().bid).toBe(99.4)
  })
})
