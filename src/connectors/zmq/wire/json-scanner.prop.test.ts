import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../../test/support/runs.js'
import { readEvents } from './event-objects.js'
import { JsonScanner } from './json-scanner.js'

const instruments = ['IBM.XNYS', 'EUR/USD.FX', 'Größe.X', 'A']

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) => new DataView(buffer, byteOffset, byteLength)

/** What the scanner reads, and what the general reader reads of the same bytes. */
function read(text: string): { isScanned: boolean; scanned: unknown[]; general: unknown[]; isGood: boolean } {
  const scanned: unknown[] = []
  const general: unknown[] = []
  const scanner = new JsonScanner({
    indexOf: (name) => instruments.indexOf(name),
    quoteRow: (index, flags, row) => scanned.push(['quote', index, ...row.subarray(0, 5), row[6], flags]),
    tradeRow: (index, aggressor, condition, row) =>
      scanned.push(['trade', index, row[7], row[8], aggressor, row[4], row[6], row[9], condition]),
  })
  const bytes = new TextEncoder().encode(`xx${text}`)
  const isScanned = scanner.scan(bytes, viewOf(bytes), 2, bytes.length)
  const other = () => general.push('other')
  let isGood = false
  try {
    isGood = readEvents(JSON.parse(text), {
      quote: (id, ...quote) => general.push(['quote', instruments.indexOf(id), ...quote]),
      trade: (id, ...trade) => general.push(['trade', instruments.indexOf(id), ...trade]),
      beginBook: other,
      level: other,
      commitBook: other,
      bar: other,
      status: other,
      note: other,
    })
  } catch {
    isGood = false
  }
  return { isScanned, scanned, general, isGood }
}

const amount = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((cents) => cents / 100),
  fc.maxSafeNat(),
)
const time = fc.integer({ min: 0, max: 2_000_000_000_000_000 })
const common = {
  instrument: fc.constantFrom(...instruments),
  tsEventUs: time,
  sequence: fc.option(fc.maxSafeNat(), { nil: undefined }),
}
const quote = fc.record({
  kind: fc.constant('quote'),
  ...common,
  bid: amount,
  ask: amount,
  bidSize: amount,
  askSize: amount,
  flags: fc.option(fc.integer(), { nil: undefined }),
})
const trade = fc.record({
  kind: fc.constant('trade'),
  ...common,
  price: amount,
  size: amount,
  aggressor: fc.constantFrom('buy', 'sell', undefined),
  tradeId: fc.option(fc.maxSafeNat(), { nil: undefined }),
  condition: fc.option(fc.integer(), { nil: undefined }),
})
const shuffled = fc
  .oneof(quote, trade)
  .chain((event) =>
    fc
      .shuffledSubarray(Object.entries(event), { minLength: Object.keys(event).length })
      .map((entries) => Object.fromEntries(entries)),
  )

describe('JSON scanner', () => {
  it('reads what the general reader reads, number for number', () => {
    let understood = 0
    fc.assert(
      fc.property(fc.oneof(shuffled, fc.array(shuffled, { minLength: 1, maxLength: 4 })), (body) => {
        const { isScanned, scanned, general, isGood } = read(JSON.stringify(body))
        expect(isGood).toBe(true)
        expect(scanned).toEqual(isScanned ? general : [])
        if (isScanned) understood++
      }),
      { numRuns: runs({ ci: 3_000, full: 100_000 }) },
    )
    expect(understood).toBeGreaterThan(100)
  })

  it('leaves damaged text to the general reader, which refuses it, and hands nothing on', () => {
    fc.assert(
      fc.property(
        shuffled,
        fc.nat(),
        fc.nat(),
        fc.constantFrom('{', '}', '"', ',', ':', '[', '1', '.', '-', 'e', '\\', ' ', 'x', '\0'),
        (event, at, cut, character) => {
          const text = JSON.stringify(event)
          const position = at % text.length
          const damaged = [
            text.slice(0, position) + character + text.slice(position + 1),
            text.slice(0, cut % text.length),
          ]
          for (const each of damaged) {
            const { isScanned, scanned, general, isGood } = read(each)
            if (!isScanned) expect(scanned).toEqual([])
            else {
              expect(isGood, each).toBe(true)
              expect(scanned, each).toEqual(general)
            }
          }
        },
      ),
      { numRuns: runs({ ci: 3_000, full: 100_000 }) },
    )
  })

  it('knows no negative zero among flags and conditions, nor does the general reader', () => {
    for (const text of [
      '{"kind":"quote","instrument":"A","tsEventUs":1,"bid":1,"ask":2,"bidSize":3,"askSize":4,"sequence":5,"flags":-0}',
      '{"kind":"trade","instrument":"A","tsEventUs":1,"price":1,"size":2,"sequence":3,"condition":-0}',
    ]) {
      const { isScanned, scanned, general } = read(text)
      expect([isScanned, scanned]).toEqual([true, general])
    }
  })

  it('never reads beyond the bytes, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const scanner = new JsonScanner({ indexOf: () => 0, quoteRow: () => {}, tradeRow: () => {} })
        scanner.scan(bytes, viewOf(bytes), 0, bytes.length)
      }),
      { numRuns: runs({ ci: 3_000, full: 100_000 }) },
    )
  })
})
