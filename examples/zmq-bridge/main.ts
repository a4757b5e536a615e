/**
 * Two processes: one owns the venue and its risk limits, the other trades through it over ZeroMQ.
 *
 *   npm run example -- zmq-bridge
 *
 * This is the process that trades. To its strategy the bridge is a connector like any other.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type QuoteView, Strategy, TradingSystem } from 'tradewire'
import { ZmqConnector } from 'tradewire/zmq'
import { main, number, showProblems } from '../support/console.js'

/** Buys what has fallen, sells what has risen. */
class Reversion extends Strategy {
  seen = 0
  readonly #start = new Map<string, number>()

  override onQuote(quote: QuoteView): void {
    this.seen++
    const { symbol, mid } = quote
    const start = this.#start.get(symbol)
    if (start === undefined) this.#start.set(symbol, mid)
    else if (Math.abs(mid / start - 1) > 0.0001) {
      this.#start.set(symbol, mid)
      this.submit({ symbol, side: mid > start ? 'sell' : 'buy', quantity: 100 })
    }
  }
}

await main(async () => {
  const token = 'a secret that both have from their environment'
  const bridge = fork(join(import.meta.dirname, 'bridge.ts'), [], {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, GATEWAY_TOKEN: token },
  })
  const [where] = (await once(bridge, 'message')) as [{ endpoint: string; service: string; gateway: string }]
  const { endpoint, service, gateway } = where
  const connector = new ZmqConnector({
    endpoint,
    service,
    gateway: { endpoint: gateway, client: 'reversion', token, environment: 'paper' },
  })
  const strategy = new Reversion()
  const system = await TradingSystem.start({ mode: 'paper', connectors: { bridge: connector }, strategies: [strategy] })
  showProblems(system)
  const symbols = [...system.instruments].map(({ symbol }) => symbol)
  await system.subscribe(symbols, ['quotes', 'trades'])
  await system.run({ durationMs: 4_000 })
  const [symbol = ''] = symbols
  const large = system.orders.submit({ symbol, side: 'buy', quantity: 1_500 })
  const { status, reason } = await large.done()
  console.log(`an order above the bridge's limit: ${status} (${reason})`)
  const filled = system.orders.list().filter((order) => order.status === 'FILLED').length
  const streams = connector.feedStreams
  console.log(
    `${number(strategy.seen)} quotes over ${streams.length} streams, ${filled > 0 ? filled : 'no'} orders filled`,
  )
  console.log(`frames lost: ${streams.reduce((sum, { counters }) => sum + counters.lost, 0)}`)
  await system.stop()
  bridge.disconnect()
  await once(bridge, 'exit')
})
