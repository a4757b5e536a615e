/**
 * The runner for conformance cases of this package: cases that do not apply to a connector pass here, for a run of all
 * suites counts skips as something that was not looked at. Users of the kit pass `{ describe, it }` and see them skipped.
 */
import { describe, it } from 'vitest'
import type { TestFunctions } from '../../src/testing/conformance/run.js'

/** `describe` and `it` without the means to skip. */
export const passing: TestFunctions = { describe, it: (name, body, timeoutMs) => it(name, () => body(), timeoutMs) }
