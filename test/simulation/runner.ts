/** Runs many seeds and adds up what they did. */
import type { Plant } from './plants.js'
import { hashOf } from './trace.js'
import { type InjectedFault, injectedFaults, type Outcome, type Scenario, simulate } from './world.js'

/** What a number of seeds did together. */
export interface Totals {
  seeds: number
  events: number
  orders: number
  fills: number
  crashes: number
  virtualMs: number
  /** Over the traces of all seeds, in whatever order they ran. */
  hash: number
  /** What went wrong, by kind. */
  faults: Record<InjectedFault, number>
  failed: number
  /** The first failures, in the order of their seeds. */
  failures: Failure[]
}

/** A seed that failed. */
export interface Failure {
  readonly seed: number
  readonly violations: readonly string[]
}

const maxFailures = 20

/** Totals of nothing. */
export function noTotals(): Totals {
  const faults = Object.fromEntries(injectedFaults.map((kind) => [kind, 0])) as Totals['faults']
  return {
    seeds: 0,
    events: 0,
    orders: 0,
    fills: 0,
    crashes: 0,
    virtualMs: 0,
    hash: 0,
    faults,
    failed: 0,
    failures: [],
  }
}

/** Runs `count` seeds from `first` on, one after the other. */
export async function runSeeds(
  first: number,
  count: number,
  plant?: Plant,
  scenario: Scenario = 'system',
): Promise<Totals> {
  const totals = noTotals()
  for (let seed = first; seed < first + count; seed++)
    addOutcome(totals, await simulate(seed, plant === undefined ? { scenario } : { plant, scenario }))
  return totals
}

/** Adds one seed. */
export function addOutcome(totals: Totals, outcome: Outcome): void {
  const { seed, violations, events, orders, fills, crashes, virtualMs, hash, faults } = outcome
  const isFailure = violations.length > 0
  addTotals(totals, {
    seeds: 1,
    events,
    orders,
    fills,
    crashes,
    virtualMs,
    hash: hashOf(`${seed} ${hash}`),
    faults,
    failed: isFailure ? 1 : 0,
    failures: isFailure ? [{ seed, violations }] : [],
  })
}

/** Adds the totals of other seeds. */
export function addTotals(totals: Totals, more: Totals): void {
  totals.seeds += more.seeds
  totals.events += more.events
  totals.orders += more.orders
  totals.fills += more.fills
  totals.crashes += more.crashes
  totals.virtualMs += more.virtualMs
  totals.hash = (totals.hash + more.hash) | 0
  for (const kind of injectedFaults) totals.faults[kind] += more.faults[kind]
  totals.failed += more.failed
  totals.failures = [...totals.failures, ...more.failures].sort((a, b) => a.seed - b.seed).slice(0, maxFailures)
}
