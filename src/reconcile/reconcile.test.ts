import { describe, expect, it } from 'vitest'
import type { VenueOrderReport } from '../orders/venue-reports.js'
import { describeReconciliation } from './describe.js'
import { deterministicId } from './inferred-fill.js'
import { emptyMemory, haltKey, type LocalOrder, type VenueAnswers } from './inputs.js'
import { adjustmentPrice } from './positions.js'
import {
  accepted,
  answersOf,
  fillOf,
  found,
  kinds,
  noFacts,
  orderOf,
  reportOf,
  run,
  running,
  second,
} from './reconcile.test-support.js'

describe('an order that the venue reports', () => {
  it('gets acknowledgement, terms, fills, inferred fill and end, in this order', () => {
    const report = reportOf({
      quantityUnits: 12,
      cumulativeUnits: 9,
      averagePriceUnits: 98,
      state: 'canceled',
      reason: 'by user',
    })
    const result = run(
      orderOf(),
      answersOf({ account: { positions: [{ account: 'A', instrument: 0, quantityUnits: 9 }] } }, [report], [fillOf()]),
    )
    expect(kinds(result)).toEqual(['accepted', 'updated', 'filled', 'inferred_fill', 'canceled'])
    // (98 x 9 - 99 x 4) / 5 = 97.2, rounded against a buyer.
    expect(result.actions[3]).toMatchObject({ quantityUnits: 5, priceUnits: 98, basisUnits: 9, liquidity: 0 })
    expect(result.findings).toEqual([])
  })

  it('is left alone by pending reports but for its fills', () => {
    const result = run(
      accepted(),
      answersOf(
        { account: { positions: [{ account: 'A', instrument: 0, quantityUnits: 4 }] } },
        [reportOf({ state: 'pending', cumulativeUnits: 9, quantityUnits: 5 })],
        [fillOf()],
      ),
    )
    expect(kinds(result)).toEqual(['filled'])
  })

  it('keeps what we have when the venue has less, and tells', () => {
    const trades = [
      { exec: 'E1', quantityUnits: 4, priceUnits: 99, isInferred: false, isBusted: false, isCorrected: false, tsUs: 1 },
    ]
    const order = accepted({
      status: 'PARTIALLY_FILLED',
      filledUnits: 4,
      tradedUnits: 4,
      averagePriceUnits: 99,
      trades,
    })
    const answers = answersOf(
      {
        fills: { reports: [], sinceUs: 0, complete: false },
        account: { positions: [{ account: 'A', instrument: 0, quantityUnits: 4 }] },
      },
      [reportOf({ cumulativeUnits: 2 })],
    )
    const local = { positions: [{ account: 'A', instrument: 0, quantityUnits: 4 }] }
    const result = run(order, answers, running, emptyMemory, local)
    expect([kinds(result), found(result)]).toEqual([[], ['venue_behind']])
    expect(
      found(
        run(
          order,
          answersOf({
            ...answers,
            orders: { reports: [reportOf({ cumulativeUnits: 3 })], coverage: 'open', sinceUs: 0 },
          }),
          running,
          emptyMemory,
          local,
        ),
      ),
    ).toEqual(['venue_behind'])
  })

  describe('with a fill that was concluded', () => {
    const inferred = (exec: string, changes: object = {}) => ({
      exec,
      quantityUnits: 6,
      priceUnits: 99,
      isInferred: true,
      isBusted: false,
      isCorrected: false,
      tsUs: 1001 * second,
      ...changes,
    })
    const canceled = (cumulativeUnits: number) => reportOf({ state: 'canceled', cumulativeUnits })
    const order = accepted({
      status: 'CANCELED',
      venueFacts: { ...noFacts, accepted: true, canceled: true },
      filledUnits: 6,
      inferredUnits: 6,
      averagePriceUnits: 99,
      trades: [inferred('INF-1')],
    })
    const ours = (quantityUnits: number) => ({ positions: [{ account: 'A', instrument: 0, quantityUnits }] })
    const position = (quantityUnits: number) => ({ positions: [{ account: 'A', instrument: 0, quantityUnits }] })

    it('takes it back where neither the total nor the complete history holds it any more', () => {
      const answers = answersOf({ account: position(0) }, [canceled(0)])
      const result = run(order, answers, running, emptyMemory, ours(6))
      expect([kinds(result), found(result)]).toEqual([['inferred_bust', 'halt'], ['missing_execution']])
      expect(result.actions[0]).toMatchObject({ exec: 'INF-1' })
      const after = accepted({
        ...order,
        filledUnits: 0,
        inferredUnits: 0,
        trades: [inferred('INF-1', { isBusted: true })],
      })
      expect(kinds(run(after, answers, running, emptyMemory, ours(0)))).toEqual([])
    })

    it('concludes anew what is left of it, under another id than before', () => {
      const result = run(order, answersOf({ account: position(2) }, [canceled(2)]), running, emptyMemory, ours(6))
      expect(kinds(result)).toEqual(['inferred_bust', 'halt', 'inferred_fill'])
      expect(result.actions[2]).toMatchObject({ quantityUnits: 2, basisUnits: 2 })
      const again = { ...order, filledUnits: 0, inferredUnits: 0, trades: [inferred('INF-1', { isBusted: true })] }
      const ids = [orderOf({ ...again, trades: [] }), orderOf(again)].map((each) => {
        const { actions } = run(each, answersOf({ account: position(6) }, [canceled(6)]), running, emptyMemory, ours(0))
        return actions.flatMap((action) => (action.kind === 'inferred_fill' ? [action.exec] : []))
      })
      expect(new Set(ids.flat()).size).toBe(2)
    })

    it('keeps it where the history is not complete, the total holds it, or real executions explain the difference', () => {
      const incomplete = { fills: { reports: [], sinceUs: 0, complete: false }, account: position(0) }
      expect(kinds(run(order, answersOf(incomplete, [canceled(0)]), running, emptyMemory, ours(6)))).toEqual([])
      expect(
        kinds(run(order, answersOf({ account: position(6) }, [canceled(6)]), running, emptyMemory, ours(6))),
      ).toEqual([])
      const real = inferred('E1', { isInferred: false, quantityUnits: 3 })
      const both = { ...order, filledUnits: 9, tradedUnits: 3, trades: [real, inferred('INF-1')] }
      const result = run(both, answersOf({ account: position(6) }, [canceled(6)]), running, emptyMemory, ours(9))
      expect(result.actions.filter(({ kind }) => kind === 'inferred_bust')).toMatchObject([{ exec: 'E1' }])
    })
  })

  it('keeps an execution that the list lacks but the total supports', () => {
    const trades = [
      { exec: 'E1', quantityUnits: 4, priceUnits: 99, isInferred: false, isBusted: false, isCorrected: false, tsUs: 1 },
    ]
    const order = accepted({
      status: 'PARTIALLY_FILLED',
      filledUnits: 4,
      tradedUnits: 4,
      averagePriceUnits: 99,
      trades,
    })
    const local = { positions: [{ account: 'A', instrument: 0, quantityUnits: 4 }] }
    const account = { positions: [{ account: 'A', instrument: 0, quantityUnits: 4 }] }
    const supported = run(
      order,
      answersOf({ account }, [reportOf({ cumulativeUnits: 4 })]),
      running,
      emptyMemory,
      local,
    )
    expect([kinds(supported), found(supported)]).toEqual([[], ['missing_execution']])
    const alias = { ...order, trades: trades.map((trade) => ({ ...trade, aliases: ['E1.02'], isCorrected: true })) }
    const corrected = answersOf({ account }, [reportOf({ cumulativeUnits: 4 })], [fillOf({ exec: 'E1.02' })])
    expect(run(alias, corrected, running, emptyMemory, local)).toMatchObject({ actions: [], findings: [] })
    expect(
      kinds(run(order, answersOf({ account: { positions: [] } }, [reportOf()]), running, emptyMemory, local)),
    ).toEqual(['inferred_bust', 'halt', 'works'])
  })

  it('is not closed by the cancel of an old leg', () => {
    const order = accepted({ venueOrderIds: ['V1', 'V2'] })
    const result = run(order, answersOf({}, [reportOf({ state: 'canceled' }), reportOf({ venueOrderId: 'V2' })]))
    expect(result.actions).toEqual([])
  })

  it('confirms the request whose terms the venue shows, and takes other changes over', () => {
    const requests = [{ generation: 3, kind: 'update' as const, sentAtUs: 1000 * second, priceUnits: 101 }]
    const order = accepted({ status: 'PENDING_UPDATE', requests, termGeneration: 1, termTsUs: 500 * second })
    expect(run(order, answersOf({}, [reportOf({ priceUnits: 101 })])).actions).toMatchObject([
      { kind: 'updated', generation: 3, priceUnits: 101 },
    ])
    expect(run(order, answersOf({}, [reportOf({ priceUnits: 105 })])).actions).toMatchObject([
      { kind: 'updated', generation: 1, priceUnits: 105 },
    ])
    // A report from before the confirmation shows the terms of then; an absent price is not supplied.
    expect(run(order, answersOf({}, [reportOf({ priceUnits: 105, tsUs: 1 })])).actions).toEqual([])
    const { priceUnits: _, ...withoutPrice } = reportOf()
    const unchanged = run(order, answersOf({}, [withoutPrice]))
    expect([kinds(unchanged), found(unchanged)]).toEqual([[], ['request_overdue']])
    expect(unchanged.followUps).toMatchObject([{ kind: 'order', order: 'O1' }])
  })

  it('takes over only real fills while it is moving', () => {
    const order = accepted({ lastActivityUs: 1999 * second })
    const result = run(order, answersOf({}, [reportOf({ state: 'canceled', cumulativeUnits: 9 })], [fillOf()]))
    expect(kinds(result)).toEqual(['filled'])
    expect(result.skippedOrders).toEqual(['O1'])
    expect(
      kinds(
        run(order, answersOf({}, [reportOf({ state: 'canceled', cumulativeUnits: 4 })], [fillOf()]), {
          phase: 'startup',
        }),
      ),
    ).toEqual(['filled', 'canceled', 'halt'])
  })

  it('asks for fills before it makes one up, and makes none up without a price', () => {
    const report = reportOf({ cumulativeUnits: 3 })
    const { fills: _, ...withoutFills } = answersOf({}, [report])
    const asked = run(accepted(), withoutFills)
    expect([kinds(asked), asked.followUps[0]]).toEqual([[], { kind: 'fills', sinceUs: 1000 * second }])
    const { priceUnits: __, ...market } = accepted({ type: 'MARKET' })
    const { priceUnits: ___, ...bare } = report
    const result = run(market, answersOf({}, [bare]))
    expect(kinds(result)).toEqual([])
    expect(found(result)).toContain('fill_without_price')
  })

  it('works again when only a conclusion had closed it', () => {
    const closed = { status: 'REJECTED' as const, isClosedByInference: true }
    expect(kinds(run(orderOf(closed), answersOf({}, [reportOf()])))).toEqual(['accepted', 'works'])
    expect(kinds(run(accepted({ status: 'UNKNOWN' }), answersOf({}, [reportOf()])))).toEqual(['works'])
    expect(kinds(run(orderOf({ status: 'UNKNOWN' }), answersOf({}, [reportOf()])))).toEqual(['accepted'])
    const canceled = run(
      accepted({ status: 'CANCELED', venueFacts: { ...noFacts, accepted: true, canceled: true } }),
      answersOf({}, [reportOf()]),
    )
    expect([kinds(canceled), found(canceled)]).toEqual([[], ['closed_but_works_at_venue']])
  })

  it('finds its fills by the venue id of a report whose acknowledgement we missed, and keeps other sides out', () => {
    const { clientOrderId: _, ...byVenueId } = fillOf()
    expect(kinds(run(orderOf(), answersOf({ account: {} }, [reportOf({ cumulativeUnits: 4 })], [byVenueId])))).toEqual([
      'accepted',
      'filled',
    ])
    const wrong = run(accepted(), answersOf({ account: {} }, [reportOf()], [fillOf({ side: 'sell' })]))
    expect(kinds(wrong)).toEqual(['external_fill', 'halt'])
  })
})

describe('an order that the venue does not show', () => {
  const later = (seconds: number, changes: Partial<VenueAnswers> = {}) =>
    answersOf({ askedAtUs: (2000 + seconds) * second, answeredAtUs: (2000 + seconds) * second, ...changes })

  it('that was never acknowledged is rejected only when its absence is proven', () => {
    const first = run(orderOf(), later(0))
    expect(first.actions).toMatchObject([{ kind: 'unknown', reason: 'NOT_FOUND' }])
    const unknown = orderOf({ status: 'UNKNOWN' })
    expect(kinds(run(unknown, later(4), running, first.memory))).toEqual([])
    for (const weaker of [
      { fills: { reports: [], sinceUs: 0, complete: false } },
      { fills: { reports: [], sinceUs: 1500 * second, complete: true } },
      { account: {} },
      { account: { positions: [{ account: 'A', instrument: 0, quantityUnits: 10 }] } },
      { orders: { reports: [], coverage: 'open' as const, sinceUs: 0 } },
      { orders: { reports: [], coverage: 'history' as const, sinceUs: 1500 * second } },
    ]) {
      expect(
        kinds(run(unknown, later(10, weaker), running, first.memory)).filter((kind) => kind === 'rejected'),
      ).toEqual([])
    }
    const proven = run(unknown, later(10), running, first.memory)
    expect(proven.actions).toMatchObject([{ kind: 'rejected', source: 'inferred' }])
    expect(found(proven)).toEqual(['proven_absent'])
  })

  it('becomes unknown without an answer, and stays so', () => {
    const { orders: _, ...silent } = later(0)
    const result = run(orderOf(), silent)
    expect(result.actions).toMatchObject([{ kind: 'unknown', reason: 'NO_ACKNOWLEDGEMENT' }])
    expect(found(result)).toContain('query_failed')
    expect(kinds(run(orderOf({ status: 'UNKNOWN' }), silent, running, result.memory))).toEqual([])
    expect(kinds(run(orderOf({ submittedAtUs: 1999 * second, lastActivityUs: 0 }), silent))).toEqual([])
  })

  it('that was acknowledged is lost: unknown, halted, told; canceled only where the venue is known to purge', () => {
    const first = run(accepted(), later(0))
    expect([kinds(first), first.followUps.map((followUp) => followUp.kind)]).toEqual([[], ['order']])
    const lost = run(accepted(), later(10), running, first.memory)
    expect(kinds(lost)).toEqual(['halt', 'unknown'])
    expect(lost.actions[1]).toMatchObject({ reason: 'LOST_AT_VENUE' })
    expect(kinds(run(accepted(), later(0, { notFound: ['O1'] })))).toEqual(['halt', 'unknown'])
    expect(run(accepted(), later(10), { ...running, notFound: 'infer' }, first.memory).actions).toMatchObject([
      { kind: 'canceled', source: 'inferred' },
    ])
    const again = run(accepted({ status: 'UNKNOWN' }), later(20), running, lost.memory, {
      halted: new Set([haltKey('A', 0)]),
    })
    expect(kinds(again)).toEqual([])
    expect(found(again)).toEqual(['lost_at_venue'])
  })

  it('with a cancel under way keeps it in flight', () => {
    const requests = [{ generation: 1, kind: 'cancel' as const, sentAtUs: 1000 * second }]
    const result = run(accepted({ status: 'PENDING_CANCEL', requests }), later(0))
    expect([kinds(result), found(result)]).toEqual([[], ['request_overdue']])
  })

  it('ends a change to more of an order that is filled and does not work any more, and no other', () => {
    const request = { generation: 1, kind: 'update', sentAtUs: 0, quantityUnits: 15 } as const
    const filled = orderOf({
      status: 'FILLED',
      venueOrderIds: ['V1'],
      venueFacts: { ...noFacts, accepted: true },
      filledUnits: 10,
      tradedUnits: 10,
      averagePriceUnits: 99,
      trades: [
        {
          exec: 'E1',
          quantityUnits: 10,
          priceUnits: 99,
          isInferred: false,
          isBusted: false,
          isCorrected: false,
          tsUs: 1,
        },
      ],
      requests: [request],
    })
    const resultFor = (order: LocalOrder, reports: VenueOrderReport[]) =>
      run(
        order,
        answersOf({ account: { positions: [{ account: 'A', instrument: 0, quantityUnits: 10 }] } }, reports, [
          fillOf({ quantityUnits: 10 }),
        ]),
        running,
        emptyMemory,
        { positions: [{ account: 'A', instrument: 0, quantityUnits: 10 }] },
      )
    const actionsFor = (order: LocalOrder, reports: VenueOrderReport[]) => kinds(resultFor(order, reports))
    const full = { cumulativeUnits: 10, averagePriceUnits: 99 }
    expect(actionsFor(filled, [])).toEqual(['requests_over'])
    expect(actionsFor(filled, [reportOf({ ...full, state: 'filled' })])).toEqual(['requests_over'])
    expect(actionsFor(filled, [reportOf({ ...full, quantityUnits: 15 })])).toEqual(['updated'])
    expect(actionsFor(filled, [reportOf({ ...full, state: 'pending' })])).toEqual([])
    expect(actionsFor({ ...filled, requests: [{ ...request, quantityUnits: 10 }] }, [])).toEqual([])
    expect(actionsFor({ ...filled, requests: [{ generation: 1, kind: 'cancel', sentAtUs: 0 }] }, [])).toEqual([])
    expect(describeReconciliation(resultFor(filled, [])).join()).toContain(
      'O1 is filled and does not work at the venue',
    )
  })

  it('is filled when its fills say so', () => {
    const result = run(
      accepted(),
      answersOf(
        { notFound: ['O1'], account: { positions: [{ account: 'A', instrument: 0, quantityUnits: 10 }] } },
        [],
        [fillOf({ quantityUnits: 10 })],
      ),
    )
    expect(kinds(result)).toEqual(['filled'])
    expect(found(result)).toEqual([])
  })

  it('is nothing to wonder about when it was closed or never sent', () => {
    for (const status of [
      'FILLED',
      'CANCELED',
      'REJECTED',
      'EXPIRED',
      'DENIED',
      'INITIALIZED',
      'EMULATED',
      'RELEASED',
    ] as const) {
      expect(run(orderOf({ status }), later(0, { notFound: ['O1'] })).actions).toEqual([])
    }
  })

  it('is asked for within a bound', () => {
    const orders = Array.from({ length: 20 }, (_, i) => accepted({ clientOrderId: `O${i}`, venueOrderIds: [`V${i}`] }))
    expect(run(orders, later(0), { ...running, maxOrderQueries: 3 }).followUps).toHaveLength(3)
  })
})

describe('what is not ours', () => {
  const { clientOrderId: _, ...external } = reportOf({ venueOrderId: 'X1', cumulativeUnits: 4, averagePriceUnits: 99 })
  const { clientOrderId: __, ...externalFill } = fillOf({ venueOrderId: 'X1' })
  const answers = answersOf({ account: {} }, [external], [externalFill])

  it('is adopted, observed or ignored', () => {
    const adopted = run([], answers, { ...running, externalOrders: 'adopt', claims: () => 'mine' })
    expect(adopted.actions).toMatchObject([
      { kind: 'adopt', order: 'EXT-A-X1', owner: 'mine' },
      { kind: 'accepted' },
      { kind: 'filled', order: 'EXT-A-X1' },
    ])
    const observed = run([], answers)
    expect(observed.actions).toMatchObject([{ kind: 'external_fill', owner: 'EXTERNAL' }])
    expect(kinds(run([], answers, running, emptyMemory, { externalExecs: new Set(['E1']) }))).toEqual([])
    expect(kinds(run([], answers, { ...running, externalOrders: 'ignore' }))).toEqual([])
  })

  it('is booked and halted when the venue knows no order for it, whatever the policy', () => {
    const stray = answersOf({ account: {} }, [], [externalFill])
    const result = run([], stray, { ...running, externalOrders: 'ignore' })
    expect([kinds(result), found(result)]).toEqual([
      ['external_fill', 'halt'],
      ['unknown_order_fill', 'query_failed'],
    ])
  })
})

describe('positions', () => {
  const local = (quantityUnits: number, averagePriceUnits = 100) => ({
    positions: [{ account: 'A', instrument: 0, quantityUnits, averagePriceUnits }],
  })
  const venue = (quantityUnits: number, averagePriceUnits = 110) =>
    answersOf({ account: { positions: [{ account: 'A', instrument: 0, quantityUnits, averagePriceUnits }] } })

  it('halt on a difference: at once at startup, after several rounds while running', () => {
    expect(kinds(run([], venue(7), { phase: 'startup' }, emptyMemory, local(5)))).toEqual(['halt'])
    let memory = emptyMemory
    const rounds = [1, 2, 3].map(() => {
      const result = run([], venue(7), running, memory, local(5))
      memory = result.memory
      return kinds(result)
    })
    expect(rounds).toEqual([[], [], ['halt']])
    expect(run([], venue(5), running, memory, local(5)).memory.mismatches.size).toBe(0)
  })

  it('are skipped when the venue did not answer, and flat when it did', () => {
    const silent = run([], answersOf({ account: {} }), { phase: 'startup' }, emptyMemory, local(5))
    expect([kinds(silent), found(silent), silent.followUps]).toEqual([[], ['query_failed'], [{ kind: 'account' }]])
    expect(kinds(run([], answersOf(), { phase: 'startup' }, emptyMemory, local(5)))).toEqual(['halt'])
    expect(kinds(run([], answersOf({ accounts: ['B'] }), { phase: 'startup' }, emptyMemory, local(5)))).toEqual([])
  })

  it('are adjusted where the host chose so', () => {
    const policy = { phase: 'startup', positionMismatch: 'adjust' } as const
    expect(run([], venue(7), policy, emptyMemory, local(5)).actions).toMatchObject([
      { kind: 'adjust_position', side: 'buy', quantityUnits: 2, priceUnits: 135 },
    ])
    expect(run([], venue(-3), policy, emptyMemory, local(5)).actions).toMatchObject([
      { side: 'sell', quantityUnits: 5, priceUnits: 100 },
      { side: 'sell', quantityUnits: 3, priceUnits: 110 },
    ])
  })

  it('price adjustments by the documented rules', () => {
    const price = (oursUnits: number, venueUnits: number, current?: number, average?: number, mid?: number) =>
      adjustmentPrice({
        oursUnits,
        venueUnits,
        ours: {
          account: 'A',
          instrument: 0,
          quantityUnits: oursUnits,
          ...(current === undefined ? {} : { averagePriceUnits: current }),
          ...(mid === undefined ? {} : { midPriceUnits: mid }),
        },
        venueAverageUnits: average,
      })
    expect(price(5, 0, 100, 110)).toBe(100)
    expect(price(0, 5, undefined, 110)).toBe(110)
    expect(price(5, 10, 100, 110)).toBe(120)
    expect(price(5, 6, 100, 10, 95)).toBe(95)
    expect(price(5, 6, 100, 10)).toBe(100)
    expect(price(5, 6)).toBeUndefined()
  })
})

describe('describeReconciliation', () => {
  it('says everything in a line each', () => {
    const { orders: _, ...silent } = answersOf({}, [], [])
    const results = [
      run(
        orderOf(),
        answersOf(
          {},
          [reportOf({ quantityUnits: 12, cumulativeUnits: 9, averagePriceUnits: 98, state: 'canceled' })],
          [fillOf()],
        ),
        { phase: 'startup', positionMismatch: 'adjust' },
      ),
      run(accepted(), answersOf({ notFound: ['O1'] })),
      run(orderOf(), silent),
    ]
    const lines = results.flatMap((result) =>
      describeReconciliation(result, () => ({ name: 'IBM', priceScale: 1, sizeScale: 0 })),
    )
    for (const result of results)
      expect(describeReconciliation(result)).toHaveLength(
        1 + result.actions.length + result.findings.length + result.followUps.length,
      )
    expect(lines).toContain('event: O1 was filled, E1: buy 4 IBM at 9.9')
    expect(lines).toContain('event: IBM is halted for A: lost at venue')
    expect(lines.some((line) => line.startsWith('event: position of A in IBM is adjusted: sell 9'))).toBe(true)
    expect(lines.every((line) => line.length > 10 && !line.includes('undefined'))).toBe(true)
  })
})

describe('deterministicId', () => {
  it('depends on every part and on nothing else', () => {
    const ids = new Set(Array.from({ length: 10_000 }, (_, i) => deterministicId('INF', ['A', i, 'x'])))
    expect(ids.size).toBe(10_000)
    expect(deterministicId('INF', ['A', 1])).toBe(deterministicId('INF', ['A', 1]))
    expect(deterministicId('INF', ['A1', ''])).not.toBe(deterministicId('INF', ['A', '1']))
  })
})
