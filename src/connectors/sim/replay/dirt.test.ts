/**
 * Dirty data of each recorded kind: what is no market becomes an absence or is left out and counted, what may be a market is
 * handed on and judged by the quality monitor. Nothing ends a replay that a venue really sends.
 */
import { describe, expect, it } from 'vitest'
import { captureInto, type Row } from '../../../../test/recorded/capture.js'
import { textFiles } from '../../../../test/recorded/memory-files.js'
import { play } from '../../../../test/recorded/support.js'
import { DataQualityMonitor } from '../../../market/quality/quality-monitor.js'
import type { DatasetOptions } from './open-dataset.js'

const nan = Number.NaN

async function rowsOf(name: string, lines: readonly string[], options: Partial<DatasetOptions> = {}) {
  const rows: Row[] = []
  const fileSystem = textFiles({ [name]: `${lines.join('\n')}\n` })
  const played = await play(name, captureInto(rows), { fileSystem, ...options })
  return { ...played, rows }
}

async function qualityOf(name: string, lines: readonly string[]) {
  const monitor = new DataQualityMonitor()
  await play(name, monitor.handlers, { fileSystem: textFiles({ [name]: `${lines.join('\n')}\n` }) })
  return monitor.report().feeds[0]?.totals
}

const price = (row: Row | undefined) => row?.slice(4, 8)

describe('FX quotes', () => {
  const name = 'fxcm_eurusd_20140505_quotes.csv'

  it('crossed ones are handed on as they are, and counted', async () => {
    const lines = ['time_ms,bid,ask', '1,1.38,1.3801', '2,1.3803,1.3801', '3,1.3802,1.3803']
    expect((await rowsOf(name, lines)).rows.map(price)[1]).toEqual([1.3803, 1.3801, nan, nan])
    expect(await qualityOf(name, lines)).toMatchObject({ quotes: 3, crossed: 1 })
  })

  it('a price of 0 is no price', async () => {
    const { rows } = await rowsOf(name, ['time_ms,bid,ask', '1,0,1.3801', '2,1.38,0', '3,0,0'])
    expect(rows.map(price)).toEqual([
      [nan, 1.3801, 0, nan],
      [1.38, nan, nan, 0],
      [nan, nan, 0, 0],
    ])
  })
})

describe('US equity ticks and minute bars', () => {
  it('a trade without a price is left out and counted', async () => {
    const lines = ['time_ms,px_1e4,size,exchange,condition,suspicious', '1,0,100,N,1,0', '2,10000,100,N,1,0']
    const { rows, counters } = await rowsOf('acme_20240105_trades.csv', lines)
    expect(rows.length).toBe(1)
    expect(counters).toMatchObject({ rows: 2, ignored: 1, badRows: 0 })
  })

  it('a stub quote is handed on and told as a spike', async () => {
    const header =
      'time_ms,bid_open_1e4,bid_high_1e4,bid_low_1e4,bid_close_1e4,bid_size,ask_open_1e4,ask_high_1e4,ask_low_1e4,ask_close_1e4,ask_size'
    const good = '1000000,1000000,1000000,1000000,5,1000100,1000100,1000100,1000100,5'
    const lines = [header, ...[0, 1, 2].map((n) => `${n * 60_000},${good}`)]
    lines.splice(3, 0, '120000,10000,10000,10000,10000,1,1000100,1000100,1000100,1000100,5')
    lines[4] = `180000,${good}`
    expect(await qualityOf('acme_20240105_minute_quotes.csv', lines)).toMatchObject({ quotes: 4, spikes: 1 })
  })

  it('a side without orders at the end of a minute is absent', async () => {
    const header =
      'time_ms,bid_open_1e4,bid_high_1e4,bid_low_1e4,bid_close_1e4,bid_size,ask_open_1e4,ask_high_1e4,ask_low_1e4,ask_close_1e4,ask_size'
    const { rows } = await rowsOf('acme_20240105_minute_quotes.csv', [header, '0,0,0,0,0,0,10000,10000,10000,10000,7'])
    expect(rows.map(price)).toEqual([[nan, 1, 0, 7]])
  })

  it('missing minutes are no bars: nothing is made up', async () => {
    const header = 'time_ms,open_1e4,high_1e4,low_1e4,close_1e4,volume'
    const bar = '10000,10000,10000,10000,5'
    const { rows } = await rowsOf('acme_20240105_minute_trades.csv', [header, `0,${bar}`, `300000,${bar}`])
    expect(rows.length).toBe(2)
  })
})

describe('bars that mix the prices of before and after a split', () => {
  it('minute bars: told as spikes, the new level is believed after some bars', async () => {
    const header = 'time_ms,open_1e4,high_1e4,low_1e4,close_1e4,volume'
    const before = Array.from({ length: 20 }, (_, n) => `${n * 60_000},6455000,6457000,6454000,6456000,100`)
    const after = Array.from({ length: 20 }, (_, n) => `${(n + 21) * 60_000},922000,923000,921000,922300,100`)
    const lines = [header, ...before, '1200000,6455700,6455700,922300,922500,100', ...after]
    const totals = await qualityOf('acme_20140609_minute_trades.csv', lines)
    expect(totals?.spikes).toBeGreaterThan(0)
    expect(totals?.spikes).toBeLessThanOrEqual(3)
    expect(totals?.invalid).toBe(0)
  })

  it('daily bars: a fall to a quarter is told once or twice', async () => {
    const header = 'datetime,open_1e4,high_1e4,low_1e4,close_1e4,volume'
    const day = (n: number) => `202001${String(n).padStart(2, '0')} 00:00`
    const lines = [header]
    for (let n = 1; n <= 10; n++) lines.push(`${day(n)},5000000,5010000,4990000,${5000000 + n * 100},100`)
    for (let n = 11; n <= 20; n++) lines.push(`${day(n)},1290000,1291000,1289000,1290000,100`)
    const totals = await qualityOf('acme_daily.csv', lines)
    expect(totals?.spikes).toBeGreaterThan(0)
    expect(totals?.spikes).toBeLessThanOrEqual(2)
  })

  it('a bar whose low is above its high, or whose close is outside of both, is invalid', async () => {
    const header = 'time_ms,open_1e4,high_1e4,low_1e4,close_1e4,volume'
    const lines = [header, '0,10000,9000,11000,10000,1', '60000,10000,10100,9900,10200,1', '120000,1,1,1,1,1']
    expect((await qualityOf('acme_20240105_minute_trades.csv', lines))?.invalid).toBe(2)
  })
})

describe('Binance', () => {
  const ticker = (fields: string) =>
    `1723161255030000000 {"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","s":"BTCUSDT",${fields},"T":1,"E":1723161256340}}`

  it('an empty side of a ticker is absent; a receive time before the time of the venue is kept and counted', async () => {
    const { rows } = await rowsOf('binance.txt', [ticker('"u":5,"b":"0.00000000","B":"0.00000000","a":"2.5","A":"3"')])
    expect(rows).toEqual([['quote', 0, 1723161255030000, 1723161256340000, nan, 2.5, 0, 3, 5, 0]])
    const lines = [ticker('"u":5,"b":"2.4","B":"1","a":"2.5","A":"3"')]
    const monitor = new DataQualityMonitor()
    await play('binance.txt', monitor.handlers, { fileSystem: textFiles({ 'binance.txt': `${lines[0]}\n` }) })
    expect(monitor.report().feeds[0]?.totals.negativeLatency).toBe(1)
  })
})

describe('Coinbase', () => {
  const file = 'coinbase.txt'

  it('the first ticker may lack time, number and sides; an empty book is a book', async () => {
    const { rows, counters } = await rowsOf(file, [
      'wss://ws-feed.example <-> 1618678131.0',
      '1618678132.5: {"type":"snapshot","product_id":"NEW-USD","bids":[],"asks":[]}',
      '1618678133.5: {"type":"ticker","product_id":"NEW-USD","price":"0","best_bid":"0","best_ask":"2.50"}',
      '1618678134.5: {"type":"l2update","product_id":"NEW-USD","changes":[["buy","1.00","3"]],"time":"2021-04-17T16:48:54.400000Z"}',
    ])
    expect(counters.badRows).toBe(0)
    expect(rows.map(([kind]) => kind)).toEqual(['book', 'quote', 'book'])
    expect(rows[1]).toEqual(['quote', 0, 1618678133500000, 1618678133500000, nan, 2.5, 0, nan, nan, 0])
  })
})

describe('Kraken', () => {
  it('v1: a pair whose first snapshot is empty is a pair', async () => {
    const { rows, counters } = await rowsOf('kraken.txt', [
      'wss://ws.kraken.com <-> 1618678131.0',
      '1618678132.5: [1,{"as":[],"bs":[]},"book-10","NEW/USD"]',
      '1618678133.5: [1,{"a":[["2.50","3.00000000","1618678133.1"]],"c":"1"},"book-10","NEW/USD"]',
    ])
    expect(counters.badRows).toBe(0)
    expect(rows.map(([kind, , , , isSnapshot]) => [kind, isSnapshot])).toEqual([
      ['book', 1],
      ['book', 0],
    ])
  })

  it('v2: no orders, no time, trades of before, and what is no data', async () => {
    const { rows, counters } = await rowsOf('kraken.ndjson', [
      '{"channel":"status","type":"update","data":[{"system":"online"}]}',
      '{"method":"subscribe","result":{"channel":"book","symbol":"NEW/USD"},"success":true}',
      '{"channel":"heartbeat"}',
      '{"channel":"trade","type":"snapshot","data":[{"symbol":"NEW/USD","side":"buy","price":1,"qty":2,"trade_id":1,"timestamp":"2024-01-01T00:00:00.000000Z"}]}',
      '{"channel":"book","type":"snapshot","data":[{"symbol":"NEW/USD","bids":[],"asks":[],"checksum":0}]}',
      '{"channel":"ticker","type":"update","data":[{"symbol":"NEW/USD","bid":0,"bid_qty":0,"ask":0,"ask_qty":0,"timestamp":"1970-01-01T00:00:00.000000Z"}]}',
      '{"channel":"trade","type":"update","data":[{"symbol":"NEW/USD","side":"sell","price":1.50,"qty":2,"trade_id":2,"timestamp":"2024-01-01T00:00:01.000000Z"}]}',
    ])
    const [first, second] = [Date.UTC(2024, 0, 1) * 1_000, Date.UTC(2024, 0, 1, 0, 0, 1) * 1_000]
    expect(rows).toEqual([
      ['book', 0, first, first, 1, 1, nan, nan, 0, []],
      ['quote', 0, first, first, nan, nan, 0, 0, nan, 0],
      ['trade', 0, second, second, 1.5, 2, -1, nan, 2, 0],
    ])
    expect(counters).toMatchObject({ badRows: 0, ignored: 4 })
  })
})

describe('Databento', () => {
  const header = 'ts_event_ns,ts_recv_ns,sequence,order_id,action,side,price,size,flags,channel_id,instrument_id'
  const row = (action: string, side: string, of: string, id = 7) =>
    `1703545195000000000,1703545195000000500,9,${id},${action},${side},${of},3,128,0,1`

  it('the sentinel 2^63-1 is no price, however it is written', async () => {
    for (const none of ['', '9223372036854775807', '9223372036.854775807']) {
      const { rows, counters } = await rowsOf('esh4_20231225.csv', [
        header,
        row('R', 'N', none),
        row('A', 'B', '4810.25'),
        row('T', 'N', none),
        row('A', 'B', none, 8),
        row('C', 'B', none),
      ])
      expect(
        rows.map(([kind]) => kind),
        none,
      ).toEqual(['book', 'book', 'book'])
      expect((rows[2] as unknown[])[9], none).toMatchObject([[3, 0, expect.anything(), 0, 7]])
      expect(JSON.stringify(rows), none).not.toContain('922337')
      expect(counters, none).toMatchObject({ badRows: 0, ignored: 2 })
    }
  })
})

describe('Databento flags', () => {
  const header = 'ts_event_ns,ts_recv_ns,sequence,order_id,action,side,price,size,flags,channel_id,instrument_id'
  const at = (us: number) => `${1_703_541_600_000_000 + us}000`
  const row = (eventUs: number, recvUs: number, flags: number, id: number) =>
    `${at(eventUs)},${at(recvUs)},9,${id},A,B,4810.25,3,${flags},0,1`
  const recvUs = (each: Row) => (each[2] as number) - 1_703_541_600_000_000

  it('a receive time marked as wrong is replaced by the time of the venue, and counted', async () => {
    const { rows, counters } = await rowsOf('esh4_20231225.csv', [
      header,
      row(100, 150, 128, 1),
      row(200, 999_999_999, 136, 2),
      row(140, 7, 136, 3),
      row(300, 350, 128, 4),
    ])
    expect(rows.map(recvUs)).toEqual([150, 200, 200, 350])
    expect(counters).toMatchObject({ badRows: 0, outOfOrder: 0, restamped: 2 })
  })

  it('the receive time of a snapshot, though marked, is when the snapshot was made', async () => {
    const { rows, counters } = await rowsOf('esh4_20231225.csv', [header, row(100, 150, 40, 1), row(200, 250, 128, 2)])
    expect(rows.map(recvUs)).toEqual([150, 250])
    expect(rows[0]?.[4]).toBe(1)
    expect(counters).toMatchObject({ badRows: 0, restamped: 0 })
  })

  it('a channel with messages lost is told once, before the data behind the loss, and counted as a gap', async () => {
    const lines = [header, row(1, 2, 0, 1), row(3, 4, 132, 2), row(5, 6, 132, 3), row(7, 8, 128, 4), row(9, 10, 132, 5)]
    const { rows } = await rowsOf('esh4_20231225.csv', lines)
    expect(rows.map(([kind]) => kind)).toEqual(['book', 'note', 'book', 'book', 'book', 'note', 'book'])
    expect(JSON.stringify(rows[1])).toContain('"reason":"missing"')
    expect(await qualityOf('esh4_20231225.csv', lines)).toMatchObject({ gaps: 2 })
  })
})

describe('Bitstamp', () => {
  it('orders that nobody has seen may be changed and deleted', async () => {
    const order = (event: string, id: number) =>
      `1430438400000 ${event} {"price":"236.47","amount":"1.5","datetime":"1430438400","id":${id},"order_type":0}`
    const { rows, counters } = await rowsOf('btcusd_20150501.txt', [
      order('order_created', 1),
      order('order_changed', 2),
      order('order_deleted', 3),
    ])
    expect(counters.badRows).toBe(0)
    expect(rows.map((each) => (each[9] as number[][])[0]?.[0])).toEqual([1, 2, 3])
  })
})

describe('LOBSTER', () => {
  it('halts are statuses, hidden executions trades, and orders of before the file are left out and counted', async () => {
    const { rows, counters } = await rowsOf('acme_2012-06-21_message_10.csv', [
      '34200.1,1,5,100,1000000,1',
      '34200.2,4,99,10,1000100,-1',
      '34200.3,5,0,10,1000050,1',
      '34200.4,7,0,0,-1,-1',
      '34200.5,7,0,0,1,-1',
    ])
    expect(rows.map(([kind]) => kind)).toEqual(['book', 'trade', 'trade', 'status', 'status'])
    expect(counters).toMatchObject({ badRows: 0, ignored: 1 })
  })
})
