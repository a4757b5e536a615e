/**
 * Drift: our books and somebody else's tell different things of what we hold, and no rule has settled it. Every case is
 * counted by kind, announced, and stops trading where the host wants that: in its instrument, or for money in its account.
 *
 * A case is told when it is found, and not again for as long as it stands.
 */
import type { Clock } from '../core/clock.js'
import type { OrderCore } from './order-core.js'

/** What drifted: a position, a balance, or an execution that a drop copy tells otherwise, or that only one side tells. */
export type DriftKind = 'position' | 'balance' | 'missing_here' | 'missing_there' | 'differs'

/** One case of drift. */
export interface Drift {
  readonly kind: DriftKind
  /** The connector whose venue, or whose drop copy, says otherwise. */
  readonly connector: string
  readonly account?: string
  /** Id of the instrument; none for balances. */
  readonly instrument?: string
  readonly currency?: string
  /** Our order, where one is concerned. */
  readonly clientOrderId?: string
  /** For people. */
  readonly message: string
  /** Whether trading was stopped for it. */
  readonly isHalted: boolean
  /** When it was found, epoch microseconds. */
  readonly tsUs: number
}

/** What drift leads to, beside being told. */
export type DriftPolicy = 'alert' | 'halt'

/** What drifted so far. */
export interface DriftReport {
  readonly total: number
  readonly byKind: Readonly<Record<DriftKind, number>>
  /** Cases that stopped trading. */
  readonly halted: number
  /** The latest hundred, oldest first. */
  readonly latest: readonly Drift[]
}

/** A case as it is found, with the indices of what it is about; -1 where there is none. */
export interface DriftFinding extends Omit<Drift, 'isHalted' | 'tsUs'> {
  readonly instrumentIndex: number
  /** `halted` where a rule of its own has stopped trading already. */
  readonly policy: DriftPolicy | 'halted'
}

/** Cases kept; older ones are only counted. */
const mostKept = 100

/** Counts drift, acts on it, and tells it. */
export class DriftLog {
  /** Called for every new case. */
  onDrift: ((drift: Drift) => void) | undefined
  readonly #core: OrderCore
  readonly #clock: Clock
  readonly #counts: Record<DriftKind, number> = {
    position: 0,
    balance: 0,
    missing_here: 0,
    missing_there: 0,
    differs: 0,
  }
  #halted = 0
  readonly #latest: Drift[] = []

  constructor(core: OrderCore) {
    this.#core = core
    this.#clock = core.clock
  }

  /** A new case. */
  found({ instrumentIndex, policy, ...finding }: DriftFinding): Drift {
    if (policy === 'halt') this.#halt(finding, instrumentIndex)
    const isHalted = policy !== 'alert'
    const drift: Drift = { ...finding, isHalted, tsUs: this.#clock.wallUs() }
    this.#counts[drift.kind]++
    if (isHalted) this.#halted++
    if (this.#latest.length === mostKept) this.#latest.shift()
    this.#latest.push(drift)
    this.onDrift?.(drift)
    return drift
  }

  /** Everything counted so far. */
  report(): DriftReport {
    const byKind = { ...this.#counts }
    const total = Object.values(byKind).reduce((sum, count) => sum + count, 0)
    return { total, byKind, halted: this.#halted, latest: [...this.#latest] }
  }

  /** Halts the instrument; without one the account, and without that everything: what it is about cannot be told apart. */
  #halt({ account, message }: Pick<Drift, 'account' | 'message'>, instrument: number): void {
    const core = this.#core
    const known = account === undefined ? -1 : core.names.accounts.find(account)
    if (instrument >= 0 && instrument < core.sizes.instrument)
      core.setTradingState('instrument', instrument, 'HALTED', 'reconciliation', message)
    else if (known >= 0) core.setTradingState('account', known, 'HALTED', 'reconciliation', message)
    else core.setTradingState('global', 0, 'HALTED', 'reconciliation', message)
  }
}
