/** Triggers and expiries that are watched here: what reaches the venue, when, and after a restart. */
import { describe, expect, it } from 'vitest'
import { startEcho } from '../../test/support/echo-system.js'
import { restartEcho } from '../oms/restart.test-support.js'

type Echo = Awaited<ReturnType<typeof startEcho>>

const sent = ({ venue }: Echo) =>
  venue.sent.flatMap((each) => (each.kind === 'new' ? [[each.quantityUnits, each.priceUnits / 100]] : []))

function print(echo: Echo, price: number) {
  const { host } = echo.venue as unknown as {
    host: { market: { publishTrade(...args: number[]): void }; drain(): void }
  }
  host.market.publishTrade(0, echo.venue.source, price, 100, 1, 1, 1, Number.NaN, Number.NaN, 0)
  host.drain()
}

const emulated = (change: Record<string, unknown>) =>
  ({ symbol: 'IBM', side: 'sell', quantity: 100, algo: { type: 'emulate' }, ...change }) as never

describe('emulated orders', () => {
  it('a stop waits here and becomes a market order when its price is there', async () => {
    const echo = await startEcho()
    const stop = echo.system.orders.submit(emulated({ type: 'STOP', triggerPrice: '99.90' })) as never as {
      status: string
    }
    echo.venue.quote(99.91, 99.95)
    expect(sent(echo)).toEqual([])
    echo.venue.quote(99.9, 99.95)
    expect(sent(echo)).toEqual([[100, Number.NaN]])
    echo.venue.quote(99.8, 99.85)
    expect(sent(echo)).toHaveLength(1)
    expect(stop.status).toBe('RUNNING')
    await echo.system.stop()
  })

  it('watches the source that is declared', async () => {
    const echo = await startEcho()
    echo.system.orders.submit(
      emulated({
        type: 'STOP_LIMIT',
        triggerPrice: '99.90',
        price: '99.80',
        algo: { type: 'emulate', triggerSource: 'last' },
      }),
    )
    echo.venue.quote(99.8, 99.85)
    expect(sent(echo)).toEqual([])
    print(echo, 99.89)
    expect(sent(echo)).toEqual([[100, 9_980]])
    await echo.system.stop()
  })

  it('an order if touched waits for the better price', async () => {
    const echo = await startEcho()
    echo.system.orders.submit(emulated({ side: 'buy', type: 'MARKET_IF_TOUCHED', triggerPrice: '99.95' }))
    expect(sent(echo)).toEqual([])
    echo.venue.quote(99.9, 99.95)
    expect(sent(echo)).toEqual([[100, Number.NaN]])
    await echo.system.stop()
  })

  it('a trailing stop follows the price up and is armed again after a restart where it was', async () => {
    const first = await startEcho()
    first.system.orders.submit(
      emulated({ type: 'TRAILING_STOP', trailing: { amount: '0.10' }, clientOrderId: 'trail' }),
    )
    first.venue.quote(100.5, 100.52)
    await first.time.advanceMs(1_100)
    first.venue.quote(100.6, 100.62)
    const second = await restartEcho(first)
    // Armed at 100.50: the quote of the start, 99.99, is below it.
    expect(sent(second)).toEqual([[100, Number.NaN]])
    await second.system.stop()
  })

  it('a good-till-date order is canceled at its time', async () => {
    const echo = await startEcho()
    const parent = echo.system.orders.submit({
      symbol: 'IBM',
      side: 'buy',
      quantity: 100,
      price: '99.50',
      algo: { type: 'emulate', durationMs: 5_000 },
    })
    expect(sent(echo)).toEqual([[100, 9_950]])
    const [order] = echo.venue.sent
    if (order !== undefined) echo.venue.reports.accepted(order.number, 'v', 1)
    await echo.time.advanceMs(5_000)
    expect(echo.venue.sent.at(-1)).toMatchObject({ kind: 'cancel' })
    if (order !== undefined) echo.venue.reports.canceled(order.number, Number.NaN, 'USER', 2)
    expect(parent.status).toBe('EXPIRED')
    await echo.system.stop()
  })

  it('a trigger that is there for one price only is not missed', async () => {
    const echo = await startEcho()
    echo.system.orders.submit(
      emulated({ type: 'STOP', triggerPrice: '99.90', algo: { type: 'emulate', triggerSource: 'last' } }),
    )
    const { host } = echo.venue as unknown as {
      host: { market: { publishTrade(...args: number[]): void }; drain(): void }
    }
    for (const price of [100, 99.85, 100])
      host.market.publishTrade(0, echo.venue.source, price, 100, 1, 1, 1, Number.NaN, Number.NaN, 0)
    host.drain()
    expect(sent(echo)).toHaveLength(1)
    await echo.system.stop()
  })

  it('refuses triggers that are none', async () => {
    const { system } = await startEcho()
    for (const bad of [
      { type: 'STOP' },
      { type: 'TRAILING_STOP' },
      { type: 'STOP', triggerPrice: '99.905' },
      { triggerPrice: '99.90' },
      { type: 'STOP', triggerPrice: '99.90', algo: { type: 'emulate', triggerSource: 'moon' } },
    ])
      expect(() => system.orders.submit(emulated(bad))).toThrow(/triggerPrice|trailing|triggerSource/)
    await system.stop()
  })
})
