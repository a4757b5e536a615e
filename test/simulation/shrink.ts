/**
 * Shrinking: from a scenario that fails to one with as few faults as still fail. Faults are taken away in halves, quarters and
 * one by one until each of those left is needed (delta debugging); then what the plan does beside them is simplified the same
 * way: no losses, no refusals, one instrument, less time. A simpler scenario counts only while it breaks the same invariant.
 */
import { drawFaults, type FaultMoment } from './faults.js'
import type { Plan } from './plan.js'
import type { Plant } from './plants.js'
import { type Outcome, planFor, type Scenario, simulate } from './world.js'

/** A scenario in full: it replays whatever becomes of the way in which seeds are turned into plans. */
export interface Schedule {
  readonly plan: Plan
  readonly faults: readonly FaultMoment[]
}

/** What came of shrinking. */
export interface Shrunk extends Schedule {
  readonly violations: readonly string[]
  /** Faults before. */
  readonly drawn: number
  /** Simulations that it took. */
  readonly runs: number
}

/** What is shrunk, and how. */
export interface ShrinkOptions {
  scenario?: Scenario
  plant?: Plant
  /** Most simulations; 600 unless given. */
  maxRuns?: number
}

/** Runs a schedule. */
export async function replaySchedule(
  schedule: Schedule,
  options: { plant?: Plant; show?: (line: string) => void } = {},
) {
  return await simulate(schedule.plan.seed, { ...options, plan: schedule.plan, faults: schedule.faults })
}

/** Shrinks the scenario of a seed; undefined where it does not fail. */
export async function shrink(seed: number, options: ShrinkOptions = {}): Promise<Shrunk | undefined> {
  const { scenario, plant, maxRuns = 600 } = options
  const plan = planFor(seed, scenario)
  const drawn = drawFaults(plan)
  const whole = await replaySchedule({ plan, faults: drawn }, plant === undefined ? {} : { plant })
  if (whole.violations.length === 0) return undefined
  return await new Shrinker({ plan, faults: drawn }, whole, plant, maxRuns).run()
}

/** What an invariant is called: the violation up to its colon. */
function kindOf(violation: string): string {
  return violation.slice(0, 12).split(':')[0] as string
}

class Shrinker {
  readonly #plant: Plant | undefined
  readonly #maxRuns: number
  readonly #kinds: ReadonlySet<string>
  readonly #drawn: number
  #best: Schedule
  #violations: readonly string[]
  #runs = 1

  constructor(start: Schedule, { violations }: Outcome, plant: Plant | undefined, maxRuns: number) {
    this.#best = start
    this.#violations = violations
    this.#kinds = new Set(violations.map(kindOf))
    this.#drawn = start.faults.length
    this.#plant = plant
    this.#maxRuns = maxRuns
  }

  async run(): Promise<Shrunk> {
    for (let before = -1; before !== this.#runs && this.#runs < this.#maxRuns; ) {
      const { faults, plan } = this.#best
      await this.#fewerFaults()
      await this.#simplerPlan()
      // What the plan no longer does may have made more faults superfluous.
      before = faults === this.#best.faults && plan === this.#best.plan ? this.#runs : -1
    }
    return { ...this.#best, violations: this.#violations, drawn: this.#drawn, runs: this.#runs }
  }

  async #fewerFaults(): Promise<void> {
    let size = Math.ceil(this.#best.faults.length / 2)
    while (size >= 1) {
      let isSmaller = false
      for (let from = 0; from < this.#best.faults.length; ) {
        const { faults, plan } = this.#best
        const left = [...faults.slice(0, from), ...faults.slice(from + size)]
        if (await this.#try({ plan, faults: left })) isSmaller = true
        else from += size
      }
      if (size === 1 && !isSmaller) return
      size = size === 1 ? 1 : Math.ceil(size / 2)
    }
  }

  async #simplerPlan(): Promise<void> {
    for (const simpler of simplifications) {
      for (let again = true; again; ) {
        const plan = simpler(this.#best.plan)
        again = plan !== undefined && (await this.#try({ plan, faults: this.#best.faults }))
      }
    }
  }

  /** Takes a simpler schedule where it still fails. */
  async #try(schedule: Schedule): Promise<boolean> {
    if (this.#runs >= this.#maxRuns) return false
    this.#runs++
    const { violations } = await replaySchedule(schedule, this.#plant === undefined ? {} : { plant: this.#plant })
    if (!violations.some((violation) => this.#kinds.has(kindOf(violation)))) return false
    this.#best = schedule
    this.#violations = violations
    return true
  }
}

/** A plan that is simpler in one respect; undefined where it is as simple as can be. */
type Simplification = (plan: Plan) => Plan | undefined

const without =
  <Key extends keyof Plan>(key: Key, simplest: Plan[Key]): Simplification =>
  (plan) =>
    plan[key] === simplest ? undefined : { ...plan, [key]: simplest }

const link =
  (key: keyof Plan['link'], simplest: number): Simplification =>
  (plan) =>
    plan.link[key] === simplest ? undefined : { ...plan, link: { ...plan.link, [key]: simplest } }

const simplifications: readonly Simplification[] = [
  link('drop', 0),
  link('duplicate', 0),
  link('refuseConnect', 0),
  without('refusals', 0),
  without('powerCuts', false),
  without('losesBook', false),
  without('preallocates', false),
  without('watchesLong', false),
  without('instruments', 1),
  without('durability', 'os'),
  ({ tables, ...plan }) => (tables === undefined ? undefined : plan),
  (plan) => (plan.tradingMs <= 200 ? undefined : { ...plan, tradingMs: Math.floor(plan.tradingMs * 0.7) }),
  (plan) =>
    plan.actionsPerSecond <= 1 ? undefined : { ...plan, actionsPerSecond: Math.floor(plan.actionsPerSecond / 2) },
]

/** A schedule in words. */
export function wordsOfSchedule({ plan, faults, violations, drawn, runs }: Shrunk): string[] {
  const { link, tradingMs, actionsPerSecond, durability, instruments, lines, tables } = plan
  const losses = (['drop', 'duplicate', 'refuseConnect'] as const).filter((key) => link[key] > 0)
  return [
    `shrunk from ${drawn} faults to ${faults.length} in ${runs} runs:`,
    ...faults.map(({ kind, at }) => (kind === 'crashAtSend' ? `  crash at message ${at}` : `  ${kind} at ${at} ms`)),
    `  with ${tradingMs} ms of trading, ${actionsPerSecond} actions a second, ${instruments} instruments, ${lines} lines, ${durability}${plan.powerCuts ? ', power cuts' : ''}${tables === undefined ? '' : `, tables of ${tables.orders} orders`}${losses.length > 0 ? `, ${losses.map((key) => `${key} ${link[key].toFixed(3)}`).join(', ')}` : ''}`,
    ...violations.slice(0, 3).map((violation) => `  ${violation}`),
  ]
}
