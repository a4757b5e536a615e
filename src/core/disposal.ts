/** Giving back what was taken: a stack of clean-up steps that all run, in reverse order, once, whatever one of them throws. */

/** One clean-up step. */
export type Cleanup = () => void | Promise<void>

/**
 * Collects clean-up steps during construction and start, and runs them at the end.
 *
 * @example
 * ```ts
 * const resources = new DisposalStack()
 * resources.defer(() => console.log('runs last'))
 * resources.defer(() => console.log('runs first'))
 * await resources.dispose()
 * ```
 */
export class DisposalStack {
  #steps: Cleanup[] = []
  #running: Promise<void> | undefined

  /** Adds a step; returns it, so that it can be taken back with {@link forget}. */
  defer(step: Cleanup): Cleanup {
    this.#steps.push(step)
    return step
  }

  /** Removes a step without running it. */
  forget(step: Cleanup): void {
    const index = this.#steps.lastIndexOf(step)
    if (index >= 0) this.#steps.splice(index, 1)
  }

  /** Steps that wait. */
  get size(): number {
    return this.#steps.length
  }

  /**
   * Runs all steps, the last added first. A call while one is running waits for that one, then runs what was added since.
   *
   * @throws what the step threw when one failed, an AggregateError when several did; in both cases after all of them ran.
   */
  dispose(): Promise<void> {
    const before = this.#running
    const run = before === undefined ? this.#runSteps() : before.then(() => this.#runSteps())
    const settled = run
      .catch(() => {})
      .then(() => {
        if (this.#running === settled) this.#running = undefined
      })
    this.#running = settled
    return run
  }

  async #runSteps(): Promise<void> {
    const steps = this.#steps
    this.#steps = []
    const errors: unknown[] = []
    for (let i = steps.length - 1; i >= 0; i--) {
      try {
        await (steps[i] as Cleanup)()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length === 1) throw errors[0]
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} clean-up steps failed`)
  }
}
