/** A stock split as an operator's act: what follows it, what refuses it, and that a restart finds it. */
import { describe, expect, it } from 'vitest'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import type { TradewireError } from '../core/errors.js'
import { recoverState } from '../system/recover-state.js'
import { differences } from '../system/state.js'
import { Strategy } from '../system/strategy.js'
import type { TradingSystemOptions } from '../system/trading-system.js'
import { recordAudit } from './audit/audit-recorder.js'
import { AuditTrail } from './audit/audit-trail.js'
import { restartEcho } from './restart.test-support.js'
import type { SplitReport, SplitRequest } from './splits.js'

const who = { actor: 'anna', reason: 'as announced' }
const split = (change: Partial<SplitRequest> = {}): SplitRequest => ({
  id: 'IBM-4-1',
  instrument: 'IBM',
  ratio: { numerator: 4, denominator: 1 },
  ...who,
  ...change,
})
const refusal = (act: () => unknown): Pick<TradewireError, 'code' | 'details' | 'message'> | undefined => {
  try {
    act()
  } catch (error) {
    return error as TradewireError
  }
  return undefined
}

let exec = 0
/** A position of a strategy, filled at 100.00 unless told otherwise. */
function hold({ system, venue }: EchoSystem, strategy: string, units: number, priceUnits = 1_000_000): string {
  const side = units > 0 ? 'buy' : 'sell'
  const order = system.orders.submit(buy({ strategy, side, quantity: Math.abs(units) }))
  expect(order.status, order.reason).not.toBe('DENIED')
  venue.reports.accepted(order.number, `v${order.number}`, 1)
  exec += 1
  venue.reports.filled(order.number, `x${exec}`, Math.abs(units), priceUnits, 0, 'USD', 1, 2)
  return `x${exec}`
}

const options: TradingSystemOptions = {
  risk: { duplicates: false, throttle: false, marketData: false, priceCollarPercent: false, strategies: { '*': {} } },
}

function recovers({ system, disk }: EchoSystem, more: TradingSystemOptions = options): void {
  const { risk, accounting } = more
  for (const until of [undefined, { seq: Number.MAX_SAFE_INTEGER }]) {
    const { state } = recoverState({
      fileSystem: disk,
      directory: 'journal',
      config: { ...(risk === undefined ? {} : { risk }), ...(accounting === undefined ? {} : { accounting }) },
      ...(until === undefined ? {} : { until }),
    })
    expect(differences(system.exportState(), state)).toEqual([])
  }
}

const held = ({ system }: EchoSystem, strategy: string) =>
  system
    .snapshot()
    .strategyPositions.filter((each) => each.strategy === strategy)
    .map(({ quantity, averagePrice }) => [quantity.toFixed(), averagePrice?.toFixed()])
const counted = ({ system }: EchoSystem) =>
  (system.exportState().limitsUsed as { position: number }[]).map(({ position }) => position)

describe('operator.applySplit', () => {
  it('changes quantity and average price, the exposure and the last prices, and no value', async () => {
    const echo = await startEcho(options)
    hold(echo, 'a', 300)
    hold(echo, 'b', -100, 1_010_000)
    const before = echo.system.snapshot()
    const report = echo.system.operator.applySplit(split())
    expect(report).toMatchObject({ isNew: true, instrument: 'IBM.XNYS', ratio: { numerator: 4, denominator: 1 } })
    expect(report.positions.map(({ strategy, before, after }) => [strategy, Number(before), Number(after)])).toEqual([
      ['a', 300, 1200],
      ['b', -100, -400],
      [undefined, 200, 800],
    ])
    expect([held(echo, 'a'), held(echo, 'b')]).toEqual([[['1200', '25']], [['-400', '25.25']]])
    expect(counted(echo)).toEqual([800])
    const after = echo.system.snapshot()
    expect(after.equity?.toFixed()).toBe(before.equity?.toFixed())
    const index = echo.system.instruments.get('IBM').index
    expect([echo.system.quotes.bid(index), echo.system.gate.references.reference[index]]).toEqual([99.99 / 4, 25])
    recovers(echo)
    await echo.system.stop()
  })

  it('is applied once', async () => {
    const echo = await startEcho(options)
    hold(echo, 'a', 100)
    const { seq } = echo.system.operator.applySplit(split())
    expect(
      echo.system.operator.applySplit(split({ actor: 'bob', ratio: { numerator: 8, denominator: 2 } })),
    ).toMatchObject({
      isNew: false,
      seq,
      actor: 'anna',
      positions: [],
    })
    expect(
      refusal(() => echo.system.operator.applySplit(split({ ratio: { numerator: 2, denominator: 1 } })))?.code,
    ).toBe('TW_DUPLICATE')
    expect(refusal(() => echo.system.operator.applySplit(split({ cashInLieu: 3 })))?.code).toBe('TW_DUPLICATE')
    expect(counted(echo)).toEqual([400])
    const next = await restartEcho(echo, options, (venue) => {
      venue.venue.account = { positions: [{ account: 'PAPER', instrument: 0, quantityUnits: 400 }] }
    })
    expect(next.system.operator.applySplit(split()).isNew).toBe(false)
    expect(next.system.operator.splits()).toHaveLength(1)
    expect(counted(next)).toEqual([400])
    await next.system.stop()
  })

  it('is refused while anything of the instrument may trade, naming it', async () => {
    const echo = await startEcho(options)
    const { system, venue } = echo
    hold(echo, 'a', 100)
    const working = system.orders.submit(buy({ clientOrderId: 'mine-1', quantity: 5 }))
    venue.reports.accepted(working.number, 'v', 1)
    const lost = system.orders.submit(buy({ clientOrderId: 'mine-2', quantity: 5 }))
    venue.reports.outcomeUnknown(lost.number, 'test')
    const refused = refusal(() => system.operator.applySplit(split()))
    expect(refused?.code).toBe('TW_INVALID_STATE')
    expect(refused?.message).toMatch(/mine-1 \(ACCEPTED\), mine-2 \(UNKNOWN\)/)
    venue.reports.canceled(working.number, Number.NaN, 'x', 3)
    system.orders.resolveUnknown('mine-2', { kind: 'canceled' }, who)
    const parent = system.orders.submit({
      ...buy({ clientOrderId: 'algo-1', quantity: 50 }),
      algo: { type: 'twap', durationMs: 60_000 },
    } as Parameters<typeof system.orders.submit>[0])
    expect(refusal(() => system.operator.applySplit(split()))).toMatchObject({
      code: 'TW_INVALID_STATE',
      details: { parents: ['algo-1'] },
    })
    parent.cancel()
    for (const sent of venue.sent)
      if (sent.kind === 'new' && sent.number > lost.number) venue.reports.canceled(sent.number, Number.NaN, 'x', 4)
    expect(system.operator.applySplit(split()).isNew).toBe(true)
    recovers(echo)
    await system.stop()
  })

  it.each([
    [{ id: '' }, 'TW_INVALID_ARGUMENT', /^id /],
    [{ actor: '' }, 'TW_UNAUTHORIZED', /actor/],
    [{ reason: ' ' }, 'TW_INVALID_ARGUMENT', /reason/],
    [{ instrument: 'NOPE' }, 'TW_UNKNOWN_INSTRUMENT', /NOPE/],
    [{ ratio: { numerator: 0, denominator: 1 } }, 'TW_INVALID_ARGUMENT', /^ratio.numerator /],
    [{ ratio: { numerator: 1.5, denominator: 1 } }, 'TW_INVALID_ARGUMENT', /^ratio.numerator /],
    [{ ratio: { numerator: 2, denominator: Number.NaN } }, 'TW_INVALID_ARGUMENT', /^ratio.denominator /],
    [{ ratio: { numerator: 3, denominator: 3 } }, 'TW_INVALID_ARGUMENT', /changes nothing/],
    [{ ratio: undefined as never }, 'TW_INVALID_ARGUMENT', /^ratio.numerator /],
    [{ cashInLieu: -1 }, 'TW_INVALID_ARGUMENT', /^cashInLieu /],
    [{ cashInLieu: 'x' }, 'TW_INVALID_DECIMAL', /cashInLieu/],
    [{ effectiveUs: Number.NaN }, 'TW_INVALID_ARGUMENT', /^effectiveUs /],
    [{ ratio: { numerator: 1, denominator: 3 } }, 'TW_OFF_GRID', /cashInLieu is missing.*PAPER a 100/],
  ])('refuses %j with %s, and changes nothing', async (change, code, message) => {
    const echo = await startEcho(options)
    hold(echo, 'a', 100)
    const before = echo.system.exportState()
    const refused = refusal(() => echo.system.operator.applySplit(split(change as Partial<SplitRequest>)))
    expect(refused?.code).toBe(code)
    expect(refused?.message).toMatch(message)
    expect(differences(echo.system.exportState(), before)).toEqual([])
    expect(echo.system.operator.splits()).toEqual([])
    await echo.system.stop()
  })

  it.each(['average', 'fifo', 'lifo'] as const)('pays fractions of an account, by %s', async (accounting) => {
    const all = { ...options, accounting }
    const echo = await startEcho(all)
    hold(echo, 'a', 10, 1_000_000)
    hold(echo, 'a', 15, 1_100_000)
    hold(echo, 'b', 8, 1_000_000)
    // 33 shares: 3 and 0.3 in cash; 2.5 and 0.8 are 2 and 1, for what each lacks or has too much of.
    const report = echo.system.operator.applySplit(
      split({ id: 'r', ratio: { numerator: 1, denominator: 10 }, cashInLieu: '1100' }),
    )
    expect(report.positions.map(({ strategy, after, cash }) => [strategy, Number(after), Number(cash)])).toEqual([
      ['a', 2, 550],
      ['b', 1, -220],
      [undefined, 3, 330],
    ])
    const { equity, byStrategy } = echo.system.snapshot()
    // Marked at ten times the bid of 99.99: what is held and what was paid out, less what it cost.
    expect(Number(equity)).toBeCloseTo(3 * 999.9 + 330 - (10 * 100 + 15 * 110 + 8 * 100), 9)
    expect(byStrategy.map(({ name }) => name)).toEqual(['a', 'b'])
    const { average, fifo, lifo } = { average: 1060, fifo: 1075, lifo: 1050 }
    expect(Number(held(echo, 'a')[0]?.[1])).toBeCloseTo({ average, fifo, lifo }[accounting], 9)
    expect(Number(held(echo, 'b')[0]?.[1])).toBeCloseTo(1020, 9)
    recovers(echo, all)
    await echo.system.stop()
  })

  it('stands in a restated execution of before it, also in what the gate counts', async () => {
    for (const historyDepth of [0, 1]) {
      const echo = await startEcho(options)
      const order = echo.system.orders.submit(buy({ strategy: 'a' }))
      echo.venue.reports.accepted(order.number, 'v', 1)
      echo.venue.reports.filled(order.number, 'old', 100, 1_000_000, 0, 'USD', 1, 2)
      if (historyDepth === 1) hold(echo, 'a', 40)
      echo.system.operator.applySplit(split())
      echo.venue.reports.busted(order.number, 'old', false, 5)
      expect(counted(echo)).toEqual(historyDepth === 1 ? [160] : [])
      recovers(echo)
      await echo.system.stop()
    }
  })

  it('holds over a kill -9, from a snapshot and from the records, and the venue agrees', async () => {
    for (const withSnapshot of [true, false]) {
      const echo = await startEcho(options)
      hold(echo, 'a', 100)
      if (withSnapshot) echo.system.orders.saveSnapshot()
      echo.system.operator.applySplit(split())
      if (withSnapshot) echo.system.orders.saveSnapshot()
      const before = echo.system.snapshot().strategyPositions
      const next = await restartEcho(echo, options, (venue) => {
        venue.venue.account = { positions: [{ account: 'PAPER', instrument: 0, quantityUnits: 400 }] }
      })
      const after = next.system.snapshot().strategyPositions
      expect(after.map(({ quantity, averagePrice }) => [Number(quantity), Number(averagePrice)])).toEqual(
        before.map(({ quantity, averagePrice }) => [Number(quantity), Number(averagePrice)]),
      )
      expect(next.system.reconciliations.get('echo')).toMatchObject({ findings: [], actions: 0 })
      expect(next.anomalies).toEqual([])
      await next.system.stop()
    }
  })

  it('is told as an event, and goes on the audit trail, live and from the journal', async () => {
    const echo = await startEcho(options)
    const trail = () => AuditTrail.open({ fileSystem: echo.disk.mount(), path: 'audit.log', key: 'k', nowUs: () => 1 })
    hold(echo, 'a', 100)
    const first = trail()
    const recorder = recordAudit({ events: echo.system.orders.events, trail: first })
    const told: string[] = []
    echo.system.orders.events.on('split', ({ id, instrument }) => told.push(`${id} ${instrument}`))
    echo.system.operator.applySplit(split())
    echo.system.operator.applySplit(split())
    expect(told).toEqual(['IBM-4-1 IBM.XNYS'])
    expect(first.query({ kind: 'operator.split' })).toMatchObject([
      { actor: 'anna', subject: 'IBM.XNYS', data: { id: 'IBM-4-1', reason: 'as announced' } },
    ])
    recorder.stop()
    first.close()
    const other = AuditTrail.open({ fileSystem: echo.disk.mount(), path: 'b.log', key: 'k', nowUs: () => 1 })
    const journal = { fileSystem: echo.disk.mount(), directory: 'journal' }
    recordAudit({ events: echo.system.orders.events, trail: other, journal }).stop()
    expect(other.query({ kind: 'operator.split' })).toMatchObject([
      { subject: 'IBM.XNYS', data: { recovered: true, ratio: '4:1', actor: 'anna' } },
    ])
    other.close()
    await echo.system.stop()
  })
})

describe('what a system keeps of the market', () => {
  const minute = 60_000_000
  const market = async (effective: (nowUs: number) => number | undefined) => {
    const echo = await startEcho({ ...options, books: true })
    const { system, venue, time } = echo
    const { index } = system.instruments.get('IBM')
    const trades = system.bars.addTradeBars({ instrument: index, unit: 'time', step: minute })
    const quotes = system.bars.addQuoteBars({ instrument: index, step: minute })
    const trade = (price: number, size: number) => {
      system.bars.trade(index, 0, price, size, time.wallUs(), time.wallUs())
      system.bars.quote(index, 0, price - 1, price + 1, 8, 8, time.wallUs(), time.wallUs())
    }
    const book = system.books.level2(index, venue.source)
    book.applySnapshot([99], [5], [101], [5], Number.NaN, time.wallUs(), time.wallUs())
    trade(100, 8)
    await time.advanceMs(1_000)
    const effectiveUs = effective(time.wallUs())
    const applied = () => system.operator.applySplit(split(effectiveUs === undefined ? {} : { effectiveUs }))
    return { echo, system, time, trades, quotes, trade, book, applied }
  }

  it('strategies hear of it when they see the new terms, once; one that throws is ended', async () => {
    const heard: unknown[] = []
    class Holder extends Strategy {
      override readonly name = 'a'
      override onSplit({ id, positions }: SplitReport): void {
        heard.push([id, positions.length, this.position('IBM').quantity])
        if (heard.length > 1) throw new Error('no more')
      }
    }
    const echo = await startEcho({ ...options, strategies: [new Holder()] })
    hold(echo, 'a', 300)
    const { operator } = echo.system
    for (const id of ['first', 'first', 'second', 'third']) operator.applySplit(split({ id }))
    expect(heard).toEqual([
      ['first', 2, 1200],
      ['second', 2, 4800],
    ])
    expect(echo.system.strategies).toEqual([])
    await echo.system.stop()
  })

  it('strategies that are still starting hear of it', async () => {
    const heard: number[] = []
    let goOn = () => {}
    class Slow extends Strategy {
      override readonly name = 'a'
      override onStart(): Promise<void> {
        return new Promise((resolve) => {
          goOn = resolve
        })
      }
      override onSplit(): void {
        heard.push(this.position('IBM').quantity)
      }
    }
    const echo = await startEcho(options)
    hold(echo, 'a', 100)
    const added = echo.system.addStrategy(new Slow())
    await Promise.resolve()
    echo.system.operator.applySplit(split())
    goOn()
    await added
    expect(heard).toEqual([400])
    await echo.system.stop()
  })

  it('is put into the new terms: bars that form, and books are emptied', async () => {
    const { system, trades, quotes, trade, book, applied } = await market(() => undefined)
    applied()
    trade(26, 4)
    const { current } = trades
    expect([current?.open, current?.high, current?.low, current?.close]).toEqual([25, 26, 25, 26])
    expect([current?.volume, current?.value, current?.vwap]).toEqual([36, 904, 904 / 36])
    expect([quotes.current?.bidOpen, quotes.current?.bidClose]).toEqual([24.75, 25])
    expect([book.bestBid, book.bestAsk]).toEqual([Number.NaN, Number.NaN])
    await system.stop()
  })

  it('is given up where it holds both terms, and left where it has the new ones', async () => {
    const { system, trades, quotes, trade, book, applied, time } = await market((nowUs) => nowUs)
    trade(26, 4)
    book.applySnapshot([24], [5], [26], [5], Number.NaN, time.wallUs(), time.wallUs())
    applied()
    expect([trades.current, quotes.current]).toEqual([undefined, undefined])
    expect([trades.counters.acrossSplit, quotes.counters.acrossSplit]).toEqual([1, 1])
    expect(book.bestBid).toBe(24)
    trade(27, 1)
    expect([trades.current?.open, trades.current?.volume]).toEqual([27, 1])
    await system.stop()
  })
})
