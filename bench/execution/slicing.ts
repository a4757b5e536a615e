/**
 * execution-slicing: from a timer to a child that is decided, sized, priced and booked, without the order path behind it:
 * 200 orders of 390 slices, and 10,000 orders side by side whose slices come due one after the other.
 *
 * The peer divides what is left by what is left of the slices, as simple algorithms do: no lots, no limit, no bookkeeping.
 */
import { VirtualTime } from '../../src/core/virtual-time.js'
import { ParentOrder } from '../../src/execution/parent-order.js'
import type { ChildRequest, ParentPorts } from '../../src/execution/parent-ports.js'
import { type ParentPlan, readTerms } from '../../src/execution/parent-terms.js'
import { Twap } from '../../src/execution/twap.js'
import type { InstrumentId } from '../../src/model/ids.js'
import { Instrument } from '../../src/model/instrument.js'
import type { Benchmark, Variant } from '../types.js'

const slices = 390
const intervalMs = 1_000
const instrument = new Instrument(
  {
    id: 'X.XNYS' as InstrumentId,
    symbol: 'X',
    venue: 'XNYS',
    assetClass: 'equity',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '1',
  },
  0,
)

/** A world in which every child is filled at once. */
class World {
  readonly time = new VirtualTime()
  children = 0
  readonly #filled: number[] = []

  open(id: number): ParentOrder {
    const algo = { type: 'twap' as const, slices, style: 'aggressive' as const }
    const startUs = this.time.wallUs() + (id % 1_000) * 1_000
    const plan: ParentPlan = {
      version: 1,
      id: `P${id}`,
      instrument: instrument.id,
      side: 'buy',
      quantityUnits: 100_003,
      limitUnits: null,
      account: null,
      strategy: null,
      connector: null,
      tag: null,
      reduceOnly: false,
      algo,
      startUs,
      endUs: startUs + slices * intervalMs * 1_000,
      seed: 1,
      createdUs: startUs,
      arrival: null,
    }
    const order = new ParentOrder(plan, readTerms(algo, 1, instrument), instrument, new Twap(algo), this.#ports())
    order.start()
    return order
  }

  #ports(): ParentPorts {
    return {
      time: this.time,
      tapeUnits: () => 0,
      obstacle: () => undefined,
      readPrices: (view) => {
        view.bidUnits = 9_999
        view.askUnits = 10_001
      },
      save: () => {},
      tell: () => {},
      children: {
        nextIndex: (index) => index + 1,
        send: (request: ChildRequest) => {
          this.children++
          this.#filled.push(request.quantityUnits)
          return this.#filled.length
        },
        cancel: () => {},
        reprice: () => false,
        read: (number, facts) => {
          facts.filledUnits = this.#filled[number - 1] as number
          facts.leavesUnits = 0
          facts.isClosed = true
        },
      },
    }
  }
}

/** Opens so many orders and plays so many seconds of their plans. */
function ours(orders: number, seconds: number): Variant {
  return {
    name: 'tradewire',
    async prepare() {
      return {
        operations: orders * seconds,
        run() {
          const world = new World()
          for (let id = 0; id < orders; id++) world.open(id)
          const before = world.children
          const start = process.hrtime.bigint()
          world.time.advanceMs(seconds * intervalMs)
          const elapsed = Number(process.hrtime.bigint() - start)
          if (world.children - before < orders * (seconds - 1)) throw new Error(`${world.children} children only`)
          return elapsed
        },
      }
    },
  }
}

function plain(orders: number, seconds: number): Variant {
  return {
    name: 'plain division',
    async prepare() {
      return {
        operations: orders * seconds,
        run() {
          const time = new VirtualTime()
          let sent = 0
          for (let id = 0; id < orders; id++) {
            let left = 100_003
            let slicesLeft = slices
            const children: { quantity: number; price: number }[] = []
            time.every(intervalMs, () => {
              const quantity = Math.floor(left / slicesLeft)
              slicesLeft = Math.max(1, slicesLeft - 1)
              left -= quantity
              children.push({ quantity, price: 100.01 })
              sent++
            })
          }
          const start = process.hrtime.bigint()
          time.advanceMs(seconds * intervalMs)
          const elapsed = Number(process.hrtime.bigint() - start)
          if (sent === 0) throw new Error('nothing was sent')
          return elapsed
        },
      }
    },
  }
}

export const benchmark: Benchmark = {
  name: 'execution-slicing',
  cases: () => [
    { case: 'orders of 390 slices', unit: 'ops/s', better: 'higher', ours: ours(200, 389), peers: [plain(200, 389)] },
    {
      case: '10,000 orders side by side',
      unit: 'ops/s',
      better: 'higher',
      ours: ours(10_000, 20),
      peers: [plain(10_000, 20)],
    },
  ],
}
