/** What the connector says the venue holds. Reconciliation rests on it, and on nothing else. */
import type { VenueOrderReport } from '../../../orders/venue-reports.js'
import type { ConformanceCase } from '../case.js'
import type { CaseContext, Placed } from '../case-context.js'

async function listed(t: CaseContext, placed: Placed): Promise<VenueOrderReport | undefined> {
  return (await t.ask(t.connector.queryOrders())).find(({ venueOrderId }) => venueOrderId === placed.venueId)
}

/** REC. */
export const reconciliationCases: readonly ConformanceCase[] = [
  {
    id: 'REC-001',
    title: 'lists a working order with its exact terms',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      const order = t.need(await listed(t, placed), 'the order is not listed')
      const { side, type, quantityUnits, priceUnits, cumulativeUnits, state, instrument } = order
      t.equal(
        [instrument, side, type, quantityUnits, priceUnits ?? t.priceUnits(t.at(3)), cumulativeUnits, state],
        [t.instrument.index, 'buy', 'LIMIT', t.units(4), t.priceUnits(t.at(3)), 0, 'working'],
        'the order as listed',
      )
    },
  },
  {
    id: 'REC-002',
    title: 'lists its own orders under the id of the host',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place({ clientOrderId: 'MINE-1' })
      t.equal((await listed(t, placed))?.clientOrderId, 'MINE-1', 'id')
      await t.fill(placed, 1)
      const [fill] = await t.ask(t.connector.queryFills(0))
      t.check(fill?.clientOrderId === 'MINE-1' || fill?.venueOrderId === placed.venueId, 'the fill names no order')
    },
  },
  {
    id: 'REC-003',
    title: 'lists what is filled of an order',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.fill(placed, 3)
      t.equal((await listed(t, placed))?.cumulativeUnits, t.units(3), 'cumulative quantity')
    },
  },
  {
    id: 'REC-004',
    title: 'lists orders that are over as over, or not at all',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const filled = await t.place()
      await t.fill(filled, 4)
      const canceled = await t.place()
      t.cancel(canceled)
      await t.reported(canceled, 'canceled')
      const states = [(await listed(t, filled))?.state ?? 'filled', (await listed(t, canceled))?.state ?? 'canceled']
      t.equal(states, ['filled', 'canceled'], 'states')
    },
  },
  {
    id: 'REC-005',
    title: 'lists closed orders where it promises the full history',
    needs: { type: 'LIMIT', flag: 'fullHistory' },
    async run(t) {
      await t.start()
      const filled = await t.place()
      await t.fill(filled, 4)
      const canceled = await t.place()
      t.cancel(canceled)
      await t.reported(canceled, 'canceled')
      await t.reconnect()
      t.equal([(await listed(t, filled))?.state, (await listed(t, canceled))?.state], ['filled', 'canceled'], 'states')
    },
  },
  {
    id: 'REC-006',
    title: 'lists every execution with its exact terms',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const bought = await t.place()
      await t.fill(bought, 1)
      await t.fill(bought, 3)
      const sold = await t.place({ side: 'sell' })
      await t.fill(sold, 2)
      const fills = await t.ask(t.connector.queryFills(0))
      t.equal(
        fills.map((fill) => [fill.instrument, fill.side, fill.quantityUnits, fill.priceUnits]),
        [
          [t.instrument.index, 'buy', t.units(1), t.priceUnits(t.at(3))],
          [t.instrument.index, 'buy', t.units(3), t.priceUnits(t.at(3))],
          [t.instrument.index, 'sell', t.units(2), t.priceUnits(t.at(7))],
        ],
        'executions',
      )
    },
  },
  {
    id: 'REC-007',
    title: 'lists executions from a time on, that time included',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.fill(placed, 1)
      await t.wait(20)
      await t.fill(placed, 1)
      await t.wait(20)
      await t.fill(placed, 1)
      const [, second] = t.reports(placed.number, 'filled')
      const since = second?.tsUs ?? 0
      t.equal((await t.ask(t.connector.queryFills(since))).length, 2, `executions since ${since}`)
      t.equal((await t.ask(t.connector.queryFills(since + 1))).length, 1, `executions since ${since + 1}`)
    },
  },
  {
    id: 'REC-008',
    title: 'says what the position is: long',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      await t.fill(await t.place(), 3)
      await positionIs(t, 3)
    },
  },
  {
    id: 'REC-009',
    title: 'says what the position is: short, as a negative number',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      await t.fill(await t.place({ side: 'sell' }), 3)
      await positionIs(t, -3)
    },
  },
  {
    id: 'REC-010',
    title: 'says that the position is flat again',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      await t.fill(await t.place(), 4)
      await t.fill(await t.place({ side: 'sell' }), 4)
      const { positions } = await t.ask(t.connector.queryAccountState())
      const units = positions?.find(({ instrument }) => instrument === t.instrument.index)?.quantityUnits ?? 0
      t.equal(units, 0, 'position')
    },
  },
  {
    id: 'REC-011',
    title: 'fails a question that the venue does not answer, within the time-out, instead of saying "nothing"',
    needs: { orders: true, venue: ['silence'] },
    settings: { queryTimeoutMs: 300 },
    async run(t) {
      await t.start()
      await t.fill(await t.place(), 1)
      t.venue.silence?.()
      for (const [what, ask] of [
        ['orders', () => t.connector.queryOrders()],
        ['fills', () => t.connector.queryFills(0)],
        ['account', () => t.connector.queryAccountState()],
      ] as const) {
        const error = await t.errorOf(`the question for ${what}`, ask)
        t.check(
          error === 'TW_TIMEOUT' || error === 'TW_NOT_CONNECTED' || error === 'TW_ABORTED',
          `${what}: the error is ${error}`,
        )
      }
    },
  },
  {
    id: 'REC-012',
    title: 'lists orders that somebody else sent for the account',
    needs: { orders: true, venue: ['foreignOrder'] },
    async run(t) {
      await t.start()
      const id = t.venue.foreignOrder?.('buy', t.lots(2), t.at(2))
      const orders = await t.ask(t.connector.queryOrders())
      const order = t.need(
        orders.find(({ venueOrderId }) => venueOrderId === id),
        'the order is not listed',
      )
      const number = order.clientOrderId === undefined ? 0 : t.host.reports.numberOf(order.clientOrderId)
      t.equal(number, 0, 'number of an order of somebody else')
      t.equal([order.side, order.quantityUnits], ['buy', t.units(2)], 'terms')
    },
  },
  {
    id: 'REC-013',
    title: 'lists executions of orders that somebody else sent for the account',
    needs: { orders: true, venue: ['foreignOrder'] },
    async run(t) {
      await t.start()
      const id = t.venue.foreignOrder?.('buy', t.lots(2), t.at(2)) as string | number
      t.venue.fill(id, t.lots(2))
      await t.settle(50)
      const fills = await t.ask(t.connector.queryFills(0))
      t.equal(
        fills.map((fill) => fill.quantityUnits),
        [t.units(2)],
        'quantities',
      )
    },
  },
  {
    id: 'REC-014',
    title: 'names the account of orders, executions and positions',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      await t.fill(await t.place(), 3)
      const { account = 'PAPER' } = t.venue
      const [orders, fills, { positions = [] }] = await t.ask(
        Promise.all([t.connector.queryOrders(), t.connector.queryFills(0), t.connector.queryAccountState()]),
      )
      const accounts = [...orders, ...fills, ...positions].map((each) => each.account)
      t.equal([...new Set(accounts)], [account], 'accounts')
    },
  },
  {
    id: 'REC-015',
    title: 'answers three questions at once, each with its own answer',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      await t.fill(await t.place(), 2)
      const [orders, fills, account] = await t.ask(
        Promise.all([t.connector.queryOrders(), t.connector.queryFills(0), t.connector.queryAccountState()]),
      )
      t.equal([orders[0]?.cumulativeUnits, fills[0]?.quantityUnits], [t.units(2), t.units(2)], 'answers')
      t.check(account !== undefined, 'there is no account state')
    },
  },
]

async function positionIs(t: CaseContext, lots: number): Promise<void> {
  t.equal(t.venue.position(), Math.sign(lots) * t.lots(Math.abs(lots)), 'position at the venue')
  const { positions } = await t.ask(t.connector.queryAccountState())
  // A venue that does not tell positions leaves them out; an empty list says "flat".
  if (positions === undefined) return
  const units = positions.find(({ instrument }) => instrument === t.instrument.index)?.quantityUnits
  t.equal(units, t.units(1) * lots, 'position')
}
