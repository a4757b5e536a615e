/** Rows that fit their format but not the file they are in: nothing of another instrument, of a broken pair of files or of a word that is none gets into a book unseen. */
import { describe, expect, it } from 'vitest'
import { captureInto, type Row } from '../../../../test/recorded/capture.js'
import { textFiles } from '../../../../test/recorded/memory-files.js'
import { play } from '../../../../test/recorded/support.js'
import type { DatasetOptions } from './open-dataset.js'

async function rowsOf(files: Record<string, readonly string[]>, options: Partial<DatasetOptions> = {}) {
  const rows: Row[] = []
  const texts = Object.entries(files).map(([name, lines]) => [name, `${lines.join('\n')}\n`] as const)
  const [first = ''] = Object.keys(files)
  const played = await play(first, captureInto(rows), { fileSystem: textFiles(Object.fromEntries(texts)), ...options })
  return { ...played, rows }
}

describe('a Binance snapshot, which names no symbol', () => {
  const depth = (symbol: string, u: number) =>
    `1723161255030000000 {"stream":"x@depth","data":{"e":"depthUpdate","E":1723161256340,"s":"${symbol}","U":${u},"u":${u},"b":[["1","1"]],"a":[]}}`
  const snapshot = '1723161255030000000 {"lastUpdateId":7,"bids":[["2","1"]],"asks":[]}'

  it('is refused in a file of several symbols, wherever they show', async () => {
    const bad = { code: 'TW_BAD_ROW', message: expect.stringContaining('lastUpdateId') }
    await expect(rowsOf({ f: [depth('AAAUSDT', 5), depth('BBBUSDT', 5), snapshot] })).rejects.toMatchObject(bad)
    await expect(rowsOf({ f: [depth('AAAUSDT', 5), snapshot, depth('BBBUSDT', 5)] })).rejects.toMatchObject(bad)
    const far = Array.from({ length: 80 }, (_, n) => depth('AAAUSDT', n))
    const { rows, counters } = await rowsOf({ f: [...far, depth('BBBUSDT', 5), snapshot] }, { onBadRow: 'skip' })
    expect([rows.length, counters.badRows]).toEqual([81, 1])
  })

  it('belongs to the one symbol of a file', async () => {
    const { rows } = await rowsOf({ f: [snapshot, depth('AAAUSDT', 8)] })
    expect(rows.map(([, , , , isSnapshot]) => isSnapshot)).toEqual([1, 0])
  })
})

describe('market by order', () => {
  const header = 'ts_event_ns,ts_recv_ns,sequence,order_id,action,side,price,size,flags,channel_id,instrument_id'
  const row = (id: number, instrument: number) =>
    `1703545195000000000,1703545195000000500,9,${id},A,B,4810.25,3,128,0,${instrument}`

  it('rows of another instrument than the first are refused: they are no orders of this book', async () => {
    const lines = [header, row(1, 17), row(2, 18), row(3, 17)]
    await expect(rowsOf({ 'esh4_x.csv': lines })).rejects.toMatchObject({
      code: 'TW_BAD_ROW',
      message: expect.stringContaining('instrument_id'),
    })
    const { rows, counters } = await rowsOf({ 'esh4_x.csv': lines }, { onBadRow: 'skip' })
    expect([rows.length, counters.badRows]).toEqual([2, 1])
  })
})

describe('LOBSTER with its book file', () => {
  const message = 'acme_2012-06-21_message_2.csv'
  const book = 'acme_2012-06-21_orderbook_2.csv'
  const messages = ['34200.1,1,5,100,1000000,1', '34200.2,1,6,100,1000000,1', '34200.3,1,7,100,1000000,1']
  const books = ['1000100,5,1000000,100', '1000100,5,1000000,200', '1000200,5,1000000,300']
  const levels = (rows: readonly Row[]) => rows.map((row) => (row[9] as number[][]).map((level) => level.slice(1, 4)))

  it('after a row that was left out the book begins anew: no change of it is missed', async () => {
    const broken = [books[0] as string, '1000300,5,1000000,oops', books[2] as string]
    const { rows, counters } = await rowsOf({ [message]: messages, [book]: broken }, { onBadRow: 'skip' })
    expect(counters.badRows).toBe(1)
    expect(rows.map((row) => row[4])).toEqual([1, 1])
    expect(levels(rows)[1]).toEqual([
      [1, 100.02, 5],
      [0, 100, 300],
    ])
  })

  it('a book file with more rows than messages is told, as one with fewer is', async () => {
    for (const [a, b] of [
      [messages.slice(0, 2), books],
      [messages, books.slice(0, 2)],
    ] as const)
      await expect(rowsOf({ [message]: a, [book]: b })).rejects.toMatchObject({
        code: 'TW_BAD_ROW',
        message: expect.stringContaining('rows'),
      })
  })

  it('a type that is none is a bad row, with the book file too', async () => {
    const unknown = ['34200.1,1,5,100,1000000,1', '34200.2,9,6,100,1000000,1', '34200.3,1,7,100,1000000,1']
    const { counters } = await rowsOf({ [message]: unknown, [book]: books }, { onBadRow: 'skip' })
    expect(counters.badRows).toBe(1)
  })
})

describe('a price of 0 is none', () => {
  it('at the end of a day of a currency pair', async () => {
    const header = 'datetime,bid_open,bid_high,bid_low,bid_close,bid_size,ask_open,ask_high,ask_low,ask_close,ask_size'
    const { rows } = await rowsOf({ 'eurusd_oanda_daily.csv': [header, '20140505 00:00,0,0,0,0,0,1.4,1.4,1.4,1.4,0'] })
    expect(rows[0]?.slice(4, 8)).toEqual([Number.NaN, 1.4, 0, Number.NaN])
  })

  it('of Bitstamp: an order or trade without one is left out and counted, a side without one is absent', async () => {
    const order = (event: string, price: string, id: number) =>
      `1430438400000 ${event} {"price":"${price}","amount":"1.5","datetime":"1430438400","id":${id},"order_type":1}`
    const { rows, counters } = await rowsOf({
      'btcusd_20150501.txt': [
        order('order_created', '236.47', 1),
        order('order_created', '0.00', 2),
        order('order_changed', '0', 3),
        '1430438400000 trade {"price":0.00,"amount":1.5,"id":9}',
        order('order_deleted', '0.00', 1),
        '1430438400001 order_book {"bids":[["0.00","0.00"]],"asks":[["236.5","1"]]}',
      ],
    })
    expect(rows.map(([kind]) => kind)).toEqual(['book', 'book', 'quote'])
    expect(rows[2]?.slice(4, 8)).toEqual([Number.NaN, 236.5, 0, 1])
    expect(counters).toMatchObject({ ignored: 3, badRows: 0 })
  })
})

describe('NDJSON', () => {
  const header =
    '{"tradewire":1,"instruments":[{"id":"A.X","symbol":"A","venue":"X","assetClass":"equity","currency":"USD","priceIncrement":"0.01","sizeIncrement":"1"}]}'
  const bar = (isClosed: string) =>
    `{"kind":"bar","instrument":"A.X","tsEventUs":60000000,"intervalUs":60000000,"open":1,"high":1,"low":1,"close":1,"isClosed":${isClosed}}`

  it('a truth value is true or false: nothing else is taken for true', async () => {
    const { rows, counters } = await rowsOf(
      { f: [header, ...['true', 'false', '0', '"false"', 'null', 'falsy', '1'].map(bar)] },
      { onBadRow: 'skip' },
    )
    expect(rows.map((row) => row[row.length - 1])).toEqual([1, 0])
    expect(counters.badRows).toBe(5)
  })
})
