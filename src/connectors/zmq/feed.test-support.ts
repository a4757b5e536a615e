/** A publisher and a connector over real sockets, in one process. */
import { RealTime } from '../../core/real-time.js'
import type { InstrumentDefinition } from '../../model/instrument.js'
import type { RingHandlers } from '../../ring/kinds.js'
import { TestHost } from '../../testing/test-host.js'
import { ZmqConnector } from './zmq-connector.js'
import type { ZmqConnectorOptions } from './zmq-options.js'
import { ZmqPublisher, type ZmqPublisherOptions } from './zmq-publisher.js'

/** A plain instrument. */
export function definition(symbol: string): InstrumentDefinition {
  return {
    id: `${symbol}.TEST` as InstrumentDefinition['id'],
    symbol,
    venue: 'TEST',
    assetClass: 'equity',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '1',
  }
}

/** Three of them. */
export const definitions = ['IBM', 'SPY', 'QQQ'].map(definition)

/** A publisher on free ports. */
export async function openPublisher(options: Partial<ZmqPublisherOptions> = {}): Promise<ZmqPublisher> {
  const publisher = new ZmqPublisher({
    bind: 'tcp://127.0.0.1:*',
    service: 'tcp://127.0.0.1:*',
    instruments: definitions,
    heartbeatMs: 50,
    ...options,
  })
  await publisher.start()
  return publisher
}

/** A connector that hears a publisher, with what came. */
export async function openConnector(
  publisher: ZmqPublisher | undefined,
  options: Partial<ZmqConnectorOptions> = {},
  handlers?: RingHandlers,
) {
  const time = new RealTime()
  const received: Received = { quotes: [], trades: [], books: [], notes: [], bars: [], statuses: [] }
  const host = new TestHost({ time, handlers: handlers ?? collect(received), instruments: [] })
  const connector = new ZmqConnector({
    ...(publisher === undefined
      ? {}
      : {
          endpoint: publisher.endpoints,
          ...(publisher.serviceEndpoint === '' ? { instruments: definitions } : { service: publisher.serviceEndpoint }),
        }),
    heartbeatMs: 50,
    reorderMs: 30,
    ...options,
  })
  await host.start(connector)
  return { host, connector, received }
}

/** What a ring brought. */
export interface Received {
  quotes: { instrument: number; bid: number; ask: number; sequence: number; tsEventUs: number }[]
  trades: { instrument: number; price: number; size: number; tradeId: number; aggressor: number }[]
  books: { instrument: number; isSnapshot: boolean; levels: [number, number, number][] }[]
  notes: object[]
  bars: { close: number; isClosed: boolean }[]
  statuses: number[]
}

function collect(received: Received): RingHandlers {
  return {
    onQuotes({ quotes: q }, from, to) {
      for (let row = from; row < to; row++)
        received.quotes.push({
          instrument: q.instrument[row],
          bid: q.bid[row],
          ask: q.ask[row],
          sequence: q.sequence[row],
          tsEventUs: q.tsEventUs[row],
        })
    },
    onTrades({ trades: t }, from, to) {
      for (let row = from; row < to; row++)
        received.trades.push({
          instrument: t.instrument[row],
          price: t.price[row],
          size: t.size[row],
          tradeId: t.tradeId[row],
          aggressor: t.aggressor[row],
        })
    },
    onBooks({ books: b }, from, to) {
      for (let row = from; row < to; row++) {
        const levels: [number, number, number][] = []
        for (let level = 0; level < b.levelCount[row]; level++) {
          const at = (b.firstLevel[row] + level) & b.levelMask
          levels.push([b.levelSide[at], b.levelPrice[at], b.levelSize[at]])
        }
        received.books.push({ instrument: b.instrument[row], isSnapshot: b.isSnapshot[row] === 1, levels })
      }
    },
    onNotes({ notes: n }, from, to) {
      for (let row = from; row < to; row++) received.notes.push(n.note[row] as object)
    },
    onBars({ bars: b }, from, to) {
      for (let row = from; row < to; row++) received.bars.push({ close: b.close[row], isClosed: b.isClosed[row] === 1 })
    },
    onStatuses({ statuses: s }, from, to) {
      for (let row = from; row < to; row++) received.statuses.push(s.status[row])
    },
  }
}

/** Waits until something holds, at most five seconds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const time = new RealTime()
  const startNs = time.monotonicNs()
  while (!holds()) {
    if (time.monotonicNs() - startNs > 5e9) throw new Error(`did not come: ${what}`)
    await new Promise<void>((resolve) => time.after(2, resolve))
  }
}

/** Waits a while. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => new RealTime().after(ms, resolve))
}
