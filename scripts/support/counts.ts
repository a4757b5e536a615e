/**
 * How suites report: the last line of what a suite prints is `N passed, N failed`, with `, N skipped` when some were.
 */

/** How many tests ended how. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const summary = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/

/** The summary line of some counts. */
export function summaryLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

/** The counts in the last line of a suite's output, or undefined where there are none. */
export function parseSummary(output: string): Counts | undefined {
  const last = output.trimEnd().split('\n').at(-1) ?? ''
  const match = summary.exec(last.trim())
  return match === null
    ? undefined
    : { passed: Number(match[1]), failed: Number(match[2]), skipped: Number(match[3] ?? 0) }
}

/** Prints the summary line last and sets the exit code: a failure, nothing run at all, or (under CI=true) a skip fails. */
export function printSummary(counts: Counts): void {
  const skipFails = process.env.CI === 'true' && counts.skipped > 0
  if (counts.failed > 0 || counts.passed === 0 || skipFails) process.exitCode = 1
  if (skipFails) console.log('Skipped tests fail under CI=true.')
  console.log(summaryLine(counts))
}
