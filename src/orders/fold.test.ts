import { describe, expect, it } from 'vitest'
import { statusOf } from './codes.js'
import { status, worstCaseLeaves } from './derive.js'
import { foldAccepted } from './fold.js'
import { foldUpdated } from './fold-requests.js'
import { foldCorrected } from './fold-restated.js'
import { foldTrade } from './fold-trades.js'
import * as Field from './order-fields.js'
import { OrderUnderTest } from './order-under-test.test-support.js'
import * as Outcome from './outcome.js'
import type { OrderFactEvent, OrderState, Terms } from './reference-order.test-support.js'
import * as TradeField from './trade-fields.js'

type Unsequenced<Event> = Event extends unknown ? Omit<Event, 'seq'> : never
type Draft = Unsequenced<OrderFactEvent>

const initial: Terms = { quantity: 100, price: 1_000, trigger: Number.NaN }
const submitted: Draft = { kind: 'submitted' }
const accepted: Draft = { kind: 'accepted' }
const unknown: Draft = { kind: 'unknown' }
const works: Draft = { kind: 'works' }
const rejected: Draft = { kind: 'rejected', inferred: false }
const absent: Draft = { kind: 'rejected', inferred: true }
const canceled = (ts = 50, inferred = false): Draft => ({ kind: 'closed', isExpiry: false, inferred, ts })
const expired = (ts = 50, inferred = false): Draft => ({ kind: 'closed', isExpiry: true, inferred, ts })
const fill = (exec: string, quantity: number, ts = 10, price = 1_000): Draft => ({
  kind: 'trade',
  exec,
  quantity,
  price,
  basis: 0,
  ts,
})
const inferred = (upTo: number, quantity: number, ts = 10): Draft => ({
  kind: 'trade',
  exec: `I${upTo}`,
  quantity,
  price: 1_000,
  basis: upTo,
  ts,
})
const cancelRequest = (generation = 1): Draft => ({ kind: 'request', generation, isCancel: true, ...initial })
const updateRequest = (quantity: number, generation = 1): Draft => ({
  kind: 'request',
  generation,
  isCancel: false,
  ...initial,
  quantity,
})
const requestRejected = (generation = 1): Draft => ({ kind: 'requestRejected', generation })
const updated = (quantity: number, generation = 1, ts = 20, price = 1_000): Draft => ({
  kind: 'updated',
  generation,
  quantity,
  price,
  trigger: Number.NaN,
  ts,
})
const busted = (reference: string, ts = 30, isWorking = false): Draft => ({
  kind: 'busted',
  reference,
  works: isWorking,
  ts,
})
const corrected = (reference: string, quantity: number, ts = 30, exec?: string, isWorking = false): Draft => ({
  kind: 'corrected',
  reference,
  exec,
  quantity,
  price: 1_001,
  works: isWorking,
  ts,
})

const sequenced = (drafts: readonly Draft[]): OrderFactEvent[] =>
  drafts.map((draft, i) => ({ ...draft, seq: i + 1 }) as OrderFactEvent)
const rowAfter = (...drafts: Draft[]): OrderUnderTest => new OrderUnderTest(initial).foldAll(sequenced(drafts))
const stateAfter = (...drafts: Draft[]): OrderState => rowAfter(...drafts).state
const summary = ({ status, filled }: OrderState): string => `${status} ${filled}`

/** Outcome of the last of some events. */
function outcomeOf(...drafts: Draft[]): number {
  const events = sequenced(drafts)
  const order = new OrderUnderTest(initial).foldAll(events.slice(0, -1))
  return order.fold(events[events.length - 1])
}

/** All orders of a few things. */
function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]]
  return items.flatMap((item, i) => permutations(items.filter((_, j) => j !== i)).map((rest) => [item, ...rest]))
}

describe('each event', () => {
  it.each<[string, Draft[], string]>([
    ['nothing', [], 'INITIALIZED 0'],
    ['Denied', [{ kind: 'denied' }], 'DENIED 0'],
    ['Emulated', [{ kind: 'emulated' }], 'EMULATED 0'],
    ['Released', [{ kind: 'emulated' }, { kind: 'released' }], 'RELEASED 0'],
    ['Submitted', [submitted], 'SUBMITTED 0'],
    ['OutcomeUnknown', [submitted, unknown], 'UNKNOWN 0'],
    ['OutcomeUnknown of an acknowledged order', [submitted, accepted, unknown], 'UNKNOWN 0'],
    ['Accepted', [submitted, accepted], 'ACCEPTED 0'],
    ['Accepted after OutcomeUnknown', [submitted, unknown, accepted], 'ACCEPTED 0'],
    ['Rejected', [submitted, rejected], 'REJECTED 0'],
    ['Rejected by conclusion', [submitted, unknown, absent], 'REJECTED 0'],
    ['Triggered', [submitted, accepted, { kind: 'triggered' }], 'TRIGGERED 0'],
    ['CancelRequested', [submitted, accepted, cancelRequest()], 'PENDING_CANCEL 0'],
    ['CancelRequested before the ack', [submitted, cancelRequest()], 'PENDING_CANCEL 0'],
    ['CancelRejected', [submitted, accepted, cancelRequest(), requestRejected()], 'ACCEPTED 0'],
    ['UpdateRequested', [submitted, accepted, updateRequest(150)], 'PENDING_UPDATE 0'],
    ['UpdateRejected', [submitted, accepted, updateRequest(150), requestRejected()], 'ACCEPTED 0'],
    ['both requested', [submitted, accepted, updateRequest(150, 1), cancelRequest(2)], 'PENDING_CANCEL 0'],
    ['Updated', [submitted, accepted, updateRequest(150), updated(150)], 'ACCEPTED 0'],
    ['Filled in part', [submitted, accepted, fill('E1', 40)], 'PARTIALLY_FILLED 40'],
    ['Filled', [submitted, accepted, fill('E1', 40), fill('E2', 60)], 'FILLED 100'],
    ['FillCorrected', [submitted, accepted, fill('E1', 40), corrected('E1', 30)], 'PARTIALLY_FILLED 30'],
    ['FillBusted', [submitted, accepted, fill('E1', 40), busted('E1')], 'ACCEPTED 0'],
    ['Canceled', [submitted, accepted, canceled()], 'CANCELED 0'],
    ['Canceled, partly filled', [submitted, accepted, fill('E1', 40), canceled()], 'CANCELED 40'],
    ['Expired', [submitted, accepted, expired()], 'EXPIRED 0'],
    ['Canceled by conclusion', [submitted, accepted, canceled(50, true)], 'CANCELED 0'],
    ['Expired by conclusion', [submitted, accepted, expired(50, true)], 'EXPIRED 0'],
  ])('%s', (_, drafts, expected) => {
    expect(summary(stateAfter(...drafts))).toBe(expected)
  })
})

describe('races', () => {
  it.each<[string, Draft[], string]>([
    ['a fill before the ack', [accepted, fill('E1', 40)], 'PARTIALLY_FILLED 40'],
    ['the whole fill before the ack', [accepted, fill('E1', 100)], 'FILLED 100'],
    ['a larger quantity against a fill of the old one', [updated(150), fill('E1', 100)], 'PARTIALLY_FILLED 100'],
    ['a smaller quantity against a fill of it', [updated(60), fill('E1', 60)], 'FILLED 60'],
    ['the cancel ack before the last fill', [accepted, fill('E1', 40), canceled()], 'CANCELED 40'],
    ['the cancel ack against the completing fill', [fill('E1', 40), fill('E2', 60), canceled()], 'FILLED 100'],
    ['an expiry against a cancel, the expiry first at the venue', [expired(20), canceled(30)], 'EXPIRED 0'],
    ['two generations of terms', [updated(150, 1, 20), updated(120, 2, 19), fill('E1', 100)], 'PARTIALLY_FILLED 100'],
    ['a bust before its fill', [fill('E1', 40), busted('E1')], 'ACCEPTED 0'],
    ['a correction before its fill', [fill('E1', 40), corrected('E1', 30)], 'PARTIALLY_FILLED 30'],
    [
      'a correction of a correction, in any order',
      [fill('E1', 40), corrected('E1', 30, 30, 'C1'), corrected('C1', 20, 40, 'C2')],
      'PARTIALLY_FILLED 20',
    ],
    [
      'a bust of a corrected fill by the id of the correction',
      [fill('E1', 40), corrected('E1', 30, 30, 'C1'), busted('C1', 40)],
      'ACCEPTED 0',
    ],
    ['a reject against a fill', [rejected, fill('E1', 40)], 'UNKNOWN 40'],
    ['a fill, its bust and the cancel ack', [fill('E1', 40), busted('E1'), canceled()], 'CANCELED 0'],
  ])('%s: the same in every order of arrival', (_, drafts, expected) => {
    const events = [submitted, accepted]
    const summaries = permutations(drafts).map((order) => summary(stateAfter(...events, ...order)))
    expect(new Set(summaries)).toEqual(new Set([expected]))
  })

  it('an update confirmed while a cancel is under way changes the terms and leaves the cancel under way', () => {
    const state = stateAfter(submitted, accepted, updateRequest(150, 1), cancelRequest(2), updated(150, 1))
    expect(state).toMatchObject({ status: 'PENDING_CANCEL', terms: { quantity: 150 }, inFlight: [2] })
  })

  it('an answer before its request leaves nothing under way', () => {
    const state = stateAfter(submitted, updated(150, 1), updateRequest(150, 1))
    expect(state).toMatchObject({ status: 'SUBMITTED', terms: { quantity: 150 }, inFlight: [] })
  })
})

describe('busts and corrections of a filled order', () => {
  const filled = [submitted, accepted, fill('E1', 60, 10), fill('E2', 40, 11)]

  it('leave it closed', () => {
    expect(summary(stateAfter(...filled, busted('E2')))).toBe('CANCELED 60')
    expect(summary(stateAfter(...filled, corrected('E2', 30)))).toBe('CANCELED 90')
  })

  it('open it when the venue says that it works', () => {
    expect(summary(stateAfter(...filled, busted('E2', 30, true)))).toBe('PARTIALLY_FILLED 60')
    expect(summary(stateAfter(...filled, busted('E2'), works))).toBe('PARTIALLY_FILLED 60')
    expect(summary(stateAfter(...filled, works, busted('E2')))).toBe('CANCELED 60')
  })

  it('do not close it again when they are repeated after that', () => {
    expect(summary(stateAfter(...filled, busted('E2'), works, busted('E2')))).toBe('PARTIALLY_FILLED 60')
    expect(summary(stateAfter(...filled, corrected('E2', 30), works, corrected('E2', 30)))).toBe('PARTIALLY_FILLED 90')
  })

  it('fill it again with what replaces them', () => {
    expect(summary(stateAfter(...filled, busted('E2'), fill('E3', 40, 31)))).toBe('FILLED 100')
  })

  it('leave an order that was never filled in full open', () => {
    expect(summary(stateAfter(submitted, accepted, fill('E1', 60), busted('E1')))).toBe('ACCEPTED 0')
    expect(summary(stateAfter(submitted, accepted, fill('E1', 60, 10), busted('E1', 20), fill('E2', 40, 30)))).toBe(
      'PARTIALLY_FILLED 40',
    )
  })

  it('close an order whose filling was concluded and taken back', () => {
    expect(summary(stateAfter(submitted, accepted, inferred(100, 100), busted('I100')))).toBe('CANCELED 0')
  })
})

describe('what was concluded', () => {
  it('yields to what the venue says later', () => {
    expect(summary(stateAfter(submitted, unknown, absent, accepted))).toBe('ACCEPTED 0')
    expect(summary(stateAfter(submitted, unknown, absent, fill('E1', 40)))).toBe('PARTIALLY_FILLED 40')
    expect(summary(stateAfter(submitted, accepted, canceled(50, true), works))).toBe('ACCEPTED 0')
    expect(summary(stateAfter(submitted, accepted, expired(50, true), canceled()))).toBe('CANCELED 0')
  })

  it('stays closed after a bust that came later than the report that it works', () => {
    expect(summary(stateAfter(submitted, accepted, fill('E1', 40), canceled(50, true), works, busted('E1')))).toBe(
      'ACCEPTED 0',
    )
  })

  it('is not overturned by a fill alone when it was canceled', () => {
    expect(summary(stateAfter(submitted, accepted, canceled(50, true), fill('E1', 40)))).toBe('CANCELED 40')
  })

  it('is consumed by real fills, from below', () => {
    expect(stateAfter(submitted, inferred(80, 80), fill('E1', 50))).toMatchObject({ filled: 80, traded: 50 })
    expect(stateAfter(submitted, fill('E1', 50), inferred(80, 80))).toMatchObject({ filled: 80, traded: 50 })
    expect(stateAfter(submitted, inferred(80, 80), fill('E1', 50), fill('E2', 30))).toMatchObject({
      filled: 80,
      traded: 80,
    })
    expect(stateAfter(submitted, inferred(80, 80), fill('E1', 50), fill('E2', 50))).toMatchObject({
      filled: 100,
      traded: 100,
    })
    expect(stateAfter(submitted, inferred(50, 50), inferred(80, 30), fill('E1', 60))).toMatchObject({
      filled: 80,
      traded: 60,
    })
  })

  it('does not end an unknown fate by a repeated fill', () => {
    expect(summary(stateAfter(submitted, fill('E1', 40), unknown, fill('E1', 40)))).toBe('UNKNOWN 40')
    expect(summary(stateAfter(submitted, fill('E1', 40), unknown, fill('E2', 40)))).toBe('PARTIALLY_FILLED 80')
  })
})

describe('requests', () => {
  it('from before a re-opening are over', () => {
    const order = [submitted, accepted, cancelRequest(1), canceled(50, true), works]
    expect(stateAfter(...order)).toMatchObject({ status: 'ACCEPTED', inFlight: [] })
    expect(stateAfter(...order, cancelRequest(2))).toMatchObject({ status: 'PENDING_CANCEL', inFlight: [2] })
  })

  it('survive a report that it works where nothing had ended', () => {
    expect(stateAfter(submitted, accepted, cancelRequest(1), works)).toMatchObject({ status: 'PENDING_CANCEL' })
  })

  it('beyond the window are told and not kept', () => {
    expect(outcomeOf(submitted, cancelRequest(40))).toBe(Outcome.requestWindow)
    expect(outcomeOf(submitted, updated(150, 40))).toBe(Outcome.changed)
  })

  it('count the larger quantity at worst, until they are answered', () => {
    const worst = (...drafts: Draft[]) => {
      const { table, row } = rowAfter(...drafts)
      return worstCaseLeaves(table, row)
    }
    expect(worst(submitted, accepted, updateRequest(150))).toBe(150)
    expect(worst(submitted, accepted, fill('E1', 40), updateRequest(150))).toBe(110)
    expect(worst(submitted, accepted, updateRequest(50))).toBe(100)
    expect(worst(submitted, accepted, updateRequest(150), requestRejected())).toBe(100)
    expect(worst(submitted, accepted, updateRequest(50), updated(50))).toBe(50)
    expect(worst(submitted, accepted, cancelRequest())).toBe(100)
    expect(worst(submitted, accepted, unknown)).toBe(100)
    expect(worst(submitted, accepted, updateRequest(150), canceled())).toBe(0)
  })

  it('to more than was filled keep a filled order from being let go, until they are answered', () => {
    const holdOf = (...drafts: Draft[]) => {
      const { table, row } = rowAfter(...drafts)
      return {
        status: statusOf(status(table, row)),
        isOpen: table.cells[row + Field.isOpen] === 1,
        worst: worstCaseLeaves(table, row),
      }
    }
    const grown = [submitted, accepted, updateRequest(150), fill('E1', 100)]
    expect(holdOf(...grown)).toEqual({ status: 'FILLED', isOpen: true, worst: 50 })
    expect(holdOf(submitted, accepted, fill('E1', 100), updateRequest(150))).toEqual(holdOf(...grown))
    expect(holdOf(...grown, requestRejected())).toEqual({ status: 'FILLED', isOpen: false, worst: 0 })
    expect(holdOf(...grown, canceled())).toEqual({ status: 'FILLED', isOpen: false, worst: 0 })
    expect(holdOf(...grown, updated(150))).toEqual({ status: 'PARTIALLY_FILLED', isOpen: true, worst: 50 })
    expect(holdOf(...grown, updated(150), fill('E2', 50))).toEqual({ status: 'FILLED', isOpen: false, worst: 0 })
    expect(holdOf(submitted, accepted, updateRequest(90), fill('E1', 100))).toMatchObject({ isOpen: false, worst: 0 })
    expect(holdOf(submitted, accepted, cancelRequest(), fill('E1', 100))).toMatchObject({ isOpen: false, worst: 0 })
  })

  it('make what they ask for no overfill, unless the venue says that it refused them', () => {
    const asked = [submitted, accepted, updateRequest(150)]
    expect(outcomeOf(...asked, fill('E1', 120))).toBe(Outcome.changed)
    expect(outcomeOf(...asked, fill('E1', 100), fill('E2', 50))).toBe(Outcome.changed)
    expect(outcomeOf(...asked, fill('E1', 151))).toBe(Outcome.changed | Outcome.overfill)
    expect(outcomeOf(...asked, fill('E1', 120), requestRejected())).toBe(Outcome.changed | Outcome.overfill)
    expect(outcomeOf(...asked, fill('E1', 120), requestRejected(), requestRejected())).toBe(Outcome.duplicate)
  })

  it('give their entries back', () => {
    const { table } = rowAfter(
      submitted,
      accepted,
      updateRequest(150, 1),
      cancelRequest(2),
      requestRejected(2),
      updated(150, 1),
    )
    expect(table.requests.size).toBe(0)
  })

  it('are kept without an entry when the pool is full: a cancel is never in the way', () => {
    const order = new OrderUnderTest(initial)
    const { requests } = order.table
    let head = -1
    while (!requests.isFull) head = requests.add(head, 1, 1, 1, 1, 1)
    order.foldAll(sequenced([submitted, accepted, cancelRequest(1)]))
    expect(order.state).toMatchObject({ status: 'PENDING_CANCEL', inFlight: [1] })
    expect(order.foldAll([{ ...requestRejected(1), seq: 9 } as OrderFactEvent]).state.status).toBe('ACCEPTED')
  })
})

describe('anomalies', () => {
  it('are told', () => {
    expect(outcomeOf(submitted, fill('E1', 40))).toBe(Outcome.changed)
    expect(outcomeOf(submitted, fill('E1', 40), fill('E1', 40))).toBe(Outcome.duplicate)
    expect(outcomeOf(submitted, canceled(), fill('E1', 40))).toBe(Outcome.changed | Outcome.lateFill)
    expect(outcomeOf(submitted, fill('E1', 60), fill('E2', 60))).toBe(Outcome.changed | Outcome.overfill)
    expect(outcomeOf(submitted, fill('E1', 100), fill('E2', 10))).toBe(
      Outcome.changed | Outcome.lateFill | Outcome.overfill,
    )
    expect(outcomeOf(submitted, fill('E1', 40), fill('E1', 30))).toBe(Outcome.fillConflict)
    expect(outcomeOf(submitted, rejected, accepted)).toBe(Outcome.changed | Outcome.afterReject)
    expect(outcomeOf(submitted, rejected, fill('E1', 40))).toBe(
      Outcome.changed | Outcome.lateFill | Outcome.afterReject,
    )
    expect(outcomeOf(submitted, busted('E1'), busted('E1'))).toBe(Outcome.duplicate)
    expect(outcomeOf(submitted, corrected('E1', 30), corrected('E1', 30))).toBe(Outcome.duplicate)
  })

  it('keep the first of two reports of one execution', () => {
    expect(stateAfter(submitted, fill('E1', 40), fill('E1', 30))).toMatchObject({ filled: 40, conflicts: 1 })
    const late = new OrderUnderTest(initial)
    late.foldAll([{ ...fill('E1', 30), seq: 5 } as OrderFactEvent, { ...fill('E1', 40), seq: 2 } as OrderFactEvent])
    expect(late.state).toMatchObject({ filled: 40, conflicts: 1 })
  })

  it('say when the trade pool is full, and count nothing then', () => {
    const order = new OrderUnderTest(initial)
    const { trades } = order.table
    while (trades.size < trades.capacity) trades.add(99, 0)
    const events = sequenced([submitted, fill('E1', 40), corrected('E2', 30), busted('E3')])
    expect(events.map((event) => order.fold(event))).toEqual([
      Outcome.changed,
      Outcome.poolFull,
      Outcome.poolFull,
      Outcome.poolFull,
    ])
    expect(order.state.filled).toBe(0)
    const after = new OrderUnderTest(initial)
    after.foldAll(sequenced([submitted, fill('E1', 40), busted('E1')]))
    while (after.table.trades.size < after.table.trades.capacity) after.table.trades.add(99, 0)
    expect(after.fold({ ...fill('E2', 40), seq: 9 } as OrderFactEvent)).toBe(Outcome.poolFull)
  })

  it('are told of an order that was changed to nothing and is filled all the same', () => {
    expect(outcomeOf(submitted, accepted, updated(0), fill('E1', 40))).toBe(Outcome.changed | Outcome.overfill)
    expect(stateAfter(submitted, accepted, updated(0), fill('E1', 40))).toMatchObject({ filled: 40 })
  })
})

describe('ids of the venue', () => {
  it('are those of the acknowledgement, then of the terms that hold', () => {
    const { table, row } = rowAfter(submitted)
    foldAccepted(table, row, undefined, 2)
    expect(table.venueOrderId(row)).toBeUndefined()
    foldAccepted(table, row, 'V1', 3)
    expect(table.venueOrderId(row)).toBe('V1')
    foldUpdated(table, row, 2, 150, 1_000, Number.NaN, 'V2', 20, 4)
    expect(table.venueOrderId(row)).toBe('V2')
    foldUpdated(table, row, 1, 120, 1_000, Number.NaN, 'V3', 30, 5)
    foldAccepted(table, row, 'V4', 1)
    expect(table.venueOrderId(row)).toBe('V2')
  })
})

describe('two records of one execution', () => {
  it('become one, with what was booked of both', () => {
    // E2 is corrected before the correction of E1 says that E2 was only its other name.
    const { table, row } = rowAfter(submitted, accepted, fill('E1', 40), fill('E2', 30))
    const { cells } = table.trades
    const [first, second] = [table.cells[row + Field.firstTrade], table.cells[row + Field.lastTrade]] as const
    for (const [trade, quantity, price] of [
      [first, 40, 1_000],
      [second, 30, 1_010],
    ] as const) {
      cells[trade + TradeField.bookedQuantity] = quantity
      cells[trade + TradeField.bookedPrice] = price
    }
    foldCorrected(table, row, 'E1', 'E2', 35, 1_005, false, 50, 9)
    expect(table.cells[row + Field.tradeCount]).toBe(1)
    expect(table.cells[row + Field.filled]).toBe(35)
    expect(cells[first + TradeField.bookedQuantity]).toBe(70)
    expect(cells[first + TradeField.bookedPrice]).toBe(1_010)
  })
})

describe('a fee', () => {
  it('that follows its execution is taken, once', () => {
    const { table, row } = rowAfter(submitted, accepted)
    const report = (fee: number, seq: number) => foldTrade(table, row, 'E1', 40, 1_000, fee, 2, 0, 0, 10, seq)
    expect([report(Number.NaN, 3), report(125, 4), report(125, 5), report(Number.NaN, 6)]).toEqual([
      Outcome.changed,
      Outcome.changed | Outcome.duplicate,
      Outcome.duplicate,
      Outcome.duplicate,
    ])
    const trade = table.cells[row + Field.firstTrade]
    expect(table.trades.cells[trade + TradeField.fee]).toBe(125)
    expect(table.trades.cells[trade + TradeField.feeCurrency]).toBe(2)
    expect(table.cells[row + Field.filled]).toBe(40)
  })

  it('is not lost where the report of the execution itself comes after others of it', () => {
    const { table, row } = rowAfter(submitted, accepted)
    const report = (price: number, fee: number, seq: number) =>
      foldTrade(table, row, 'E1', 40, price, fee, 2, 0, 0, seq * 10, seq)
    report(1_000, 125, 8)
    expect(report(1_000, Number.NaN, 5)).toBe(Outcome.duplicate)
    const trade = table.cells[row + Field.firstTrade]
    expect([table.trades.cells[trade + TradeField.seq], table.trades.cells[trade + TradeField.ts]]).toEqual([5, 50])
    expect(report(1_010, 250, 4)).toBe(Outcome.fillConflict)
    expect([table.trades.cells[trade + TradeField.price], table.trades.cells[trade + TradeField.fee]]).toEqual([
      1_010, 250,
    ])
  })
})
