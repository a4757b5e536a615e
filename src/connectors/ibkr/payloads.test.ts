/** Recorded data of TWS, put on the wire and read again: every record of every file of a known schema, without a loss. */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { describeShared, sharedFiles } from '../../../test/support/shared.js'
import { SeededRandom } from '../../core/random.js'
import { RealTime } from '../../core/real-time.js'
import type { ConnectorId } from '../../model/ids.js'
import { Instrument } from '../../model/instrument.js'
import { testShare } from '../../testing/builders.js'
import { frameOf } from '../../testing/tws/frames.js'
import { AccountStreams, type IbkrAccountValue } from './account-streams.js'
import { FieldCursor } from './field-cursor.js'
import { FrameBuffer } from './frame-buffer.js'
import { readBars, readTicks } from './history.js'
import { firstRequestId } from './order-ids.js'
import { Stream, Streams } from './streams.js'

type Row = Record<string, unknown>

function rowsOf(path: string): Row[] {
  const bytes = readFileSync(path)
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim()
  const found = text.startsWith('[')
    ? (JSON.parse(text) as unknown)
    : text.split('\n').map((line) => JSON.parse(line) as unknown)
  return found as Row[]
}

/** Messages through the frame buffer, cut at random places. */
function throughWire(messages: (string | number)[][], onMessage: (cursor: FieldCursor) => void): void {
  const bytes = Buffer.concat(messages.map(frameOf))
  const cursor = new FieldCursor()
  const frames = new FrameBuffer((chunk, from, to) => onMessage(cursor.point(chunk, from, to)))
  const random = new SeededRandom(5)
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.below(4_000)
    frames.push(bytes.subarray(at, at + length))
    at += length
  }
}

const share = new Instrument({ ...testShare }, 0)
const source = 'ibkr' as ConnectorId

describeShared(
  'recorded data of IBKR',
  'payloads',
  () => {
    const files = sharedFiles('payloads', 'ibkr', /\.json(\.gz)?$/)
    it.each(files.map((path) => [basename(path), path]))('%s', async (_name, path) => {
      const rows = rowsOf(path)
      expect(rows.length).toBeGreaterThan(0)
      const [first = {}] = rows
      if ('tag' in first) accountValues(rows)
      else if ('tickType' in first) ticks(rows)
      else if ('barCount' in first) await bars(rows)
      else if ('specialConditions' in first) pastTrades(rows)
      else throw new Error(`unknown schema: ${Object.keys(first).join(', ')}`)
    })
  },
  'ibkr',
)

function accountValues(rows: Row[]): void {
  const told: IbkrAccountValue[] = []
  const streams = new AccountStreams({ send: () => {}, nextRequest: () => 0, isConnected: () => true })
  streams.events.on('value', (value) => told.push(value))
  throughWire(
    rows.map(({ tag, value, currency, account }) => [
      6,
      2,
      String(tag),
      String(value),
      String(currency),
      String(account),
    ]),
    (cursor) => streams.receive(cursor.int(), cursor),
  )
  expect(told).toEqual(rows.map(({ tag, value, currency, account }) => ({ key: tag, value, currency, account })))
}

function ticks(rows: Row[]): void {
  const quotes: [number, number, number, number][] = []
  const market = {
    publishQuote: (_i: number, _s: number, ...quote: [number, number, number, number]) => {
      quotes.push([quote[0], quote[1], quote[2], quote[3]])
      return true
    },
  }
  const target = { market: market as never, source: 0, nowUs: 0, published: 0, dropped: 0 }
  const streams = new Streams(target)
  const stream = new Stream('quotes', 0, firstRequestId)
  streams.add(stream)
  const sizeTypes = new Set([0, 3, 5, 8, 69, 70, 71, 74])
  let at = 0
  throughWire(
    rows.map(({ tickType, price, size }) =>
      sizeTypes.has(tickType as number)
        ? [2, 6, firstRequestId, tickType as number, String(size)]
        : [1, 6, firstRequestId, tickType as number, String(price), String(size), 1],
    ),
    (cursor) => {
      const { tickType, price, size } = rows[at++] as { tickType: number; price: number; size: number }
      if (cursor.int() === 1) streams.tickPrice(cursor)
      else streams.tickSize(cursor)
      if (tickType === 1) expect([stream.bid, stream.bidSize]).toEqual([price, size])
      if (tickType === 2) expect([stream.ask, stream.askSize]).toEqual([price, size])
      if (tickType === 0) expect(stream.bidSize).toBe(size)
      if (tickType === 3) expect(stream.askSize).toBe(size)
    },
  )
  expect(at).toBe(rows.length)
  expect(stream.messages).toBe(rows.length)
}

async function bars(rows: Row[]): Promise<void> {
  const seconds = rows.map(({ date }) => Date.parse(`${String(date)}Z`) / 1_000)
  const fields = rows.flatMap((row, i) =>
    [seconds[i], row.open, row.high, row.low, row.close, row.volume, row.average, row.barCount].map(String),
  )
  let own: FieldCursor | undefined
  throughWire([[17, 9, 'start', 'end', rows.length, ...fields]], (cursor) => {
    cursor.skip(2)
    own = cursor.detach()
  })
  const context = { instrument: share, source, intervalUs: 60_000_000, zone: 'UTC', time: new RealTime() }
  const read = await readBars(own as FieldCursor, context, new AbortController().signal)
  expect(
    read.map(({ tsOpenUs, open, high, low, close, volume, vwap, trades }) => [
      tsOpenUs / 1e6,
      open,
      high,
      low,
      close,
      volume,
      vwap,
      trades,
    ]),
  ).toEqual(
    rows.map((row, i) => [seconds[i], row.open, row.high, row.low, row.close, row.volume, row.average, row.barCount]),
  )
}

function pastTrades(rows: Row[]): void {
  const seconds = rows.map(({ time }) => Date.parse(String(time)) / 1_000)
  const fields = rows.flatMap((row, i) => [
    String(seconds[i]),
    '0',
    String(row.price),
    String(row.size),
    String(row.exchange),
    String(row.specialConditions),
  ])
  throughWire([[98, 9, rows.length, ...fields, 1]], (cursor) => {
    cursor.skip(2)
    const read = readTicks(cursor, 'trades', { instrument: share, source, time: new RealTime() })
    expect(read.map((tick) => tick.kind === 'trade' && [tick.tsEventUs / 1e6, tick.price, tick.size])).toEqual(
      rows.map((row, i) => [seconds[i], row.price, row.size]),
    )
  })
}
