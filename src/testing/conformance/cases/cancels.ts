/** Cancels and changes, and their races with fills. */
import type { ConformanceCase } from '../case.js'

/** CXL and RPL. */
export const cancelCases: readonly ConformanceCase[] = [
  {
    id: 'CXL-001',
    title: 'cancels an order, and reports that it is off the book',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      t.cancel(placed)
      await t.reported(placed, 'canceled')
      t.equal(t.atVenue(placed).state, 'canceled', 'state at the venue')
      t.report(placed.number, 'canceled')
    },
  },
  {
    id: 'CXL-002',
    title: 'says with a cancel how much had been filled, or that it does not know',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.fill(placed, 1)
      t.cancel(placed)
      const { cumulativeUnits = Number.NaN } = await t.reported(placed, 'canceled')
      t.check(
        Number.isNaN(cumulativeUnits) || cumulativeUnits === t.units(1),
        `the cumulative quantity is ${cumulativeUnits}`,
      )
    },
  },
  {
    id: 'CXL-003',
    title: 'reports that a cancel came too late, by the number of the request',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.fill(placed, 4)
      const generation = t.cancel(placed)
      t.equal((await t.reported(placed, 'cancelRejected')).generation, generation, 'number of the request')
      t.equal(t.reports(placed.number, 'canceled').length, 0, 'cancels reported')
    },
  },
  {
    id: 'CXL-004',
    title: 'survives two cancels of one order: it is canceled once',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      t.cancel(placed)
      t.cancel(placed)
      await t.reported(placed, 'canceled')
      await t.settle(50)
      t.equal(t.atVenue(placed).state, 'canceled', 'state at the venue')
      t.equal(t.reports(placed.number, 'filled').length, 0, 'fills')
    },
  },
  {
    id: 'CXL-005',
    title: 'reports a cancel that the venue made of its own accord',
    needs: { type: 'LIMIT', venue: ['cancelByVenue'] },
    async run(t) {
      await t.start()
      const placed = await t.place()
      t.venue.cancelByVenue?.(placed.venueId)
      await t.reported(placed, 'canceled')
    },
  },
  {
    id: 'CXL-006',
    title: 'sends a cancel right behind the order, before its acknowledgement',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const number = t.send()
      t.cancel({ number })
      await t.until('the order is over', () => t.reports(number, 'canceled').length > 0)
      t.equal(t.venue.orders().find(({ wireId }) => wireId !== undefined)?.state, 'canceled', 'state at the venue')
    },
  },
  {
    id: 'CXL-007',
    title: 'loses no fill that crosses a cancel on the way',
    needs: { type: 'LIMIT', venue: ['delayNext'] },
    async run(t) {
      await t.start()
      const placed = await t.place()
      t.venue.delayNext?.('fill', 40)
      t.venue.fill(placed.venueId, t.lots(1))
      t.cancel(placed)
      await t.reported(placed, 'canceled')
      await t.until('the fill arrives', () => t.filledLots(placed.number) === 1)
    },
  },
  {
    id: 'CXL-008',
    title: 'reports a fill that comes after a cancel was sent, and that the cancel came too late',
    needs: { type: 'LIMIT', venue: ['delayNext'] },
    async run(t) {
      await t.start()
      const placed = await t.place()
      t.venue.delayNext?.('cancel', 40)
      t.cancel(placed)
      t.venue.fill(placed.venueId, t.lots(4))
      await t.until('the fill arrives', () => t.filledLots(placed.number) === 4)
      await t.reported(placed, 'cancelRejected')
    },
  },
  {
    id: 'CXL-009',
    title: 'sends cancels while it reconciles: they only make things safer',
    needs: { type: 'LIMIT', cancelOnDisconnect: 'none' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      t.host.onReconcile = async () => {
        t.cancel(placed)
        await t.host.reports
      }
      await t.reconnect()
      await t.reported(placed, 'canceled')
    },
  },
  {
    id: 'CXL-010',
    title: 'cancels an order of each side without touching the other',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const bought = await t.place()
      const sold = await t.place({ side: 'sell' })
      t.cancel(sold)
      await t.reported(sold, 'canceled')
      t.equal([t.atVenue(bought).state, t.atVenue(sold).state], ['working', 'canceled'], 'states at the venue')
    },
  },
  {
    id: 'RPL-001',
    title: 'changes a price, and reports the terms by the number of the request',
    needs: { type: 'LIMIT', flag: 'replace' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      const generation = t.replace(placed, { price: t.at(4) })
      const report = await t.reported(placed, 'replaced')
      t.equal(report.generation, generation, 'number of the request')
      t.check(
        Number.isNaN(report.priceUnits) || report.priceUnits === t.priceUnits(t.at(4)),
        `the price is ${report.priceUnits}`,
      )
      const working = t.venue.orders().filter(({ state, wireId }) => state === 'working' && wireId !== undefined)
      t.equal(
        working.map(({ price, quantity }) => [price, quantity]),
        [[t.at(4), t.lots(4)]],
        'terms at the venue',
      )
    },
  },
  {
    id: 'RPL-002',
    title: 'changes a quantity upwards',
    needs: { type: 'LIMIT', flag: 'replace' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      t.replace(placed, { quantity: t.lots(6) })
      await t.reported(placed, 'replaced')
      const working = t.venue.orders().filter(({ state, wireId }) => state === 'working' && wireId !== undefined)
      t.equal(
        working.map(({ quantity }) => quantity),
        [t.lots(6)],
        'quantity at the venue',
      )
    },
  },
  {
    id: 'RPL-003',
    title: 'changes a quantity downwards',
    needs: { type: 'LIMIT', flag: 'replace' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.fill(placed, 1)
      t.replace(placed, { quantity: t.lots(2) })
      await t.reported(placed, 'replaced')
      const working = t.need(
        t.venue.orders().find(({ state, wireId }) => state === 'working' && wireId !== undefined),
        'nothing works at the venue',
      )
      t.equal(working.quantity - working.filled, t.lots(1), 'what is left at the venue')
    },
  },
  {
    id: 'RPL-004',
    title: 'reports that a change came too late, by the number of the request',
    needs: { type: 'LIMIT', flag: 'replace' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.fill(placed, 4)
      const generation = t.replace(placed, { price: t.at(4) })
      t.equal((await t.reported(placed, 'replaceRejected')).generation, generation, 'number of the request')
    },
  },
  {
    id: 'RPL-005',
    title: 'keeps two changes under way apart',
    needs: { type: 'LIMIT', flag: 'replace' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      const first = t.replace(placed, { price: t.at(4) })
      const second = t.replace(placed, { price: t.at(5) })
      const answered = () =>
        t.reports(placed.number, 'replaced').length + t.reports(placed.number, 'replaceRejected').length
      await t.until('both are answered', () => answered() === 2)
      const generations = ['replaced', 'replaceRejected']
        .flatMap((kind) => t.reports(placed.number, kind))
        .map((report) => report.generation)
      t.equal(generations.sort(), [first, second].sort(), 'numbers of the requests')
    },
  },
  {
    id: 'RPL-006',
    title: 'cancels an order that was changed',
    needs: { type: 'LIMIT', flag: 'replace' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      t.replace(placed, { price: t.at(4) })
      await t.reported(placed, 'replaced')
      t.cancel(placed)
      await t.reported(placed, 'canceled')
      t.equal(
        t.venue.orders().filter(({ state, wireId }) => state === 'working' && wireId !== undefined).length,
        0,
        'orders that work',
      )
    },
  },
  {
    id: 'RPL-007',
    title: 'loses no fill that crosses a change on the way',
    needs: { type: 'LIMIT', flag: 'replace', venue: ['delayNext'] },
    async run(t) {
      await t.start()
      const placed = await t.place()
      t.venue.delayNext?.('fill', 40)
      t.venue.fill(placed.venueId, t.lots(1))
      t.replace(placed, { price: t.at(4) })
      await t.reported(placed, 'replaced')
      await t.until('the fill arrives', () => t.filledLots(placed.number) === 1)
    },
  },
  {
    id: 'RPL-008',
    title: 'reports fills after a change under the same order',
    needs: { type: 'LIMIT', flag: 'replace' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      t.replace(placed, { price: t.at(4) })
      const { venueOrderId = placed.venueId } = await t.reported(placed, 'replaced')
      t.venue.fill(venueOrderId, t.lots(4))
      await t.reported(placed, 'filled')
      t.equal(t.filledLots(placed.number), 4, 'lots filled')
    },
  },
  {
    id: 'RPL-009',
    title: 'refuses changes that the venue does not know, before anything is sent',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      if (t.connector.capabilities.orders?.replace === true) return
      const messages = t.venue.messages()
      t.equal(await t.errorOf('the change', () => t.replace(placed, { price: t.at(4) })), 'TW_NOT_SUPPORTED', 'error')
      await t.settle(50)
      t.equal(t.venue.messages(), messages, 'messages at the venue')
    },
  },
]
