/**
 * fix-encode: whole messages from values, header and trailer included: texts, timestamps from microseconds, prices and
 * quantities from scaled integers. What is written is compared byte by byte with the messages of the file first.
 */
import { FixEncoder } from '../../src/connectors/fix/codec/encoder.js'
import { TimestampPrecision } from '../../src/connectors/fix/codec/times.js'
import type { Benchmark, BenchmarkCase, Variant } from '../types.js'
import { jspurefixEncoder } from './jspurefix-peer.js'
import { quickfixPeer } from './quickfix-peer.js'
import { messageNames, readMessages, timed } from './workload.js'

const operations = 100_000
const sentUs = Date.UTC(2026, 10, 21, 14, 30, 5, 123) * 1_000
const scale = 4
const { milliseconds } = TimestampPrecision

function begin(encoder: FixEncoder, msgType: string, sequence: number): void {
  encoder.begin(msgType)
  encoder.int(34, sequence)
  encoder.string(49, 'TRADEWIRE')
  encoder.timestamp(52, sentUs, milliseconds)
  encoder.string(56, 'VENUEX')
}

function newOrder(encoder: FixEncoder): void {
  begin(encoder, 'D', 12_345)
  encoder.string(11, 'ORD-1121-000012345')
  encoder.string(1, 'ACC-0001')
  encoder.char(21, 49)
  encoder.string(55, 'MSFT')
  encoder.char(54, 49)
  encoder.timestamp(60, sentUs - 1_000, milliseconds)
  encoder.units(38, 1_500, 0)
  encoder.char(40, 50)
  encoder.units(44, 4_123_500, scale)
  encoder.char(59, 48)
  encoder.end()
}

function executionReport(encoder: FixEncoder): void {
  begin(encoder, '8', 54_321)
  encoder.string(37, 'EX-99887766')
  encoder.string(11, 'ORD-20261121-000012345')
  encoder.string(17, 'EXEC-000987654')
  encoder.char(150, 70)
  encoder.char(39, 49)
  encoder.string(1, 'ACC-0001')
  encoder.string(55, 'MSFT')
  encoder.char(54, 49)
  encoder.units(38, 1_500, 0)
  encoder.char(40, 50)
  encoder.units(44, 4_123_500, scale)
  encoder.char(59, 48)
  encoder.string(15, 'USD')
  encoder.units(32, 300, 0)
  encoder.units(31, 4_123_400, scale)
  encoder.string(30, 'XNAS')
  encoder.units(151, 1_200, 0)
  encoder.units(14, 300, 0)
  encoder.units(6, 4_123_400, scale)
  encoder.timestamp(60, sentUs - 3_000, milliseconds)
  encoder.end()
}

const entries = [
  { action: 49, type: 48, id: 'MD1', price: 4_123_400, size: 1_200 },
  { action: 49, type: 49, id: 'MD2', price: 4_123_600, size: 900 },
  { action: 48, type: 48, id: 'MD3', price: 4_123_300, size: 500 },
  { action: 50, type: 49, id: 'MD4', price: 4_124_000, size: 0 },
]

function marketData(encoder: FixEncoder): void {
  begin(encoder, 'X', 777)
  encoder.string(262, 'MDREQ-1')
  encoder.int(268, entries.length)
  for (let index = 0; index < entries.length; index++) {
    const { action, type, id, price, size } = entries[index]
    encoder.char(279, action)
    encoder.char(269, type)
    encoder.string(278, id)
    encoder.string(55, 'MSFT')
    encoder.units(270, price, scale)
    encoder.units(271, size, 0)
    encoder.date(272, sentUs)
    encoder.string(273, '14:30:05.119')
  }
  encoder.end()
}

const writers = [newOrder, executionReport, marketData]

function ours(line: number): Variant {
  return {
    name: 'tradewire',
    async prepare() {
      const expected = readMessages()[line].toString('latin1')
      const encoder = new FixEncoder({ beginString: 'FIX.4.4' })
      const write = writers[line]
      for (let index = 0; index < 20_000; index++) write(encoder)
      const written = Buffer.from(encoder.view()).toString('latin1')
      // A price may be padded with zeros: 412.40 and 412.4 are one price, so lengths and sums differ.
      const fieldsOf = (text: string) => text.split('\u0001').filter((field) => !/^(?:9|10)=/.test(field))
      const bare = (text: string) =>
        fieldsOf(text)
          .map((field) => field.replace(/(\.\d*?)0+$/, '$1'))
          .join('|')
      if (bare(written) !== bare(expected)) throw new Error(`tradewire wrote\n${written}\ninstead of\n${expected}`)
      const run = () =>
        timed(() => {
          for (let index = 0; index < operations; index++) write(encoder)
        })
      return { operations, run }
    },
  }
}

/** Encoding, beside QuickFIX C++ and jspurefix. */
export const benchmark: Benchmark = {
  name: 'fix-encode',
  cases: () =>
    messageNames.map(
      (name, line): BenchmarkCase => ({
        case: `encode ${name}`,
        unit: 'ops/s',
        better: 'higher',
        ours: ours(line),
        peers: [quickfixPeer(line, 'encode'), jspurefixEncoder(line)],
        floor: { peer: 'QuickFIX C++', ratio: 2 },
      }),
    ),
}
