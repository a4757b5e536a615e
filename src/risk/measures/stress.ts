/** What would happen to the positions of now if prices moved in a given way. */
import { TradewireError } from '../../core/errors.js'

/** A named scenario: relative moves of prices by symbol; `*` stands for the rest, which stays unless given. -0.2 is a fall by a fifth. */
export interface StressScenario {
  name: string
  shocks: Readonly<Record<string, number>>
}

/** What a scenario does. */
export interface StressResult {
  name: string
  /** Profit of the portfolio, and of each position in the order given. */
  profit: number
  byPosition: { symbol: string; profit: number }[]
}

/** Profit of positions (market value, signed) in scenarios. @throws TradewireError `TW_INVALID_ARGUMENT` for a move that is no number or below -1. */
export function stressTest(
  positions: readonly { symbol: string; marketValue: number }[],
  scenarios: readonly StressScenario[],
): StressResult[] {
  return scenarios.map(({ name, shocks }) => {
    for (const [symbol, shock] of Object.entries(shocks))
      if (!Number.isFinite(shock) || shock < -1)
        throw new TradewireError(
          'TW_INVALID_ARGUMENT',
          `Scenario ${name}: the move of ${symbol} must be a number from -1`,
        )
    const byPosition = positions.map(({ symbol, marketValue }) => {
      if (!Number.isFinite(marketValue))
        throw new TradewireError('TW_INVALID_ARGUMENT', `The market value of ${symbol} must be a number`)
      const shock = Object.hasOwn(shocks, symbol) ? shocks[symbol] : (shocks['*'] ?? 0)
      return { symbol, profit: marketValue * (shock as number) }
    })
    return { name, profit: byPosition.reduce((sum, { profit }) => sum + profit, 0), byPosition }
  })
}
