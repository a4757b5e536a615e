/**
 * The strategy under test: buys when a minute closes above the highest of the last bars, sells short below the lowest, and
 * follows the position with a trailing stop. It is the same class that would run on paper or live.
 */
import { type OrderHandle, Strategy, type TradeBar } from 'tradewire'

/** Bars that make the channel. */
const channelBars = 30
/** Distance of the trailing stop, in basis points of the price. */
const trailBasisPoints = 35

/** Trades one symbol, one position at a time. */
export class Breakout extends Strategy {
  readonly symbol: string
  readonly #shares: number
  readonly #highs: number[] = []
  readonly #lows: number[] = []
  #entry: OrderHandle | undefined
  #stop: OrderHandle | undefined

  constructor(symbol: string, shares: number) {
    super()
    this.symbol = symbol
    this.#shares = shares
  }

  override get symbols(): readonly string[] {
    return [this.symbol]
  }

  override onStart(): void {
    this.bars({ symbol: this.symbol, unit: 'time', step: 60_000_000 }, (bar) => this.#closed(bar))
  }

  #closed(bar: TradeBar): void {
    const highest = Math.max(...this.#highs)
    const lowest = Math.min(...this.#lows)
    const isReady = this.#highs.length === channelBars
    remember(this.#highs, bar.high)
    remember(this.#lows, bar.low)
    if (!isReady) return
    if (!this.position(this.symbol).isFlat) this.#protect()
    else if (isOver(this.#entry) && isOver(this.#stop)) {
      if (bar.close > highest) this.#enter('buy')
      else if (bar.close < lowest) this.#enter('sell')
    }
  }

  #enter(side: 'buy' | 'sell'): void {
    this.#entry = this.submit({ symbol: this.symbol, side, quantity: this.#shares, type: 'market', tag: 'breakout' })
    // The stop follows the fill, not the intention: an order may be filled in part or not at all.
    this.#entry.onEvent((event) => {
      if (event.status === 'FILLED') this.#protect()
    })
  }

  /** Has a trailing stop at work while there is a position. */
  #protect(): void {
    const { isLong, isFlat, quantity } = this.position(this.symbol)
    if (isFlat || !isOver(this.#stop)) return
    this.#stop = this.submit({
      symbol: this.symbol,
      side: isLong ? 'sell' : 'buy',
      quantity: Math.abs(quantity),
      type: 'trailing_stop',
      trailing: { basisPoints: trailBasisPoints },
      timeInForce: 'gtc',
      tag: 'trail',
    })
  }
}

function isOver(order: OrderHandle | undefined): boolean {
  return order === undefined || order.isClosed
}

function remember(values: number[], value: number): void {
  values.push(value)
  if (values.length > channelBars) values.shift()
}
