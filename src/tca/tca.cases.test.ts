/** Every reference case of transaction cost analysis found in the cases folder, through the public API. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { describeShared, sharedFiles } from '../../test/support/shared.js'
import * as tca from './index.js'

interface Case {
  id: string
  inputs: { kind: string } & Record<string, unknown>
  expected: Record<string, unknown>
  tolerance: { rel?: number; abs?: number; absBps?: number }
}

const results: Readonly<Record<string, (inputs: never) => Record<string, unknown>>> = {
  is: (inputs: {
    side: 'buy' | 'sell'
    orderQty: string
    decisionPrice: string
    arrivalPrice: string
    fills: [string, string][]
    endPrice: string
    fees: string
  }) => {
    const { filledQuantity, averagePrice, ...rest } = tca.implementationShortfall({
      ...inputs,
      quantity: inputs.orderQty,
      fills: inputs.fills.map(([price, quantity]) => ({ price, quantity })),
    })
    return { filledQty: filledQuantity, avgPrice: averagePrice, ...rest }
  },
  isPerFillBenchmark: (inputs: {
    side: 'buy' | 'sell'
    orderQty: string
    decisionPrice: string
    fills_price_qty_benchmark: [string, string, string][]
    endPrice: string
    fees: string
  }) => {
    const { cfa, totalBps } = tca.implementationShortfall({
      ...inputs,
      quantity: inputs.orderQty,
      fills: inputs.fills_price_qty_benchmark.map(([price, quantity, benchmark]) => ({ price, quantity, benchmark })),
    })
    return { ...cfa, totalBps }
  },
  slippage: ({ side, avgPrice, benchmark }: { side: 'buy' | 'sell'; avgPrice: string; benchmark: string }) => ({
    bps: tca.slippageBps(side, Number(avgPrice), Number(benchmark)),
  }),
  spread: (inputs: Record<'price' | 'bid' | 'ask' | 'midAfter', string> & { side: 'buy' | 'sell' }) => ({
    ...tca.spreadMeasures({
      side: inputs.side,
      price: Number(inputs.price),
      bid: Number(inputs.bid),
      ask: Number(inputs.ask),
      midAfter: Number(inputs.midAfter),
    }),
  }),
  sqrtImpact: ({ Y, dailySigma, quantity, adv }: Record<'Y' | 'dailySigma' | 'quantity' | 'adv', number>) => ({
    impactBps: tca.squareRootImpactBps(Y, dailySigma, quantity, adv),
  }),
  almgren2005: (inputs: Record<string, number>) => ({
    ...tca.almgrenImpact({
      ...(inputs as unknown as Required<tca.AlmgrenInput>),
      dailyVolatility: inputs.dailySigma as number,
      averageDailyVolume: inputs.adv as number,
      days: inputs.T_days as number,
    }),
  }),
  volumeShareSlippage: (inputs: tca.VolumeShareInput) => ({ slippagePerShare: tca.volumeShareSlippage(inputs) }),
}

/** Each tolerance applies to the fields it names, the relative one to the rest. */
function check(actual: unknown, expected: unknown, tolerance: Case['tolerance'], path: string): void {
  if (typeof expected === 'object' && expected !== null) {
    for (const [name, value] of Object.entries(expected))
      check((actual as Record<string, unknown> | undefined)?.[name], value, tolerance, `${path}.${name}`)
    return
  }
  expect(typeof actual, path).toBe(typeof expected)
  if (typeof expected !== 'number') {
    expect(actual, path).toBe(expected)
    return
  }
  const isBps = /bps$/i.test(path)
  const bound = Math.max(
    (tolerance.rel ?? 0) * Math.abs(expected),
    isBps ? (tolerance.absBps ?? 0) : (tolerance.abs ?? 0),
    // Cases whose only tolerance is in basis points hold only such figures.
    !isBps && tolerance.rel === undefined && tolerance.abs === undefined ? (tolerance.absBps ?? 0) : 0,
  )
  expect(Math.abs((actual as number) - expected), `${path}: ${String(actual)} and ${expected}`).toBeLessThanOrEqual(
    bound,
  )
}

describeShared('reference cases of transaction cost analysis', 'cases', () => {
  const cases = sharedFiles('cases', '', /\.json$/)
    .map((file) => JSON.parse(readFileSync(file, 'utf8')) as { topic: string; cases: Case[] })
    .filter(({ topic }) => topic === 'tca')
    .flatMap((file) => file.cases)

  it('there are some', () => expect(cases.length).toBeGreaterThan(0))

  it.each(cases)('$id', ({ id, inputs, expected, tolerance }) => {
    const compute = results[inputs.kind]
    if (compute === undefined) throw new Error(`Unknown kind of case: ${inputs.kind}`)
    check(compute(inputs as never), expected, tolerance, id)
  })
})
