/** ZeroMQ: frames with their three kinds of body, messages of the order gateway, codecs of other publishers. */
import { Packr } from 'msgpackr'
import { CryptofeedCodec } from '../../src/connectors/zmq/codecs/cryptofeed.js'
import { DwxCodec, parseDwxReply } from '../../src/connectors/zmq/codecs/dwx.js'
import { FeedDecoder } from '../../src/connectors/zmq/feed/feed-decoder.js'
import type { SlowGate } from '../../src/connectors/zmq/feed/slow-gate.js'
import { decode } from '../../src/connectors/zmq/orders/messages.js'
import type { EventTarget } from '../../src/connectors/zmq/wire/event-objects.js'
import { BodyFormat, buildFrame, FrameHeader, FrameType, viewOf } from '../../src/connectors/zmq/wire/frame.js'
import { PackedWriter } from '../../src/connectors/zmq/wire/packed.js'
import { InstrumentRegistry } from '../../src/model/instrument-registry.js'
import type { FuzzTarget } from './harness.js'
import { bytesOf, recordedLines, textOf } from './samples.js'

/** Takes every event and does nothing with it. */
const silent = new Proxy({}, { get: () => () => true }) as unknown

const quote = {
  kind: 'quote',
  instrument: 'IBM.XNYS',
  tsEventUs: 1_700_000_000_000_000,
  bid: 99.5,
  ask: 100.25,
  bidSize: 3,
  askSize: 4,
}
const trade = {
  kind: 'trade',
  instrument: 'IBM.XNYS',
  tsEventUs: 1_700_000_000_000_000,
  price: 99.5,
  size: 7,
  aggressor: 'buy',
}
const book = {
  kind: 'book',
  instrument: 'IBM.XNYS',
  tsEventUs: 1,
  isSnapshot: true,
  changes: [
    ['bid', 'set', 99.5, 3],
    ['ask', 'set', 100, 1],
  ],
}

function packedBody(): Uint8Array {
  const writer = new PackedWriter()
  const name = writer.nameOf(0, 'IBM.XNYS')
  writer.quote(name, 99.5, 100.25, 3, 4, 1_700_000_000_000_000, 5, 0)
  writer.trade(name, 99.5, 7, 1, 1_700_000_000_000_000, 6, 8, 0)
  writer.beginBook(name, true, 1_700_000_000_000_000, 7, 6)
  writer.level(0, 0, 99.5, 3, 0)
  writer.level(1, 0, 100.25, 4, 0)
  writer.commitBook(true)
  writer.bar(name, [1, 1, 2, 1, 2, 10, 3, 1.5, 60_000_000, 120_000_000], true)
  writer.status(name, 2, 1)
  writer.note(name, '{"kind":"news","headline":"x"}', 1)
  const body = new Uint8Array(writer.byteLength)
  writer.writeTo(body, viewOf(body), 0)
  return body
}

function frameOf(format: BodyFormat, body: Uint8Array, type: FrameType = FrameType.data): Uint8Array {
  const fields = {
    type,
    format,
    flags: 0,
    publisher: 7,
    epoch: 1,
    stream: 2,
    sequence: 3,
    sentUs: 1_700_000_000_000_000,
  }
  return buildFrame('md.IBM', fields as never, body)
}

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

function frames(): Uint8Array[] {
  const packr = new Packr({ useRecords: false })
  return [
    frameOf(BodyFormat.json, json(quote)),
    frameOf(BodyFormat.json, json([quote, trade, book])),
    frameOf(BodyFormat.messagePack, packr.pack([quote, trade, book])),
    frameOf(BodyFormat.packed, packedBody()),
    frameOf(BodyFormat.none, new Uint8Array(0), FrameType.heartbeat),
  ]
}

const instruments = new InstrumentRegistry()
instruments.add({
  id: 'IBM.XNYS' as never,
  symbol: 'IBM',
  venue: 'XNYS',
  assetClass: 'equity',
  currency: 'USD',
  priceIncrement: '0.01',
  sizeIncrement: '1',
})

function readFrame(input: Uint8Array): void {
  const view = viewOf(input)
  const header = new FrameHeader()
  if (header.read(input, view) !== '') return
  const decoder = new FeedDecoder(silent as SlowGate, instruments, new Map())
  for (const kind of ['quotes', 'trades', 'book', 'bars', 'status', 'news'] as const) decoder.want(kind, 0, true)
  const names = { epoch: -1, version: -1, indices: new Int32Array(0) }
  decoder.decode(header.format, input, view, header.bodyStart, header.bodyEnd, names, header.epoch, false)
}

const cryptofeed = new CryptofeedCodec()
const dwx = new DwxCodec()
const target = silent as EventTarget

/** "What it throws counts as malformed, too": a codec may throw, but nothing of the engine's own (stack, memory). */
function tolerant(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    if (error instanceof RangeError || !(error instanceof Error)) throw error
  }
}

/** Targets of ZeroMQ. */
export const zmqTargets: readonly FuzzTarget[] = [
  { name: 'zmq-frames', samples: frames, read: readFrame },
  {
    name: 'zmq-orders',
    samples: () =>
      [
        { t: 'hello', version: 1, client: 'me', token: 'x' },
        { t: 'new', id: 'a', symbol: 'IBM', side: 'buy', quantity: '100', price: '99.5', type: 'limit' },
        { t: 'ask', question: 5, what: 'orders' },
      ].map((message) => Uint8Array.from(new Packr({ useRecords: false }).pack(message))),
    read: (input) => decode(input),
  },
  {
    name: 'cryptofeed',
    samples: () => [
      ...bytesOf(
        `KRAKEN-ticker-XMR-USD ${JSON.stringify({ exchange: 'KRAKEN', symbol: 'XMR-USD', bid: 1.5, ask: 2, timestamp: 1618678132.9, receipt_timestamp: 1618678133.5 })}`,
      ),
      ...bytesOf(
        `KRAKEN-book-XMR-USD ${JSON.stringify({ exchange: 'KRAKEN', symbol: 'XMR-USD', book: { bid: { '1.5': 3 }, ask: { '2.0': 4 } }, timestamp: 1, receipt_timestamp: 2 })}`,
      ),
      ...recordedLines('payloads', 'zmq', /^cryptofeed.*\.txt(\.gz)?$/),
    ],
    read: (input) => tolerant(() => cryptofeed.decode([input], target, 7)),
  },
  {
    name: 'dwx',
    samples: () => [
      ...bytesOf('EURUSD:|:1.1;1.2', "{'_action': 'EXECUTION', '_ticket': 5, 'x': [1, 'a', None, True]}"),
      ...recordedLines('payloads', 'zmq', /^dwx.*\.txt$/),
    ],
    read: (input) => {
      tolerant(() => dwx.decode([input], target, 7))
      parseDwxReply(textOf(input))
    },
  },
]
