/** A restart is quick: a million records into state within two seconds of processor time, and a share of that in CI. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SimulatedConnector, TradingSystem } from 'tradewire'
import { expect, it } from 'vitest'
import { run } from '../../scripts/support/run.js'
import { runs } from '../support/runs.js'

it('recovers a million records in two seconds', async () => {
  const records = runs({ ci: 50_000, full: 1_000_000 })
  const directory = mkdtempSync(join(tmpdir(), 'tradewire-million-'))
  try {
    const system = await TradingSystem.start({
      ...{ mode: 'simulation', journal: directory, onClose: 'leave' },
      snapshots: { everyRecords: 1_000_000_000, everyMegabytes: 100_000 },
      risk: { throttle: false, duplicates: false, marketData: false, priceCollarPercent: false },
      connectors: { sim: new SimulatedConnector({ synthetic: {}, seed: 3 }) },
    })
    await system.run({ durationMs: 500 })
    while (system.journal.lastSeq < records) {
      for (let n = 0; n < 200; n++) {
        const side = n % 4 < 2 ? 'buy' : 'sell'
        const limit = side === 'buy' ? '150' : '250'
        system.orders.submit({ symbol: 'ACME', side, quantity: 100, ...(n % 2 === 0 ? { price: limit } : {}) })
      }
      await system.run({ durationMs: 20 })
      system.orders.cancelAll({})
      await system.run({ durationMs: 20 })
    }
    system.journal.tryFlush()
    // In a process of its own: the test runner's way of loading modules costs as much again.
    const { output } = await run('tsx', [join(import.meta.dirname, 'recover-process.ts'), directory])
    const [, found, seconds] = /recovered (\d+) ([\d.]+)/.exec(output) ?? []
    console.log(`${found} records in ${seconds} s of processor time`)
    expect(Number(found), output).toBeGreaterThanOrEqual(records * 0.99)
    expect(Number(seconds)).toBeLessThan(2)
    await system.stop()
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
