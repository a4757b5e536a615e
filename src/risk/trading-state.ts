/**
 * Trading states by scope, and the kill switch. The strictest state that covers an order holds.
 *
 *   global ⊃ account ⊃ connector ⊃ strategy ⊃ group ⊃ instrument
 *
 * States live in shared memory, so a watchdog on another thread can halt an engine whose event loop hangs.
 */
import { TradewireError } from '../core/errors.js'

/** ACTIVE trades; REDUCING takes only what makes positions smaller; HALTED takes nothing new. Cancels always pass. */
export const TradingState = { ACTIVE: 0, REDUCING: 1, HALTED: 2 } as const
/** A trading state by name. */
export type TradingStateName = keyof typeof TradingState

/** @throws TradewireError `TW_INVALID_ARGUMENT` for a state that is none: it must not pass for ACTIVE. */
export function requireState(state: TradingStateName): void {
  if (!Object.hasOwn(TradingState, state))
    throw new TradewireError(
      'TW_INVALID_ARGUMENT',
      `state must be one of ${Object.keys(TradingState).join(', ')}, got ${String(state)}`,
    )
}

/** What a state applies to. */
export const scopes = ['global', 'account', 'connector', 'strategy', 'instrument'] as const
/** What a state applies to. */
export type Scope = (typeof scopes)[number]

/**
 * A word: what a person or a control set in bits 0 and 1, what circuit breakers ask for in bits 2 and 3, the stricter of the
 * two in bits 4 and 5, and the kill switch above. So the largest word of all that cover an order is the strictest, and 0
 * means that nothing stands against it.
 *
 * The kill switch is ORed into a word, from whichever thread: over REDUCING (1) its HALTED (2) makes 3, which is HALTED, too.
 */
const BREAKER_SHIFT = 2
const STATE_SHIFT = 4
const killBit = 64
const killedWord = killBit | (TradingState.HALTED << STATE_SHIFT) | TradingState.HALTED
const stateNames: readonly TradingStateName[] = ['ACTIVE', 'REDUCING', 'HALTED']

/** How many entries each scope may have. */
export interface ScopeSizes {
  account: number
  connector: number
  strategy: number
  instrument: number
}

/** The states of all scopes. */
export class TradingStates {
  /** One word a scope entry; see above. Shared with the watchdog's thread. */
  readonly words: Int32Array
  /** By instrument: a word with the state of the strictest of its groups. */
  readonly #groups: Int32Array
  readonly #base: Readonly<Record<Scope, number>>
  readonly #account: number
  readonly #connector: number
  readonly #strategy: number
  readonly #instrument: number
  readonly #sizes: Readonly<Record<Scope, number>>

  constructor(sizes: ScopeSizes) {
    const account = 1
    const connector = account + sizes.account
    const strategy = connector + sizes.connector
    const instrument = strategy + sizes.strategy
    this.#base = { global: 0, account, connector, strategy, instrument }
    this.#account = account
    this.#connector = connector
    this.#strategy = strategy
    this.#instrument = instrument
    this.#sizes = { global: 1, ...sizes }
    this.#groups = new Int32Array(sizes.instrument)
    this.words = new Int32Array(new SharedArrayBuffer((instrument + sizes.instrument) * 4))
  }

  /** The state of one entry of a scope, the stricter of what was set and what breakers ask for; 'global' has the single entry 0. */
  get(scope: Scope, index = 0): TradingStateName {
    return stateNames[stateOfWord(this.words[this.#at(scope, index)])] as TradingStateName
  }

  /** What a person or a control set for an entry, whatever breakers ask for. */
  own(scope: Scope, index = 0): TradingStateName {
    return stateNames[stateOfBits(this.words[this.#at(scope, index)])] as TradingStateName
  }

  /** Whether the kill switch holds an entry. */
  isKilled(scope: Scope, index = 0): boolean {
    return (this.words[this.#at(scope, index)] & killBit) !== 0
  }

  /** Sets the state of an entry. An entry held by the kill switch stays HALTED until {@link release}. */
  set(scope: Scope, index: number, state: TradingStateName): void {
    const at = this.#at(scope, index)
    const word = this.words[at]
    if ((word & killBit) === 0) this.#store(at, TradingState[state], (word >> BREAKER_SHIFT) & 3, 0)
  }

  /** Sets what circuit breakers ask for: beside what is set, never in its place. */
  setBreaker(scope: Scope, index: number, state: TradingStateName): void {
    const at = this.#at(scope, index)
    const word = this.words[at]
    this.#store(at, word & 3, TradingState[state], word & killBit)
  }

  /** Sets what the groups of an instrument ask for, the strictest of them: beside its own state. */
  setGroup(instrument: number, state: TradingStateName): void {
    this.#groups[instrument] = (TradingState[state] << STATE_SHIFT) | TradingState[state]
  }

  /** What the groups of an instrument ask for. */
  groupState(instrument: number): TradingStateName {
    return stateNames[stateOfWord(this.#groups[instrument])] as TradingStateName
  }

  /** Throws the kill switch of an entry: HALTED, latched. */
  kill(scope: Scope, index = 0): void {
    Atomics.or(this.words, this.#at(scope, index), killedWord)
  }

  /** Takes the kill switch of an entry back, and what was set with it. Only an operator does this. */
  release(scope: Scope, index = 0): void {
    const at = this.#at(scope, index)
    this.#store(at, TradingState.ACTIVE, (this.words[at] >> BREAKER_SHIFT) & 3, 0)
  }

  #store(at: number, own: number, breaker: number, kill: number): void {
    const state = kill === 0 ? Math.max(own, breaker) : TradingState.HALTED
    Atomics.store(this.words, at, kill | (state << STATE_SHIFT) | (breaker << BREAKER_SHIFT) | own)
  }

  /** The strictest word over all scopes that cover an order; see `stateOfWord`, `isKillWord` and `isBreakerWord`. */
  strictest(account: number, connector: number, strategy: number, instrument: number): number {
    const { words } = this
    return Math.max(
      words[0],
      words[this.#account + account],
      words[this.#connector + connector],
      words[this.#strategy + strategy],
      words[this.#instrument + instrument],
      this.#groups[instrument],
    )
  }

  /** Whether every scope that covers an order is ACTIVE: {@link strictest} is 0. */
  areActive(account: number, connector: number, strategy: number, instrument: number): boolean {
    const { words } = this
    const any =
      words[0] |
      words[this.#account + account] |
      words[this.#connector + connector] |
      words[this.#strategy + strategy] |
      words[this.#instrument + instrument] |
      this.#groups[instrument]
    return any === 0
  }

  /** Entries that somebody set, or the kill switch holds, with what was set: for snapshots and displays. Breakers are not among them. */
  list(): { scope: Scope; index: number; state: TradingStateName; isKilled: boolean }[] {
    const entries: { scope: Scope; index: number; state: TradingStateName; isKilled: boolean }[] = []
    for (const scope of scopes) {
      for (let index = 0; index < this.#sizes[scope]; index++) {
        if (this.own(scope, index) !== 'ACTIVE')
          entries.push({ scope, index, state: this.own(scope, index), isKilled: this.isKilled(scope, index) })
      }
    }
    return entries
  }

  #at(scope: Scope, index: number): number {
    return this.#base[scope] + index
  }
}

/** State of a word given by {@link TradingStates.strictest}. */
export function stateOfWord(word: number): number {
  return stateOfBits(word >> STATE_SHIFT)
}

/** The state in the lowest two bits. */
function stateOfBits(bits: number): number {
  return Math.min(bits & 3, TradingState.HALTED)
}

/** Whether only circuit breakers ask for the state of a word. */
export function isBreakerWord(word: number): boolean {
  return (word & 3) < stateOfWord(word)
}

/** What the watchdog's thread ORs into the word of the whole system: the kill switch. */
export const KILL_WORD = killedWord

/** Whether the kill switch set a word. */
export function isKillWord(word: number): boolean {
  return (word & killBit) !== 0
}
