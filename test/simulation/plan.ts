/** What a seed stands for: how the system is set up, what the traders do, and what goes wrong, with which odds. */
import { SeededRandom } from '../../src/core/random.js'
import type { LinkFaults } from './link.js'

/** What can happen at any moment of trading: faults, and what people do about them. */
export type FaultKind =
  | 'disconnect'
  | 'silence'
  | 'venueRestart'
  | 'crash'
  | 'await'
  | 'partition'
  | 'diskFault'
  | 'external'
  | 'bust'
  | 'freeze'
  | 'clockStep'
  | 'kill'
  | 'resolve'
  | 'late'
  | 'repeat'

/** Tables so small that orders are forgotten while the venue still speaks of them. */
export interface SmallTables {
  /** Orders on record. */
  readonly orders: number
  readonly trades: number
  readonly ring: number
  /** Records between two snapshots; 0: a restart reads everything. */
  readonly snapshotEveryRecords: number
  /** Whether the venue, when asked, tells executions by our ids as well as by its own. */
  readonly namesFills: boolean
}

/** One scenario. */
export interface Plan {
  readonly seed: number
  /** Connectors, each with a line to a venue of its own; new orders go over another where one is lost. */
  readonly lines: number
  /** Whether what is known to be dead and untraded is sent again. */
  readonly retriesDead: boolean
  readonly instruments: number
  readonly durability: 'os' | 'fsync'
  /** Whether the disk gives the journal space ahead of its writes. */
  readonly preallocates: boolean
  /** Milliseconds that a sync of the disk takes at most; 0: none. */
  readonly syncMs: number
  readonly fullHistory: boolean
  /** Milliseconds of trading before everything heals. */
  readonly tradingMs: number
  readonly actionsPerSecond: number
  readonly link: LinkFaults
  /** Odds of a fault of each kind in each second of trading. */
  readonly perSecond: Readonly<Record<FaultKind, number>>
  /** Odds that the process dies in the very call that hands something to the line. */
  readonly crashAtSend: number
  readonly powerCuts: boolean
  /** Whether a venue restart loses the book. */
  readonly losesBook: boolean
  /** Whether the time after the healing is watched to its end, though both sides agree before. */
  readonly watchesLong: boolean
  readonly refusals: number
  readonly limits: {
    readonly maxOrder: number
    readonly maxPosition: number
    readonly throttle: number
    readonly throttleMs: number
  }
  /** Absent where the tables hold the whole run. */
  readonly tables?: SmallTables
}

/** Draws the scenario of a seed. */
export function planOf(seed: number): Plan {
  return forgetful(commonPlanOf(seed))
}

/** One in four forgets: small tables, more orders in the same time, and a venue that comes back to what is long over. */
function forgetful(plan: Plan): Plan {
  const random = new SeededRandom(plan.seed).fork('small tables')
  if (!random.chance(0.25)) return plan
  const odds = (probability: number, most: number) => (random.chance(probability) ? random.next() * most : 0)
  const haste = random.chance(0.4) ? 4 : 1
  const orders = random.chance(0.7) ? 16 : 32
  const { actionsPerSecond, limits, perSecond } = plan
  return {
    ...plan,
    actionsPerSecond: actionsPerSecond * haste,
    perSecond: { ...perSecond, late: odds(0.7, 0.6), repeat: odds(0.7, 1) },
    limits: { ...limits, throttle: limits.throttle * haste },
    tables: {
      orders,
      trades: orders * 16,
      ring: 16,
      snapshotEveryRecords: random.chance(0.5) ? 20 + random.below(200) : 0,
      // A venue that lists no closed orders either leaves nothing to know them by.
      namesFills: random.chance(0.5) || !plan.fullHistory,
    },
  }
}

function commonPlanOf(seed: number): Plan {
  const random = new SeededRandom(seed).fork('plan')
  const slow = new SeededRandom(seed).fork('slow disk')
  const odds = (probability: number, most: number) => (random.chance(probability) ? random.next() * most : 0)
  const durability = random.chance(0.4) ? 'fsync' : 'os'
  const leastDelayMs = random.below(20)
  return {
    seed,
    lines: 1,
    retriesDead: false,
    instruments: 1 + random.below(3),
    durability,
    preallocates: random.chance(0.3),
    syncMs: slow.chance(0.5) ? 1 + slow.below(30) : 0,
    fullHistory: random.chance(0.8),
    tradingMs: 4_000 + random.below(8_000),
    actionsPerSecond: 3 + random.below(8),
    link: {
      drop: odds(0.4, 0.08),
      duplicate: odds(0.5, 0.2),
      leastDelayMs,
      mostDelayMs: leastDelayMs + 1 + random.below(random.chance(0.2) ? 600 : 60),
      refuseConnect: odds(0.3, 0.6),
    },
    perSecond: {
      disconnect: odds(0.6, 0.3),
      silence: odds(0.3, 0.15),
      partition: odds(0.15, 0.12),
      venueRestart: odds(0.2, 0.1),
      crash: odds(0.4, 0.15),
      await: odds(0.3, 0.1),
      diskFault: odds(0.3, 0.2),
      external: odds(0.15, 0.3),
      bust: odds(0.25, 0.3),
      freeze: odds(0.15, 0.15),
      clockStep: odds(0.15, 0.15),
      kill: odds(0.15, 0.3),
      resolve: odds(0.3, 1),
      late: 0,
      repeat: 0,
    },
    crashAtSend: odds(0.3, 0.02),
    powerCuts: durability === 'fsync' && random.chance(0.7),
    losesBook: random.chance(0.15),
    watchesLong: random.chance(0.15),
    refusals: odds(0.4, 0.1),
    limits: { maxOrder: 20, maxPosition: 40 + random.below(60), throttle: 5 + random.below(20), throttleMs: 1_000 },
  }
}

/**
 * The scenario of a seed with several venues: lines break often, one after the other and at the same time, and what turned
 * out to be dead is sent again, over whatever line is up then.
 */
export function failoverPlanOf(seed: number): Plan {
  const random = new SeededRandom(seed).fork('failover')
  const plan = planOf(seed)
  const odds = (probability: number, most: number) => (random.chance(probability) ? random.next() * most : 0)
  return {
    ...plan,
    lines: 2 + random.below(2),
    retriesDead: true,
    // A person who is wrong about an order's fate makes a second one: that proves nothing about failover.
    losesBook: false,
    perSecond: {
      ...plan.perSecond,
      disconnect: 0.1 + random.next() * 0.6,
      silence: odds(0.5, 0.3),
      partition: odds(0.3, 0.2),
      crash: odds(0.4, 0.15),
      external: 0,
      bust: 0,
      resolve: 0,
      kill: 0,
      clockStep: odds(0.1, 0.1),
      freeze: odds(0.1, 0.1),
      // What trades after its end was confirmed has been sent again: that proves nothing either.
      late: 0,
    },
  }
}
