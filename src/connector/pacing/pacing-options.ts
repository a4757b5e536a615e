/**
 * How fast a venue may be spoken to: the windows it counts in, what a message weighs in each, and the share that is kept
 * for orders. Plain data, so that a connector states its venue's rules and a host can tighten them.
 */
import { TradewireError } from '../../core/errors.js'

/** What a message is for, the most urgent first. */
export const pacingClasses = ['cancel', 'reduce', 'order', 'query', 'subscription', 'history'] as const
/**
 * What a message is for. `reduce`: orders and changes that only take risk away, and health checks. A class waits for
 * those before it and never for those behind it.
 */
export type PacingClass = (typeof pacingClasses)[number]

/** One rule of a venue: in every span of `windowMs` messages of at most `limit` in all. */
export interface PacingWindow {
  /** Sum of the weights of the messages in any span of `windowMs`, both ends included. A whole number from 1. */
  limit: number
  windowMs: number
  /** What one message of a class counts, a whole number; 0 = the venue does not count it here. 1 unless given. */
  weights?: Partial<Record<PacingClass, number>>
}

/** The rules of a venue. A message has to fit into all windows in which it counts. */
export interface PacingOptions {
  windows: readonly PacingWindow[]
  /**
   * Shares of each window, from 0 to below 1, that less urgent classes leave free: `cancels` for cancels alone (0.1 unless
   * given), `reduces` for cancels and reduces beside that (0.1), `orders` for all three order classes (0.5). A share is
   * rounded down to whole messages, and kept only where the windows count those classes.
   */
  reserve?: { cancels?: number; reduces?: number; orders?: number }
  /** Messages of one class that may wait; 10,000 unless given. One more is refused. */
  maxWaiting?: number
}

/** Reserved shares, all given. */
export interface PacingReserve {
  readonly cancels: number
  readonly reduces: number
  readonly orders: number
}

/** Rules that were checked, defaults filled in. */
export interface CheckedPacing {
  readonly windows: readonly PacingWindow[]
  readonly reserve: PacingReserve
  readonly maxWaiting: number
}

/** @throws TradewireError `TW_INVALID_CONFIG` naming the field. */
export function checkPacing(options: PacingOptions): CheckedPacing {
  const { windows, reserve = {}, maxWaiting = 10_000 } = options
  refuseUnknown('pacing', options, ['windows', 'reserve', 'maxWaiting'])
  refuseUnknown('pacing.reserve', reserve, ['cancels', 'reduces', 'orders'])
  if (!Array.isArray(windows) || windows.length === 0) throw invalid('pacing.windows', 'a list of at least one window')
  for (const [i, window] of windows.entries()) checkWindow(window, `pacing.windows[${i}]`)
  const { cancels = 0.1, reduces = 0.1, orders = Math.max(0.5, cancels + reduces) } = reserve
  for (const [name, share] of Object.entries({ cancels, reduces, orders }))
    if (!(share >= 0 && share < 1)) throw invalid(`pacing.reserve.${name}`, 'a share from 0 to below 1')
  if (cancels + reduces > orders)
    throw invalid('pacing.reserve.orders', 'at least cancels + reduces: they are orders as well')
  if (!Number.isSafeInteger(maxWaiting) || maxWaiting < 1)
    throw invalid('pacing.maxWaiting', 'a whole number of at least 1')
  return { windows, reserve: { cancels, reduces, orders }, maxWaiting }
}

function checkWindow(window: PacingWindow, name: string): void {
  const { limit, windowMs, weights = {} } = window
  refuseUnknown(name, window, ['limit', 'windowMs', 'weights'])
  refuseUnknown(`${name}.weights`, weights, pacingClasses)
  if (!Number.isSafeInteger(limit) || limit < 1) throw invalid(`${name}.limit`, 'a whole number of at least 1')
  if (!(Number.isFinite(windowMs) && windowMs > 0))
    throw invalid(`${name}.windowMs`, 'a number of milliseconds above 0')
  for (const [kind, weight] of Object.entries(weights))
    if (!Number.isSafeInteger(weight) || (weight as number) < 0)
      throw invalid(`${name}.weights.${kind}`, 'a whole number from 0')
}

function refuseUnknown(owner: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (!known.includes(name))
      throw new TradewireError(
        'TW_INVALID_CONFIG',
        `Option ${name} of ${owner} is not known; use one of ${known.join(', ')}`,
        { details: { field: name } },
      )
  }
}

function invalid(name: string, expected: string): TradewireError {
  return new TradewireError('TW_INVALID_CONFIG', `Option ${name} must be ${expected}`, { details: { field: name } })
}
