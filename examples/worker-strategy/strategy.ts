/** The strategy of the example, as a module of its own: it runs in a worker. */
import { type OrderEvent, type QuoteView, runWorkerStrategy, Strategy, workerInput } from 'tradewire'

const { lookback } = workerInput() as { lookback: number }

/** Buys below the average of the latest quotes and sells above it. What it computes holds nobody up. */
class Heavy extends Strategy {
  readonly #mids: number[] = []
  #fills = 0

  override onStart(): void {
    this.every(200, () =>
      this.persist({ quotes: this.quotes.quoteCount(this.instrument('ACME').index), fills: this.#fills }),
    )
  }

  override onQuote({ symbol, mid, spread }: QuoteView): void {
    this.#mids.push(mid)
    if (this.#mids.length < lookback) return
    const average = this.#mids.reduce((sum, each) => sum + each, 0) / this.#mids.length
    this.#mids.length = 0
    const { quantity } = this.position(symbol)
    const side = mid < average - spread / 4 ? 'buy' : mid > average + spread / 4 ? 'sell' : undefined
    if (side === undefined || Math.abs(quantity) >= 1_000) return
    this.submit({ symbol, side, quantity: 100 })
  }

  override onOrderEvent({ type }: OrderEvent): void {
    if (type === 'filled') this.#fills++
  }
}

runWorkerStrategy(new Heavy())
