/** Executions: that each counts once, whatever comes twice, and what is taken back. */
import type { ConformanceCase } from '../case.js'

/** DUP. */
export const executionCases: readonly ConformanceCase[] = [
  {
    id: 'DUP-001',
    title: 'gives an execution that comes twice the same id both times',
    needs: { type: 'LIMIT', venue: ['duplicateNext'] },
    async run(t) {
      await t.start()
      const placed = await t.place()
      t.venue.duplicateNext?.('fill')
      await t.fill(placed, 1)
      await t.settle(50)
      const ids = new Set(t.reports(placed.number, 'filled').map(({ exec }) => exec))
      t.equal(ids.size, 1, 'ids of one execution')
      t.equal(t.filledLots(placed.number), 1, 'lots filled')
    },
  },
  {
    id: 'DUP-002',
    title: 'gives every execution an id of its own',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const first = await t.place()
      const second = await t.place({ price: t.at(4) })
      await t.fill(second, 1)
      await t.fill(second, 1)
      await t.fill(second, 2)
      await t.fill(first, 4)
      const ids = t.host.reports.of('filled').map(({ exec }) => exec)
      t.equal(new Set(ids).size, 4, 'distinct ids')
    },
  },
  {
    id: 'DUP-003',
    title: 'does not use the ids of an earlier connection again',
    needs: { type: 'LIMIT', cancelOnDisconnect: 'none' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.fill(placed, 1)
      await t.reconnect()
      await t.fill(placed, 1)
      const ids = t.reports(placed.number, 'filled').map(({ exec }) => exec)
      t.equal(new Set(ids).size, ids.length, 'distinct ids')
      t.equal(t.filledLots(placed.number), 2, 'lots filled')
    },
  },
  {
    id: 'DUP-004',
    title: 'gives an execution the same id when it is asked for as when it was reported',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.fill(placed, 1)
      await t.fill(placed, 3)
      const reported = t.reports(placed.number, 'filled').map(({ exec }) => exec)
      const asked = (await t.ask(t.connector.queryFills(0))).map(({ exec }) => exec)
      t.equal(
        reported.filter((exec) => !asked.includes(exec as never)),
        [],
        `ids missing among ${asked.join(', ')}`,
      )
    },
  },
  {
    id: 'DUP-005',
    title: 'gives an order the same venue id when it is asked for as when it was reported',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      const { venueOrderId } = t.report(placed.number, 'accepted')
      const asked = await t.ask(t.connector.queryOrders())
      t.check(
        asked.some((order) => order.venueOrderId === venueOrderId),
        `${venueOrderId} is not among the orders`,
      )
    },
  },
  {
    id: 'DUP-006',
    title: 'takes an acknowledgement that comes twice for one order',
    needs: { type: 'LIMIT', venue: ['duplicateNext'] },
    async run(t) {
      await t.start()
      t.venue.duplicateNext?.('accepted')
      const { number } = await t.place()
      await t.settle(50)
      const ids = new Set(t.reports(number, 'accepted').map(({ venueOrderId }) => venueOrderId))
      t.equal(ids.size, 1, 'venue ids of one order')
    },
  },
  {
    id: 'DUP-007',
    title: 'reports a fill that overtakes the acknowledgement',
    needs: { type: 'LIMIT', venue: ['delayNext'] },
    async run(t) {
      await t.start()
      t.venue.delayNext?.('accepted', 40)
      const number = t.send({ price: t.at(12) })
      await t.reported({ number }, 'filled')
      await t.reported({ number }, 'accepted')
      t.equal(t.filledLots(number), 4, 'lots filled')
    },
  },
  {
    id: 'DUP-008',
    title: 'reports that an execution was taken back, by its id',
    needs: { type: 'LIMIT', venue: ['bust'] },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.fill(placed, 4)
      const { exec } = t.report(placed.number, 'filled')
      t.venue.bust?.(exec as string | number)
      t.equal((await t.reported(placed, 'busted')).reference, exec, 'id of the execution')
      t.equal(t.filledLots(placed.number), 0, 'lots filled')
    },
  },
  {
    id: 'DUP-009',
    title: 'reports that an execution was restated, by its id',
    needs: { type: 'LIMIT', venue: ['correct'] },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.fill(placed, 4)
      const { exec } = t.report(placed.number, 'filled')
      t.venue.correct?.(exec as string | number, t.at(2))
      const { reference, quantityUnits, priceUnits } = await t.reported(placed, 'corrected')
      t.equal([reference, quantityUnits, priceUnits], [exec, t.units(4), t.priceUnits(t.at(2))], 'restated terms')
    },
  },
  {
    id: 'DUP-010',
    title: 'lists no execution that was taken back',
    needs: { type: 'LIMIT', venue: ['bust'] },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.fill(placed, 4)
      const { exec } = t.report(placed.number, 'filled')
      t.venue.bust?.(exec as string | number)
      await t.reported(placed, 'busted')
      const asked = (await t.ask(t.connector.queryFills(0))).map((fill) => fill.exec)
      t.check(!asked.includes(exec as never), 'the execution is listed still')
    },
  },
]
