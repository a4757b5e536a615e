/**
 * Started in a project that installed the tarball: what was imported (`import`) or required (`require`, the argument) also
 * works. The conformance kit runs a whole system over the simulated connector: all its cases have to pass.
 */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

const [how] = process.argv.slice(2)
const { runConformance, simulatedConformance } =
  how === 'require' ? createRequire(import.meta.url)('tradewire/testing') : await import('tradewire/testing')

const { passed, results } = await runConformance(simulatedConformance())
const failed = results.filter(({ outcome }) => outcome === 'failed').map(({ id, reason }) => `${id}: ${reason}`)
assert.deepEqual(failed, [])
assert.ok(passed > 100, `only ${passed} cases ran`)
