/**
 * A stream of market data with live statistics: rates, spread, imbalance at the touch, and bars made from the trades.
 *
 *   npm run example -- market-data
 *
 * It runs on real time for a few seconds, as it would with a real venue: `paper` mode, no orders.
 */
import { type QuoteView, SimulatedConnector, Strategy, type TradeBar, type TradeView, TradingSystem } from 'tradewire'
import { main, number, refuseArguments, showProblems, stopOnInterrupt, table } from './support/console.js'

/** What is kept for one instrument between two lines of output: plain numbers, so that a tick allocates nothing. */
interface Statistics {
  quotes: number
  trades: number
  volume: number
  spreads: number
  imbalance: number
  bid: number
  ask: number
}

/** Counts what it sees and prints it every second. A strategy need not trade. */
class Monitor extends Strategy {
  readonly #statistics = new Map<string, Statistics>()

  override onStart(): void {
    this.every(1_000, () => this.#print())
    // Bars of two seconds of ACME; the listener is called when a bar closes.
    this.bars({ symbol: 'ACME', unit: 'time', step: 2_000_000 }, (bar) => this.#printBar(bar))
  }

  // Views are valid during the call only: read what is needed, keep no reference.
  override onQuote(quote: QuoteView): void {
    const statistics = this.#of(quote.symbol)
    statistics.quotes++
    statistics.bid = quote.bid
    statistics.ask = quote.ask
    statistics.spreads += quote.spread
    // +1: all size is on the bid, -1: all on the offer.
    statistics.imbalance += (quote.bidSize - quote.askSize) / (quote.bidSize + quote.askSize)
  }

  override onTrade(trade: TradeView): void {
    const statistics = this.#of(trade.symbol)
    statistics.trades++
    statistics.volume += trade.size
  }

  #of(symbol: string): Statistics {
    let statistics = this.#statistics.get(symbol)
    if (statistics === undefined) {
      statistics = { quotes: 0, trades: 0, volume: 0, spreads: 0, imbalance: 0, bid: Number.NaN, ask: Number.NaN }
      this.#statistics.set(symbol, statistics)
    }
    return statistics
  }

  #print(): void {
    const rows = [...this.#statistics].map(([symbol, each]) => {
      const digits = this.instrument(symbol).priceScale - 2
      return [
        symbol,
        number(each.bid, digits),
        number(each.ask, digits),
        `${number(each.quotes)}/s`,
        `${number(each.trades)}/s`,
        number(each.volume, 2),
        number(each.spreads / each.quotes, digits + 1),
        number(each.imbalance / each.quotes, 2),
      ]
    })
    console.log(table([['', 'bid', 'ask', 'quotes', 'trades', 'volume', 'spread', 'imbalance'], ...rows]))
    for (const each of this.#statistics.values()) {
      each.quotes = each.trades = each.volume = each.spreads = each.imbalance = 0
    }
  }

  #printBar(bar: TradeBar): void {
    const price = (value: number) => number(value, 2)
    console.log(
      `  ACME bar: open ${price(bar.open)} high ${price(bar.high)} low ${price(bar.low)} close ${price(bar.close)}, ${number(bar.volume)} shares in ${bar.count} trades`,
    )
  }
}

await main(async () => {
  refuseArguments('market-data')
  const connector = new SimulatedConnector({ synthetic: {}, seed: 3 })
  const system = await TradingSystem.start({
    mode: 'paper',
    connectors: { sim: connector },
    strategies: [new Monitor()],
  })
  showProblems(system)
  try {
    await system.subscribe(
      [...system.instruments].map((each) => each.symbol),
      ['quotes', 'trades'],
    )
    await system.run({ durationMs: 5_000, signal: stopOnInterrupt() })
    console.log(
      `${number(system.ring.head)} events; ring and tables hold ${number(Object.values(system.getMemoryUse()).reduce((a, b) => a + b, 0) / 1e6, 1)} MB`,
    )
  } finally {
    await system.stop()
  }
})
