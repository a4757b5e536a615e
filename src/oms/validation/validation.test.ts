import { describe, expect, it } from 'vitest'
import { buy, startEcho } from '../../../test/support/echo-system.js'
import { VirtualTime } from '../../core/virtual-time.js'
import type { TradingSystemOptions } from '../../system/trading-system.js'
import type { ValidationConfig } from './config.js'
import type { ValidationReport } from './report.js'
import { totalScore } from './scoring.js'
import { gradedScore, type ValidationStage } from './stage.js'

/** A system whose clock stands at a moment in New York, and whose IBM is listed there. */
async function at(moment: string, validation: ValidationConfig, more: Partial<TradingSystemOptions> = {}) {
  const time = new VirtualTime({ epochUs: Date.parse(moment) * 1000 })
  const echo = await startEcho(
    {
      validation,
      instruments: [
        {
          id: 'NYX.XNYS',
          symbol: 'NYX',
          venue: 'XNYS',
          assetClass: 'equity',
          currency: 'USD',
          priceIncrement: '0.01',
          sizeIncrement: '1',
          calendar: 'XNYS',
        },
        {
          id: 'OLD.XCME',
          symbol: 'OLD',
          venue: 'XCME',
          assetClass: 'future',
          currency: 'USD',
          priceIncrement: '0.25',
          sizeIncrement: '1',
          maxQuantity: '50',
          calendar: 'XCME',
          expiry: '2026-01-06',
        },
        {
          id: 'ODD.XNYS',
          symbol: 'ODD',
          venue: 'XNYS',
          assetClass: 'equity',
          currency: 'USD',
          priceIncrement: '0.01',
          sizeIncrement: '1',
          calendar: 'MOON',
        },
      ],
      risk: { marketData: false, priceCollarPercent: false, maxOrderQuantity: 10_000, maxPosition: 20_000 },
      ...more,
    },
    { time },
  )
  const reports: ValidationReport[] = []
  echo.system.orders.events.on('validation', (report) => reports.push(report))
  const stage = (name: string, report = reports.at(-1)) => report?.stages.find((each) => each.stage === name)
  const nyx = (change = {}) => buy({ symbol: 'NYX', ...change })
  return { ...echo, reports, stage, nyx, orders: echo.system.orders }
}

const noon = '2026-01-05T17:00:00Z'

describe('scores', () => {
  it('add up to a total that every stage can only raise, with shares that sum to it', () => {
    const shares = new Float64Array(3)
    expect(totalScore(Float64Array.of(50, 50, 0), Float64Array.of(1, 1, 1), shares)).toBe(75)
    expect([...shares]).toEqual([37.5, 37.5, 0])
    expect(totalScore(Float64Array.of(100, 20, 0), Float64Array.of(1, 1, 1), shares)).toBe(100)
    expect(totalScore(Float64Array.of(0, 0, 0), Float64Array.of(1, 1, 1), shares)).toBe(0)
    expect([...shares]).toEqual([0, 0, 0])
    expect(totalScore(Float64Array.of(100, 0, 0), Float64Array.of(0.25, 1, 1), shares)).toBe(25)
  })

  it('grow from half of the warning to the denial', () => {
    const limits = { warn: 10, deny: 30 }
    expect([0, 5, 7.5, 10, 20, 30, 99, Number.NaN].map((value) => gradedScore(value, limits))).toEqual([
      0, 0, 25, 50, 75, 100, 100, 0,
    ])
  })
})

describe('the pipeline in the order path', () => {
  it('lets a good order pass without a word', async () => {
    const { system, orders, reports, nyx, venue } = await at(noon, {})
    venue.quote(99.99, 100.01)
    expect(orders.submit(nyx()).status).toBe('SUBMITTED')
    expect(reports).toEqual([])
    expect(orders.validationCounters).toEqual({ passed: 1, warned: 0, denied: 0 })
    await system.stop()
  })

  it('refuses while the market is closed, before anything is sent', async () => {
    const { system, orders, reports, stage, nyx, venue } = await at('2026-01-04T17:00:00Z', {})
    const order = orders.submit(nyx())
    expect([order.status, order.reason]).toEqual(['DENIED', 'MARKET_CLOSED'])
    expect(venue.sent).toEqual([])
    expect(reports).toHaveLength(1)
    expect(reports[0]).toMatchObject({ verdict: 'deny', code: 'MARKET_CLOSED', score: 100, symbol: 'NYX' })
    expect(stage('session')?.reason).toMatch(/2026-01-05/)
    expect(orders.submit(nyx({ timeInForce: 'GTC' })).status).toBe('SUBMITTED')
    expect(stage('session')).toMatchObject({ verdict: 'warn', code: 'MARKET_CLOSED', score: 50 })
    await system.stop()
  })

  it('warns after hours, and refuses market orders then', async () => {
    const evening = await at('2026-01-05T22:00:00Z', {})
    expect(evening.orders.submit(evening.nyx()).status).toBe('SUBMITTED')
    expect(evening.reports.at(-1)).toMatchObject({ verdict: 'warn', code: 'AFTER_HOURS', score: 30 })
    const market = evening.orders.submit({ symbol: 'NYX', side: 'buy', quantity: 1, type: 'market' })
    expect(market.reason).toBe('AFTER_HOURS')
    await evening.system.stop()
    const strict = await at('2026-01-05T22:00:00Z', { session: { extendedHours: 'deny' } })
    expect(strict.orders.submit(strict.nyx()).reason).toBe('AFTER_HOURS')
    await strict.system.stop()
  })

  it('refuses what its calendar cannot tell', async () => {
    const { system, orders, nyx } = await at(noon, {})
    expect(orders.submit(buy({ symbol: 'ODD' })).reason).toBe('UNKNOWN_CALENDAR')
    await system.stop()
    const later = await at('2035-01-03T17:00:00Z', {})
    expect(later.orders.submit(nyx()).reason).toBe('CALENDAR_RANGE')
    await later.system.stop()
    const amended = await at('2029-01-03T17:00:00Z', {
      calendars: [{ calendar: 'XNYS', knownThrough: '2029-12-31' }],
    })
    expect(amended.orders.submit(nyx()).status).toBe('SUBMITTED')
    await amended.system.stop()
  })

  it('refuses an expired contract and one above its bounds, and warns of an expiry that is near', async () => {
    const { system, orders, reports } = await at('2026-01-05T17:00:00Z', {})
    const future = (change = {}) => buy({ symbol: 'OLD', quantity: 1, ...change })
    expect(orders.submit(future()).status).toBe('SUBMITTED')
    expect(reports.at(-1)).toMatchObject({ verdict: 'warn', code: 'EXPIRES_SOON' })
    expect(orders.submit(future({ quantity: 51 })).reason).toBe('QUANTITY_BOUNDS')
    await system.stop()
    // 17:00 Chicago on the day of expiry is the next trading day.
    const after = await at('2026-01-06T23:30:00Z', {})
    expect(after.orders.submit(future()).reason).toBe('EXPIRED')
    await after.system.stop()
  })

  it('keeps strategies to what they may do', async () => {
    const { system, orders, nyx } = await at(noon, {
      authorization: {
        unlisted: 'deny',
        strategies: { A: { symbols: ['NYX'], sides: ['buy'], types: ['LIMIT'] }, B: { enabled: false } },
      },
    })
    const reason = (change: object) => orders.submit(nyx(change)).reason
    expect(orders.submit(nyx({ strategy: 'A' })).status).toBe('SUBMITTED')
    expect(reason({ strategy: 'A', side: 'sell' })).toBe('NOT_AUTHORIZED')
    expect(reason({ strategy: 'A', symbol: 'OLD', quantity: 1 })).toBe('NOT_AUTHORIZED')
    expect(reason({ strategy: 'B' })).toBe('NOT_AUTHORIZED')
    expect(reason({ strategy: 'C' })).toBe('NOT_AUTHORIZED')
    await system.stop()
  })

  it('judges spread, depth and impact of what takes liquidity', async () => {
    const { system, orders, venue, reports, stage, nyx } = await at(noon, {
      liquidity: {
        depthMultiple: { warn: 1, deny: 10 },
        figures: { IBM: { averageDailyVolume: 5_000_000, dailyVolatility: 0.02 } },
      },
    })
    expect(stage('liquidity', orders.validate(nyx({ type: 'market', price: undefined })))).toMatchObject({
      verdict: 'warn',
      code: 'NO_QUOTE',
    })
    venue.quote(99.99, 100.01)
    // Square root law: 1 x 2 % x sqrt(50,000 / 5,000,000) = 20 bps.
    const large = orders.validate(buy({ quantity: 50_000, price: '90.00' }))
    expect(stage('liquidity', large)).toMatchObject({ verdict: 'pass', score: 30 })
    venue.quote(90, 110)
    expect(orders.submit(buy({ price: '110.00' })).reason).toBe('WIDE_SPREAD')
    expect(reports.at(-1)).toMatchObject({ verdict: 'deny', code: 'WIDE_SPREAD' })
    await system.stop()
  })

  it('sees slips of the finger: prices, sizes and repetitions', async () => {
    const { system, orders, venue, reports, stage } = await at(noon, { off: ['liquidity', 'risk'] })
    venue.quote(99.99, 100.01)
    expect(orders.submit(buy({ price: '110.00' })).reason).toBe('FAT_FINGER')
    expect(orders.submit(buy({ price: '102.00' })).status).toBe('SUBMITTED')
    expect(stage('fat_finger')).toMatchObject({ verdict: 'warn', code: 'FAT_FINGER' })
    expect(orders.submit(buy({ price: '1.00', side: 'buy' })).status).toBe('SUBMITTED')
    for (let i = 0; i < 20; i++) orders.submit(buy({ quantity: 10, price: `${90 + i / 100}` }))
    expect(orders.submit(buy({ quantity: 5_000, price: '95.00' })).reason).toBe('FAT_FINGER')
    const before = reports.length
    orders.submit(buy({ quantity: 11, price: '95.01' }))
    expect(reports).toHaveLength(before)
    orders.submit(buy({ quantity: 11, price: '95.01' }))
    expect(reports.at(-1)).toMatchObject({ verdict: 'warn', code: 'REPEATED' })
    await system.stop()
  })

  it('warns of orders that use up a limit, from half of its value on', async () => {
    const { system, orders, stage } = await at(noon, { off: ['liquidity', 'fat_finger'] })
    expect(orders.submit(buy({ quantity: 4_999 })).status).toBe('SUBMITTED')
    expect(stage('risk')).toBeUndefined()
    expect(orders.submit(buy({ quantity: 5_000, price: '100.00' })).status).toBe('SUBMITTED')
    expect(stage('risk')).toMatchObject({ verdict: 'warn', code: 'LIMIT_USE', reason: expect.stringMatching(/50 %/) })
    await system.stop()
  })

  it('refuses by the total where no stage refuses by itself', async () => {
    const mood = (name: string, score: number): ValidationStage => ({
      name,
      check: (_order, finding) => finding.warn('MOOD', score, 'a feeling'),
    })
    const { system, orders, reports } = await at(
      noon,
      { denyScore: 80, weights: { calm: 0.5 }, off: ['liquidity', 'risk', 'fat_finger'] },
      { validationStages: [mood('gut', 60), mood('calm', 100)] },
    )
    expect(orders.submit(buy()).reason).toBe('RISK_SCORE')
    expect(reports[0]?.score).toBeCloseTo(80, 10)
    const shares = reports[0]?.stages.map(({ share }) => share) ?? []
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(80, 10)
    await system.stop()
  })

  it('runs stages of the host, and refuses when one throws or gives nonsense', async () => {
    const stages: ValidationStage[] = [
      {
        name: 'house',
        check: (order, finding) => {
          if (order.quantity === 13) finding.deny('UNLUCKY', 'thirteen')
          if (order.quantity === 14) throw new Error('broken')
          if (order.quantity === 15) finding.score = Number.NaN
        },
      },
    ]
    const { system, orders, reports } = await at(noon, {}, { validationStages: stages })
    expect(orders.submit(buy({ quantity: 12 })).status).toBe('SUBMITTED')
    expect(orders.submit(buy({ quantity: 13 })).reason).toBe('VALIDATION')
    expect(reports.at(-1)).toMatchObject({ code: 'UNLUCKY' })
    expect(orders.submit(buy({ quantity: 14 })).reason).toBe('CHECK_FAILED')
    expect(orders.submit(buy({ quantity: 15 })).reason).toBe('CHECK_FAILED')
    await system.stop()
  })

  it('judges a change as the order it would become', async () => {
    const { system, orders, venue, events } = await at(noon, {})
    venue.quote(99.99, 100.01)
    venue.onNew = (order) => venue.reports.accepted(order.number, order.number, 1)
    const order = orders.submit(buy())
    order.modify({ price: '120.00' })
    expect(events).toContain('update_rejected')
    expect(venue.sent.map(({ kind }) => kind)).toEqual(['new'])
    order.modify({ price: '100.01' })
    expect(venue.sent.map(({ kind }) => kind)).toEqual(['new', 'replace'])
    await system.stop()
  })
})

describe('explain mode', () => {
  it('names every failing check, the gate included, and changes nothing', async () => {
    const { system, orders, venue, reports } = await at('2026-01-04T17:00:00Z', {
      authorization: { unlisted: 'deny' },
    })
    const report = orders.validate(buy({ symbol: 'NYX', quantity: 20_000 }))
    expect(report.verdict).toBe('deny')
    expect(report.stages.map(({ stage }) => stage)).toEqual([
      'schema',
      'instrument',
      'session',
      'authorization',
      'liquidity',
      'risk',
      'fat_finger',
    ])
    const failing = report.stages.filter(({ verdict }) => verdict === 'deny').map(({ stage, code }) => [stage, code])
    expect(failing).toEqual([
      ['session', 'MARKET_CLOSED'],
      ['authorization', 'NOT_AUTHORIZED'],
      ['risk', 'MAX_ORDER_QTY'],
    ])
    expect(report.stages.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(report.score, 10)
    expect(venue.sent).toEqual([])
    expect(reports).toEqual([])
    expect(orders.validationCounters).toEqual({ passed: 0, warned: 0, denied: 0 })
    await system.stop()
  })

  it('fails the schema stage for what is no order, and skips the rest', async () => {
    const { system, orders } = await at(noon, {})
    for (const bad of [{ quantity: Number.NaN }, { quantity: 0 }, { price: '100.001' }, { side: 'hold' }]) {
      const report = orders.validate(buy(bad))
      expect(report.verdict).toBe('deny')
      expect(report.stages[0]).toMatchObject({ stage: 'schema', verdict: 'deny', score: 100 })
      expect(report.stages.slice(1).every(({ verdict }) => verdict === 'skipped')).toBe(true)
    }
    await system.stop()
  })

  it('names what refuses beside stages and gate, also where the risk stage is off', async () => {
    const { system, orders } = await at(noon, { off: ['risk'] })
    expect(orders.validate(buy({ connector: 'nowhere' }))).toMatchObject({ verdict: 'deny', code: 'NO_ROUTE' })
    orders.submit(buy({ clientOrderId: 'taken' }))
    expect(orders.validate(buy({ clientOrderId: 'taken' }))).toMatchObject({ verdict: 'deny', code: 'DUPLICATE' })
    expect(orders.validate(buy({ quantity: 20_000 }))).toMatchObject({ verdict: 'deny', code: 'MAX_ORDER_QTY' })
    await system.stop()
  })

  it('needs a pipeline', async () => {
    const { system } = await startEcho()
    expect(() => system.orders.validate(buy())).toThrow(/validation/)
    await system.stop()
  })
})

describe('configuration', () => {
  it.each([
    [{ warnScore: 95 }],
    [{ weights: { nothing: 1 } }],
    [{ liquidity: { spreadBps: { warn: 10, deny: 10 } } }],
    [{ off: ['schema'] }],
    [{ denyScore: 101 }],
  ])('refuses %j', async (validation) => {
    await expect(startEcho({ validation: validation as ValidationConfig })).rejects.toThrow(/TW_INVALID_CONFIG/)
  })

  it('refuses two stages of one name', async () => {
    const stage = { name: 'risk', check: () => {} }
    await expect(startEcho({ validation: {}, validationStages: [stage] })).rejects.toThrow(/two validation stages/i)
  })
})
