/**
 * Market data from Interactive Brokers with statistics: quotes, trades and books of several contracts, the state of each
 * stream, and what the connector counted.
 *
 *   npm run example -- ibkr-market-data                                 against the simulated gateway
 *   npm run example -- ibkr-market-data --host 127.0.0.1 --port 7497    against a real TWS
 */
import { type QuoteView, Strategy, type TradeView, TradingSystem } from 'tradewire'
import { forex, future, IbkrConnector, stock } from 'tradewire/ibkr'
import { main, number, showProblems, stopOnInterrupt, table } from './support/console.js'
import { openTws } from './support/tws.js'

/** Counts what comes of each instrument. */
class Counter extends Strategy {
  readonly rows = new Map<string, { quotes: number; trades: number; bid: number; ask: number }>()

  override onQuote(quote: QuoteView): void {
    const row = this.#of(quote.symbol)
    row.quotes++
    row.bid = quote.bid
    row.ask = quote.ask
  }

  override onTrade(trade: TradeView): void {
    this.#of(trade.symbol).trades++
  }

  #of(symbol: string) {
    let row = this.rows.get(symbol)
    if (row === undefined) {
      row = { quotes: 0, trades: 0, bid: Number.NaN, ask: Number.NaN }
      this.rows.set(symbol, row)
    }
    return row
  }
}

await main(async () => {
  const tws = await openTws()
  const interrupt = stopOnInterrupt()
  const { host, port, clientId } = tws
  // Market data alone: the connector takes no orders.
  const ibkr = new IbkrConnector({
    host,
    port,
    clientId,
    readOnly: true,
    contracts: [
      stock('AAPL'),
      stock('MSFT'),
      stock('SPY'),
      forex('EUR', 'USD'),
      future('ES', '202612', 'CME', { as: 'ES' }),
    ],
  })
  const counter = new Counter()
  const system = await TradingSystem.start({ mode: 'paper', connectors: { ibkr }, strategies: [counter] })
  showProblems(system)
  ibkr.events.on('stream', ({ kind, instrument, state, ageMs }) => {
    if (state === 'stale')
      console.log(`${system.instruments.at(instrument).symbol} ${kind}: nothing for ${number(ageMs)} ms`)
  })
  try {
    const symbols = ['AAPL', 'MSFT', 'SPY', 'EUR.USD', 'ES']
    await system.subscribe(symbols, ['quotes'])
    await system.subscribe(['AAPL', 'ES'], ['trades'])
    for (let second = 1; second <= 3 && !interrupt.aborted; second++) {
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      const rows = [...counter.rows].map(([symbol, { quotes, trades, bid, ask }]) => [
        symbol,
        number(quotes),
        number(trades),
        String(bid),
        String(ask),
      ])
      console.log(`\nafter ${second} s`)
      console.log(table([['symbol', 'quotes', 'trades', 'bid', 'ask'], ...rows]))
    }
    const { updates, errors, pacingWait, probeLatency } = ibkr.statistics
    console.log(`\n${number(updates)} updates, ${errors} errors, ${ibkr.streams.length} streams`)
    console.log(`messages that waited: ${pacingWait.count}, heartbeats: ${probeLatency.count}`)
  } finally {
    await system.stop()
    await tws.close()
  }
})
