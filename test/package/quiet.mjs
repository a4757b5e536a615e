/**
 * Started in a project that installed the tarball: imports (`import`) or requires (`require`, the first argument) each entry
 * point of the other arguments and shows that nothing but code was loaded: no native module, no optional package, no handle,
 * no timer, no listener, no global, nothing printed. The process must also end by itself.
 */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const [how, ...specifiers] = process.argv.slice(2)

const state = () => ({
  resources: process.getActiveResourcesInfo().sort(),
  listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
  globals: Reflect.ownKeys(globalThis).map(String).sort(),
  native: process.report.getReport().sharedObjects.filter((file) => file.endsWith('.node')),
})
process.report.excludeNetwork = true

try {
  await loadQuietly()
} catch (error) {
  // Not thrown: the package may have installed a handler for that.
  console.error(error)
  process.exit(1)
}

async function loadQuietly() {
  const before = state()
  const builtinsBefore = new Set(process.moduleLoadList)
  for (const specifier of specifiers) {
    if (how === 'require') require(specifier)
    else await import(specifier)
  }
  assert.deepEqual(state(), before)

  const processModules = ['child_process', 'cluster', 'inspector', 'repl', 'sqlite', 'dgram', 'worker_threads']
  const loaded = process.moduleLoadList.filter((name) => !builtinsBefore.has(name))
  const unwanted = loaded.filter((name) => processModules.includes(name.replace(/^NativeModule /, '')))
  assert.deepEqual(unwanted, [], 'modules that a mere import has no use for')

  // Every optional package of this project is a decoy that leaves its name here when it is loaded.
  assert.deepEqual(globalThis[Symbol.for('tradewire.test.decoys')] ?? [], [])

  const files = Object.keys(require.cache).filter((file) => file.includes('node_modules'))
  const packages = new Set(
    files.map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file.replaceAll('\\', '/'))?.[1]),
  )
  const allowed = new Set(['tradewire', ...JSON.parse(process.env.ALLOWED_PACKAGES ?? '[]')])
  assert.deepEqual(
    [...packages].filter((name) => !allowed.has(name)),
    [],
  )
}
