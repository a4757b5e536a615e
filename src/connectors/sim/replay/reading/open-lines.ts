/** Opens a data file as lines, plain or gzip (known by its first bytes, not by its name). */
import type { FileSystem } from '../../../../core/file-system.js'
import { gunzip } from './gunzip.js'
import { LineReader, type ReadProgress } from './line-reader.js'

/** Opens `path`. Nothing is read before the first fill. */
export function openLines(fileSystem: FileSystem, path: string, maxLineBytes: number): LineReader {
  const progress = { read: 0, total: sizeOf(fileSystem, path) }
  return new LineReader(path, content(fileSystem, path, progress), maxLineBytes, progress)
}

/** Size of a file; NaN where it cannot be told: reading it will say why. */
function sizeOf(fileSystem: FileSystem, path: string): number {
  try {
    const file = fileSystem.open(path, 'read')
    const size = file.size()
    file.close()
    return size
  } catch {
    return Number.NaN
  }
}

async function* content(fileSystem: FileSystem, path: string, progress: ReadProgress): AsyncGenerator<Uint8Array> {
  const chunks = atLeastTwoBytes(counted(fileSystem.openReadable(path), progress))
  const first = await chunks.next()
  if (first.done === true) return
  const all = startingWith(first.value, chunks)
  yield* first.value[0] === 0x1f && first.value[1] === 0x8b ? gunzip(all, path) : all
}

/** The chunks as they are, and how far they have come. At the end the size is known for certain. */
async function* counted(chunks: AsyncIterable<Uint8Array>, progress: ReadProgress): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    progress.read += chunk.length
    yield chunk
  }
  progress.total = progress.read
}

/** The chunks as they are, but for a first of a single byte, which is joined with its successor. */
async function* atLeastTwoBytes(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | undefined
  let isFirst = true
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue
    if (isFirst && held === undefined && chunk.length === 1) {
      held = chunk.slice()
      continue
    }
    isFirst = false
    if (held === undefined) yield chunk
    else {
      const joined = new Uint8Array(held.length + chunk.length)
      joined.set(held)
      joined.set(chunk, held.length)
      held = undefined
      yield joined
    }
  }
  if (held !== undefined) yield held
}

async function* startingWith(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first
    yield* rest
  } finally {
    await rest.return(undefined)
  }
}
