/**
 * Smart routing: three venues show parts of one recorded tape, with fees, depth and latency of their own. The same orders go
 * to the first venue alone, and to the router.
 *
 *   npm run example -- smart-routing
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SimulatedConnector, TradingSystem } from 'tradewire'
import type { AlgoParameters, ParentSnapshot } from 'tradewire/execution'
import { constantLatency, perShareFees } from 'tradewire/sim'
import { main, number, refuseArguments, table } from './support/console.js'
import { recordedData } from './support/recorded-data.js'

/** Taker fees per share, and milliseconds to the venue and back. */
const venues = {
  inverted: { fee: '-0.0010', latencyMs: 4 },
  cheap: { fee: '0.0005', latencyMs: 2 },
  fast: { fee: '0.0030', latencyMs: 1 },
} as const

const orders = 20
const quantity = 600

async function trade(market: object, symbol: string, openUs: number, algo: AlgoParameters): Promise<ParentSnapshot[]> {
  const connectors = Object.fromEntries(
    Object.entries(venues).map(([name, { fee, latencyMs }]) => [
      name,
      new SimulatedConnector({
        ...market,
        fees: perShareFees({ perShare: fee }),
        latency: { orders: constantLatency(latencyMs), reports: constantLatency(latencyMs) },
      }),
    ]),
  )
  const system = await TradingSystem.start({
    mode: 'simulation',
    connectors,
    smartRouting: {
      venues: Object.fromEntries(
        Object.entries(venues).map(([name, { fee, latencyMs }]) => [name, { takerFee: fee, latencyMs }]),
      ),
    },
    risk: { maxPosition: 1_000_000, maxOrderNotional: 10_000_000 },
  })
  try {
    for (const name of Object.keys(venues)) await system.subscribe([symbol], ['quotes', 'trades'], name)
    await system.run({ durationMs: 1_000 })
    const waitMs = Math.max(0, (openUs - system.time.wallUs()) / 1_000)
    if (waitMs > 0) await system.run({ durationMs: waitMs + 60_000 })
    const results: ParentSnapshot[] = []
    for (let i = 0; i < orders; i++) {
      const order = system.orders.submit({
        symbol,
        side: i % 2 === 0 ? 'buy' : 'sell',
        quantity,
        algo: { ...algo, durationMs: 20_000 } as AlgoParameters,
      })
      await system.run({ durationMs: 25_000 })
      results.push(order.snapshot)
    }
    return results
  } finally {
    await system.stop()
  }
}

await main(async () => {
  refuseArguments('smart-routing')
  const path = recordedData('us_equity_ticks')
  const files = ['quotes', 'trades'].map((kind) => join(path ?? '', `ibm_20131008_${kind}.csv.gz`))
  const isRecorded = path !== undefined && files.every((file) => existsSync(file))
  const market = isRecorded ? { replay: files } : { synthetic: {} }
  const symbol = isRecorded ? 'IBM' : 'ACME'
  const openUs = isRecorded ? Date.UTC(2013, 9, 8, 14, 0) * 1_000 : 0
  const rows = [['route', 'orders', 'filled', 'children', 'fees', 'against arrival']]
  const routes: [string, AlgoParameters][] = [
    ['first venue alone', { type: 'sor', venues: ['fast'] }],
    ['three venues', { type: 'sor' }],
  ]
  for (const [name, algo] of routes) {
    const results = await trade(market, symbol, openUs, algo)
    const sum = (of: (result: ParentSnapshot) => number) => results.reduce((total, result) => total + of(result), 0)
    rows.push([
      name,
      number(results.length),
      number(sum(({ filledQuantity }) => filledQuantity.toNumber())),
      number(sum(({ children }) => children)),
      number(
        sum(({ fees }) => fees.USD?.toNumber() ?? 0),
        2,
      ),
      `${number(sum(({ slippageBps = 0 }) => slippageBps) / results.length, 2)} bp`,
    ])
  }
  console.log(table(rows))
})
