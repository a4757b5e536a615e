/** Executions of which it is not clear whose they are. */
import { describe, expect, it } from 'vitest'
import type { LocalOrder, LocalTrade, VenueAnswers } from './inputs.js'
import { reconcile } from './reconcile.js'
import { accepted, answersOf, nameless, orderOf, reportOf, run, second } from './reconcile.test-support.js'

describe('executions under an id of the venue that nobody here has heard of', () => {
  const told = (changes: Partial<LocalTrade> = {}): LocalTrade => ({
    exec: 'E1',
    quantityUnits: 4,
    priceUnits: 99,
    isInferred: false,
    isBusted: false,
    isCorrected: false,
    tsUs: 1002 * second,
    ...changes,
  })
  const filled = (changes: Partial<LocalOrder> = {}) =>
    orderOf({ status: 'CANCELED', filledUnits: 4, tradedUnits: 4, trades: [told()], ...changes })

  it('are ours where we know them: the acknowledgement was missed', () => {
    const result = run(filled(), answersOf({}, [], [nameless()]))
    expect(result.actions.filter(({ kind }) => kind === 'external_fill')).toEqual([])
  })

  it('are ours with all others of that id', () => {
    const result = run(filled(), answersOf({}, [], [nameless({ exec: 'E2', quantityUnits: 3 }), nameless()]))
    const filledNow = result.actions.filter(({ kind }) => kind === 'filled' || kind === 'external_fill')
    expect(filledNow).toMatchObject([{ kind: 'filled', order: 'O1', fill: { exec: 'E2' } }])
  })

  it('wait for the next answers where an order that nobody has acknowledged may be theirs', () => {
    const local = { orders: [orderOf()], positions: [] }
    const account = { positions: [{ account: 'A', instrument: 0, quantityUnits: 4 }] }
    const first = answersOf({ account }, [], [nameless()])
    const startup = { phase: 'startup' } as const
    const before = reconcile(local, first, startup)
    expect(before.actions.filter(({ kind }) => kind !== 'unknown')).toEqual([])
    expect(before.findings.filter(({ kind }) => kind === 'position_mismatch')).toEqual([])
    expect(before.followUps).toMatchObject([{ kind: 'order', order: 'O1' }])
    expect(reconcile(local, first, startup, before.memory).actions).toEqual(before.actions)
    const later = { account, askedAtUs: 2001 * second, answeredAtUs: 2001 * second }
    const booked = (answers: VenueAnswers) =>
      reconcile(local, answers, startup, before.memory).actions.flatMap((action) =>
        action.kind === 'filled' || action.kind === 'external_fill' ? [action.kind] : [],
      )
    expect(booked(answersOf(later, [reportOf({ cumulativeUnits: 4 })], [nameless()]))).toEqual(['filled'])
    expect(booked(answersOf(later, [], [nameless()]))).toEqual(['external_fill'])
  })

  it.each([
    ['on another side', orderOf({ side: 'sell' })],
    ['for another instrument', orderOf({ instrument: 1 })],
    ['over', orderOf({ status: 'REJECTED' })],
    ['known to the venue by another id', accepted({ venueOrderIds: ['V0'] })],
  ])('do not wait for an order that is %s', (_, order) => {
    const result = run(order, answersOf({}, [], [nameless()]))
    expect(result.actions.filter(({ kind }) => kind === 'external_fill')).toHaveLength(1)
  })

  it.each([
    ['of another side', filled(), { side: 'sell' }],
    ['of another instrument', filled(), { instrument: 1 }],
    ['of another quantity', filled(), { quantityUnits: 5 }],
    ['at another price', filled(), { priceUnits: 98 }],
    ['under another id than that of the order', filled({ venueOrderIds: ['V0'] }), {}],
  ] as const)('are those of others where ours is %s', (_, order, changes) => {
    const result = run(order, answersOf({}, [], [nameless(changes)]))
    expect(result.actions.filter(({ kind }) => kind === 'external_fill')).toHaveLength(1)
  })
})
