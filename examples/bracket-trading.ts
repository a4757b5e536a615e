/**
 * Brackets: every entry comes with its stop and its target, which follow each fill. A synthetic market, ten minutes.
 *
 *   npm run example -- bracket-trading
 */
import { type QuoteView, SimulatedConnector, Strategy, TradingSystem } from 'tradewire'
import type { ParentOrderHandle } from 'tradewire/execution'
import { main, number, refuseArguments, table, utc } from './support/console.js'

const shares = 300

/** Buys a small dip, risks as much as it may win, and waits until that is settled. */
class Dips extends Strategy {
  override readonly symbols = ['ACME']
  readonly done: ParentOrderHandle[] = []
  #average = Number.NaN
  #open: ParentOrderHandle | undefined

  override onQuote({ symbol, bid, ask, mid }: QuoteView): void {
    if (!(ask > bid)) return
    this.#average = Number.isNaN(this.#average) ? mid : this.#average + (mid - this.#average) / 200
    if (this.#open !== undefined) {
      if (!this.#open.isClosed) return
      this.done.push(this.#open)
      this.#open = undefined
    }
    if (mid > this.#average - 0.03) return
    const instrument = this.instrument(symbol)
    this.#open = this.submitBracket({
      symbol,
      side: 'buy',
      quantity: shares,
      price: instrument.makePrice(ask, 'ceil'),
      takeProfit: { price: instrument.makePrice(ask + 0.06, 'ceil') },
      stopLoss: { triggerPrice: instrument.makePrice(bid - 0.06, 'floor'), triggerSource: 'bid_ask' },
    })
  }
}

await main(async () => {
  refuseArguments('bracket-trading')
  const strategy = new Dips()
  const system = await TradingSystem.start({
    mode: 'simulation',
    connectors: { sim: new SimulatedConnector({ synthetic: {} }) },
    strategies: [strategy],
  })
  try {
    let unprotected = 0
    system.orders.events.on('anomaly', ({ kind }) => {
      if (kind === 'UNPROTECTED') unprotected++
    })
    await system.run({ durationMs: 600_000 })
    const rows = [['UTC', 'entry', 'filled', 'orders', 'status']]
    for (const bracket of strategy.done.slice(-8)) {
      const { averagePrice, filledQuantity, children, status, tsUpdatedUs } = bracket.snapshot
      rows.push([
        utc(tsUpdatedUs),
        averagePrice?.toFixed(4) ?? '-',
        filledQuantity.toString(),
        number(children),
        status,
      ])
    }
    console.log(table(rows))
    const { pnl } = system.snapshot()
    console.log(
      `\n${number(strategy.done.length)} brackets, P&L ${number(pnl.total?.toNumber() ?? Number.NaN, 2)}, ${number(unprotected)} alerts of a position without protection`,
    )
  } finally {
    await system.stop()
  }
})
