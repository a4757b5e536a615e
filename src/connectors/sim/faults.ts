/**
 * What can go wrong between a client and the venue: by chance from a seed, or exactly as a test says. Everything that was
 * done is counted.
 *
 *   faults: { seed: 7, toClient: { drop: 0.01, duplicate: 0.02 }, disconnect: { meanIntervalMs: 60_000 } }
 *   connector.faults.dropNext('fill')
 */
import { TradewireError } from '../../core/errors.js'
import { type Random, SeededRandom } from '../../core/random.js'
import type { MessageKind } from './venue-message.js'
import { invalid, refuseUnknown } from './venue-options.js'

/** A delay between two bounds, with a probability. */
export interface DelayFault {
  probability: number
  minMs: number
  maxMs: number
}

/** Chances of what happens to one message; each 0 unless given. */
export interface DirectionFaults {
  /** The message is lost. */
  drop?: number
  /** The message arrives twice. */
  duplicate?: number
  /** The message is late, and those behind it wait. */
  delay?: DelayFault
  /** The message is late, and those behind it overtake. */
  reorder?: DelayFault
}

/** A plan of faults for one client's link. */
export interface FaultPlan {
  /** Seed of all chances; 1 unless given. */
  seed?: number
  toVenue?: DirectionFaults
  toClient?: DirectionFaults
  /** Chance that the venue refuses an order for no reason. */
  reject?: number
  /** Acknowledgements that are late, while fills are not. */
  lateAck?: DelayFault
  /** The connection breaks, at intervals around a mean. */
  disconnect?: { meanIntervalMs: number }
  /** The line goes silent without breaking, at intervals around a mean: only a health check finds out. */
  halfOpen?: { meanIntervalMs: number }
}

/** What was done to messages. */
export interface FaultCounters {
  dropped: number
  duplicated: number
  delayed: number
  reordered: number
  rejected: number
  lateAcks: number
  disconnects: number
  halfOpens: number
  /** Messages lost by a broken or silent line. */
  lost: number
}

/** What happens to one message: how often it arrives, how late, and whether others may overtake it. The object is reused. */
export interface Fate {
  copies: number
  delayMs: number
  overtaken: boolean
}

interface Script {
  kind: MessageKind | 'any'
  action: 'drop' | 'duplicate' | 'delay'
  delayMs: number
  times: number
}

/** Decides what happens to messages. */
export class LinkFaults {
  readonly counters: FaultCounters = {
    dropped: 0,
    duplicated: 0,
    delayed: 0,
    reordered: 0,
    rejected: 0,
    lateAcks: 0,
    disconnects: 0,
    halfOpens: 0,
    lost: 0,
  }
  readonly plan: Readonly<FaultPlan>
  random: Random
  readonly #scripts: Script[] = []
  readonly #refusals: string[] = []
  readonly #hasChances: boolean
  readonly #fate: Fate = { copies: 1, delayMs: 0, overtaken: false }

  /** @throws TradewireError `TW_INVALID_CONFIG` for an unknown or impossible option. */
  constructor(plan: FaultPlan = {}) {
    checkPlan(plan)
    this.plan = plan
    this.random = new SeededRandom(plan.seed ?? 1).fork('faults')
    this.#hasChances = plan.toVenue !== undefined || plan.toClient !== undefined || plan.lateAck !== undefined
  }

  /** Takes the seed of the system, where the plan has none of its own. Called before anything happens. */
  seedUnlessGiven(seed: number): void {
    if (this.plan.seed === undefined) this.random = new SeededRandom(seed).fork('faults')
  }

  /** Whether anything can happen to a message now; while not, messages need not be looked at. */
  get isActive(): boolean {
    return this.#hasChances || this.#scripts.length > 0
  }

  /** Loses the next messages of a kind (`any` for whatever comes). */
  dropNext(kind: MessageKind | 'any', times = 1): void {
    this.#scripts.push({ kind, action: 'drop', delayMs: 0, times: count(times) })
  }

  /** Delivers the next messages of a kind twice. */
  duplicateNext(kind: MessageKind | 'any', times = 1): void {
    this.#scripts.push({ kind, action: 'duplicate', delayMs: 0, times: count(times) })
  }

  /** Holds the next messages of a kind back; others overtake them. */
  delayNext(kind: MessageKind | 'any', delayMs: number, times = 1): void {
    this.#scripts.push({ kind, action: 'delay', delayMs, times: count(times) })
  }

  /** Lets the venue refuse the next orders. */
  rejectNext(reason = 'refused by the fault plan', times = 1): void {
    for (let i = 0; i < count(times); i++) this.#refusals.push(reason)
  }

  /** Forgets what was asked for by the `Next` methods and has not happened. */
  clear(): void {
    this.#scripts.length = 0
    this.#refusals.length = 0
  }

  /** Reason to refuse an order; empty for none. */
  refusal(): string {
    const asked = this.#refusals.shift()
    const { reject } = this.plan
    if (asked === undefined && (reject === undefined || !this.random.chance(reject))) return ''
    this.counters.rejected++
    return asked ?? 'refused by chance'
  }

  /** What happens to a message. The object holds until the next call. */
  fateOf(kind: MessageKind, isRequest: boolean): Fate {
    const fate = this.#fate
    fate.copies = 1
    fate.delayMs = 0
    fate.overtaken = false
    if (this.#byScript(kind, fate) || !this.#hasChances) return fate
    const { plan, random, counters } = this
    const chances = isRequest ? plan.toVenue : plan.toClient
    if (chances !== undefined) this.#byChance(chances, fate)
    if (kind === 'accepted' && plan.lateAck !== undefined && random.chance(plan.lateAck.probability)) {
      counters.lateAcks++
      fate.delayMs += between(plan.lateAck, random)
      fate.overtaken = true
    }
    return fate
  }

  #byChance(chances: DirectionFaults, fate: Fate): void {
    const { random, counters } = this
    if (chances.drop !== undefined && random.chance(chances.drop)) {
      counters.dropped++
      fate.copies = 0
      return
    }
    if (chances.duplicate !== undefined && random.chance(chances.duplicate)) {
      counters.duplicated++
      fate.copies = 2
    }
    if (chances.reorder !== undefined && random.chance(chances.reorder.probability)) {
      counters.reordered++
      fate.delayMs = between(chances.reorder, random)
      fate.overtaken = true
    } else if (chances.delay !== undefined && random.chance(chances.delay.probability)) {
      counters.delayed++
      fate.delayMs = between(chances.delay, random)
    }
  }

  #byScript(kind: MessageKind, fate: Fate): boolean {
    const at = this.#scripts.findIndex((script) => script.kind === 'any' || script.kind === kind)
    const script = this.#scripts[at]
    if (script === undefined) return false
    if (--script.times === 0) this.#scripts.splice(at, 1)
    if (script.action === 'drop') {
      fate.copies = 0
      this.counters.dropped++
    } else if (script.action === 'duplicate') {
      fate.copies = 2
      this.counters.duplicated++
    } else {
      fate.delayMs = script.delayMs
      fate.overtaken = true
      this.counters.delayed++
    }
    return true
  }
}

function between({ minMs, maxMs }: DelayFault, random: Random): number {
  return minMs + (maxMs - minMs) * random.next()
}

function count(times: number): number {
  if (Number.isInteger(times) && times >= 1) return times
  throw new TradewireError('TW_INVALID_ARGUMENT', `times must be a whole number of at least 1, got ${times}`)
}

function checkPlan(plan: FaultPlan): void {
  refuseUnknown('faults', plan, ['seed', 'toVenue', 'toClient', 'reject', 'lateAck', 'disconnect', 'halfOpen'])
  for (const name of ['toVenue', 'toClient'] as const) {
    const chances = plan[name]
    if (chances === undefined) continue
    refuseUnknown(`faults.${name}`, chances, ['drop', 'duplicate', 'delay', 'reorder'])
    checkProbability(chances.drop, `faults.${name}.drop`)
    checkProbability(chances.duplicate, `faults.${name}.duplicate`)
    checkDelay(chances.delay, `faults.${name}.delay`)
    checkDelay(chances.reorder, `faults.${name}.reorder`)
  }
  checkProbability(plan.reject, 'faults.reject')
  checkDelay(plan.lateAck, 'faults.lateAck')
  for (const name of ['disconnect', 'halfOpen'] as const) {
    const interval = plan[name]?.meanIntervalMs
    if (interval !== undefined && !(interval > 0))
      throw invalid(`faults.${name}.meanIntervalMs`, 'a number of milliseconds above 0')
  }
}

function checkProbability(value: number | undefined, name: string): void {
  if (value !== undefined && !(value >= 0 && value <= 1)) throw invalid(name, 'a probability from 0 to 1')
}

function checkDelay(fault: DelayFault | undefined, name: string): void {
  if (fault === undefined) return
  refuseUnknown(name, fault, ['probability', 'minMs', 'maxMs'])
  checkProbability(fault.probability, `${name}.probability`)
  if (!(fault.minMs >= 0 && fault.maxMs >= fault.minMs))
    throw invalid(name, '{ probability, minMs, maxMs } with 0 <= minMs <= maxMs')
}
