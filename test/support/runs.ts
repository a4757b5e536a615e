/** How many random runs, seeds or kills a test makes: `TRADEWIRE_RUNS=full` asks for the figures the project claims, `ci` (default) for a share of them. */
export function runs(counts: { ci: number; full: number }): number {
  return process.env.TRADEWIRE_RUNS === 'full' ? counts.full : counts.ci
}
