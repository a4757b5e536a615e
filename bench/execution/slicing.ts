/**
 * execution-slicing: from a timer to a child that is decided, sized, priced and booked, without the order path behind it:
 * 200 orders of 390 slices, and 10,000 orders side by side whose slices come due one after the other.
 *
 * `one decision, median` times every decision by itself, with the timer before it.
 *
 * The peer divides what is left by what is left of the slices, as simple algorithms do: no lots, no limit, no bookkeeping.
 */
import { VirtualTime } from '../../src/core/virtual-time.js'
import type { Benchmark, Variant } from '../types.js'
import { SlicingWorld } from './world.js'

const slices = 390
const intervalMs = 1_000
/** A world whose orders start a millisecond apart, as many as fit into a second. */
class Opened {
  readonly time = new VirtualTime()
  readonly #world = new SlicingWorld(this.time)

  get children(): number {
    return this.#world.children
  }

  open(id: number): void {
    this.#world.open(id, this.time.wallUs() + (id % 1_000) * 1_000, slices, intervalMs)
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
          const world = new Opened()
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

/** Every decision timed by itself: the median, in microseconds. */
function decisions(orders: number, seconds: number): Variant {
  return {
    name: 'tradewire',
    async prepare() {
      const samples = new Float64Array(orders * seconds)
      return {
        operations: 1,
        run() {
          const world = new Opened()
          for (let id = 0; id < orders; id++) world.open(id)
          const startNs = world.time.monotonicNs()
          let taken = 0
          for (let second = 1; second <= seconds; second++)
            for (let id = 0; id < orders; id++) {
              // Orders start a millisecond apart: each step runs one timer.
              const dueNs = startNs + (second * intervalMs + id) * 1e6
              const before = performance.now()
              world.time.advanceTo(dueNs)
              samples[taken++] = (performance.now() - before) * 1_000
            }
          if (world.children < orders * seconds) throw new Error(`${world.children} children only`)
          return samples.sort()[samples.length >> 1] as number
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
    { case: 'one decision, median', unit: 'us', better: 'lower', most: 5, ours: decisions(200, 380), peers: [] },
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
