import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { captureInto, type Row } from '../../../../test/recorded/capture.js'
import { memoryFiles, textFiles } from '../../../../test/recorded/memory-files.js'
import type { FileSystem } from '../../../core/file-system.js'
import type { InstrumentId } from '../../../model/ids.js'
import type { InstrumentDefinition } from '../../../model/instrument.js'
import { InstrumentRegistry } from '../../../model/instrument-registry.js'
import { IngestRing } from '../../../ring/ingest-ring.js'
import { type DatasetOptions, openDataset } from './open-dataset.js'

const ibm: InstrumentDefinition = {
  id: 'IBM.XNYS' as InstrumentId,
  symbol: 'IBM',
  venue: 'XNYS',
  assetClass: 'equity',
  currency: 'USD',
  priceIncrement: '0.01',
  sizeIncrement: '1',
}
const nan = Number.NaN

async function rowsOf(fileSystem: FileSystem, path: string, options: Partial<DatasetOptions> = {}) {
  const registry = options.registry ?? new InstrumentRegistry()
  const source = await openDataset(path, { fileSystem, instruments: [ibm], ...options, registry })
  const ring = new IngestRing({ capacity: 64 })
  const rows: Row[] = []
  ring.addConsumer({ name: 'rows', policy: 'backpressure', handlers: captureInto(rows) })
  for (;;) {
    const next = source.peekTsUs()
    if (next === Number.POSITIVE_INFINITY) break
    if (Number.isNaN(next)) await source.refill()
    else if (!source.emit(ring, 0)) ring.drain()
  }
  ring.drain()
  await source.close()
  return { rows, source, registry }
}

const quoteHeader = 'ts_recv_us,ts_event_us,instrument,bid,ask,bid_size,ask_size,sequence,flags'

describe('the documented CSV format', () => {
  it('quotes: any order of columns, empty fields are absent', async () => {
    const text = 'instrument,ask,bid,ts_event_us\nIBM.XNYS,101.5,,10\nIBM.XNYS,,100,11\n'
    const { rows } = await rowsOf(textFiles({ f: text }), 'f')
    expect(rows).toEqual([
      ['quote', 0, 10, 10, nan, 101.5, nan, nan, nan, 0],
      ['quote', 0, 11, 11, 100, nan, nan, nan, nan, 0],
    ])
  })

  it('trades of a file-level instrument', async () => {
    const text =
      'ts_recv_us,ts_event_us,price,size,aggressor,trade_id,condition\n12,10,100.25,5,buy,7,-2147483648\n13,11,100,1,,,\n'
    const { rows } = await rowsOf(textFiles({ f: text }), 'f', { instrument: 'IBM.XNYS' })
    expect(rows).toEqual([
      ['trade', 0, 12, 10, 100.25, 5, 1, nan, 7, -2147483648],
      ['trade', 0, 13, 11, 100, 1, 0, nan, nan, 0],
    ])
  })

  it('books: the rows of a message, level 2 and level 3', async () => {
    const header = 'ts_recv_us,instrument,message,action,side,price,size,order_id,sequence,previous_sequence,end'
    const text = [
      header,
      '10,IBM.XNYS,snapshot,set,bid,100,5,,1,,more',
      '10,IBM.XNYS,snapshot,set,ask,101,6,,1,,last',
      '11,IBM.XNYS,delta,delete,ask,101,0,77,2,1,part',
      '12,IBM.XNYS,snapshot,,,,,,3,,last',
    ].join('\n')
    const { rows } = await rowsOf(textFiles({ f: text }), 'f')
    expect(rows).toEqual([
      [
        'book',
        0,
        10,
        10,
        1,
        1,
        1,
        nan,
        2,
        [
          [0, 0, 100, 5, 0],
          [0, 1, 101, 6, 0],
        ],
      ],
      ['book', 0, 11, 11, 0, 0, 2, 1, 1, [[3, 1, 101, 0, 77]]],
      ['book', 0, 12, 12, 1, 1, 3, nan, 0, []],
    ])
  })

  it('bars and statuses', async () => {
    const bars =
      'ts_event_us,instrument,interval_us,open,high,low,close,volume,count,vwap,is_closed\n60,IBM.XNYS,60,1,3,0.5,2,100,4,1.5,0\n'
    const statuses = 'ts_event_us,instrument,status\n60,IBM.XNYS,halted\n'
    expect((await rowsOf(textFiles({ f: bars }), 'f')).rows).toEqual([
      ['bar', 0, 60, 60, 60, 0, 1, 3, 0.5, 2, 100, 4, 1.5, 0],
    ])
    expect((await rowsOf(textFiles({ f: statuses }), 'f')).rows).toEqual([['status', 0, 60, 60, 3]])
  })

  it('definitions may stand in the file; those of the caller go first, and the registry before both', async () => {
    const text = `# ${JSON.stringify({ tradewire: 1, instruments: [{ ...ibm, priceIncrement: '0.0001' }] })}\n${quoteHeader}\n1,1,IBM.XNYS,1,2,,,,\n`
    const files = textFiles({ f: text })
    const own = await rowsOf(files, 'f', { instruments: [] })
    expect(own.registry.get('IBM').definition.priceIncrement).toBe('0.0001')
    const chosen = await rowsOf(files, 'f')
    expect(chosen.registry.get('IBM').definition.priceIncrement).toBe('0.01')
    const registry = new InstrumentRegistry()
    registry.add({ ...ibm, priceIncrement: '0.5' })
    expect((await rowsOf(files, 'f', { registry })).registry.get('IBM').definition.priceIncrement).toBe('0.5')
  })

  it.each([
    ['10,10,IBM.XNYS,abc,2,,,,', 'bid', /'abc'/],
    ['10,10,IBM.XNYS,1,2,,,', 'flags', /ends before/],
    ['10,10,IBM.XNYS,1,2,,,,,9', 'flags', /more fields/],
    ['10,10,IBM.XNYS,1,2,,,,1.5', 'flags', /integer/],
    ['ten,10,IBM.XNYS,1,2,,,,', 'ts_recv_us', /'ten'/],
    [',,IBM.XNYS,1,2,,,,', 'ts_event_us', /no time/],
    ['10,10,,1,2,,,,', 'instrument', /empty/],
  ])('a bad row %s names file, line and column', async (row, column, reason) => {
    const text = `${quoteHeader}\n1,1,IBM.XNYS,1,2,3,4,5,0\n${row}\n`
    const error = await rowsOf(textFiles({ 'data/f.csv': text }), 'data/f.csv').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'TW_BAD_ROW', details: { path: 'data/f.csv', line: 3, column } })
    expect((error as Error).message).toMatch(reason)
    const skipped = await rowsOf(textFiles({ 'data/f.csv': `${text}2,2,IBM.XNYS,1,2,3,4,5,0\n` }), 'data/f.csv', {
      onBadRow: 'skip',
    })
    expect(skipped.rows.length).toBe(2)
    expect(skipped.source.counters).toMatchObject({ rows: 3, badRows: 1, events: 2 })
    expect(skipped.source.problems[0]).toMatch(/data\/f\.csv, line 3/)
  })

  it('an unknown or repeated column is refused by name', async () => {
    await expect(rowsOf(textFiles({ f: 'ts_event_us,instrument,bid,ask,colour\n' }), 'f')).rejects.toThrow(
      /'colour' is not known/,
    )
    await expect(rowsOf(textFiles({ f: 'ts_event_us,instrument,bid,ask,bid\n' }), 'f')).rejects.toThrow(
      /'bid' occurs twice/,
    )
  })

  it('a book message that never ends, or is cut into by another, is a bad row', async () => {
    const header = 'ts_event_us,instrument,message,side,price,size,end'
    const endless = `${header}\n1,IBM.XNYS,delta,bid,1,1,more\n`
    await expect(rowsOf(textFiles({ f: endless }), 'f')).rejects.toMatchObject({
      code: 'TW_BAD_ROW',
      details: { column: 'end' },
    })
    const cut = `${endless}2,IBM.XNYS,snapshot,bid,1,1,last\n`
    await expect(rowsOf(textFiles({ f: cut }), 'f')).rejects.toMatchObject({
      code: 'TW_BAD_ROW',
      details: { line: 3, column: 'end' },
    })
  })
})

describe('the documented NDJSON format', () => {
  it('mixes kinds, members in any order, notes as they are', async () => {
    const lines = [
      { kind: 'quote', tsEventUs: 1, instrument: 'IBM.XNYS', bid: '100.5', ask: 101, sequence: 9 },
      {
        instrument: 'IBM.XNYS',
        size: '5',
        price: '100',
        aggressor: 'sell',
        kind: 'trade',
        tsRecvUs: 3,
        tsEventUs: 2,
        tradeId: '4',
      },
      {
        kind: 'book_delta',
        instrument: 'IBM.XNYS',
        tsRecvUs: 4,
        changes: [
          ['set', 'bid', '1', '2'],
          ['add', 'ask', '3', '4', '5'],
        ],
      },
      { kind: 'status', instrument: 'IBM.XNYS', tsRecvUs: 5, status: 'open' },
      { kind: 'note', instrument: null, tsRecvUs: 6, note: { text: 'näh' } },
      {
        kind: 'bar',
        instrument: 'IBM.XNYS',
        tsRecvUs: 60,
        intervalUs: 50,
        open: '1',
        high: '2',
        low: '1',
        close: '2',
        isClosed: false,
      },
    ]
    const { rows } = await rowsOf(textFiles({ f: lines.map((line) => JSON.stringify(line)).join('\n') }), 'f')
    expect(rows).toEqual([
      ['quote', 0, 1, 1, 100.5, 101, nan, nan, 9, 0],
      ['trade', 0, 3, 2, 100, 5, -1, nan, 4, 0],
      [
        'book',
        0,
        4,
        4,
        0,
        1,
        nan,
        nan,
        2,
        [
          [0, 0, 1, 2, 0],
          [1, 1, 3, 4, 5],
        ],
      ],
      ['status', 0, 5, 5, 2],
      ['note', -1, 6, 6, { text: 'näh' }],
      ['bar', 0, 60, 60, 50, 10, 1, 2, 1, 2, nan, nan, nan, 0],
    ])
  })

  it.each([
    ['{"kind":"quote","instrument":"IBM.XNYS","tsEventUs":1', '(row)'],
    ['{"kind":"qoute","instrument":"IBM.XNYS","tsEventUs":1}', 'kind'],
    ['{"kind":"quote","instrument":"IBM.XNYS"}', 'tsEventUs'],
    ['{"kind":"quote","tsEventUs":1}', 'instrument'],
    ['{"kind":"trade","instrument":"IBM.XNYS","tsEventUs":1,"size":"1"}', 'price'],
    ['{"kind":"trade","instrument":"IBM.XNYS","tsEventUs":1,"size":"1","price":"1","aggressor":"b"}', 'aggressor'],
    ['{"kind":"book_delta","instrument":"IBM.XNYS","tsEventUs":1,"changes":[["set","bid","1"]]}', 'size of a change'],
    ['{"kind":"note","instrument":"IBM.XNYS","tsEventUs":1,"note":3}', 'note'],
    ['{"kind":"note","instrument":"IBM.XNYS","tsEventUs":1,"note":{"a":tru}}', '(row)'],
    ['{"tradewire":2,"instruments":[]}', 'tradewire'],
    ['{"kind":"quote","instrument":"\\x","tsEventUs":1}', '(row)'],
  ])('a bad row %s', async (row, column) => {
    const good = '{"kind":"status","instrument":"IBM.XNYS","tsRecvUs":0,"status":"open"}'
    const error = await rowsOf(textFiles({ f: `${good}\n${row}\n` }), 'f').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'TW_BAD_ROW', details: { line: 2, column } })
    const { rows, source } = await rowsOf(textFiles({ f: `${good}\n${row}\n${good}` }), 'f', { onBadRow: 'skip' })
    expect([rows.length, source.counters.badRows]).toEqual([2, 1])
  })
})

describe('files and folders', () => {
  it('a missing file, an empty file and an unknown format are told apart', async () => {
    const files = textFiles({ empty: '', odd: 'colour,shape\nred,round\n' })
    await expect(rowsOf(files, 'nowhere')).rejects.toMatchObject({ code: 'TW_FILE' })
    await expect(rowsOf(files, 'empty')).rejects.toThrow(/an empty file/)
    const error = await rowsOf(files, 'odd').catch((thrown: unknown) => thrown as Error)
    expect(error).toMatchObject({ code: 'TW_UNKNOWN_FORMAT' })
    expect((error as Error).message).toMatch(/begins with 'colour,shape'[\s\S]*tradewire-csv[\s\S]*binance-streams/)
    await expect(rowsOf(files, 'odd', { format: 'nonsense' })).rejects.toThrow(/use one of tradewire-csv/)
  })

  it('an instrument that nobody defines is named', async () => {
    const files = textFiles({ f: `${quoteHeader}\n1,1,XYZ.US,1,2,,,,\n` })
    await expect(rowsOf(files, 'f')).rejects.toMatchObject({
      code: 'TW_UNKNOWN_INSTRUMENT',
      details: { instrument: 'XYZ.US' },
    })
    const noColumn = textFiles({ f: 'ts_event_us,bid,ask\n1,1,2\n' })
    await expect(rowsOf(noColumn, 'f')).rejects.toThrow(/option instrument/)
  })

  it('unknown options are refused', async () => {
    const options = { onBadRows: 'skip' } as Partial<DatasetOptions>
    await expect(rowsOf(textFiles({ f: 'x' }), 'f', options)).rejects.toMatchObject({ code: 'TW_INVALID_CONFIG' })
  })

  it('a folder is merged by receive time, then by name of the file; other files are passed over', async () => {
    const files = textFiles({
      'd/a.csv': `${quoteHeader}\n10,1,IBM.XNYS,1,2,,,,\n30,1,IBM.XNYS,3,4,,,,\n`,
      'd/b.csv': `${quoteHeader}\n10,1,IBM.XNYS,5,6,,,,\n20,1,IBM.XNYS,7,8,,,,\n`,
      'd/empty.csv': `${quoteHeader}\n`,
      'd/readme.txt': 'hello\n',
    })
    const { rows, source } = await rowsOf(files, 'd')
    expect(rows.map((row) => [row[2], row[4]])).toEqual([
      [10, 1],
      [10, 5],
      [20, 7],
      [30, 3],
    ])
    expect(source.skipped).toEqual(['d/readme.txt'])
    expect(source.files.map(({ path }) => path)).toEqual(['d/a.csv', 'd/b.csv', 'd/empty.csv'])
    expect((await rowsOf(files, 'd/', { include: (name) => name.startsWith('b') })).rows.length).toBe(2)
    await expect(rowsOf(files, 'd', { include: (name) => name.endsWith('.txt') })).rejects.toThrow(
      /no file of a known format/,
    )
    await expect(rowsOf(files, 'd', { maxFiles: 2 })).rejects.toMatchObject({ code: 'TW_CAPACITY' })
  })

  it('rows that go back in time are held, dropped or refused', async () => {
    const files = textFiles({
      f: `${quoteHeader}\n10,1,IBM.XNYS,1,2,,,,\n5,2,IBM.XNYS,3,4,,,,\n12,3,IBM.XNYS,5,6,,,,\n`,
    })
    const kept = await rowsOf(files, 'f')
    expect(kept.rows.map((row) => [row[2], row[3], row[4]])).toEqual([
      [10, 1, 1],
      [10, 2, 3],
      [12, 3, 5],
    ])
    expect(kept.source.counters.outOfOrder).toBe(1)
    const dropped = await rowsOf(files, 'f', { onOutOfOrder: 'drop' })
    expect(dropped.rows.map((row) => row[4])).toEqual([1, 5])
    expect(dropped.source.counters).toMatchObject({ outOfOrder: 1, events: 2, badRows: 0 })
    await expect(rowsOf(files, 'f', { onOutOfOrder: 'fail' })).rejects.toMatchObject({
      code: 'TW_BAD_ROW',
      details: { line: 3 },
    })
  })

  it('files longer than one batch, gzip, in small chunks', async () => {
    const count = 10_000
    const body = Array.from({ length: count }, (_, i) => `${i},${i},IBM.XNYS,${i}.25,${i + 1},,,${i},`).join('\r\n')
    const content = new Uint8Array(gzipSync(`${quoteHeader}\r\n${body}`))
    const { rows, source } = await rowsOf(memoryFiles(new Map([['f.csv.gz', content]]), 333), 'f.csv.gz')
    expect(rows.length).toBe(count)
    expect(rows[count - 1]).toEqual(['quote', 0, count - 1, count - 1, count - 0.75, count, nan, nan, count - 1, 0])
    expect(source.counters.rows).toBe(count)
  })
})

describe('recorded sets', () => {
  it('a change of one side carries the other side known so far; suspicious rows are left out', async () => {
    const text = [
      'time_ms,bid_px_1e4,bid_size,ask_px_1e4,ask_size,exchange,condition,suspicious',
      '34200000,0,0,1836300,100,Q,1,0',
      '34200001,1800100,300,0,0,P,1,0',
      '34200002,1900100,300,0,0,P,1,1',
      '34200003,0,0,1818000,3000,P,800,0',
    ].join('\n')
    const { rows, source } = await rowsOf(textFiles({ 'acme_20130701_quotes.csv': text }), 'acme_20130701_quotes.csv')
    const openUs = Date.UTC(2013, 6, 1, 13, 30) * 1000
    const q = 'Q'.charCodeAt(0) << 24
    const p = 'P'.charCodeAt(0) << 24
    expect(rows).toEqual([
      ['quote', 0, openUs, openUs, nan, 183.63, nan, 100, nan, q | 1],
      ['quote', 0, openUs + 1000, openUs + 1000, 180.01, 183.63, 300, 100, nan, p | 1],
      ['quote', 0, openUs + 3000, openUs + 3000, 180.01, 181.8, 300, 3000, nan, p | 0x800],
    ])
    expect(source.counters.suspicious).toBe(1)
    expect(source.instruments[0]?.id).toBe('ACME.US')
  })

  it('times since midnight need a day, local times a venue', async () => {
    const trades = 'time_ms,px_1e4,size,exchange,condition,suspicious\n1,10000,1,N,1,0\n'
    await expect(rowsOf(textFiles({ 'acme_trades.csv': trades }), 'acme_trades.csv')).rejects.toThrow(
      /set the option date/,
    )
    const { rows } = await rowsOf(textFiles({ 'acme_trades.csv': trades }), 'acme_trades.csv', { date: '20240105' })
    expect(rows[0]?.[2]).toBe(Date.UTC(2024, 0, 5, 5) * 1000 + 1000)
    const quotes = 'time_ms,bid,ask\n1,1.1,1.2\n'
    const path = 'somebank_eurusd_20140505_quotes.csv'
    await expect(rowsOf(textFiles({ [path]: quotes }), path)).rejects.toThrow(/utcOffsetMinutes/)
    const local = await rowsOf(textFiles({ [path]: quotes }), path, { utcOffsetMinutes: 60 })
    expect(local.rows[0]?.[2]).toBe(Date.UTC(2014, 4, 4, 23) * 1000 + 1000)
  })

  it('an odd lot keeps its sign bit, and bad masks are refused', async () => {
    const header = 'time_ms,px_1e4,size,exchange,condition,suspicious'
    const path = 'acme_20240105_trades.csv'
    const good = await rowsOf(textFiles({ [path]: `${header}\n1,10000,1,N,80000001,0\n` }), path)
    expect(good.rows[0]?.[9]).toBe(0x80000001 | 0)
    for (const mask of ['', 'g', '123456789', '1:']) {
      const bad = textFiles({ [path]: `${header}\n1,10000,1,N,${mask},0\n` })
      await expect(rowsOf(bad, path)).rejects.toMatchObject({ details: { column: 'condition', line: 2 } })
    }
  })

  it('a LOBSTER book file is read beside its messages', async () => {
    const files = textFiles({
      'X_2012-06-21_message_1.csv': '34200.5,1,1,10,1000000,1\n34201.5,4,1,4,1000000,1\n',
      'X_2012-06-21_orderbook_1.csv': '9999999999,0,1000000,10\n9999999999,0,1000000,6\n',
    })
    const path = 'X_2012-06-21_orderbook_1.csv'
    await expect(rowsOf(files, path)).rejects.toThrow(/beside its message file/)
    const { rows } = await rowsOf(files, path.replace('orderbook', 'message'))
    const startUs = Date.UTC(2012, 5, 21, 13, 30) * 1000
    expect(rows).toEqual([
      ['book', 0, startUs + 500_000, startUs + 500_000, 1, 1, nan, nan, 1, [[0, 0, 100, 10, 0]]],
      ['trade', 0, startUs + 1_500_000, startUs + 1_500_000, 100, 4, -1, nan, nan, 0],
      ['book', 0, startUs + 1_500_000, startUs + 1_500_000, 0, 1, nan, nan, 1, [[0, 0, 100, 6, 0]]],
    ])
  })
})
