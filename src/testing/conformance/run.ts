/**
 * Runs the conformance cases over a connector: as a plain function with a report, or as tests of a runner that is passed in.
 *
 *   const report = await runConformance({ venue: () => new MyVenue(), create: (venue, settings) => new MyConnector({ … }) })
 *   console.log(formatReport(report))
 */
import type { BaseConnector } from '../../connector/base-connector.js'
import type { ConnectorOptions } from '../../connector/connector-options.js'
import { messageOf } from '../../core/errors.js'
import { RealTime } from '../../core/real-time.js'
import type { TimerHandle } from '../../core/scheduler.js'
import type { Time } from '../../core/time.js'
import { VirtualTime } from '../../core/virtual-time.js'
import { type ConformanceCase, skipReason } from './case.js'
import { CaseContext, caseSettings } from './case-context.js'
import { conformanceCases } from './cases/index.js'
import type { ConformanceVenue } from './venue.js'

/** What is tested, and how. */
export interface ConformanceOptions<Venue extends ConformanceVenue = ConformanceVenue> {
  /** Opens a venue for one case. */
  venue(time: Time): Promise<Venue> | Venue
  /** Makes a connector to it with the settings of the case: they have to reach the base class. */
  create(venue: Venue, settings: ConnectorOptions): BaseConnector
  /** `virtual` for connectors that use the host's clock alone; `real` (the default) where real sockets are in play. */
  time?: 'virtual' | 'real'
  /** Only these cases, by id or by the letters before its hyphen. */
  only?: readonly string[]
  /** Cases that are left out for a reason of yours: it is shown in the report. */
  skip?: Readonly<Record<string, string>>
  /** Real time that a case may take before it counts as failed, in milliseconds; 60,000 unless given. */
  caseLimitMs?: number
  /** Called after each case. */
  onResult?: (result: CaseResult) => void
}

const usualLimitMs = 60_000

/** How one case ended. */
export interface CaseResult {
  readonly id: string
  readonly title: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** Why it failed or was skipped. */
  readonly reason?: string
}

/** How a run ended. */
export interface ConformanceReport {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly results: readonly CaseResult[]
}

/** Runs the cases one after the other, each with a venue and a connector of its own. Never rejects for a case that fails. */
export async function runConformance<Venue extends ConformanceVenue>(
  options: ConformanceOptions<Venue>,
): Promise<ConformanceReport> {
  const results: CaseResult[] = []
  for (const each of chosenCases(options)) {
    const result = await runCase(each, options)
    options.onResult?.(result)
    results.push(result)
  }
  const count = (outcome: CaseResult['outcome']) => results.filter((result) => result.outcome === outcome).length
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped'), results }
}

/** The functions of a test runner: those of vitest, jest or `node:test`. */
export interface TestFunctions {
  describe(name: string, body: () => void): unknown
  /** `timeoutMs`: how long it may take; those of `node:test` need no such word. */
  it(name: string, body: (...given: unknown[]) => Promise<void>, timeoutMs?: number): unknown
}

/**
 * Declares one test for each case. A case that does not apply to the connector is skipped with the reason, where the runner
 * lets a test skip itself (vitest and `node:test` do), and passes elsewhere: whether it applies shows only once there is a
 * connector. `log` is told of it in any case.
 */
export function describeConformance<Venue extends ConformanceVenue>(
  { describe, it }: TestFunctions,
  name: string,
  options: ConformanceOptions<Venue> & { log?: (line: string) => void },
): void {
  describe(name, () => {
    for (const each of chosenCases(options)) {
      // No named parameter: some runners take the first for a callback that has to be called.
      it(
        `${each.id} ${each.title}`,
        async (...given) => {
          const result = await runCase(each, options)
          if (result.outcome === 'skipped') {
            options.log?.(`${each.id} does not apply: ${result.reason}`)
            const runner = given[0] as { skip?: (reason?: string) => void } | undefined
            if (typeof runner?.skip === 'function') runner.skip(result.reason)
          }
          if (result.outcome === 'failed') throw new Error(`${each.id} ${each.title}: ${result.reason}`)
          // The case ends by itself, and tells why: the runner's own limit comes after that.
        },
        3 * (options.caseLimitMs ?? usualLimitMs),
      )
    }
  })
}

/** The report as text: one line a case, and a summary last. */
export function formatReport({ results, passed, failed, skipped }: ConformanceReport): string {
  const words = { passed: 'ok     ', failed: 'FAILED ', skipped: 'skipped' }
  const lines = results.map(
    ({ id, title, outcome, reason }) =>
      `${words[outcome]} ${id} ${title}${reason === undefined ? '' : `\n          ${reason}`}`,
  )
  return [...lines, `${passed} passed, ${failed} failed, ${skipped} skipped`].join('\n')
}

function chosenCases({ only }: Pick<ConformanceOptions, 'only'>): readonly ConformanceCase[] {
  if (only === undefined) return conformanceCases
  return conformanceCases.filter(({ id }) => only.includes(id) || only.includes(id.slice(0, id.indexOf('-'))))
}

async function runCase<Venue extends ConformanceVenue>(
  each: ConformanceCase,
  options: ConformanceOptions<Venue>,
): Promise<CaseResult> {
  const { id, title } = each
  const declared = options.skip?.[id]
  if (declared !== undefined) return { id, title, outcome: 'skipped', reason: declared }
  const time = options.time === 'virtual' ? new VirtualTime() : new RealTime()
  try {
    const venue = await options.venue(time)
    const connector = options.create(venue, { ...caseSettings, ...each.settings })
    const reason = skipReason(each.needs ?? {}, connector.capabilities, venue, options.time === 'virtual')
    if (reason !== undefined) {
      await venue.close()
      return { id, title, outcome: 'skipped', reason }
    }
    const context = new CaseContext(time, venue, connector)
    const { caseLimitMs = usualLimitMs } = options
    try {
      await withinMs(caseLimitMs, 'the case', each.run(context))
    } finally {
      await withinMs(caseLimitMs, 'stopping the connector and closing the venue', context.end())
    }
    return { id, title, outcome: 'passed' }
  } catch (error) {
    return { id, title, outcome: 'failed', reason: messageOf(error) }
  }
}

/** Awaits what has to end within so much real time. */
async function withinMs(limitMs: number, what: string, promise: Promise<void>): Promise<void> {
  let timer: TimerHandle | undefined
  const late = new Promise<never>((_, reject) => {
    timer = new RealTime().after(limitMs, () => reject(new Error(`${what} did not end within ${limitMs} ms`)))
  })
  try {
    await Promise.race([promise, late])
  } finally {
    timer?.cancel()
  }
}
