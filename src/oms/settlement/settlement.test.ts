import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buy, startEcho } from '../../../test/support/echo-system.js'
import { runs } from '../../../test/support/runs.js'
import { Calendars } from '../../calendar/calendars.js'
import { CurrencyDays } from '../../calendar/currency-days.js'
import type { TradewireError } from '../../core/errors.js'
import { VirtualTime } from '../../core/virtual-time.js'
import { Decimal } from '../../model/decimal.js'
import type { ExecutionReport } from '../../model/execution.js'
import { Instrument, type InstrumentDefinition } from '../../model/instrument.js'
import { SimulatedDisk } from '../../testing/simulated-disk.js'
import { AuditTrail } from '../audit/audit-trail.js'
import { allocate } from './allocation.js'
import { settleOrders } from './settle-orders.js'
import { SettlementBook } from './settlement-book.js'
import { settlementDateOf } from './settlement-date.js'
import { SettlementLedger } from './settlement-ledger.js'

const rules = { calendars: new Calendars(), currencies: new CurrencyDays() }

function instrument(change: Partial<InstrumentDefinition> = {}): Instrument {
  return new Instrument(
    {
      id: 'IBM.XNYS',
      symbol: 'IBM',
      venue: 'XNYS',
      assetClass: 'equity',
      currency: 'USD',
      priceIncrement: '0.01',
      sizeIncrement: '1',
      calendar: 'XNYS',
      ...change,
    },
    0,
  )
}

const ibm = instrument()
const noon = Date.parse('2026-01-16T17:00:00Z') * 1000

function execution(change: Record<string, unknown> = {}): ExecutionReport {
  return {
    kind: 'fill',
    execId: 'E1',
    instrument: 'IBM.XNYS',
    account: 'A',
    strategy: 'S',
    connector: 'C',
    side: 'buy',
    price: new Decimal('100.00'),
    quantity: new Decimal(100),
    commission: new Decimal('1.00'),
    commissionCurrency: 'USD',
    liquidity: 'taker',
    isInferred: false,
    tsEventUs: noon,
    tsRecvUs: noon,
    ...change,
  } as ExecutionReport
}

const book = () => new SettlementBook({ ...rules, instruments: { get: () => ibm } })
const code = (act: () => unknown) => {
  try {
    act()
  } catch (error) {
    return (error as TradewireError).code
  }
  return undefined
}

describe('settlement dates', () => {
  it.each([
    ['equity', {}, '2026-01-16', '2026-01-20'],
    ['equity before T+1', {}, '2024-05-24', '2024-05-29'],
    ['equity before a bank holiday', {}, '2025-10-10', '2025-10-14'],
    ['London', { calendar: 'XLON', currency: 'GBP' }, '2025-12-23', '2025-12-29'],
    ['Xetra', { calendar: 'XETR', currency: 'EUR' }, '2025-12-23', '2025-12-29'],
    ['future', { assetClass: 'future', calendar: 'XCME' }, '2026-01-16', '2026-01-20'],
    ['option', { assetClass: 'option' }, '2026-01-16', '2026-01-20'],
    ['coin', { assetClass: 'crypto_spot', calendar: '24/7' }, '2026-01-17', '2026-01-17'],
    ['EUR/USD', { assetClass: 'fx', baseCurrency: 'EUR' }, '2026-01-16', '2026-01-21'],
    ['EUR/USD over Easter', { assetClass: 'fx', baseCurrency: 'EUR' }, '2026-04-01', '2026-04-07'],
    ['GBP/USD', { assetClass: 'fx', baseCurrency: 'GBP' }, '2026-05-01', '2026-05-06'],
  ])('%s', (_, change, tradeDate, date) => {
    expect(settlementDateOf(rules, instrument(change as Partial<InstrumentDefinition>), tradeDate)).toBe(date)
  })

  it('are refused where nobody knows', () => {
    const { calendar: _, ...without } = ibm.definition
    expect(code(() => settlementDateOf(rules, new Instrument(without, 0), '2026-01-16'))).toBe('TW_INVALID_MODEL')
    expect(
      code(() => settlementDateOf(rules, instrument({ assetClass: 'fx', baseCurrency: 'NOK' }), '2026-01-16')),
    ).toBe('TW_UNKNOWN_CALENDAR')
    expect(code(() => settlementDateOf(rules, ibm, '2035-01-16'))).toBe('TW_CALENDAR_RANGE')
    expect(code(() => settlementDateOf(rules, instrument({ calendar: 'MOON' }), '2026-01-16'))).toBe(
      'TW_UNKNOWN_CALENDAR',
    )
  })

  it('take a cycle and holidays of the host', () => {
    const own = {
      calendars: rules.calendars,
      currencies: new CurrencyDays([
        { currency: 'NOK', knownFrom: '2026-01-01', knownThrough: '2026-12-31', holidays: ['2026-01-20'] },
      ]),
      cycles: { IBM: 2 },
    }
    expect(settlementDateOf(own, ibm, '2026-01-16')).toBe('2026-01-21')
    expect(
      settlementDateOf(
        own,
        instrument({ symbol: 'NOK/USD', id: 'NOK/USD.FX', assetClass: 'fx', baseCurrency: 'NOK' }),
        '2026-01-15',
      ),
    ).toBe('2026-01-21')
  })
})

describe('a settlement book', () => {
  it('makes one confirmation of executions that belong together', () => {
    const settlements = book()
    settlements.book(execution())
    settlements.book(execution({ execId: 'E2', price: new Decimal('101.00'), quantity: new Decimal(300) }))
    settlements.book(execution({ execId: 'E2', price: new Decimal('101.00'), quantity: new Decimal(300) }))
    settlements.book(execution({ execId: 'E3', side: 'sell', commission: undefined }))
    expect(settlements.duplicates).toBe(1)
    const [bought, sold] = settlements.confirmations('2026-01-16')
    expect(bought).toMatchObject({ version: 2, tradeDate: '2026-01-16', settlementDate: '2026-01-20', status: 'open' })
    expect(bought?.quantity.toFixed()).toBe('400')
    expect(bought?.averagePrice?.toFixed()).toBe('100.75')
    expect(bought?.netAmount.toFixed()).toBe('-40302')
    expect(bought?.executions.map(({ execId, status }) => [execId, status])).toEqual([
      ['E1', 'pending'],
      ['E2', 'pending'],
    ])
    expect(sold).toMatchObject({ side: 'sell', feesUnknown: 1, version: 1 })
    expect(settlements.confirmations('2026-01-15')).toEqual([])
  })

  it('nets what is due by account, instrument and currency', () => {
    const settlements = book()
    settlements.book(execution())
    settlements.book(
      execution({
        execId: 'E2',
        side: 'sell',
        quantity: new Decimal(30),
        commission: new Decimal(2),
        commissionCurrency: 'EUR',
      }),
    )
    const due = settlements.due('2026-01-20')
    expect(due.securities.map(({ instrument, quantity }) => [instrument, quantity.toFixed()])).toEqual([
      ['IBM.XNYS', '70'],
    ])
    expect(due.cash.map(({ currency, amount }) => [currency, amount.toFixed()])).toEqual([
      ['USD', '-7001'],
      ['EUR', '-2'],
    ])
    for (const { id } of settlements.confirmations()) settlements.settle(id)
    expect(settlements.due('2026-01-20')).toMatchObject({ securities: [], cash: [] })
  })

  it('restates by bust and correction, and tells of what had settled', () => {
    const settlements = book()
    settlements.book(execution())
    const { id } = settlements.book(execution({ execId: 'E2' }))
    const corrected = settlements.book(
      execution({ kind: 'correction', execId: 'E9', referenceExecId: 'E1', price: new Decimal('99.00') }),
    )
    expect([corrected.version, corrected.averagePrice?.toFixed()]).toEqual([3, '99.5'])
    settlements.settle(id)
    const busted = settlements.book(execution({ kind: 'bust', execId: 'E10', referenceExecId: 'E2' }))
    expect([busted.quantity.toFixed(), busted.status]).toEqual(['100', 'failed'])
    expect(settlements.exceptions).toEqual([
      { confirmationId: id, reason: expect.stringContaining('bust of execution E2') },
    ])
    expect(settlements.book(execution({ kind: 'bust', execId: 'E11', referenceExecId: 'E1' })).status).toBe('busted')
    expect(code(() => settlements.book(execution({ kind: 'bust', execId: 'E12', referenceExecId: 'nope' })))).toBe(
      'TW_UNKNOWN_ORDER',
    )
    expect(code(() => settlements.settle('nope'))).toBe('TW_UNKNOWN_ORDER')
  })

  it('is bounded', () => {
    const settlements = new SettlementBook({ ...rules, instruments: { get: () => ibm }, maxExecutions: 1 })
    settlements.book(execution())
    expect(code(() => settlements.book(execution({ execId: 'E2' })))).toBe('TW_CAPACITY')
  })

  it('puts an evening at the exchange on its trade date', () => {
    expect(book().book(execution({ tsEventUs: Date.parse('2026-01-17T00:30:00Z') * 1000 })).tradeDate).toBe(
      '2026-01-16',
    )
  })
})

describe('a running system', () => {
  it('books its executions, busts and corrections, and tells what it could not', async () => {
    const { system, venue } = await startEcho({}, { time: new VirtualTime({ epochUs: noon }) })
    const settlements = new SettlementBook({ ...rules, instruments: { get: () => ibm }, maxExecutions: 2 })
    const unknown: unknown[] = []
    const follower = settleOrders({
      events: system.orders.events,
      book: settlements,
      onRefused: (_, error) => unknown.push((error as TradewireError).code),
    })
    const order = system.orders.submit(buy())
    venue.reports.accepted(order.number, 'v', 1)
    venue.reports.filled(order.number, 'e1', 60, 1_000_000, 150_000_000, 'USD', 2, noon)
    venue.reports.filled(order.number, 'e2', 40, 1_000_000, Number.NaN, 'USD', 2, noon)
    const [confirmation] = settlements.confirmations()
    expect(confirmation).toMatchObject({ account: 'PAPER', strategy: 'HOST', tradeDate: '2026-01-16', feesUnknown: 1 })
    expect(confirmation?.netAmount.toFixed()).toBe('-10001.5')
    venue.reports.corrected(order.number, 'e2', 'e3', 40, 1_001_000, true, noon)
    venue.reports.busted(order.number, 'e1', true, noon)
    expect(settlements.confirmations()[0]?.averagePrice?.toFixed()).toBe('100.1')
    const more = system.orders.submit(buy({ side: 'sell' }))
    venue.reports.accepted(more.number, 'w', noon)
    venue.reports.filled(more.number, 'e4', 1, 1_000_000, 0, 'USD', 2, noon)
    expect([follower.refused, unknown]).toEqual([1, ['TW_CAPACITY']])
    follower.stop()
    await system.stop()
  })
})

describe('a ledger on an audit trail', () => {
  function setUp() {
    const disk = new SimulatedDisk({ seed: 1 })
    const fileSystem = disk.mount()
    const trail = () => AuditTrail.open({ fileSystem, path: 'audit.log', key: 'k', nowUs: () => noon })
    const open = (on: AuditTrail) => SettlementLedger.open({ ...rules, instruments: { get: () => ibm }, trail: on })
    return { fileSystem, trail, open }
  }
  const shown = ({ view }: SettlementLedger) => [view.confirmations(), view.exceptions, view.due('2026-01-20')]

  it('is the same after a restart, and the chain goes on', () => {
    const { trail, open } = setUp()
    const first = trail()
    const before = open(first)
    before.book(execution())
    before.book(execution())
    before.book(
      execution({ execId: 'E2', quantity: new Decimal('50'), commission: undefined, commissionCurrency: undefined }),
    )
    const { id } = before.book(execution({ execId: 'E3', side: 'sell', price: new Decimal('101.005') }))
    before.settle(id, 'operations')
    before.book(
      execution({
        kind: 'correction',
        execId: 'E4',
        referenceExecId: 'E2',
        price: new Decimal('99.5'),
        quantity: new Decimal(40),
      }),
    )
    before.book(execution({ kind: 'bust', execId: 'E5', referenceExecId: 'E3', side: 'sell' }))
    const { head } = first
    first.close()
    const second = trail()
    const after = open(second)
    expect(shown(after)).toEqual(shown(before))
    expect(after.view.exceptions).toHaveLength(1)
    // What the system tells again counts once, and is not written again.
    after.book(execution())
    expect(second.head).toEqual(head)
    after.settle(id, 'operations', 'failed')
    expect(second.verify(head)).toMatchObject({ isIntact: true, entries: 7 })
    expect(second.query({ kind: 'settlement.status' }).map(({ actor, subject }) => [actor, subject])).toEqual([
      ['operations', id],
      ['operations', id],
    ])
    second.close()
  })

  it('is not opened over a trail that somebody changed', () => {
    const { fileSystem, trail, open } = setUp()
    const first = trail()
    open(first).book(execution())
    first.close()
    const text = Buffer.from(fileSystem.readFile('audit.log')).toString()
    fileSystem.writeFileAtomic('audit.log', Buffer.from(text.replace('"quantity":"100"', '"quantity":"900"')))
    expect(code(() => trail())).toBe('TW_AUDIT_BROKEN')
  })
})

describe('allocation', () => {
  it('divides a confirmation by shares', () => {
    const settlements = book()
    const { id } = settlements.book(execution())
    const parts = settlements.allocate(id, [
      { account: 'X', weight: 1 },
      { account: 'Y', weight: 1 },
      { account: 'Z', weight: 1 },
    ])
    expect(parts.map(({ account, quantity, fees }) => [account, quantity.toFixed(), fees.toFixed()])).toEqual([
      ['X', '34', '0.34'],
      ['Y', '33', '0.33'],
      ['Z', '33', '0.33'],
    ])
    expect(code(() => settlements.allocate('nope', []))).toBe('TW_UNKNOWN_ORDER')
  })

  it.each([
    [[]],
    [[{ account: 'X', weight: 0 }]],
    [
      [
        { account: 'X', weight: -1 },
        { account: 'Y', weight: 2 },
      ],
    ],
    [
      [
        { account: 'X', weight: 1 },
        { account: 'X', weight: 1 },
      ],
    ],
  ])('refuses %j', (shares) => {
    const input = { quantity: 10, averagePrice: 1, fees: 0, sizeIncrement: 1 }
    expect(code(() => allocate(input, shares))).toBe('TW_INVALID_ARGUMENT')
  })

  it("loses nothing, and stays within a step of everybody's share", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: -10_000, max: 100_000 }),
        (units, weights, cents) => {
          fc.pre(weights.some((weight) => weight > 0))
          const step = new Decimal('0.01')
          const quantity = step.mul(units)
          const fees = new Decimal(cents).div(100)
          const shares = weights.map((weight, i) => ({ account: `A${i}`, weight }))
          const parts = allocate({ quantity, averagePrice: '12.34', fees, sizeIncrement: step }, shares)
          const total = weights.reduce((sum, weight) => sum + weight, 0)
          const sum = (pick: (part: (typeof parts)[number]) => Decimal) =>
            parts.reduce((all, part) => all.plus(pick(part)), new Decimal(0)).toFixed()
          expect(sum((part) => part.quantity)).toBe(quantity.toFixed())
          expect(sum((part) => part.fees)).toBe(fees.toFixed())
          for (const [i, part] of parts.entries()) {
            const exact = quantity.mul(weights[i] as number).div(total)
            expect(part.quantity.minus(exact).abs().lt(step)).toBe(true)
            if (weights[i] === 0) expect(part.quantity.isZero()).toBe(true)
          }
        },
      ),
      { numRuns: runs({ ci: 1_000, full: 20_000 }) },
    )
  })
})
