/**
 * The layers of the package, as a test: imports go to the same or a lower layer only, folders form no cycle, each
 * third-party package is imported in exactly one folder. docs/ARCHITECTURE.md tells the same story in words.
 */

/** Folders of src from the bottom up. `connectors` stands for each of its folders. */
const layers = [
  ['core', 'math', 'ring'],
  ['model', 'calendar', 'orders'],
  ['market', 'matching', 'portfolio', 'reconcile', 'journal', 'tca', 'connector'],
  ['risk', 'routing', 'connectors'],
  ['oms', 'execution'],
  ['manager', 'system'],
  ['gateways', 'server', 'metrics', 'config', 'bus', 'testing'],
]

/** The only place of src that may import a package. A new dependency gets a line here. */
const homes = {
  'decimal.js': '^src/model/decimal\\.ts$',
  eventemitter3: '^src/core/',
  'p-retry': '^src/core/',
  valibot: '^src/model/',
  '@stoqey/ib': '^src/connectors/ibkr/',
  zeromq: '^src/connectors/zmq/',
  msgpackr: '^src/connectors/zmq/',
  ws: '^src/connectors/websocket/',
  pg: '^src/journal/postgres/',
  libsql: '^src/journal/sqlite/',
}

const tests = '\\.(test|prop\\.test|test-d|test-support)\\.ts$'
const folders = (names) => `^src/(${names.join('|')})/`
const npmPackage = (name) => `(^|/)node_modules/${name.replaceAll('.', '\\.')}/`

const layerRules = layers.slice(0, -1).map((names, level) => ({
  name: `layer-${level}`,
  comment: `${names.join(', ')} import nothing from a higher layer.`,
  severity: 'error',
  from: { path: folders(names), pathNot: tests },
  to: { path: [folders(layers.slice(level + 1).flat()), '^src/index\\.ts$'] },
}))

const homeRules = Object.entries(homes).map(([name, home]) => ({
  name: `home-of-${name}`,
  comment: `${name} is imported in ${home} only.`,
  severity: 'error',
  from: { path: '^src/', pathNot: [home, tests] },
  to: { path: npmPackage(name) },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    ...homeRules,
    {
      name: 'known-folder',
      comment: 'Every folder of src has its layer in this file.',
      severity: 'error',
      from: { path: '^src/', pathNot: [folders(layers.flat()), '^src/index\\.ts$'] },
      to: {},
    },
    {
      name: 'no-folder-cycle',
      comment: 'Folders form no cycle, not even by types. Tests are left out: they may use any layer.',
      severity: 'error',
      scope: 'folder',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'connectors-stand-alone',
      comment: 'A connector imports no other connector.',
      severity: 'error',
      from: { path: '^src/connectors/([^/]+)/', pathNot: tests },
      to: { path: '^src/connectors/', pathNot: '^src/connectors/$1/' },
    },
    {
      name: 'connectors-below-orders',
      comment:
        'A connector knows nothing of risk, routing, order management or the manager: it checks the approval it is given.',
      severity: 'error',
      from: { path: '^src/connectors?/', pathNot: tests },
      to: { path: folders(['risk', 'routing', 'oms', 'execution', 'manager', 'system']) },
    },
    {
      name: 'oms-below-execution',
      comment: 'Algorithms import the order manager, never the reverse.',
      severity: 'error',
      from: { path: folders(['oms']), pathNot: tests },
      to: { path: folders(['execution']) },
    },
    {
      name: 'pure-folders',
      comment: 'Rings and models, and what is pure, run anywhere: no node modules.',
      severity: 'error',
      from: {
        path: folders(['ring', 'model', 'math', 'orders', 'matching', 'portfolio', 'reconcile']),
        pathNot: tests,
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'known-package',
      comment: 'Every package that src imports has its home in this file.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: {
        dependencyTypesNot: ['core', 'local', 'localmodule'],
        pathNot: ['^src/', ...Object.keys(homes).map(npmPackage)],
      },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'source-imports-no-test',
      comment: 'The library imports neither tests nor scripts.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: ['^(test|bench|examples|scripts)/', tests] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Tests may use any layer; they would close cycles between folders that the library does not have.
    exclude: { path: tests },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
