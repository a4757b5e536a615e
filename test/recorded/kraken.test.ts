/** Recorded Kraken books against the venue's own checksums: every one must match, and one changed digit must show at once. */
import { expect, it } from 'vitest'
import type { BookChecksumNote } from '../../src/connectors/sim/replay/reading/notes.js'
import type { FileSystem } from '../../src/core/file-system.js'
import { BookChecksum } from '../../src/market/book-checksum.js'
import { BookStore } from '../../src/market/book-store.js'
import { describeShared, sharedFiles } from '../support/shared.js'
import { expectedBeside, linesOf, nameOf, play, withLines } from './support.js'

interface Expected {
  total: { msgs: number; chk: number; ok: number; snap: number }
  'per_symbol_[checked,ok]': Record<string, [number, number]>
}

interface Check {
  symbol: string
  isEqual: boolean
  /** Best ten prices and sizes of each side, as text. */
  top: string[]
}

const folder = 'crypto_l2_kraken_crc'
const files = sharedFiles('data', folder, /\.txt(\.gz)?$/)

async function check(path: string, fileSystem?: FileSystem) {
  const checks: Check[] = []
  const counted = { messages: 0, snapshots: 0 }
  const prices = new Float64Array(10)
  const sizes = new Float64Array(10)
  await play(
    path,
    (registry) => {
      const store = new BookStore({
        define: (index) => ({ kind: 'level2', priceStep: registry.at(index).definition.priceIncrement, depth: 1000 }),
      })
      const checksums = new Map<number, BookChecksum>()
      return {
        onBooks: (ring, from, to) => {
          counted.messages += to - from
          for (let row = from; row < to; row++) counted.snapshots += ring.books.isSnapshot[row]
          store.applyBatch(ring, from, to)
        },
        onNotes: ({ notes }, from, to) => {
          for (let row = from; row < to; row++) {
            const note = notes.note[row] as BookChecksumNote
            const index = notes.instrument[row]
            const checksum =
              checksums.get(index) ?? new BookChecksum({ priceDigits: note.priceDigits, sizeDigits: note.sizeDigits })
            checksums.set(index, checksum)
            const book = store.level2(index)
            const top = ([0, 1] as const).flatMap((side) => {
              const count = book.depth(side, 10, prices, sizes)
              return Array.from({ length: count }, (_, i) => `${side}:${prices[i]}:${sizes[i]}`)
            })
            checks.push({ symbol: registry.at(index).symbol, isEqual: checksum.verify(book, note.crc32), top })
          }
        },
      }
    },
    { checksums: true, ...(fileSystem === undefined ? {} : { fileSystem }) },
  )
  return { checks, ...counted }
}

describeShared(
  'Kraken books against their checksums',
  'data',
  () => {
    it('has recordings', () => expect(files.length).toBeGreaterThan(0))

    it.each(files.map((path) => [nameOf(path), path]))('%s: every checksum matches', async (_, path) => {
      const { checks, messages, snapshots } = await check(path)
      expect(checks.length).toBeGreaterThan(0)
      expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([])
      const expected = expectedBeside<Expected>(path)
      if (expected === undefined) return
      expect({ msgs: messages, chk: checks.length, ok: checks.length, snap: snapshots }).toEqual(expected.total)
      const perSymbol: Record<string, number> = {}
      for (const { symbol } of checks) perSymbol[symbol] = (perSymbol[symbol] ?? 0) + 1
      const known = Object.entries(expected['per_symbol_[checked,ok]']).map(
        ([symbol, [checked]]) => [symbol, checked] as const,
      )
      expect(perSymbol).toEqual(Object.fromEntries(known))
    })

    it.each(files.map((path) => [nameOf(path), path]))(
      '%s: one changed digit is noticed at its message',
      async (_, path) => {
        const { checks } = await check(path)
        const lines = linesOf(path)
        const updates = lines.flatMap((line, i) => (line.includes('"c":"') ? [i] : []))
        expect(updates.length).toBe(checks.length)
        // The first update in the second half of the file that leaves a level among the best ten of its side.
        const changed = updates.findIndex(
          (line, i) =>
            i > updates.length / 2 && visibleLevel(lines[line] as string, checks[i]?.top ?? []) !== undefined,
        )
        const text = lines[updates[changed] as number] as string
        const level = visibleLevel(text, checks[changed]?.top ?? []) as string
        const digit = level.lastIndexOf('.') - 1
        const edited = `${level.slice(0, digit)}${(Number(level[digit]) + 1) % 10}${level.slice(digit + 1)}`
        lines[updates[changed] as number] = text.replace(level, edited)
        const after = await check(path, withLines(path, lines))
        const symbol = checks[changed]?.symbol
        expect(after.checks.findIndex(({ isEqual }) => !isEqual)).toBe(changed)
        expect(after.checks.filter((result) => !result.isEqual && result.symbol !== symbol)).toEqual([])
      },
    )
  },
  folder,
)

/** `"price","size` of a level of an update that stands among the best ten after it. */
function visibleLevel(line: string, top: readonly string[]): string | undefined {
  for (const [text, price, size] of line.matchAll(/"([\d.]+)","([\d.]+)(?=")/g)) {
    if (top.some((entry) => entry.slice(2) === `${Number(price)}:${Number(size)}`)) return text
  }
  return undefined
}
