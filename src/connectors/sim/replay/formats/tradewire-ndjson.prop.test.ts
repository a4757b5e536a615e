/**
 * The short way through a row of NDJSON gives what the general way gives, number for number and error for error. A space before
 * a row sends it the general way.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { captureInto, type Row } from '../../../../../test/recorded/capture.js'
import { textFiles } from '../../../../../test/recorded/memory-files.js'
import { runs } from '../../../../../test/support/runs.js'
import { InstrumentRegistry } from '../../../../model/instrument-registry.js'
import { IngestRing } from '../../../../ring/ingest-ring.js'
import { openDataset } from '../open-dataset.js'

const definition = `{"id":"IBM.XNYS","symbol":"IBM","venue":"XNYS","assetClass":"equity","currency":"USD","priceIncrement":"0.01","sizeIncrement":"1"}`
/** The second row makes the instrument known, so that the third may go the short way. */
const start = `{"tradewire":1,"instruments":[${definition}]}\n{"kind":"quote","instrument":"IBM.XNYS","tsRecvUs":1}\n`

async function read(line: string): Promise<unknown> {
  const ring = new IngestRing({ capacity: 16 })
  const rows: Row[] = []
  ring.addConsumer({ name: 'rows', policy: 'backpressure', handlers: captureInto(rows) })
  try {
    const registry = new InstrumentRegistry()
    const source = await openDataset('a', { fileSystem: textFiles({ a: `${start}${line}\n` }), registry })
    while (source.peekTsUs() !== Number.POSITIVE_INFINITY) {
      if (Number.isNaN(source.peekTsUs())) await source.refill()
      else source.emit(ring, 0)
    }
    ring.drain()
    await source.close()
    return [rows.slice(1), source.counters]
  } catch (error) {
    return (error as Error).message
  }
}

const number = fc.oneof(
  { arbitrary: fc.integer({ min: -10_000, max: 1_000_000 }).map((cents) => `${cents / 100}`), weight: 20 },
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom(
    '0',
    '-0',
    '00',
    '01.5',
    '.5',
    '5.',
    '1e5',
    '1E-7',
    '',
    'null',
    '1.2.3',
    '9007199254740993',
    '-',
    '+1',
  ),
  fc.stringMatching(/^\d{1,24}(\.\d{1,26})?$/),
)
const written = fc.tuple(number, fc.boolean()).map(([text, isQuoted]) => (isQuoted ? `"${text}"` : text))
const time = fc.oneof(
  { arbitrary: fc.integer({ min: 1, max: 2_000_000_000_000_000 }).map(String), weight: 10 },
  fc.constantFrom('"5"', '-1', '1.5'),
)
const member = fc.oneof(
  {
    arbitrary: fc.tuple(
      fc.constantFrom('bid', 'ask', 'bidSize', 'askSize', 'price', 'size', 'sequence', 'tradeId'),
      written,
    ),
    weight: 12,
  },
  fc.tuple(fc.constantFrom('flags', 'condition'), fc.constantFrom('0', '7', '-3', '"2"', '1.5', '4294967296')),
  fc.tuple(fc.constant('aggressor'), fc.constantFrom('"buy"', '"sell"', '"none"', '"buyer"', '1')),
  fc.tuple(fc.constantFrom('venue', 'kind', 'bids'), fc.constantFrom('"XNYS"', '1', '{}', '[1,"a"]')),
)
const bothTimes: string[] = ['tsRecvUs', 'tsEventUs']
const line = fc
  .record({
    kind: fc.constantFrom('"quote"', '"quote"', '"quote"', '"trade"', '"trade"', '"trades"', '"bar"'),
    instrument: fc.constantFrom(...Array<string>(8).fill('"IBM.XNYS"'), '"IBM\\u002eXNYS"', '"SPY"', 'null', '""'),
    times: fc.oneof(fc.constant(bothTimes), fc.subarray(bothTimes)),
    time,
    members: fc.uniqueArray(member, { selector: ([name]) => name, maxLength: 7 }),
    end: fc.constantFrom(...Array<string>(9).fill('}'), '} ', '}}', ',}', ''),
  })
  .chain(({ kind, instrument, times, time: at, members, end }) => {
    const all = [['kind', kind], ['instrument', instrument], ...times.map((name) => [name, at]), ...members]
    return fc
      .shuffledSubarray(all, { minLength: all.length })
      .map((pairs) => `{${pairs.map(([name, value]) => `"${name}":${value}`).join(',')}${end}`)
  })

describe('a row of NDJSON', () => {
  it('means the same on both ways', async () => {
    let taken = 0
    await fc.assert(
      fc.asyncProperty(line, async (text) => {
        const short = await read(text)
        expect(short, text).toEqual(await read(` ${text}`))
        if (typeof short !== 'string') taken++
      }),
      { numRuns: runs({ ci: 1_500, full: 50_000 }) },
    )
    expect(taken).toBeGreaterThan(50)
  })
})
