/**
 * What goes wrong in a simulation, by the dice of its seed: each kind of fault comes at random moments with the odds of the
 * plan. The moments are drawn in advance, kind by kind, and each has dice of its own: take one away, and the others stay what
 * they were. So a schedule that fails can be shrunk to the few faults that matter.
 */
import { NS_PER_MS, NS_PER_US } from '../../src/core/clock.js'
import { SeededRandom } from '../../src/core/random.js'
import type { VirtualTime } from '../../src/core/virtual-time.js'
import type { SimulatedDisk } from '../../src/testing/simulated-disk.js'
import type { Line } from './line.js'
import type { FaultKind, Plan } from './plan.js'
import type { Machine } from './process-time.js'
import type { Trace } from './trace.js'
import type { VenueFill } from './venue.js'

/** What faults act on. */
export interface FaultWorld {
  readonly plan: Plan
  readonly time: VirtualTime
  readonly trace: Trace
  readonly lines: readonly Line[]
  readonly disk: SimulatedDisk
  readonly machine: Machine
  /** The process dies by itself. */
  crash(): void
  /** The process dies while promises settle, after so many turns of theirs, in the next step. */
  crashInAwait(turns: number): void
  /** Somebody throws a kill switch, or says what became of orders. */
  operate(what: 'kill' | 'resolve'): void
}

/** One fault: its kind and its moment, in milliseconds; of `crashAtSend` the number of the message it comes with. */
export interface FaultMoment {
  readonly kind: FaultKind | 'crashAtSend'
  readonly at: number
}

const tickMs = 50
/** More messages than any scenario sends. */
const mostSends = 2_000

/** Draws the faults of a plan. */
export function drawFaults({ seed, perSecond, tradingMs, crashAtSend }: Plan): FaultMoment[] {
  const random = new SeededRandom(seed).fork('moments')
  const moments: FaultMoment[] = []
  const ticks = Math.floor(tradingMs / tickMs)
  for (const [kind, odds] of Object.entries(perSecond) as [FaultKind, number][]) {
    if (odds === 0) continue
    const chance = (odds * tickMs) / 1_000
    for (let tick = 1; tick < ticks; tick++) if (random.chance(chance)) moments.push({ kind, at: tick * tickMs })
  }
  if (crashAtSend > 0)
    for (let at = 1; at <= mostSends; at++) if (random.chance(crashAtSend)) moments.push({ kind: 'crashAtSend', at })
  return moments
}

/** Causes faults. */
export class Faults {
  /** Numbers of the messages that a crash comes with. */
  readonly crashSends: ReadonlySet<number>
  readonly #world: FaultWorld
  readonly #moments: readonly FaultMoment[]
  readonly #root: SeededRandom
  /** Dice of the fault that is caused now. */
  #random: SeededRandom
  /** Faults that were caused, by kind. */
  readonly caused = new Map<FaultKind, number>()
  #lostBook = false

  /** `root` is forked for every fault, and never drawn from. */
  constructor(world: FaultWorld, root: SeededRandom, moments: readonly FaultMoment[]) {
    this.#world = world
    this.#root = root
    this.#random = root
    this.#moments = moments
    this.crashSends = new Set(moments.filter(({ kind }) => kind === 'crashAtSend').map(({ at }) => at))
  }

  /** Sets the moments of all faults: `at` runs something so many milliseconds from now. */
  schedule(at: (delayMs: number, run: () => void) => void): void {
    for (const { kind, at: moment } of this.#moments)
      if (kind !== 'crashAtSend')
        at(moment, () => {
          this.#random = this.#root.fork(`${kind} ${moment}`) as SeededRandom
          this.#cause(kind)
        })
  }

  /** The line that a fault is about. */
  #line(): Line {
    const { lines } = this.#world
    return lines[lines.length === 1 ? 0 : this.#random.below(lines.length)] as Line
  }

  #cause(kind: FaultKind): void {
    this.caused.set(kind, (this.caused.get(kind) ?? 0) + 1)
    const { trace } = this.#world
    const { link } = this.#line()
    switch (kind) {
      case 'disconnect':
        link.cut('network', this.#random.chance(0.7))
        return
      case 'silence':
        trace.note('line', 'falls silent')
        link.isSilent = true
        return
      case 'venueRestart':
        this.#restartVenue()
        return
      case 'crash':
        this.#world.crash()
        return
      case 'await':
        this.#world.crashInAwait(1 + this.#random.below(24))
        return
      case 'partition':
        this.#part()
        return
      case 'diskFault':
        this.#failDisk()
        return
      case 'external':
        this.#external()
        return
      case 'bust':
        this.#restate()
        return
      case 'late':
        this.#tradeLate()
        return
      case 'repeat':
        this.#repeat()
        return
      case 'freeze':
        this.#freeze()
        return
      case 'clockStep':
        this.#stepClock()
        return
      case 'kill':
      case 'resolve':
        this.#world.operate(kind)
    }
  }

  /** Nothing passes and nobody is told; new connections are refused until it is over. */
  #part(): void {
    const { time, trace } = this.#world
    const { link } = this.#line()
    const durationMs = 200 + this.#random.below(2_500)
    trace.note('line', 'is parted for ms', durationMs)
    link.isSilent = true
    link.isParted = true
    time.after(durationMs, () => link.join())
  }

  #restartVenue(): void {
    const { plan, trace } = this.#world
    const { link, venue } = this.#line()
    link.cut('venue restarts', true)
    if (!plan.losesBook || this.#lostBook) return
    this.#lostBook = true
    trace.note('venue', 'loses its book')
    venue.loseBook()
  }

  #failDisk(): void {
    const { disk, time, trace } = this.#world
    const kind = this.#random.below(5)
    if (kind === 0) disk.failCall(1 + this.#random.below(20), 'EIO')
    else if (kind === 1) disk.failCall(1 + this.#random.below(20), 'ENOSPC')
    else if (kind === 2) disk.failCall(1 + this.#random.below(20), 'crash')
    else if (kind === 3) disk.failSync(1 + this.#random.below(3))
    else {
      disk.limitSpace(this.#random.below(4_096))
      time.after(2_000, () => disk.heal())
    }
    const words = [
      'a call will fail',
      'no space for a call',
      'a call will crash',
      'a sync will fail',
      'is full',
    ] as const
    trace.note('disk', words[kind] as string)
  }

  #external(): void {
    const { plan } = this.#world
    const { sent, venue } = this.#line()
    const instrument = this.#random.below(plan.instruments)
    sent.disturb(instrument)
    venue.externalOrder(instrument, this.#random.chance(0.5) ? 1 : -1, 1 + this.#random.below(10), 1_000_000)
  }

  #restate(): void {
    const { sent, venue } = this.#line()
    const fills = venue.fills.filter(
      (fill) => !fill.isBusted && !fill.isCorrected && fill.order.clientOrderId !== undefined,
    )
    const fill = fills[this.#random.below(Math.max(1, fills.length))]
    if (fill === undefined) return
    sent.disturb(fill.order.instrument)
    if (this.#random.chance(0.5)) venue.bust(fill)
    else venue.correct(fill, fill.price + 100)
  }

  /** An order that was canceled has traded before that, and the venue tells it only now. */
  #tradeLate(): void {
    const { sent, venue } = this.#line()
    const orders = venue.orders.filter(
      ({ state, clientOrderId }) => state === 'canceled' && clientOrderId !== undefined,
    )
    const order = orders[this.#random.below(Math.max(1, orders.length))]
    const leaves = order === undefined ? 0 : order.quantity - order.cumulative
    if (order === undefined || leaves <= 0) return
    sent.disturb(order.instrument)
    venue.fill(order, 1 + this.#random.below(leaves), order.price)
  }

  /** The venue tells executions once more, of whatever age. */
  #repeat(): void {
    const { venue } = this.#line()
    const fills = venue.fills.filter(({ isBusted, isCorrected }) => !isBusted && !isCorrected)
    for (let left = Math.min(fills.length, 1 + this.#random.below(8)); left > 0; left--)
      venue.repeat(fills[this.#random.below(fills.length)] as VenueFill)
  }

  #freeze(): void {
    const { machine, plan, time, trace } = this.#world
    const leftMs = plan.tradingMs - time.monotonicNs() / NS_PER_MS
    const durationMs = Math.min(leftMs, 200 + this.#random.below(6_000))
    machine.frozenUntilNs = time.monotonicNs() + durationMs * NS_PER_MS
    trace.note('machine', 'stands still for ms', durationMs)
  }

  #stepClock(): void {
    const { machine, trace } = this.#world
    const stepMs =
      (this.#random.chance(0.5) ? 1 : -1) * this.#random.below(this.#random.chance(0.5) ? 5_000 : 3_700_000)
    machine.skewUs += (stepMs * NS_PER_MS) / NS_PER_US
    trace.note('machine', 'clock steps by ms', stepMs)
  }
}
