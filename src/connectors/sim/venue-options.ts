/** How a simulated venue behaves: options, their defaults and their checks. */
import { TradewireError } from '../../core/errors.js'
import type { Time } from '../../core/time.js'
import { type QueueModelName, queueModelNames } from '../../matching/queue-models.js'
import type { DecimalInput } from '../../model/decimal.js'
import type { FeeModel } from './fees.js'
import type { FillModel } from './market-matcher.js'
import type { SlippageModel } from './slippage.js'

/** Options of the matching and the books of a venue; all have defaults. */
export interface VenueRules {
  /** What executions cost; nothing unless given. */
  fees?: FeeModel
  /** How much worse than shown takers are filled; not at all unless given. */
  slippage?: SlippageModel
  /** Whether fills that the queue position allows happen; always unless given. */
  fills?: FillModel
  /** Where resting orders stand in recorded queues; `riskAverse` unless given. */
  queue?: QueueModelName
  /** Recorded sizes limit what can be taken (`shown`, the default), or everything is filled at the touch (`unlimited`). */
  liquidity?: 'shown' | 'unlimited'
  /** Whether orders that the account cannot pay are refused; false unless given. Shares and coins may be sold short. */
  checksBalances?: boolean
  /** Cash by account and currency. */
  balances?: Readonly<Record<string, Readonly<Record<string, DecimalInput>>>>
  /** Instruments that nobody listed: orders are refused, or they are listed on first sight (`market` mode). `reject` unless given. */
  unlisted?: 'reject' | 'list'
  /** Time of day, `HH:MM` UTC, at which DAY orders end; `00:00` unless given, false leaves it to `endDay` and to recorded closes. */
  dayEnd?: string | false
  /** Closed orders remembered, 1,000,000 unless given. */
  historyLimit?: number
  /** Seed of slippage, fill and self-made randomness; 1 unless given. */
  seed?: number
}

/** Options of a venue. */
export interface SimulatedVenueOptions extends VenueRules {
  time: Time
}

/** Names of {@link VenueRules}, for checks of option objects that contain them. */
export const venueRuleNames = [
  'fees',
  'slippage',
  'fills',
  'queue',
  'liquidity',
  'checksBalances',
  'balances',
  'unlisted',
  'dayEnd',
  'historyLimit',
  'seed',
] as const satisfies readonly (keyof VenueRules)[]

/** @throws TradewireError `TW_INVALID_CONFIG` for a rule out of range. */
export function checkVenueRules(rules: VenueRules): void {
  if (rules.queue !== undefined && !queueModelNames.includes(rules.queue))
    throw invalid('queue', `one of ${queueModelNames.join(', ')}`)
  if (rules.liquidity !== undefined && rules.liquidity !== 'shown' && rules.liquidity !== 'unlimited')
    throw invalid('liquidity', 'shown or unlimited')
  if (rules.unlisted !== undefined && rules.unlisted !== 'reject' && rules.unlisted !== 'list')
    throw invalid('unlisted', 'reject or list')
  for (const name of ['fees', 'slippage', 'fills'] as const) {
    if (rules[name] !== undefined && typeof rules[name] !== 'function')
      throw invalid(name, 'a function (see the models of tradewire/sim)')
  }
  if (rules.checksBalances !== undefined && typeof rules.checksBalances !== 'boolean')
    throw invalid('checksBalances', 'true or false')
  const { historyLimit, seed } = rules
  if (historyLimit !== undefined && !(Number.isSafeInteger(historyLimit) && historyLimit >= 1))
    throw invalid('historyLimit', 'a whole number of at least 1')
  if (seed !== undefined && !Number.isSafeInteger(seed)) throw invalid('seed', 'a whole number')
  dayEndUs(rules.dayEnd)
}

/** Microseconds after midnight UTC at which days end; -1 when they do not end by the clock. */
export function dayEndUs(dayEnd: string | false | undefined): number {
  if (dayEnd === false) return -1
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(dayEnd ?? '00:00')
  if (match === null) throw invalid('dayEnd', 'a time of day such as 21:00 (UTC), or false')
  return (Number(match[1]) * 60 + Number(match[2])) * 60_000_000
}

/** Refuses options that nobody knows: a misspelt one must not pass in silence. */
export function refuseUnknown(owner: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue
    throw new TradewireError(
      'TW_INVALID_CONFIG',
      `Option ${name} of ${owner} is not known; use one of ${known.join(', ')}`,
      { details: { field: name } },
    )
  }
}

/** The error for an option that is not usable. */
export function invalid(name: string, expected: string): TradewireError {
  return new TradewireError('TW_INVALID_CONFIG', `Option ${name} must be ${expected}`, { details: { field: name } })
}
