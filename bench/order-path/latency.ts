/**
 * From submit to the acknowledgement at the listener, at a steady pace of orders, against the time at which each order was
 * due: a pause of the process counts for every order that it delays. Other tenants of the machine cause such pauses, so the
 * time is cut into windows, and what counts is the lower quartile of the windows' 99th percentiles.
 *
 * Two peers: the order core called directly (`order core, bare calls`: gate, reservation, order facts and acknowledgement by
 * ids, without requests, handles, journal, connector and events), which tells what the public way adds; and an empty call
 * with the same reading of the clock, which tells what the machine alone does to a 99th percentile. The venue fills an order
 * after it is timed.
 */
import { openCorePath } from '../orders/core-path.js'
import { makeWorkload, priceUnit, quoteEvery, workloadSize } from '../orders/workload.js'
import type { BenchmarkCase, Variant } from '../types.js'
import { symbols } from './bench-venue.js'
import { openSystemPath } from './system-path.js'

/** Nanoseconds between two orders: 50,000 a second. */
const paceNs = 20_000
const windowOrders = 5_000
const windows = 16

/**
 * Some hundred nanoseconds without a clock. Reading the clock allocates: a wait that does nothing else fills the young heap
 * many times a second, and what would be measured are the collections that the measurement itself asks for.
 */
function rest(work: Int32Array): void {
  for (let i = 0; i < 256; i++) work[0] = Math.imul(work[0] + i, 0x9e3779b1)
}

/** Something that takes an order and calls back when it is acknowledged. */
interface AcknowledgingPath {
  submit(onAcknowledged: () => void): void
  /** After each order, when it is acknowledged and timed: what it takes to be done with it. */
  settle(): void
  /** Now and then, between two orders. */
  refresh(): void
  close?(): Promise<void>
}

/** Lower quartile over the windows of the 99th percentile, in nanoseconds. */
function measure(path: AcknowledgingPath): number {
  const latencies = new Float64Array(windowOrders)
  const times = new Float64Array(2)
  const work = new Int32Array(1)
  const now = (): number => performance.now() * 1e6
  const onAcknowledged = (): void => {
    times[1] = now()
  }
  const percentiles: number[] = []
  for (let window = 0; window < windows; window++) {
    path.refresh()
    // A late start is not the path's fault: every window has a schedule of its own.
    const start = now() + paceNs
    for (let i = 0; i < windowOrders; i++) {
      times[0] = start + i * paceNs
      while (now() < times[0]) rest(work)
      times[1] = 0
      path.submit(onAcknowledged)
      if (times[1] === 0) throw new Error('an order was not acknowledged in its turn')
      latencies[i] = times[1] - times[0]
      path.settle()
    }
    latencies.sort()
    percentiles.push(latencies[Math.floor(windowOrders * 0.99)])
  }
  percentiles.sort((a, b) => a - b)
  return percentiles[windows >> 2]
}

function variant(name: string, open: () => AcknowledgingPath | Promise<AcknowledgingPath>): Variant {
  return {
    name,
    async prepare() {
      const path = await open()
      const nothing = (): void => {}
      for (let i = 0; i < workloadSize * 8; i++) {
        if ((i & (quoteEvery - 1)) === 0) path.refresh()
        path.submit(nothing)
        path.settle()
      }
      return { operations: 1, run: () => measure(path), dispose: () => path.close?.() }
    },
  }
}

async function openSystem(): Promise<AcknowledgingPath> {
  const path = await openSystemPath(makeWorkload(), {
    clock: 'real',
    journal: 'none',
    perTurn: 1,
    ids: 'numbers',
    fills: 'on request',
  })
  return {
    submit(onAcknowledged) {
      path.onAccepted = onAcknowledged
      path.system.orders.submit(path.nextRequest())
    },
    settle: path.fillLatest,
    refresh: path.refresh,
    close: () => path.close(),
  }
}

function openCore(): AcknowledgingPath {
  const core = openCorePath(makeWorkload())
  let latest = 0
  return {
    submit(onAcknowledged) {
      latest = core.submitNext()
      if (latest === 0) throw new Error('an order was denied')
      core.accept(latest)
      onAcknowledged()
    },
    settle: () => core.fillLatest(latest),
    refresh: core.refresh,
  }
}

/** The least that has to happen: a request is made, handed over and acknowledged. */
class BareVenue {
  acknowledged = 0
  quantity = 0

  send(request: { symbol: string; side: string; quantity: number; price: number }, onAcknowledged: () => void): void {
    this.quantity += request.quantity
    this.acknowledged++
    onAcknowledged()
  }
}

function openEmpty(): AcknowledgingPath {
  const workload = makeWorkload()
  const venue = new BareVenue()
  let sent = 0
  return {
    submit(onAcknowledged) {
      const index = sent++ & (workloadSize - 1)
      const request = {
        symbol: symbols[workload.instrument[index]],
        strategy: 'strategy',
        side: workload.side[index] > 0 ? 'buy' : 'sell',
        quantity: workload.quantity[index],
        price: workload.price[index] / priceUnit,
      }
      venue.send(request, onAcknowledged)
    },
    settle() {},
    refresh() {},
  }
}

const corePeer = 'order core, bare calls'

/** The latency case of order-path. */
export function latencyCase(): BenchmarkCase {
  return {
    case: 'journal none, real clock: p99 from submit to acknowledgement at 50,000 orders/s',
    unit: 'ns',
    better: 'lower',
    ours: variant('tradewire', openSystem),
    peers: [variant(corePeer, openCore), variant('empty call', openEmpty)],
    floor: { peer: corePeer, ratio: 1 / 3 },
  }
}
