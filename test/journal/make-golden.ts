/**
 * Makes a golden journal: what a system of this release writes, with what it means. Run it once for a release whose records
 * or frames differ from those of all golden journals that there are; those that exist are never made again.
 *
 *   npx tsx test/journal/make-golden.ts NAME
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SimulatedConnector, TradingSystem } from 'tradewire'
import { meaningOf } from './meaning.js'

const [name = ''] = process.argv.slice(2)
const target = join(import.meta.dirname, 'golden', name)
if (!/^[a-z0-9.-]+$/.test(name) || existsSync(target)) throw new Error('usage: make-golden.ts NAME, a name that is new')

const journal = mkdtempSync(join(tmpdir(), 'tradewire-golden-'))
const options = () => ({
  mode: 'simulation' as const,
  journal,
  onClose: 'leave' as const,
  connectors: { sim: new SimulatedConnector({ synthetic: {}, seed: 11 }) },
})
const first = await TradingSystem.start(options())
await first.run({ durationMs: 300 })
first.orders.submit({ symbol: 'ACME', side: 'buy', quantity: 101 })
await first.run({ durationMs: 300 })
first.operator.applySplit({
  id: 'golden-split',
  instrument: 'ACME',
  ratio: { numerator: 3, denominator: 2 },
  cashInLieu: '160.125',
  // The market goes on as it was.
  effectiveUs: 1,
  actor: 'golden',
  reason: 'three for two',
})
const resting = first.orders.submit({
  symbol: 'ACME',
  side: 'buy',
  quantity: 100,
  price: '150',
  clientOrderId: 'golden-1',
})
first.orders.submit({ symbol: 'ACME', side: 'buy', quantity: 200, tag: 'ünïcode' })
first.orders.submit({ symbol: 'ACME', side: 'sell', quantity: 1e9 })
first.orders.submit({ symbol: 'ACME', side: 'sell', quantity: 100, type: 'stop', triggerPrice: '120' })
await first.run({ durationMs: 300 })
resting.modify({ price: '151' })
await first.run({ durationMs: 300 })
first.setTradingState('instrument', 'ACME', 'REDUCING', 'golden', 'for the record')
first.orders.submit({ symbol: 'ACME', side: 'buy', quantity: 100, price: '150' })
resting.cancel()
await first.run({ durationMs: 300 })
await first.stop()
const second = await TradingSystem.start(options())
second.orders.submit({ symbol: 'ACME', side: 'sell', quantity: 50 })
await second.run({ durationMs: 300 })
second.kill({ actor: 'golden', reason: 'the end' })
second.journal.tryFlush()
// As a killed process leaves it: no snapshot at the end.
mkdirSync(target, { recursive: true })
for (const file of readdirSync(journal).filter((each) => each.startsWith('segment-')))
  cpSync(join(journal, file), join(target, file))
await second.stop()
rmSync(journal, { recursive: true })
writeFileSync(join(target, 'meaning.json'), `${JSON.stringify(meaningOf(target), null, 1)}\n`)
console.log(`made ${target}: ${readdirSync(target).join(', ')}`)
