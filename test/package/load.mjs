/**
 * Started in a project that installed the tarball: loads each entry point named in the arguments by import and by require
 * and compares what they export.
 */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
for (const specifier of process.argv.slice(2)) {
  const esm = Object.keys(await import(specifier)).sort()
  const cjs = Object.keys(require(specifier))
    .filter((name) => name !== '__esModule')
    .sort()
  assert.ok(esm.length > 0, `${specifier} exports nothing`)
  assert.deepEqual(cjs, esm, `${specifier}: require and import give different names`)
}

// Both copies of the package live in this process now: errors of one are errors of the other.
const { TradewireError: EsmError } = await import('tradewire')
const { TradewireError: CjsError } = require('tradewire')
assert.notEqual(EsmError, CjsError)
assert.ok(new CjsError('TW_TIMEOUT', 'from CommonJS') instanceof EsmError)
assert.ok(new EsmError('TW_TIMEOUT', 'from ESM') instanceof CjsError)
assert.ok(!(new Error('another') instanceof EsmError))

// So is virtual time: a simulated connector of the one runs in a system of the other.
const { VirtualTime: EsmTime } = await import('tradewire')
const { VirtualTime: CjsTime } = require('tradewire')
assert.notEqual(EsmTime, CjsTime)
assert.ok(new CjsTime() instanceof EsmTime)
assert.ok(new EsmTime() instanceof CjsTime)
assert.ok(!({} instanceof EsmTime))
