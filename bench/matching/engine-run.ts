/** Runs an order stream through the matching engine and counts what comes out. */
import { TimeInForce } from '../../src/matching/codes.js'
import { MatchingEngine } from '../../src/matching/matching-engine.js'
import { SilentListener } from '../../src/matching/matching-listener.js'
import { OrderEntry } from '../../src/matching/order-entry.js'
import { type OrderStream, StreamOperation } from './order-stream.js'

/** What the engines of the benchmark have to agree on. */
export interface StreamOutcome {
  trades: number
  volume: number
  rejects: number
}

/** A venue in miniature: keeps the last trades, as the C++ peer does, and counts. */
export class CountingListener extends SilentListener {
  readonly tradePrice = new Int32Array(4096)
  readonly tradeQuantity = new Float64Array(4096)
  readonly tradeResting = new Float64Array(4096)
  /** Trades, volume, refused cancels. */
  readonly totals = new Float64Array(3)

  override onTrade(trade: number, resting: number, _taker: number, price: number, quantity: number): void {
    const at = trade & 4095
    this.tradePrice[at] = price
    this.tradeQuantity[at] = quantity
    this.tradeResting[at] = resting
    this.totals[0]++
    this.totals[1] += quantity
  }

  override onRequestRejected(): void {
    this.totals[2]++
  }
}

/** Applies the stream to one engine. */
export function applyStream(stream: OrderStream, engine: MatchingEngine): void {
  const { operation, target } = stream
  const entry = new OrderEntry()
  for (let index = 0; index < stream.length; index++) {
    if (operation[index] === StreamOperation.cancel) engine.cancel(target[index])
    else engine.submit(fill(entry, stream, index))
  }
}

/** Deals the stream out to many engines: order i belongs to engine i % n. */
export function dealStream(stream: OrderStream, engines: readonly MatchingEngine[]): void {
  const { operation, target } = stream
  const entry = new OrderEntry()
  for (let index = 0; index < stream.length; index++) {
    if (operation[index] === StreamOperation.cancel) {
      engines[Math.max(0, target[index]) % engines.length].cancel(target[index])
    } else engines[index % engines.length].submit(fill(entry, stream, index))
  }
}

/** Writes an order of the stream into a reused entry that is a limit order without options already. */
function fill(entry: OrderEntry, { operation, side, price, quantity }: OrderStream, index: number): OrderEntry {
  entry.orderNumber = index
  entry.side = side[index]
  entry.price = price[index]
  entry.quantity = quantity[index]
  entry.timeInForce = operation[index] === StreamOperation.immediate ? TimeInForce.ioc : TimeInForce.day
  return entry
}

/** Runs the stream through a new engine; returns the elapsed nanoseconds and the outcome. */
export function runEngine(stream: OrderStream): { elapsedNs: number; outcome: StreamOutcome } {
  const listener = new CountingListener()
  const engine = new MatchingEngine(listener, { initialOrders: 1 << 20, maxOrders: 1 << 21 })
  const start = process.hrtime.bigint()
  applyStream(stream, engine)
  const elapsedNs = Number(process.hrtime.bigint() - start)
  const [trades, volume, rejects] = listener.totals
  return { elapsedNs, outcome: { trades, volume, rejects } }
}

/** Throws unless what a peer counted is what our engine counts. */
export function verify(name: string, actual: Partial<StreamOutcome>, expected: StreamOutcome): void {
  for (const [field, value] of Object.entries(actual)) {
    const wanted = expected[field as keyof StreamOutcome]
    if (value !== wanted) throw new Error(`${name}: ${field} is ${value} instead of ${wanted}`)
  }
}
