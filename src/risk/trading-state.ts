/**
 * Trading states by scope, and the kill switch. The strictest state that covers an order holds.
 *
 *   global ⊃ account ⊃ connector ⊃ strategy ⊃ instrument
 *
 * States live in shared memory, so a watchdog on another thread can halt an engine whose event loop hangs.
 */

/** ACTIVE trades; REDUCING takes only what makes positions smaller; HALTED takes nothing new. Cancels always pass. */
export const TradingState = { ACTIVE: 0, REDUCING: 1, HALTED: 2 } as const
/** A trading state by name. */
export type TradingStateName = keyof typeof TradingState

/** What a state applies to. */
export const scopes = ['global', 'account', 'connector', 'strategy', 'instrument'] as const
/** What a state applies to. */
export type Scope = (typeof scopes)[number]

const killBit = 4
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
  /** One word a scope entry: the state, plus a bit when the kill switch set it. */
  readonly words: Int32Array
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
    this.words = new Int32Array(new SharedArrayBuffer((instrument + sizes.instrument) * 4))
  }

  /** The state set for one entry of a scope; 'global' has the single entry 0. */
  get(scope: Scope, index = 0): TradingStateName {
    return stateNames[this.words[this.#at(scope, index)] & 3] as TradingStateName
  }

  /** Whether the kill switch holds an entry. */
  isKilled(scope: Scope, index = 0): boolean {
    return (this.words[this.#at(scope, index)] & killBit) !== 0
  }

  /** Sets the state of an entry. An entry held by the kill switch stays HALTED until {@link release}. */
  set(scope: Scope, index: number, state: TradingStateName): void {
    const at = this.#at(scope, index)
    if ((this.words[at] & killBit) === 0) Atomics.store(this.words, at, TradingState[state])
  }

  /** Throws the kill switch of an entry: HALTED, latched. */
  kill(scope: Scope, index = 0): void {
    Atomics.store(this.words, this.#at(scope, index), TradingState.HALTED | killBit)
  }

  /** Takes the kill switch of an entry back. Only an operator does this. */
  release(scope: Scope, index = 0): void {
    Atomics.store(this.words, this.#at(scope, index), TradingState.ACTIVE)
  }

  /** The strictest word over all scopes that cover an order: state in the lower two bits, kill switch above. */
  strictest(account: number, connector: number, strategy: number, instrument: number): number {
    const { words } = this
    return Math.max(
      words[0],
      words[this.#account + account],
      words[this.#connector + connector],
      words[this.#strategy + strategy],
      words[this.#instrument + instrument],
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
      words[this.#instrument + instrument]
    return any === 0
  }

  /** Entries that are not ACTIVE, for snapshots and displays. */
  list(): { scope: Scope; index: number; state: TradingStateName; isKilled: boolean }[] {
    const entries: { scope: Scope; index: number; state: TradingStateName; isKilled: boolean }[] = []
    for (const scope of scopes) {
      for (let index = 0; index < this.#sizes[scope]; index++) {
        if (this.words[this.#at(scope, index)] !== 0) {
          entries.push({ scope, index, state: this.get(scope, index), isKilled: this.isKilled(scope, index) })
        }
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
  return word & 3
}

/** Whether the kill switch set a word. */
export function isKillWord(word: number): boolean {
  return (word & killBit) !== 0
}
