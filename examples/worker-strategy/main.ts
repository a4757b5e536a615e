/**
 * A strategy in a worker thread: heavy computing that holds up neither the market data nor the orders of others.
 *
 *   npm run example -- worker-strategy
 *
 * Its orders pass the risk gate and the journal of this thread, under its name. When the worker is killed, they are canceled.
 */
import { SimulatedConnector, TradingSystem, WorkerStrategy } from 'tradewire'
import { main, number, refuseArguments, stopOnInterrupt } from '../support/console.js'

await main(async () => {
  refuseArguments('worker-strategy')
  const heavy = new WorkerStrategy({
    name: 'heavy',
    module: new URL('./strategy.ts', import.meta.url),
    symbols: ['ACME'],
    kinds: ['quotes'],
    data: { lookback: 20 },
  })
  const system = await TradingSystem.start({
    mode: 'paper',
    capital: '1000000',
    risk: { maxOrderQuantity: 500, maxPosition: { ACME: 1_000 } },
    connectors: { sim: new SimulatedConnector({ synthetic: { rate: 10 }, seed: 4 }) },
  })
  system.events.on('problem', ({ where, error }) => console.error(`problem in ${where}:`, error))
  try {
    const signal = stopOnInterrupt()
    // The market moves while the worker starts.
    const running = system.run({ durationMs: 8_000, signal })
    await system.addStrategy(heavy)
    await running
    const orders = system.orders.list({ strategy: 'heavy' })
    const filled = orders.filter(({ status }) => status === 'FILLED')
    console.log(
      `${number(heavy.counters.sent)} quotes went to the worker, ${heavy.counters.dropped} events were left out`,
    )
    console.log(`${number(orders.length)} orders came back, ${number(filled.length)} are filled`)
    const [position] = system.snapshot().positions
    console.log(`position ${position?.quantity ?? 0} ACME, profit ${system.snapshot().pnl.total ?? '-'} USD`)
  } finally {
    await system.stop()
  }
})
