/**
 * What code can reach at run time, types aside (they count in .dependency-cruiser.cjs).
 */
const { options } = require('../.dependency-cruiser.cjs')

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'Modules form no cycle (types within a folder may).',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'no-retry-on-the-order-path',
      comment:
        'Orders are never retried: nothing on the way of an order can reach p-retry. Connectors are given to it, not loaded.',
      severity: 'error',
      from: { path: '^src/(orders|risk|routing|oms|execution)/', pathNot: '\\.(test|prop\\.test)\\.ts$' },
      to: { path: '(^|/)node_modules/p-retry/', reachable: true },
    },
  ],
  options: { ...options, tsPreCompilationDeps: false },
}
