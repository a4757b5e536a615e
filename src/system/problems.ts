/** What went wrong in a system and was dealt with: counted, the latest kept, and never only told to nobody. */
import { TradewireError } from '../core/errors.js'

/** Something went wrong and was dealt with: a hook or listener threw, a journal failed, a connector reported an error. */
export interface Problem {
  /** What was being done: `Reversion.onQuote`, `journal`, `connector sim`. */
  where: string
  error: unknown
  /** The strategy whose hook it was. */
  strategy?: string
  /** When, wall time in epoch microseconds. */
  tsUs: number
}

/** Problems kept; older ones are only counted. */
const mostKept = 100

/** Counts problems and keeps the latest. */
export class ProblemLog {
  /** All so far. */
  count = 0
  readonly #latest: Problem[] = []
  #unheard: Problem | undefined

  /** The latest hundred, oldest first. */
  get latest(): readonly Problem[] {
    return this.#latest
  }

  /** Adds one. `isHeard`: somebody listens to problems, or reads a log. */
  add(problem: Problem, isHeard: boolean): void {
    this.count++
    if (this.#latest.length === mostKept) this.#latest.shift()
    this.#latest.push(problem)
    if (!isHeard && problem.strategy !== undefined) this.#unheard ??= problem
  }

  /**
   * Throws the first failure of a strategy that nobody was told of, once.
   *
   * @throws TradewireError `TW_STRATEGY_FAILED`, whose cause is what the hook threw.
   */
  throwUnheard(): void {
    const problem = this.#unheard
    if (problem === undefined) return
    this.#unheard = undefined
    const { where, error, strategy } = problem
    throw new TradewireError(
      'TW_STRATEGY_FAILED',
      `${where} threw: ${error instanceof Error ? error.message : String(error)}; listen to the "problem" event of the system, or pass a logger, to be told while it runs`,
      { cause: error, details: { where, strategy } },
    )
  }
}
