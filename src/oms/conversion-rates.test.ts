/** Conversion rates are facts of their event: a restart finds the profit that was, whatever the rates are by then. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import type { ConversionRate, RateSource } from '../portfolio/base-currency.js'
import { portfolioToState } from '../portfolio/portfolio-state.js'
import { portfolioSnapshot } from '../portfolio/snapshot.js'

/** A source whose every answer differs from the one before. */
class MovingRates implements RateSource {
  asked = 0
  readonly #known: readonly string[]
  #rate: number

  constructor(start: number, known: readonly string[]) {
    this.#rate = start
    this.#known = known
  }

  rate(from: string): ConversionRate | undefined {
    this.asked++
    this.#rate += 0.125
    return this.#known.includes(from) ? { bid: this.#rate, ask: this.#rate + 0.0625 } : undefined
  }
}

const options = (rates: RateSource) => ({
  baseCurrency: 'EUR',
  rates,
  risk: { baseCurrency: 'EUR', rates: { USD: '1' }, duplicates: false, priceCollarPercent: false } as const,
})

async function restart({ time, disk, venue }: EchoSystem, rates: RateSource): Promise<EchoSystem> {
  venue.drop()
  await venue.stop()
  disk.crash({ powerCut: false })
  return startEcho(options(rates), { time, disk, venue: new EchoConnector() })
}

const figures = ({ system, time }: EchoSystem) => {
  const { pnl, problems } = portfolioSnapshot(system.portfolio, time.wallUs())
  return { realizedNet: pnl.realizedNet?.toFixed(), fees: pnl.fees?.toFixed(), problems }
}

describe('conversion rates', () => {
  it('are those of the fill after a restart', async () => {
    const first = await startEcho(options(new MovingRates(0.5, ['USD', 'GBP'])))
    const { reports } = first.venue
    const submit = (side: 'buy' | 'sell') => first.system.orders.submit(buy({ side })).number
    const orders = [submit('buy'), submit('sell'), submit('buy')] as const
    for (const number of orders) reports.accepted(number, number + 100, 1)
    reports.filled(orders[0], 'a', 60, 1_000_000, 100_000_000, 'USD', 1, 2)
    reports.filled(orders[1], 'b', 40, 1_010_000, 200_000_000, 'GBP', 1, 3)
    reports.filled(orders[0], 'c', 40, 1_000_000, Number.NaN, '', 1, 4)
    // The commission follows in a report of its own; one fill is corrected, one taken back, one had been corrected before.
    reports.filled(orders[0], 'c', 40, 1_000_000, 300_000_000, 'USD', 1, 5)
    reports.corrected(orders[1], 'b', 'b2', 40, 1_020_000, false, 6)
    reports.filled(orders[2], 'd', 50, 990_000, 50_000_000, 'EUR', 1, 7)
    reports.busted(orders[2], 'd', false, 8)
    reports.corrected(orders[2], 'e', undefined, 30, 990_000, false, 9)
    reports.filled(orders[2], 'e', 20, 980_000, 25_000_000, 'USD', 1, 10)
    reports.filled(orders[1], 'f', 60, 1_030_000, 25_000_000, 'GBP', 1, 11)
    const before = portfolioToState(first.system.portfolio)
    const known = figures(first)
    expect(known.realizedNet).toBeDefined()

    const later = new MovingRates(80, ['USD', 'GBP'])
    const second = await restart(first, later)
    expect(portfolioToState(second.system.portfolio)).toEqual(before)
    expect(figures(second)).toEqual(known)
    await second.system.stop()
  })

  it('that were missing are missing after a restart, and what waits for them is converted when somebody asks', async () => {
    const first = await startEcho(options(new MovingRates(0.5, [])))
    const { reports } = first.venue
    const bought = first.system.orders.submit(buy()).number
    const sold = first.system.orders.submit(buy({ side: 'sell' })).number
    reports.filled(bought, 'a', 100, 1_000_000, 100_000_000, 'USD', 1, 2)
    reports.filled(sold, 'b', 100, 1_010_000, 100_000_000, 'USD', 1, 3)
    const before = portfolioToState(first.system.portfolio)
    expect(figures(first).realizedNet).toBeUndefined()

    const second = await restart(first, new MovingRates(1.875, ['USD']))
    expect(portfolioToState(second.system.portfolio)).toEqual(before)
    expect(figures(second).realizedNet).toBeUndefined()
    second.system.portfolio.settlePendingConversions()
    expect(figures(second).realizedNet).toBeDefined()
    await second.system.stop()
  })

  it('are not asked for where everything is in the base currency', async () => {
    const rates = new MovingRates(1, ['USD'])
    const echo = await startEcho({ baseCurrency: 'USD', rates })
    const number = echo.system.orders.submit(buy()).number
    echo.venue.reports.filled(number, 'a', 100, 1_000_000, 100_000_000, 'USD', 1, 2)
    expect(rates.asked).toBe(0)
    expect(echo.system.portfolio.quantityUnits(0, 0, 0)).not.toBe(0)
    await echo.system.stop()
  })
})
