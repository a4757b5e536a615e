/** Every reference case of accounting found in the cases folder, through the public API. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { describeShared, sharedFiles } from '../../test/support/shared.js'
import { Decimal, scaleOf } from '../model/decimal.js'
import type { ExecutionReport } from '../model/execution.js'
import type { AccountId, ConnectorId, ExecId, InstrumentId, StrategyId } from '../model/ids.js'
import { Instrument } from '../model/instrument.js'
import { bookExecution } from './executions.js'
import { type AccountingMethod, Portfolio } from './portfolio.js'
import { findPosition, type PositionView } from './position-view.js'

interface Fill {
  execId?: string
  side: 'buy' | 'sell'
  qty: string
  price: string
  fee: string
  fx?: string
}

interface Case {
  id: string
  inputs: {
    kind: string
    method: AccountingMethod
    fills: Fill[]
    mark?: string
    mult?: string
    inverse?: boolean
    quote?: string
    base?: string
    markFx?: string
    split?: { ratio: string }
  }
  expected: { steps?: Record<string, string | null>[]; duplicatesIgnored?: number } & Record<string, unknown>
  tolerance: { exact: boolean | string }
}

/** Everything a case needs: a portfolio over an instrument that fits the digits of its fills. */
function setUp({ inputs }: Case) {
  const digits = (values: string[]) => Math.max(...values.map((value) => scaleOf(value)))
  const settlement = inputs.inverse ? 'XBT' : (inputs.quote ?? 'USD')
  const instrument = new Instrument(
    {
      id: 'X.TEST' as InstrumentId,
      symbol: 'X',
      venue: 'TEST',
      assetClass: 'future',
      currency: inputs.quote ?? 'USD',
      settlementCurrency: settlement,
      priceIncrement: new Decimal(10).pow(-digits(inputs.fills.map((fill) => fill.price))).toFixed(),
      sizeIncrement: new Decimal(10).pow(-digits(inputs.fills.map((fill) => fill.qty))).toFixed(),
      multiplier: inputs.mult ?? '1',
      isInverse: inputs.inverse ?? false,
    },
    0,
  )
  const rate = { now: inputs.markFx }
  const portfolio = new Portfolio({
    baseCurrency: inputs.base ?? settlement,
    accounting: inputs.method,
    marks: {
      bid: () => Number(inputs.mark ?? Number.NaN),
      ask: () => Number(inputs.mark ?? Number.NaN),
      last: () => Number.NaN,
    },
    rates: { rate: () => (rate.now === undefined ? undefined : { bid: Number(rate.now), ask: Number(rate.now) }) },
  })
  const results: string[] = []
  const book = (fill: Fill, index: number) => {
    rate.now = fill.fx ?? rate.now
    results.push(bookExecution(portfolio, report(fill, index, settlement), instrument))
  }
  const view = () => findPosition(portfolio, 'A', 0, 'S') as PositionView
  return { portfolio, instrument, book, view, results, rate }
}

function report(fill: Fill, index: number, commissionCurrency: string): ExecutionReport {
  return {
    kind: 'fill',
    execId: (fill.execId ?? `E${index}`) as ExecId,
    instrument: 'X.TEST' as InstrumentId,
    account: 'A' as AccountId,
    strategy: 'S' as StrategyId,
    connector: 'C' as ConnectorId,
    side: fill.side,
    price: new Decimal(fill.price),
    quantity: new Decimal(fill.qty),
    commission: new Decimal(fill.fee),
    commissionCurrency,
    liquidity: 'unknown',
    isInferred: false,
    tsEventUs: index + 1,
    tsRecvUs: index + 1,
  }
}

/** Figures of a position under the names that cases use. */
function named(view: PositionView): Record<string, Decimal | undefined> {
  const { position, base } = view
  return {
    position: position.quantity,
    avgPrice: position.averagePrice,
    realizedGross: position.realizedGross,
    realizedNet: position.realizedNet,
    fees: position.fees,
    unrealized: position.unrealized,
    notional: view.marketValue?.abs(),
    unrealizedBase: base.unrealized,
    realizedGrossBase: base.realizedGross,
    feesBase: base.fees,
    realizedNetBase: base.realizedNet,
  }
}

function check(actual: Decimal | undefined, expected: unknown, tolerance: Case['tolerance'], what: string): void {
  const places = typeof tolerance.exact === 'string' ? Number(/to (\d+) places/.exec(tolerance.exact)?.[1]) : undefined
  if (places !== undefined && Number.isNaN(places)) throw new Error(`Unknown tolerance ${tolerance.exact}`)
  const text = (value: Decimal) => (places === undefined ? value : value.toDecimalPlaces(places)).toFixed()
  expect(actual === undefined ? null : text(actual), what).toBe(
    expected === null ? null : text(new Decimal(expected as string)),
  )
}

function runCase(test: Case): void {
  const { portfolio, instrument, book, view, results, rate } = setUp(test)
  let before = new Decimal(0)
  test.inputs.fills.forEach((fill, index) => {
    book(fill, index)
    const figures = named(view())
    const { realizedThisFill, ...step } = test.expected.steps?.[index] ?? {}
    for (const [name, value] of Object.entries(step))
      check(figures[name], value, test.tolerance, `${test.id} step ${index} ${name}`)
    const gross = figures.realizedGross as Decimal
    if (realizedThisFill !== undefined)
      check(gross.minus(before), realizedThisFill, test.tolerance, `${test.id} step ${index} realizedThisFill`)
    before = gross
  })
  if (test.inputs.split !== undefined) {
    const [numerator, denominator] = test.inputs.split.ratio.split(':').map(Number)
    expect(portfolio.applySplit(instrument, numerator as number, denominator as number)).toEqual([])
  }
  rate.now = test.inputs.markFx
  const figures = named(view())
  const { steps: _, duplicatesIgnored, ...rest } = test.expected
  if (duplicatesIgnored !== undefined)
    expect(results.filter((result) => result === 'duplicate')).toHaveLength(duplicatesIgnored)
  for (const [name, value] of Object.entries(rest)) {
    if (!(name in figures)) throw new Error(`${test.id}: unknown figure ${name}`)
    check(figures[name], value, test.tolerance, `${test.id} ${name}`)
  }
}

describeShared('accounting reference cases', 'cases', () => {
  const kinds = ['pnl', 'idempotence', 'corporateAction']
  for (const file of sharedFiles('cases', '.', /\.json$/)) {
    const { topic, cases } = JSON.parse(readFileSync(file, 'utf8')) as { topic: string; cases: Case[] }
    if (topic !== 'pnl') continue
    describe(topic, () => {
      for (const test of cases)
        it(test.id, () =>
          kinds.includes(test.inputs.kind) ? runCase(test) : expect(test.inputs.kind).toBeOneOf(kinds),
        )
    })
  }
})
