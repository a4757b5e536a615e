/**
 * The person in front of the system: throws kill switches and takes them back, and says what became of orders whose fate is
 * not known. Mostly right, for there is a telephone to the venue; sometimes wrong, for there are people at both ends.
 */
import { TradewireError } from '../../src/core/errors.js'
import type { SeededRandom } from '../../src/core/random.js'
import type { UnknownOutcome } from '../../src/oms/resolution.js'
import type { TradingSystem } from '../../src/system/trading-system.js'
import { type LocalOrder, ordersOf, type Violate } from './checks.js'
import type { Line } from './line.js'
import { priceFactor, type Request } from './messages.js'
import type { Trace } from './trace.js'

/** What the operator sees and uses. */
export interface OperatorWorld {
  readonly trace: Trace
  readonly lines: readonly Line[]
  readonly instruments: readonly { readonly symbol: string }[]
}

/** A kill switch that was thrown and not taken back. */
interface Kill {
  /** Undefined: everything. */
  readonly instrument: number | undefined
  readonly cancels: boolean
}

const who = { actor: 'operator', reason: 'simulation' }

/** Throws switches, and remembers what has to hold because of them (C25). */
export class Operator {
  readonly #world: OperatorWorld
  readonly #random: SeededRandom
  #kills: Kill[] = []
  /** Orders that a cancel was sent for. */
  readonly #canceled = new Set<string>()

  constructor(world: OperatorWorld, random: SeededRandom) {
    this.#world = world
    this.#random = random
  }

  /** Throws a kill switch. Most are taken back after a while: `later` runs that. */
  kill(system: TradingSystem, later: (delayMs: number, release: (now: TradingSystem) => void) => void): void {
    const { instruments, trace } = this.#world
    const instrument = this.#random.chance(0.5) ? undefined : this.#random.below(instruments.length)
    const cancels = this.#random.chance(0.7)
    const scope =
      instrument === undefined ? {} : { scope: 'instrument' as const, name: instruments[instrument]?.symbol as string }
    const kill = { instrument, cancels }
    trace.note('person', `kills ${scope.name ?? 'everything'}${cancels ? ' and cancels' : ''}`)
    this.#kills = [...this.#kills.filter((each) => each.instrument !== instrument), kill]
    system.kill({ ...scope, cancel: cancels, ...who })
    if (this.#random.chance(0.3)) return
    later(300 + this.#random.below(3_000), (now) => {
      trace.note('person', `releases ${scope.name ?? 'everything'}`)
      this.#kills = this.#kills.filter((each) => each.instrument !== instrument)
      now.releaseKill({ ...scope, ...who })
    })
  }

  /** Says what became of orders whose fate is not known. */
  resolve(system: TradingSystem): void {
    for (const local of ordersOf(system.exportState())) {
      const { clientOrderId } = local
      if (local.lifecycle !== 'UNKNOWN' || this.#random.chance(0.3)) continue
      const outcome = this.#random.chance(0.15) ? { kind: 'canceled' as const } : this.#truth(local)
      if (outcome === undefined) continue
      this.#world.trace.tell(
        'person',
        clientOrderId.length,
        () => `says ${clientOrderId} is ${JSON.stringify(outcome)}`,
      )
      this.#say(system, clientOrderId, outcome)
    }
  }

  #say(system: TradingSystem, clientOrderId: string, outcome: UnknownOutcome): void {
    try {
      system.orders.resolveUnknown(clientOrderId, outcome, who)
    } catch (error) {
      if (!(error instanceof TradewireError)) throw error
      this.#world.trace.note('person', 'is refused')
      // Filled as a whole at the venue, for less than is known here: a change to less was made there, and nobody told.
      if (outcome.kind === 'filled' && outcome.rest === undefined && error.message.includes('rest is missing'))
        this.#say(system, clientOrderId, { ...outcome, rest: 'canceled' })
      // What contradicts what is known is refused, and so is a word about a rest where there is none.
      else if (error.code !== 'TW_INVALID_STATE' && !error.message.includes('nothing is left of the order')) throw error
    }
  }

  /** What the venue would say on the telephone; undefined while the order may still be on its way. */
  #truth({ clientOrderId, filled }: LocalOrder): UnknownOutcome | undefined {
    const { lines } = this.#world
    const order = lines.map(({ venue }) => venue.find(clientOrderId)).find((each) => each !== undefined)
    if (order === undefined) {
      for (const { link } of lines)
        for (const request of link.inFlight)
          if (request.kind === 'new' && request.clientOrderId === clientOrderId) return undefined
      return filled > 0 ? { kind: 'canceled' } : { kind: 'rejected' }
    }
    const rest = order.state === 'working' ? 'working' : 'canceled'
    const quantity = order.cumulative - filled
    if (quantity > 0) {
      const fill = { kind: 'filled' as const, quantity, price: order.price / priceFactor, venueOrderId: order.id }
      return order.state === 'filled' ? fill : { ...fill, rest }
    }
    return rest === 'working' ? { kind: 'working', venueOrderId: order.id } : { kind: 'canceled' }
  }

  /** A new order in a scope that is killed is one too many. */
  checkSend(request: Request, violate: Violate): void {
    if (request.kind === 'cancel') this.#canceled.add(request.clientOrderId)
    if (request.kind !== 'new') return
    for (const { instrument } of this.#kills)
      if (instrument === undefined || instrument === request.instrument)
        violate(`C25: order ${request.clientOrderId} was sent although ${instrument ?? 'everything'} is killed`)
  }

  /** The process died. What it had no time to write is forgotten. */
  restart(isOnRecord: boolean): void {
    if (!isOnRecord) this.#kills = []
  }

  /** After everything has healed every open order of a killed scope has been asked to end. */
  checkOwedCancels(violate: Violate): void {
    for (const { instrument, cancels } of this.#kills) {
      if (!cancels) continue
      for (const order of this.#world.lines.flatMap(({ venue }) => venue.working())) {
        if (order.clientOrderId === undefined || (instrument !== undefined && instrument !== order.instrument)) continue
        if (!this.#canceled.has(order.clientOrderId))
          violate(`C25: order ${order.clientOrderId} works in a killed scope and nobody asked to cancel it`)
      }
    }
  }
}
