/**
 * replay: rows a second of a recording in the documented format, from the file through the ring to a handler, on virtual
 * time and as fast as possible; against the short way with the means of the language: read the file, split it, parse each
 * row into an object, emit it.
 */
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { EventEmitter } from 'eventemitter3'
import { openDataset } from '../../src/connectors/sim/replay/open-dataset.js'
import { ReplayPlayer } from '../../src/connectors/sim/replay/player.js'
import { nodeFileSystem } from '../../src/core/node-file-system.js'
import { VirtualTime } from '../../src/core/virtual-time.js'
import { InstrumentRegistry } from '../../src/model/instrument-registry.js'
import { IngestRing } from '../../src/ring/ingest-ring.js'
import type { Benchmark, BenchmarkCase, Variant } from '../types.js'
import { definitions } from './bench-venue.js'

type Format = 'CSV' | 'NDJSON'
/** Whether the file is compressed, as recordings are. */
type Packing = 'plain' | 'gz'

const rows = 200_000
const startUs = 1_700_000_000_000_000

/** Text of a row, and what its bid adds to the sum that every reader has to find. */
function rowText(format: Format, index: number): { text: string; bidTicks: number } {
  const bidTicks = 18_000 + ((index * 7_919) % 400)
  const bid = (bidTicks / 100).toFixed(2)
  const ask = ((bidTicks + 3) / 100).toFixed(2)
  const tsEventUs = startUs + index * 150
  const tsRecvUs = tsEventUs + 90
  const { id } = definitions[index % definitions.length]
  const [bidSize, askSize] = [100 + (index % 9) * 100, 100 + (index % 7) * 100]
  if (format === 'CSV') return { text: [tsRecvUs, tsEventUs, id, bid, ask, bidSize, askSize].join(','), bidTicks }
  const row = {
    kind: 'quote',
    instrument: id,
    tsRecvUs,
    tsEventUs,
    bid,
    ask,
    bidSize: `${bidSize}`,
    askSize: `${askSize}`,
  }
  return { text: JSON.stringify(row), bidTicks }
}

/** Writes a recording; returns the sum of its bids in ticks. */
function writeRecording(path: string, format: Format, packing: Packing): number {
  const header = JSON.stringify({ tradewire: 1, instruments: definitions })
  const columns = 'ts_recv_us,ts_event_us,instrument,bid,ask,bid_size,ask_size'
  const lines = format === 'CSV' ? [`# ${header}`, columns] : [header]
  let sum = 0
  for (let index = 0; index < rows; index++) {
    const { text, bidTicks } = rowText(format, index)
    lines.push(text)
    sum += bidTicks
  }
  const text = `${lines.join('\n')}\n`
  fs.writeFileSync(path, packing === 'gz' ? gzipSync(text) : text)
  return sum
}

/** Reads the recording and adds up its bids. */
type Reader = (path: string) => number | Promise<number>

async function readThroughRing(path: string): Promise<number> {
  const registry = new InstrumentRegistry()
  const source = await openDataset(path, { fileSystem: nodeFileSystem, registry })
  const ring = new IngestRing({ capacity: 4_096 })
  let sum = 0
  ring.addConsumer({
    name: 'sum',
    policy: 'backpressure',
    handlers: {
      onQuotes: (from, first, last) => {
        const { bid } = from.quotes
        for (let row = first; row < last; row++) sum += bid[row]
      },
    },
  })
  const player = new ReplayPlayer({ source, sink: ring, time: new VirtualTime(), onBatch: () => void ring.drain() })
  await player.run()
  await source.close()
  return sum * 100
}

interface Quote {
  instrument: string
  tsRecvUs: number
  tsEventUs: number
  bid: number
  ask: number
  bidSize: number
  askSize: number
}

function parseCsv(line: string): Quote {
  const [tsRecvUs, tsEventUs, instrument, bid, ask, bidSize, askSize] = line.split(',')
  return {
    instrument,
    tsRecvUs: +tsRecvUs,
    tsEventUs: +tsEventUs,
    bid: +bid,
    ask: +ask,
    bidSize: +bidSize,
    askSize: +askSize,
  }
}

function parseJson(line: string): Quote {
  const row = JSON.parse(line) as Quote
  return { ...row, bid: +row.bid, ask: +row.ask, bidSize: +row.bidSize, askSize: +row.askSize }
}

function readPlainly(format: Format, packing: Packing): Reader {
  const parse = format === 'CSV' ? parseCsv : parseJson
  const headerLines = format === 'CSV' ? 2 : 1
  return (path) => {
    const emitter = new EventEmitter()
    let sum = 0
    emitter.on('quote', (quote: Quote) => {
      sum += quote.bid
    })
    const bytes = fs.readFileSync(path)
    const lines = (packing === 'gz' ? gunzipSync(bytes) : bytes).toString('utf8').split('\n')
    for (let index = headerLines; index < lines.length; index++) {
      if (lines[index] !== '') emitter.emit('quote', parse(lines[index]))
    }
    return sum * 100
  }
}

function variant(name: string, format: Format, packing: Packing, read: Reader): Variant {
  return {
    name,
    async prepare() {
      const folder = fs.mkdtempSync(join(tmpdir(), 'tradewire-bench-'))
      const path = join(folder, 'recording')
      const expected = writeRecording(path, format, packing)
      const readOnce = async (): Promise<number> => {
        const start = process.hrtime.bigint()
        const sum = await read(path)
        const elapsed = Number(process.hrtime.bigint() - start)
        if (Math.abs(sum - expected) > 1) throw new Error(`${name} read bids of ${sum}, expected ${expected}`)
        return elapsed
      }
      await readOnce()
      return { operations: rows, run: readOnce, dispose: () => fs.rmSync(folder, { recursive: true }) }
    },
  }
}

function replayCase(format: Format, packing: Packing): BenchmarkCase {
  const peerName = format === 'CSV' ? 'split, eventemitter3' : 'JSON.parse, eventemitter3'
  return {
    case: `${format}${packing === 'gz' ? ' gz' : ''} file to handler`,
    unit: 'ops/s',
    better: 'higher',
    ours: variant('tradewire', format, packing, readThroughRing),
    peers: [variant(peerName, format, packing, readPlainly(format, packing))],
    floor: { peer: peerName, ratio: 1 },
    ...(packing === 'gz' ? { least: 1_000_000 } : {}),
  }
}

/** See the file's header. */
export const benchmark: Benchmark = {
  name: 'replay',
  cases: () => [
    replayCase('CSV', 'plain'),
    replayCase('NDJSON', 'plain'),
    replayCase('CSV', 'gz'),
    replayCase('NDJSON', 'gz'),
  ],
}
