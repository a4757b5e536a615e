/**
 * The score of a feed, 0 to 100:
 *
 *   score = (1 - stale) x (100 - 35 gaps - 25 crossed - 20 outliers - 20 clock)
 *
 *   stale     share of the feed's streams that are stale now; 1 while the connection is down
 *   gaps      missing messages / (messages + missing messages), 1 % counts in full
 *   crossed   (crossed + a quarter of the locked quotes) / quotes, 5 % counts in full
 *   outliers  (spikes + invalid values) / (quotes + trades + bars), 0.5 % counts in full
 *   clock     how far the venue's clock is ahead of ours, or the fastest message late; 1 s counts in full
 *
 * Each share is taken over the window, divided by what counts in full, and at most 1. A feed that brought nothing in the
 * window loses nothing but by staleness.
 */

/** What a score is made of: sums over the window. */
export interface ScoreInput {
  /** Share of streams that are stale, 0 to 1. */
  staleShare: number
  messages: number
  missing: number
  quotes: number
  trades: number
  /** 0 unless given. */
  bars?: number
  crossed: number
  locked: number
  spikes: number
  invalid: number
  /** Microseconds by which the clocks disagree for certain, or the feed is late beyond the limit. */
  clockErrorUs: number
}

/** How much of each part was lost, 0 to 1 each. */
export interface ScoreParts {
  stale: number
  gaps: number
  crossed: number
  outliers: number
  clock: number
}

/** Points that each part can cost. */
export const scoreWeights = { gaps: 35, crossed: 25, outliers: 20, clock: 20 } as const

/** Shares (and microseconds) that count in full. */
const full = { gaps: 0.01, crossed: 0.05, outliers: 0.005, clockUs: 1_000_000 } as const

/** The parts of a score. */
export function scoreParts(input: ScoreInput): ScoreParts {
  const { messages, missing, quotes, trades, bars = 0, crossed, locked, spikes, invalid } = input
  return {
    stale: within(input.staleShare),
    gaps: within(share(missing, messages + missing) / full.gaps),
    crossed: within(share(crossed + locked / 4, quotes) / full.crossed),
    outliers: within(share(spikes + invalid, quotes + trades + bars) / full.outliers),
    clock: within(input.clockErrorUs / full.clockUs),
  }
}

/** The score of its parts, see the file's header. */
export function scoreOf(parts: ScoreParts): number {
  const lost =
    scoreWeights.gaps * parts.gaps +
    scoreWeights.crossed * parts.crossed +
    scoreWeights.outliers * parts.outliers +
    scoreWeights.clock * parts.clock
  return (1 - parts.stale) * (100 - lost)
}

function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0
}

function within(value: number): number {
  return Math.min(1, Math.max(0, value))
}
