/** What the suites over recorded data share: playing a file or folder through a ring, and files with changed lines. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type DatasetOptions, openDataset } from '../../src/connectors/sim/replay/open-dataset.js'
import type { ReplayCounters } from '../../src/connectors/sim/replay/reading/replay-source.js'
import type { FileSystem } from '../../src/core/file-system.js'
import { nodeFileSystem } from '../../src/core/node-file-system.js'
import type { Instrument } from '../../src/model/instrument.js'
import { InstrumentRegistry } from '../../src/model/instrument-registry.js'
import { IngestRing } from '../../src/ring/ingest-ring.js'
import type { RingHandlers } from '../../src/ring/kinds.js'

/** What playing a dataset gave. */
export interface Played {
  registry: InstrumentRegistry
  instruments: readonly Instrument[]
  counters: Readonly<ReplayCounters>
  files: readonly { readonly path: string; readonly format: string }[]
}

/** Plays a file or folder through a ring into handlers, as fast as possible. */
export async function play(
  path: string,
  handlers: RingHandlers | ((registry: InstrumentRegistry) => RingHandlers),
  options: Partial<DatasetOptions> = {},
): Promise<Played> {
  const registry = options.registry ?? new InstrumentRegistry()
  const ring = new IngestRing({ capacity: 8_192, levelCapacity: 2 ** 20 })
  const chosen = typeof handlers === 'function' ? handlers(registry) : handlers
  ring.addConsumer({ name: 'test', policy: 'backpressure', handlers: chosen })
  const source = await openDataset(path, { fileSystem: nodeFileSystem, ...options, registry })
  for (;;) {
    const next = source.peekTsUs()
    if (next === Number.POSITIVE_INFINITY) break
    if (Number.isNaN(next)) await source.refill()
    else if (!source.emit(ring, 0)) ring.drain()
  }
  ring.drain()
  const { instruments, counters, files } = source
  const played = { registry, instruments, counters: { ...counters }, files }
  await source.close()
  return played
}

/** Lines of a recorded file, plain or gzip, without the empty one after the last. */
export function linesOf(path: string): string[] {
  const bytes = readFileSync(path)
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8')
  return text.replace(/\n$/, '').split('\n')
}

/** A file system in which one file has other lines. */
export function withLines(path: string, lines: readonly string[]): FileSystem {
  const content = new TextEncoder().encode(`${lines.join('\n')}\n`)
  return {
    ...nodeFileSystem,
    openReadable: (opened) => (opened === path ? chunksOf(content, 100_000) : nodeFileSystem.openReadable(opened)),
  }
}

/** A file system that gives files in chunks of `size` bytes. */
export function inChunks(size: number): FileSystem {
  return { ...nodeFileSystem, openReadable: (path) => chunksOf(readFileSync(path), size) }
}

async function* chunksOf(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.slice(at, at + size)
}

/** The `expected.json` beside a recorded file; undefined where there is none. */
export function expectedBeside<T>(path: string): T | undefined {
  const file = join(dirname(path), 'expected.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined
}

/** Name of a file without its folder. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
