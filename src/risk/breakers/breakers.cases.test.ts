/** Every reference case of breakers and limits found in the cases folder, through the public API. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { describeShared, sharedFiles } from '../../../test/support/shared.js'
import { toDecimal } from '../../model/decimal.js'
import * as risk from '../index.js'

// biome-ignore lint/suspicious/noExplicitAny: the fields depend on the kind of case.
type Fields = Record<string, any>

interface Case {
  id: string
  inputs: Fields & { kind: string }
  expected: Fields
}

const files = sharedFiles('cases', '', /\.json$/)
  .map((path) => JSON.parse(readFileSync(path, 'utf8')) as { topic: string; cases: Case[] })
  .filter((file) => file.topic === 'breakers')

function dailyLoss({ events }: Fields): Fields {
  const breaker = new risk.DailyLossBreaker()
  const after = events.map(({ type, day, equity }: Fields) => {
    if (type === 'roll') breaker.roll(day, equity)
    else breaker.mark(equity)
    return { state: breaker.state, newOrders: breaker.allowsNewOrders, cancels: true }
  })
  return { after }
}

function rejectionRate({ events }: Fields): Fields {
  const breaker = new risk.RejectionRateBreaker()
  const after = events.map(({ t, type, n = 1 }: Fields) => {
    if (type === 'ack') breaker.accepted(t, n)
    else breaker.rejected(t, n)
    return { t, sizeMultiplier: breaker.sizeMultiplier, until: breaker.untilMs }
  })
  return { after }
}

function solve({ inputs }: Case): Fields {
  switch (inputs.kind) {
    case 'dailyLoss':
      return dailyLoss(inputs)
    case 'rejectionRate':
      return rejectionRate(inputs)
    case 'concentration': {
      const breaker = new risk.ConcentrationBreaker()
      const after = inputs.events.map(({ equity, mv }: Fields) => {
        breaker.mark(equity, mv)
        return breaker.blocked
      })
      return { after }
    }
    case 'concentrationOrders': {
      const { position, blocked, orders } = inputs
      return { allowed: orders.map(({ side, qty }: Fields) => !blocked || risk.onlyReduces(position, side, qty)) }
    }
    case 'maxOrderValue': {
      const { limit, warnFraction: warnAt, orders } = inputs
      return { results: orders.map(({ notional }: Fields) => risk.orderValueLevel(notional, { limit, warnAt })) }
    }
    case 'positionConcentration':
      return {
        results: inputs.orders.map(({ side, qty }: Fields) =>
          risk.positionShareLevel(inputs as unknown as risk.PositionShare, side, qty),
        ),
      }
    case 'maxDrawdown': {
      // 0.07 x 100 is not 7 in doubles.
      const limitPercent = toDecimal(inputs.limit, 'limit').mul(100).toNumber()
      const breaker = new risk.DrawdownBreaker({ limitPercent, warnAt: inputs.warnFraction })
      return { states: inputs.equity.map((equity: number) => breaker.mark(equity)) }
    }
    case 'tradingDay': {
      const { timeZone, rollLocal, weekends } = inputs
      const days = new risk.DayRoll({
        timeZone,
        rollLocal,
        days: weekends === 'next business day' ? 'weekdays' : 'every',
      })
      return { tradingDay: inputs.utc.map((time: string) => days.dayAt(Date.parse(time) * 1_000)) }
    }
    default:
      throw new Error(`unknown kind ${inputs.kind}`)
  }
}

/** Explanations in words are for readers. */
const words = new Set(['note', 'reason'])

describeShared('reference cases of breakers and limits', 'cases', () => {
  it('are found', () => expect(files.length).toBeGreaterThan(0))
  for (const { cases } of files)
    for (const test of cases)
      it(test.id, () => {
        const found = solve(test)
        for (const [name, value] of Object.entries(test.expected))
          if (!words.has(name)) expect(found[name], name).toEqual(value)
      })
})
