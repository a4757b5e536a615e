/**
 * Balances against the venue's. Money at the venue is the venue's to say: nothing of ours is ever changed by it. What is
 * compared is how both sides moved: from one look to the next a balance moves by what our trades and fees paid, and what it
 * moved beyond that is drift: a fee that was not reported, a deposit, interest, funding, or an execution that we lack.
 *
 * The first look, and the first after a restart, only remembers. A drift is told once: from then on the venue's balance is
 * the one to start from. Looks at which something moves are left out, for then the two sides are not of one moment.
 */
import { Decimal } from '../model/decimal.js'
import type { VenueBalanceReport } from '../orders/venue-reports.js'
import type { Finding } from './actions.js'
import type { BalanceMemory, LocalCash } from './inputs.js'

/** Differences up to this, in the currency itself, are rounding. */
export const defaultBalanceTolerance = '0.01'

/** The key of a currency of an account. */
export function balanceKey(account: string, currency: string): string {
  return `${account}|${currency}`
}

/** Tells drift, and returns what to remember. `isQuiet`: both sides are of one moment. */
export function compareBalances(
  reports: readonly VenueBalanceReport[],
  ours: readonly LocalCash[],
  memory: BalanceMemory,
  isQuiet: boolean,
  tolerance: string = defaultBalanceTolerance,
): { findings: Finding[]; memory: BalanceMemory } {
  const findings: Finding[] = []
  if (!isQuiet) return { findings, memory }
  const paid = new Map(ours.map((cash) => [balanceKey(cash.account, cash.currency), new Decimal(cash.paid)]))
  const next = new Map(memory)
  for (const { account, currency, total, locked } of reports) {
    const key = balanceKey(account, currency)
    const venue = new Decimal(total)
    const own = paid.get(key) ?? new Decimal(0)
    const known = memory.get(key)
    const expected = known === undefined ? venue : new Decimal(known.venue).plus(own).minus(known.ours)
    const drift = venue.minus(expected)
    if (drift.abs().greaterThan(tolerance))
      findings.push(finding(account, { currency, expected: expected.toFixed(), venue: total, drift: drift.toFixed() }))
    if (new Decimal(locked).greaterThan(venue.abs()) && known === undefined)
      findings.push(finding(account, { currency, venue: total, locked, problem: 'more is locked than there is' }))
    next.set(key, { venue: total, ours: own.toFixed() })
  }
  return { findings, memory: next }
}

function finding(account: string, details: Record<string, string>): Finding {
  return { kind: 'balance_drift', severity: 'alert', account, details }
}
