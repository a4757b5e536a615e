import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { memoryFiles } from '../../../../../test/recorded/memory-files.js'
import type { LineReader } from './line-reader.js'
import { openLines } from './open-lines.js'

const encode = (text: string) => new TextEncoder().encode(text)

async function read(
  content: Uint8Array,
  chunkBytes: number,
  maxLineBytes = 1_000_000,
): Promise<[line: number, text: string][]> {
  const lines = openLines(memoryFiles(new Map([['f', content]]), chunkBytes), 'f', maxLineBytes)
  return collect(lines)
}

async function collect(lines: LineReader): Promise<[line: number, text: string][]> {
  const found: [number, string][] = []
  for (;;) {
    if (lines.advance())
      found.push([
        lines.line,
        new TextDecoder('utf-8', { ignoreBOM: true }).decode(lines.bytes.subarray(lines.start, lines.end)),
      ])
    else if (lines.isEnded) return found
    else await lines.fill()
  }
}

describe('lines of a file', () => {
  const expected = [
    [1, 'a,b'],
    [2, '1,2'],
    [4, 'three'],
  ]

  it.each([
    ['LF', 'a,b\n1,2\n\nthree\n'],
    ['no line end at the end', 'a,b\n1,2\n\nthree'],
    ['CRLF', 'a,b\r\n1,2\r\n\r\nthree\r\n'],
    ['a byte-order mark', '\ufeffa,b\n1,2\n\nthree'],
    ['empty lines at the end', 'a,b\n1,2\n\nthree\n\n\n'],
  ])('%s, in chunks of any size, plain and gzip', async (_, text) => {
    const plain = encode(text)
    for (const content of [plain, new Uint8Array(gzipSync(plain))]) {
      for (const size of [1, 2, 3, 5, 7, 4096]) expect(await read(content, size)).toEqual(expected)
    }
  })

  it('an empty file has none', async () => {
    expect(await read(new Uint8Array(0), 10)).toEqual([])
    expect(await read(new Uint8Array(gzipSync(new Uint8Array(0))), 10)).toEqual([])
    expect(await read(encode('\n'), 10)).toEqual([])
  })

  it('many lines come whole', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `${i},${'x'.repeat(i % 37)}`)
    const found = await read(new Uint8Array(gzipSync(encode(rows.join('\n')))), 1_000)
    expect(found.map(([, text]) => text)).toEqual(rows)
  })

  it('several gzip members follow each other', async () => {
    const parts = [gzipSync(encode('one\n')), gzipSync(encode('two\n'))]
    expect(await read(new Uint8Array(Buffer.concat(parts)), 8)).toEqual([
      [1, 'one'],
      [2, 'two'],
    ])
  })

  it('a truncated or damaged gzip file is an error that names it', async () => {
    const random = Array.from({ length: 50_000 }, (_, i) => Math.imul(i, 2_654_435_761).toString(36)).join('\n')
    const whole = new Uint8Array(gzipSync(encode(random)))
    await expect(read(whole.subarray(0, whole.length - 100), 1_000)).rejects.toMatchObject({
      code: 'TW_FILE',
      details: { path: 'f' },
    })
    const damaged = whole.slice()
    damaged.fill(255, 1_000, 1_100)
    await expect(read(damaged, 1_000)).rejects.toMatchObject({ code: 'TW_FILE', details: { operation: 'decompress' } })
  })

  it('a missing file is an error', async () => {
    const lines = openLines(memoryFiles(new Map()), 'nowhere', 100)
    await expect(lines.fill()).rejects.toMatchObject({ code: 'TW_FILE', details: { path: 'nowhere', errno: 'ENOENT' } })
  })

  it('a line beyond the bound is refused, also in an archive that unpacks to gigabytes of it', async () => {
    await expect(read(encode('x'.repeat(10_000)), 100, 1_000)).rejects.toMatchObject({
      code: 'TW_BAD_ROW',
      details: { line: 1 },
    })
    const bomb = new Uint8Array(gzipSync(new Uint8Array(50_000_000)))
    await expect(read(bomb, 1_000, 1_000_000)).rejects.toMatchObject({ code: 'TW_BAD_ROW' })
  })

  it('closing half way gives the file back', async () => {
    let isClosed = false
    async function* chunks() {
      try {
        for (;;) yield encode('row\n')
      } finally {
        isClosed = true
      }
    }
    const files = { ...memoryFiles(new Map()), openReadable: () => chunks() }
    const lines = openLines(files, 'f', 1_000)
    await lines.fill()
    expect(lines.advance()).toBe(true)
    await lines.close()
    expect([isClosed, lines.isEnded, lines.advance()]).toEqual([true, true, false])
  })
})
