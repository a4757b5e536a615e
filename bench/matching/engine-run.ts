/** Runs an order stream through the matching engine and counts what comes out. */
import { OrderKind, TimeInForce } from '../../src/matching/codes.js'
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

/** Applies the stream, each operation to the engine that its order number chooses. */
export function applyStream(stream: OrderStream, engineFor: (orderNumber: number) => MatchingEngine): void {
  const entry = new OrderEntry()
  const { operation, side, price, quantity, target } = stream
  for (let index = 0; index < stream.length; index++) {
    if (operation[index] === StreamOperation.cancel) {
      engineFor(Math.max(0, target[index])).cancel(target[index])
      continue
    }
    entry.orderNumber = index
    entry.side = side[index]
    entry.kind = OrderKind.limit
    entry.price = price[index]
    entry.quantity = quantity[index]
    entry.timeInForce = operation[index] === StreamOperation.immediate ? TimeInForce.ioc : TimeInForce.day
    engineFor(index).submit(entry)
  }
}

/** Runs the stream through a new engine; returns the elapsed nanoseconds and the outcome. */
export function runEngine(stream: OrderStream): { elapsedNs: number; outcome: StreamOutcome } {
  const listener = new CountingListener()
  const engine = new MatchingEngine(listener, { initialOrders: 1 << 20, maxOrders: 1 << 21 })
  const start = process.hrtime.bigint()
  applyStream(stream, () => engine)
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
