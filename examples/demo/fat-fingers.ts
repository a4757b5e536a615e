/**
 * A trader who makes mistakes, now and then: to show that the risk gate stops them and says why. Every order it sends is
 * meant to be denied, but for the first of each series of equal ones, which rest far from the market and are canceled.
 */
import { type Instrument, type OrderRequest, type QuoteView, Strategy } from 'tradewire'
import type { MakerTerms } from './maker.js'

/** Quotes of an instrument between two mistakes. */
const quotesApart = 1_500

/** Sends orders that break limits. */
export class FatFingers extends Strategy {
  readonly #termsOf: (instrument: Instrument) => MakerTerms
  override readonly symbols: readonly string[]
  readonly #quotes: number[] = []
  #mistakes = 0

  constructor(termsOf: (instrument: Instrument) => MakerTerms, symbols: readonly string[]) {
    super()
    this.#termsOf = termsOf
    this.symbols = symbols
  }

  override onQuote(quote: QuoteView): void {
    const count = (this.#quotes[quote.instrument] ?? 0) + 1
    this.#quotes[quote.instrument] = count
    if (count % quotesApart === 0 && quote.ask > quote.bid) this.#blunder(quote.contract, quote)
  }

  #blunder(instrument: Instrument, quote: QuoteView): void {
    const { clipUnits, maxUnits } = this.#termsOf(instrument)
    const quantity = (units: number) => instrument.quantityNumber(units)
    const priceAt = (factor: number) => instrument.makePrice(quote.mid * factor, 'nearest')
    const order: OrderRequest = {
      symbol: instrument.id,
      side: 'buy',
      quantity: quantity(clipUnits),
      price: priceAt(0.92),
      tag: 'mistake',
    }
    switch (this.#mistakes++ % 4) {
      case 0: // two zeros too many
        this.submit({ ...order, quantity: quantity(100 * maxUnits) })
        break
      case 1: // a slip of the decimal point
        this.submit({ ...order, price: priceAt(1.5) })
        break
      case 2: // more than the position limit, and no more than one order may have
        this.submit({ ...order, quantity: quantity(4 * maxUnits) })
        break
      default: {
        // a script that sends the same order over and over
        const sent = Array.from({ length: 6 }, () => this.submit(order))
        this.after(1_000, () => {
          for (const each of sent) each.cancel() // does nothing to those that were denied
        })
      }
    }
  }
}
