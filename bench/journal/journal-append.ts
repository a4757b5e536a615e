/**
 * journal-append: what it costs to have a record safe, against the bare system calls.
 *
 *   memory            frame a 128-byte record in memory (no system call), against a JSON line in a buffer
 *   os, each          one write per record, against fs.writeSync of as many bytes
 *   os, 32            one write per 32 records, against fs.writeSync of as many bytes
 *   os, p50, p99      what one record adds to an order, written by itself, against the figures that are promised
 *   fsync, 32         32 records share a sync (group commit), against an fdatasync per record
 *   fsync, 1          a sync per record, against the same
 *   recovery          read a journal back, against a plain loop with zlib.crc32 over the same bytes
 *   allocation        bytes of heap per record framed in memory
 *
 * Files lie in the system's folder for temporary files. Syncs in the background (mode os) run as they do in production.
 */
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as zlib from 'node:zlib'
import { nodeFileSystem } from '../../src/core/node-file-system.js'
import { RealTime } from '../../src/core/real-time.js'
import { type Durability, openSegmentJournal, readJournal, type SegmentJournal } from '../../src/journal/index.js'
import { type Benchmark, type BenchmarkCase, PeerMissing, type Variant } from '../types.js'

const recordBytes = 128
const orderId = 'desk-7-0000001234'
/** Records between two turns of the event loop. */
const turn = 2_048
const scheduler = new RealTime()

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const elapsed = (since: bigint): number => Number(process.hrtime.bigint() - since)

/** An order as the journal takes it: 128 bytes with its header of 18. */
function appendRecord(journal: SegmentJournal, n: number): void {
  const writer = journal.begin(1)
  writer.u32(n)
  writer.string(orderId)
  writer.f64(n * 1_000)
  writer.f64(100.25)
  writer.f64(500)
  writer.f64(1)
  writer.f64(2)
  writer.f64(3)
  writer.f64(4)
  writer.f64(5)
  writer.f64(6)
  writer.f64(7)
  writer.u8(1)
  writer.u16(2)
  writer.u32(3)
  journal.commit()
}

function temporaryDirectory(): string {
  return fs.mkdtempSync(join(tmpdir(), 'tradewire-bench-'))
}

/** Our side of a case: `work` appends `operations` records. */
function journalVariant(
  durability: Durability,
  operations: number,
  work: (journal: SegmentJournal) => void | Promise<void>,
): Variant {
  return {
    name: 'tradewire',
    async prepare() {
      const root = temporaryDirectory()
      const journal = openSegmentJournal({ fileSystem: nodeFileSystem, directory: root, durability, scheduler })
      appendRecord(journal, 0)
      journal.flush()
      if (journal.counters().bytes !== recordBytes) throw new Error(`a record has ${journal.counters().bytes} bytes`)
      return {
        operations,
        async run() {
          const start = process.hrtime.bigint()
          await work(journal)
          return elapsed(start)
        },
        async dispose() {
          await journal.close()
          fs.rmSync(root, { recursive: true })
        },
      }
    },
  }
}

/** A peer that writes `group` records' bytes with each call, and syncs after each where asked. */
function bareVariant(name: string, operations: number, group: number, syncs: boolean): Variant {
  return {
    name,
    async prepare() {
      const root = temporaryDirectory()
      const descriptor = fs.openSync(join(root, 'bare'), 'w')
      const bytes = Buffer.alloc(recordBytes * group, 7)
      return {
        operations,
        async run() {
          const start = process.hrtime.bigint()
          for (let n = 0; n < operations; n += group) {
            fs.writeSync(descriptor, bytes, 0, bytes.length)
            if (syncs) fs.fdatasyncSync(descriptor)
            if (n % turn === 0) await nextTurn()
          }
          return elapsed(start)
        },
        dispose() {
          fs.closeSync(descriptor)
          fs.rmSync(root, { recursive: true })
        },
      }
    },
  }
}

function memoryCases(): BenchmarkCase[] {
  const operations = 2 ** 19
  /** As many records as one flush of a busy engine has; the write itself is not timed. */
  const group = 1_024
  const frame = async (measure: 'time' | 'heap'): Promise<Awaited<ReturnType<Variant['prepare']>>> => {
    const root = temporaryDirectory()
    const journal = openSegmentJournal({ fileSystem: nodeFileSystem, directory: root, durability: 'none' })
    return {
      operations,
      run() {
        let nanoseconds = 0
        let heapBytes = 0
        for (let n = 0; n < operations; n += group) {
          const heapBefore = measure === 'heap' ? process.memoryUsage().heapUsed : 0
          const start = measure === 'time' ? process.hrtime.bigint() : 0n
          for (let index = 0; index < group; index++) appendRecord(journal, n + index)
          if (measure === 'time') nanoseconds += elapsed(start)
          else heapBytes += Math.max(0, process.memoryUsage().heapUsed - heapBefore - heapProbeBytes())
          journal.flush()
        }
        return measure === 'time' ? nanoseconds : heapBytes
      },
      async dispose() {
        await journal.close()
        fs.rmSync(root, { recursive: true })
      },
    }
  }
  return [
    {
      case: 'memory: frame a 128-byte record',
      unit: 'ops/s',
      better: 'higher',
      ours: { name: 'tradewire', prepare: () => frame('time') },
      peers: [jsonLineVariant(operations)],
    },
    {
      case: 'allocation per record',
      unit: 'bytes/op',
      better: 'lower',
      ours: { name: 'tradewire', prepare: () => frame('heap') },
      peers: [],
    },
  ]
}

let probeBytes = -1
/** What asking for the heap's size allocates itself: the smallest difference of two successive answers. */
function heapProbeBytes(): number {
  if (probeBytes >= 0) return probeBytes
  let least = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const before = process.memoryUsage().heapUsed
    const difference = process.memoryUsage().heapUsed - before
    if (difference >= 0) least = Math.min(least, difference)
  }
  probeBytes = least
  return probeBytes
}

function jsonLineVariant(operations: number): Variant {
  return {
    name: 'JSON line',
    async prepare() {
      const buffer = Buffer.alloc(1024 * 1024)
      return {
        operations,
        run() {
          let at = 0
          const start = process.hrtime.bigint()
          for (let n = 0; n < operations; n++) {
            const order = {
              n,
              orderId,
              time: n * 1_000,
              price: 100.25,
              quantity: 500,
              a: 1,
              b: 2,
              c: 3,
              d: 4,
              e: 5,
              side: 1,
            }
            at += buffer.write(JSON.stringify(order), at, 'latin1')
            if (at > buffer.length - 1_024) at = 0
          }
          return elapsed(start)
        },
      }
    },
  }
}

function osCase(group: number): BenchmarkCase {
  const operations = 2 ** 17
  return {
    case: group === 1 ? 'os: one write per record' : `os: one write per ${group} records`,
    unit: 'ops/s',
    better: 'higher',
    ours: journalVariant('os', operations, async (journal) => {
      for (let n = 0; n < operations; n += group) {
        for (let index = 0; index < group; index++) appendRecord(journal, n + index)
        journal.flush()
        if (n % turn === 0) await nextTurn()
      }
    }),
    peers: [
      bareVariant('fs.writeSync', operations, group, false),
      ...(group === 1 ? [] : [bareVariant('fs.writeSync per record', operations, 1, false)]),
    ],
  }
}

/** What an order waits for its record, at a percentile, in nanoseconds: one record framed and written at a time. */
function delayCase(percentile: 50 | 99, promisedNs: number): BenchmarkCase {
  const operations = 2 ** 16
  return {
    case: `os: p${percentile} of a record framed and written by itself`,
    unit: 'ns',
    better: 'lower',
    ours: {
      name: 'tradewire',
      async prepare() {
        const root = temporaryDirectory()
        const journal = openSegmentJournal({ fileSystem: nodeFileSystem, directory: root, durability: 'os', scheduler })
        const delays = new Float64Array(operations)
        return {
          operations,
          async run() {
            for (let n = 0; n < operations; n++) {
              const start = process.hrtime.bigint()
              appendRecord(journal, n)
              journal.flush()
              delays[n] = elapsed(start)
              if (n % turn === 0) await nextTurn()
            }
            return percentileOf(delays, percentile) * operations
          },
          async dispose() {
            await journal.close()
            fs.rmSync(root, { recursive: true })
          },
        }
      },
    },
    peers: [promised(promisedNs, operations), writeDelay(percentile, operations)],
    floor: { peer: `promised ${promisedNs} ns`, ratio: 1 },
  }
}

/** A figure that is promised, in the place of a peer. */
function promised(nanoseconds: number, operations: number): Variant {
  return {
    name: `promised ${nanoseconds} ns`,
    prepare: async () => ({ operations, run: () => nanoseconds * operations }),
  }
}

/** The bare system call with as many bytes, at a percentile. */
function writeDelay(percentile: 50 | 99, operations: number): Variant {
  return {
    name: 'fs.writeSync',
    async prepare() {
      const root = temporaryDirectory()
      const descriptor = fs.openSync(join(root, 'bare'), 'w')
      const bytes = Buffer.alloc(recordBytes, 7)
      const delays = new Float64Array(operations)
      return {
        operations,
        async run() {
          for (let n = 0; n < operations; n++) {
            const start = process.hrtime.bigint()
            fs.writeSync(descriptor, bytes, 0, bytes.length)
            delays[n] = elapsed(start)
            if (n % turn === 0) await nextTurn()
          }
          return percentileOf(delays, percentile) * operations
        },
        dispose() {
          fs.closeSync(descriptor)
          fs.rmSync(root, { recursive: true })
        },
      }
    },
  }
}

function percentileOf(delays: Float64Array, percentile: number): number {
  const sorted = delays.slice().sort()
  return sorted[Math.floor((sorted.length * percentile) / 100)] as number
}

function fsyncCase(group: number): BenchmarkCase {
  const operations = group === 1 ? 256 : 4_096
  return {
    case: group === 1 ? 'fsync: a sync per record' : `fsync: a sync per ${group} records`,
    unit: 'ops/s',
    better: 'higher',
    ours: journalVariant('fsync', operations, async (journal) => {
      for (let n = 0; n < operations; n += group) {
        let durable: Promise<void> | undefined
        for (let index = 0; index < group; index++) {
          appendRecord(journal, n + index)
          durable = journal.durable()
        }
        await durable
      }
    }),
    peers: [
      bareVariant('fdatasync per record', group === 1 ? operations : 256, 1, true),
      ...(group === 1 ? [] : [bareVariant(`fdatasync per ${group}`, operations, group, true)]),
    ],
    ...(group === 1 ? {} : { floor: { peer: 'fdatasync per record', ratio: 10 } }),
  }
}

/** A journal of `operations` records, written once per variant. */
async function writtenJournal(root: string, operations: number): Promise<void> {
  const journal = openSegmentJournal({ fileSystem: nodeFileSystem, directory: root, durability: 'none' })
  for (let n = 0; n < operations; n++) {
    appendRecord(journal, n)
    if (n % turn === 0) journal.flush()
  }
  await journal.close()
}

function recoveryCase(): BenchmarkCase {
  const operations = 2 ** 19
  /** `read` returns the sum of the records' numbers. */
  const variant = (name: string, read: (root: string) => number): Variant => ({
    name,
    async prepare() {
      const root = temporaryDirectory()
      await writtenJournal(root, operations)
      return {
        operations,
        run() {
          const start = process.hrtime.bigint()
          const sum = read(root)
          const nanoseconds = elapsed(start)
          if (sum !== (operations * (operations - 1)) / 2) throw new Error(`${name} read other records`)
          return nanoseconds
        },
        dispose: () => fs.rmSync(root, { recursive: true }),
      }
    },
  })
  const { crc32 } = zlib as { crc32?: (data: Uint8Array, value?: number) => number }
  return {
    case: 'recovery: scan',
    unit: 'ops/s',
    better: 'higher',
    ours: variant('tradewire', (root) => {
      let sum = 0
      readJournal(nodeFileSystem, root, (_type, _seq, record) => {
        sum += record.u32()
      })
      return sum
    }),
    peers: [
      variant('zlib.crc32 loop', (root) => {
        if (crc32 === undefined) throw new PeerMissing('zlib.crc32 came with Node 20.15')
        let sum = 0
        for (const name of fs.readdirSync(root)) {
          const bytes = fs.readFileSync(join(root, name))
          for (let at = 0; at < bytes.length; ) {
            const end = at + 8 + bytes.readUInt32LE(at)
            const crc = crc32(bytes.subarray(at + 8, end), crc32(bytes.subarray(at, at + 4)))
            if (crc !== bytes.readUInt32LE(at + 4)) throw new Error('checksum differs')
            sum += bytes.readUInt32LE(at + 18)
            at = end
          }
        }
        return sum
      }),
    ],
  }
}

/** See the file's header. */
export const benchmark: Benchmark = {
  name: 'journal-append',
  cases: () => [
    ...memoryCases(),
    osCase(1),
    osCase(32),
    delayCase(50, 3_000),
    delayCase(99, 15_000),
    fsyncCase(32),
    fsyncCase(1),
    recoveryCase(),
  ],
}
