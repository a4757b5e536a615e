/**
 * Recorded Kraken v2 messages. Where the venue's own texts are in the file, all checksums match, digit for digit with those of
 * the raw number text; where somebody has edited values, none of the checksums may.
 */
import { expect, it } from 'vitest'
import type { BookChecksumNote } from '../../src/connectors/sim/replay/reading/notes.js'
import type { FileSystem } from '../../src/core/file-system.js'
import { BookChecksum } from '../../src/market/book-checksum.js'
import { BookStore } from '../../src/market/book-store.js'
import { describeShared } from '../support/shared.js'
import { krakenV2Files as files, krakenV2Recorded as recorded } from './kraken-v2-files.js'
import { linesOf, nameOf, play, withLines } from './support.js'

/** Plays a file and compares every book with the checksum behind it. */
async function check(path: string, fileSystem?: FileSystem) {
  const checks: boolean[] = []
  const counted = { quotes: 0, trades: 0, books: 0 }
  const { counters } = await play(
    path,
    (registry) => {
      const store = new BookStore({
        define: (index) => ({ kind: 'level2', priceStep: registry.at(index).definition.priceIncrement, depth: 10 }),
      })
      return {
        onQuotes: (_, from, to) => {
          counted.quotes += to - from
        },
        onTrades: (_, from, to) => {
          counted.trades += to - from
        },
        onBooks: (ring, from, to) => {
          counted.books += to - from
          store.applyBatch(ring, from, to)
        },
        onNotes: ({ notes }, from, to) => {
          for (let row = from; row < to; row++) {
            const { crc32, priceDigits, sizeDigits } = notes.note[row] as BookChecksumNote
            const book = store.level2(notes.instrument[row])
            checks.push(new BookChecksum({ priceDigits, sizeDigits }).verify(book, crc32))
          }
        },
      }
    },
    { checksums: true, ...(fileSystem === undefined ? {} : { fileSystem }) },
  )
  return { checks, counters, ...counted }
}

describeShared(
  'Kraken v2 messages',
  'payloads',
  () => {
    it('are there', () => expect(recorded.length).toBeGreaterThan(0))

    it.each(recorded.map((path) => [nameOf(path), path]))('%s: every checksum matches', async (_, path) => {
      const lines = linesOf(path)
      const expected = lines.filter((line) => /"channel": ?"book"/.test(line) && line.includes('"checksum"')).length
      const { checks, counters } = await check(path)
      expect(checks.length).toBe(expected)
      expect(checks.every((isEqual) => isEqual)).toBe(true)
      expect(counters.badRows).toBe(0)
    })

    it.each(recorded.map((path) => [nameOf(path), path]))('%s: one changed digit is noticed', async (_, path) => {
      const lines = linesOf(path)
      const last = lines.length - 1 - [...lines].reverse().findIndex((line) => line.includes('"qty"'))
      lines[last] = (lines[last] as string).replace(/"qty": ?(\d)/, (text, digit: string) =>
        text.replace(digit, String((Number(digit) + 1) % 10)),
      )
      const { checks } = await check(path, withLines(path, lines))
      expect(checks.at(-1)).toBe(false)
    })

    it.each(files.map((path) => [nameOf(path), path]))('%s: every line is read', async (_, path) => {
      const { counters, quotes, trades, books, checks } = await check(path)
      expect(counters.badRows).toBe(0)
      expect(counters.rows).toBe(linesOf(path).length)
      expect(quotes + trades + books).toBeGreaterThan(0)
      if (!recorded.includes(path)) expect(checks.some((isEqual) => isEqual)).toBe(false)
    })
  },
  'kraken',
)
