/** Fifty strategies on one system: each has its own positions and profit, and all of them add up to the account's. */
import { describe, expect, it } from 'vitest'
import { SimulatedConnector } from '../connectors/sim/simulated-connector.js'
import { SeededRandom } from '../core/random.js'
import type { OrderEvent } from '../oms/order-event.js'
import { portfolioSnapshot } from '../portfolio/snapshot.js'
import { Strategy } from './strategy.js'
import { TradingSystem } from './trading-system.js'

const symbols = ['ACME'] as const

/** Trades at random on its own seed, and keeps its own books: cash and position, in doubles. */
class Trader extends Strategy {
  override readonly name: string
  held = 0
  cash = 0
  fills = 0
  readonly #random: SeededRandom

  constructor(index: number) {
    super()
    this.name = `S${String(index).padStart(2, '0')}`
    this.#random = new SeededRandom(index + 1)
  }

  override onStart(): void {
    this.every(100 + Math.floor(this.#random.next() * 400), () => this.#trade())
  }

  override onOrderEvent(event: OrderEvent): void {
    if (event.type !== 'filled') return
    const signed = (event.side === 'buy' ? 1 : -1) * (event.quantity?.toNumber() ?? 0)
    this.held += signed
    this.cash -= signed * (event.price?.toNumber() ?? 0) + (Number.isNaN(event.feeUnits) ? 0 : event.feeUnits / 1e8)
    this.fills++
  }

  #trade(): void {
    const side = this.#random.next() < 0.5 ? 'buy' : 'sell'
    this.submit({ symbol: symbols[0], side, quantity: 1 + Math.floor(this.#random.next() * 20), type: 'market' })
  }
}

describe('fifty strategies', () => {
  it('have isolated positions and profit that add up to the account', async () => {
    const traders = Array.from({ length: 50 }, (_, index) => new Trader(index))
    const system = await TradingSystem.start({
      mode: 'simulation',
      connectors: { sim: new SimulatedConnector({ synthetic: {}, seed: 9 }) },
      strategies: traders,
      risk: { throttle: false, duplicates: false },
      onClose: 'leave',
    })
    await system.run({ durationMs: 20_000 })
    const acme = system.instruments.get('ACME')
    const bid = system.quotes.bid(acme.index)
    const ask = system.quotes.ask(acme.index)
    const snapshot = portfolioSnapshot(system.portfolio, system.time.wallUs())
    expect(traders.every(({ fills }) => fills > 10)).toBe(true)
    expect(snapshot.byStrategy).toHaveLength(50)
    for (const trader of traders) {
      const own = snapshot.byStrategy.find(({ name }) => name === trader.name)
      const marked = trader.cash + trader.held * (trader.held > 0 ? bid : ask)
      expect(own?.total?.toNumber(), trader.name).toBeCloseTo(marked, 6)
    }
    const sum = traders.reduce((all, { held }) => all + held, 0)
    const total = snapshot.positions.reduce((all, { quantity }) => all + quantity.toNumber(), 0)
    expect(total).toBe(sum)
    const cash = traders.reduce((all, each) => all + each.cash, 0)
    expect(snapshot.pnl.total?.toNumber()).toBeCloseTo(cash + sum * (sum > 0 ? bid : ask), 5)
    await system.stop()
  })
})
