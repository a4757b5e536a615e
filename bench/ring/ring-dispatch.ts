/**
 * ring-dispatch: from publish to handler on one thread, against event emitters that carry a fresh object per quote.
 *
 *   one handler            every quote goes to one subscriber
 *   one handler, frames    the same, a frame of quotes decoded into reserved rows
 *   eight handlers         every quote goes to one of eight distinct subscribers, by instrument
 *   eight handlers, all    every quote goes to all of eight distinct subscribers
 *
 * The ring publishes a burst and drains it, as at the end of a socket read; the emitters call per quote. Ring and emitters
 * alike are constants of the closure that publishes, so that the compiler knows them. Each run makes a pass that is not
 * timed first: the variants take turns, and none should be timed while it wakes up.
 */
import { IngestRing } from '../../src/ring/index.js'
import type { Benchmark, BenchmarkCase, Variant } from '../types.js'
import { objectHandlers, ringHandlers } from './handlers.js'
import { buses, type OpenBus } from './peers.js'
import { burst, quoteObject, rewrite, timedAgain } from './quotes.js'

type Setting = 'one' | 'routed' | 'all'

const operations = 2 ** 21

/** Publishes quote by quote, draining after each burst. */
function publisher(ring: IngestRing): () => void {
  const decode = (first: number): void => {
    for (let count = first; count < first + burst; count++) {
      const bid = 100 + (count & 1023) * 0.25
      const size = 100 + (count & 255)
      const timeUs = 1.7e15 + count
      ring.publishQuote(count & 63, 0, bid, bid + 0.25, size, size, timeUs, timeUs + 150, count, 0)
    }
  }
  return () => {
    for (let count = 0; count < operations; count += burst) {
      decode(count)
      ring.drain()
    }
  }
}

/** Decodes quotes into reserved rows, frame by frame, draining after each. */
function framePublisher(ring: IngestRing): () => void {
  const { instrument, source, flags, bid, ask, bidSize, askSize, tsEventUs, tsRecvUs, sequence } = ring.quotes
  const decode = (first: number, row: number, rows: number): void => {
    for (let index = 0; index < rows; index++) {
      const at = row + index
      const count = first + index
      const price = 100 + (count & 1023) * 0.25
      const size = 100 + (count & 255)
      const timeUs = 1.7e15 + count
      instrument[at] = count & 63
      source[at] = 0
      flags[at] = 0
      bid[at] = price
      ask[at] = price + 0.25
      bidSize[at] = size
      askSize[at] = size
      tsEventUs[at] = timeUs
      tsRecvUs[at] = timeUs + 150
      sequence[at] = count
    }
  }
  return () => {
    for (let count = 0; count < operations; ) {
      const rows = ring.reserveQuotes(burst)
      decode(count, ring.nextQuoteRow, rows)
      ring.commitQuotes(rows)
      count += rows
      ring.drain()
    }
  }
}

/** Adds the subscribers of a setting to a ring; returns the checksum of what they keep. */
function subscribe(ring: IngestRing, setting: Setting): () => number {
  const { handlers, checksum } = ringHandlers(ring)
  if (setting === 'routed') {
    const { instrument } = ring.quotes
    ring.addConsumer({
      name: 'router',
      policy: 'backpressure',
      handlers: {
        onQuotes(ring, from, to) {
          for (let row = from; row < to; row++) handlers[instrument[row] & 7](ring, row, row + 1)
        },
      },
    })
    return checksum
  }
  for (let index = 0; index < (setting === 'one' ? 1 : 8); index++) {
    ring.addConsumer({ name: `${index}`, policy: 'backpressure', handlers: { onQuotes: handlers[index] } })
  }
  return checksum
}

function verify(name: string, checksum: number, setting: Setting): void {
  const { handlers, checksum: expected } = objectHandlers()
  for (let count = 0; count < operations; count++) {
    const quote = quoteObject(count)
    if (setting === 'routed') handlers[quote.instrument & 7](quote)
    else for (const handler of handlers.slice(0, setting === 'one' ? 1 : 8)) handler(quote)
  }
  if (checksum !== expected()) throw new Error(`${name}: the handlers saw other quotes than were published`)
}

function ours(setting: Setting, open: (ring: IngestRing) => () => void): Variant {
  return {
    name: 'tradewire',
    async prepare() {
      const ring = new IngestRing({ capacity: 4096 })
      const checksum = subscribe(ring, setting)
      const publish = open(ring)
      publish()
      verify('tradewire', checksum(), setting)
      return { operations, run: () => timedAgain(publish) }
    },
  }
}

function peer(name: string, open: OpenBus, setting: Setting): Variant {
  return {
    name,
    async prepare() {
      const { handlers, checksum } = objectHandlers()
      const bus = await open(setting === 'routed' ? 8 : 1)
      const listeners = setting === 'one' ? handlers.slice(0, 1) : handlers
      for (const [index, listener] of listeners.entries()) bus.on(setting === 'routed' ? index : 0, listener)
      const emitAll = (): void => {
        for (let count = 0; count < operations; count++) {
          const quote = quoteObject(count)
          bus.emit(setting === 'routed' ? quote.instrument & 7 : 0, quote)
        }
      }
      emitAll()
      verify(name, checksum(), setting)
      return { operations, run: () => timedAgain(emitAll) }
    },
  }
}

/** No bus at all: the subscribers called with one object that is used again. The floor of any dispatch by objects. */
function bareCalls(setting: Setting): Variant {
  return {
    name: 'bare calls, reused object',
    async prepare() {
      const { handlers, checksum } = objectHandlers()
      const count = setting === 'one' ? 1 : 8
      const reused = quoteObject(0)
      const callAll = (): void => {
        for (let index = 0; index < operations; index++) {
          rewrite(reused, index)
          if (setting === 'routed') handlers[reused.instrument & 7](reused)
          else for (let handler = 0; handler < count; handler++) handlers[handler](reused)
        }
      }
      callAll()
      verify('bare calls', checksum(), setting)
      return { operations, run: () => timedAgain(callAll) }
    },
  }
}

function dispatchCase(title: string, setting: Setting, own: Variant, ratio: number): BenchmarkCase {
  return {
    case: title,
    unit: 'ops/s',
    better: 'higher',
    ours: own,
    peers: [...buses.map(([name, open]) => peer(name, open, setting)), bareCalls(setting)],
    floor: { peer: 'eventemitter3', ratio },
  }
}

/** Dispatch on one thread. */
export const benchmark: Benchmark = {
  name: 'ring-dispatch',
  cases: () => [
    dispatchCase('one handler', 'one', ours('one', publisher), 3),
    dispatchCase('one handler, frames', 'one', ours('one', framePublisher), 3),
    dispatchCase('eight handlers', 'routed', ours('routed', publisher), 1.3),
    dispatchCase('eight handlers, all', 'all', ours('all', publisher), 1.3),
  ],
}
