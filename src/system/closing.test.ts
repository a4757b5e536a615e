/** What the end of a system says about protection: what was canceled, and what is held without it. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import type { TradewireError } from '../core/errors.js'
import type { CancelRequest } from '../orders/approved-order.js'
import type { StopReport, TradingSystemOptions } from './trading-system.js'

const bracket = {
  symbol: 'IBM',
  side: 'buy',
  quantity: 100,
  takeProfit: { price: 110 },
  stopLoss: { triggerPrice: 95 },
} as const

/** Confirms cancels after a moment, unless it is told not to. */
class AnsweringVenue extends EchoConnector {
  answers = true

  protected override sendCancel(request: CancelRequest): void {
    super.sendCancel(request)
    const { number } = request
    if (this.answers) this.host.time.after(1, () => this.reports.canceled(number, Number.NaN, '', 9))
  }
}

/** Starts a system; `stopped` stops it, and `problems` are the codes of what it tells. */
async function world(options: TradingSystemOptions) {
  const answering = new AnsweringVenue()
  const echo = await startEcho(
    { risk: { duplicates: false, priceCollarPercent: 50 }, ...options },
    { venue: answering },
  )
  const problems: string[] = []
  echo.system.events.on('problem', ({ error }) => problems.push((error as TradewireError).code))
  const stopped = async (answers = true): Promise<StopReport> => {
    answering.answers = answers
    return await echo.time.runUntil(echo.system.stop())
  }
  return { ...echo, problems, stopped }
}

/** Fills so much of an order. */
function fill({ venue }: Pick<EchoSystem, 'venue'>, number: number, units: number, priceUnits = 1_000_000): void {
  venue.reports.accepted(number, `v${number}`, 1)
  venue.reports.filled(number, `x${number}`, units, priceUnits, 0, 'USD', 1, 2)
}

const numbers = ({ venue }: Pick<EchoSystem, 'venue'>) =>
  venue.sent.flatMap((each) => (each.kind === 'new' ? [each.number] : []))

describe('the end of a system with resting protection', () => {
  it('counts the exits of a bracket that it cancels, and names what is left without protection', async () => {
    const echo = await world({ onClose: 'cancel' })
    const order = echo.system.execution.submitBracket({ ...bracket, clientOrderId: 'B' })
    const [entry = 0] = numbers(echo)
    fill(echo, entry, 100)
    const exits = numbers(echo).slice(1)
    for (const exit of exits) echo.venue.reports.accepted(exit, `v${exit}`, 3)
    expect(order.snapshot.unprotectedQuantity?.toString()).toBe('0')
    const report = await echo.stopped()
    expect(report).toMatchObject({ canceled: 2, leftOpen: [], isTimedOut: false })
    expect(report.unprotected).toEqual([
      { account: 'PAPER', strategy: 'HOST', instrument: 'IBM.XNYS', quantity: expect.anything(), protectedBy: ['B'] },
    ])
    expect(report.unprotected[0]?.quantity.toString()).toBe('100')
    expect(echo.problems).toEqual(['TW_UNPROTECTED'])
  })

  it('says nothing of a bracket that holds nothing, nor of one that stays at its venue', async () => {
    for (const onClose of ['cancel', 'leave'] as const) {
      const echo = await world({ onClose })
      echo.system.execution.submitBracket(bracket)
      const [entry = 0] = numbers(echo)
      if (onClose === 'leave') fill(echo, entry, 100)
      else echo.venue.reports.accepted(entry, 'v', 1)
      for (const exit of numbers(echo).slice(1)) echo.venue.reports.accepted(exit, `v${exit}`, 3)
      const report = await echo.stopped()
      expect([report.unprotected, report.canceled]).toEqual([[], onClose === 'cancel' ? 1 : 0])
      expect(echo.problems).toEqual([])
    }
  })

  it('names what was protected by a trigger that is watched here, also where orders are left', async () => {
    const echo = await world({ onClose: 'leave' })
    const order = echo.system.orders.submit(buy())
    fill(echo, order.number, 100)
    echo.system.orders.submit({
      symbol: 'IBM',
      side: 'sell',
      quantity: 60,
      type: 'STOP',
      triggerPrice: 95,
      clientOrderId: 'S',
      algo: { type: 'emulate' },
    })
    const report = await echo.stopped()
    expect(report.unprotected.map(({ quantity, protectedBy }) => [quantity.toString(), protectedBy])).toEqual([
      ['60', ['S']],
    ])
    expect(echo.problems).toEqual(['TW_UNPROTECTED'])
  })

  it('names plain stops that it cancels, up to what is held, answered or not', async () => {
    for (const answers of [true, false]) {
      const echo = await world({ onClose: 'cancel' })
      fill(echo, echo.system.orders.submit(buy()).number, 100)
      for (const id of ['s1', 's2']) {
        const stop = echo.system.orders.submit({
          ...{ symbol: 'IBM', side: 'sell', quantity: 80, type: 'STOP', triggerPrice: 95, clientOrderId: id },
        } as Parameters<typeof echo.system.orders.submit>[0])
        echo.venue.reports.accepted(stop.number, id, 1)
      }
      // The opposite of protection: it would add to the position.
      echo.system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 10, type: 'STOP', triggerPrice: 120 })
      const report = await echo.stopped(answers)
      expect(report.canceled).toBe(3)
      expect(report.unprotected.map(({ quantity, protectedBy }) => [quantity.toString(), protectedBy])).toEqual([
        ['100', ['s1', 's2']],
      ])
      expect(echo.problems).toContain('TW_UNPROTECTED')
    }
  })
})
