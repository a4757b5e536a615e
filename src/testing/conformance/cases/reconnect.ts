/** What a lost connection must not do to orders. */
import type { ConformanceCase } from '../case.js'

/** RCN. */
export const reconnectCases: readonly ConformanceCase[] = [
  {
    id: 'RCN-001',
    title: 'finds a fill that happened while it was away',
    needs: { type: 'LIMIT', cancelOnDisconnect: 'none' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      t.venue.cut()
      t.venue.fill(placed.venueId, t.lots(1))
      await t.until('the loss is noticed', () => t.host.disconnects.length > 0)
      await t.ready()
      const fills = await t.ask(t.connector.queryFills(0))
      const told = t.filledLots(placed.number)
      const listed = fills.reduce((sum, { quantityUnits }) => sum + quantityUnits, 0) / t.units(1)
      t.equal(listed, 1, 'lots listed')
      t.check(told === 0 || told === 1, `lots reported: ${told}`)
    },
  },
  {
    id: 'RCN-002',
    title: 'never takes a lost connection for a refusal',
    needs: { type: 'LIMIT', venue: ['dropNext'] },
    async run(t) {
      await t.start()
      t.venue.dropNext?.('accepted')
      const number = t.send()
      await t.settle(20)
      t.venue.cut()
      await t.until('the loss is noticed', () => t.host.disconnects.length > 0)
      await t.ready()
      await t.settle(1_000)
      for (const kind of ['rejected', 'canceled', 'expired'])
        t.check(
          t.reports(number, kind).length === 0 || t.connector.capabilities.orders?.cancelOnDisconnect === 'venue',
          `"${kind}" was reported without a word of the venue`,
        )
    },
  },
  {
    id: 'RCN-003',
    title: 'never takes silence for a refusal',
    needs: { type: 'LIMIT', venue: ['dropNext'] },
    async run(t) {
      await t.start()
      t.venue.dropNext?.('new')
      const number = t.send()
      await t.settle(30_000)
      for (const kind of ['accepted', 'rejected', 'canceled', 'expired', 'filled'])
        t.equal(t.reports(number, kind).length, 0, `reports "${kind}"`)
    },
  },
  {
    id: 'RCN-004',
    title: 'sends no order again after a loss',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      await t.place()
      t.send({ price: t.at(4) })
      t.venue.cut()
      await t.until('the loss is noticed', () => t.host.disconnects.length > 0)
      const messages = t.venue.messages()
      await t.ready()
      await t.settle(1_000)
      t.equal(t.venue.messages(), messages, 'messages at the venue')
    },
  },
  {
    id: 'RCN-005',
    title: 'sends no order again that the venue never answered',
    needs: { type: 'LIMIT', venue: ['dropNext'] },
    async run(t) {
      await t.start()
      t.venue.dropNext?.('new')
      t.send()
      await t.settle(100)
      await t.reconnect()
      await t.settle(1_000)
      t.equal(t.venue.orders().filter(({ wireId }) => wireId !== undefined).length, 0, 'orders at the venue')
    },
  },
  {
    id: 'RCN-006',
    title: 'lists an open order after a loss',
    needs: { type: 'LIMIT', cancelOnDisconnect: 'none' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.reconnect()
      const order = (await t.ask(t.connector.queryOrders())).find(({ venueOrderId }) => venueOrderId === placed.venueId)
      t.equal(order?.state, 'working', 'state')
    },
  },
  {
    id: 'RCN-007',
    title: 'shows that the venue canceled its orders when the connection broke',
    needs: { type: 'LIMIT', cancelOnDisconnect: 'venue' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.reconnect()
      t.equal(t.atVenue(placed).state, 'canceled', 'state at the venue')
      const order = (await t.ask(t.connector.queryOrders())).find(({ venueOrderId }) => venueOrderId === placed.venueId)
      t.check(order === undefined || order.state === 'canceled', `the order is listed as ${order?.state}`)
    },
  },
  {
    id: 'RCN-008',
    title: 'cancels an order of an earlier connection',
    needs: { type: 'LIMIT', cancelOnDisconnect: 'none' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.reconnect()
      t.cancel(placed)
      await t.reported(placed, 'canceled')
    },
  },
  {
    id: 'RCN-009',
    title: 'changes an order of an earlier connection',
    needs: { type: 'LIMIT', flag: 'replace', cancelOnDisconnect: 'none' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.reconnect()
      t.replace(placed, { price: t.at(4) })
      await t.reported(placed, 'replaced')
    },
  },
  {
    id: 'RCN-010',
    title: 'reports fills of an order of an earlier connection under its number',
    needs: { type: 'LIMIT', cancelOnDisconnect: 'none' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.reconnect()
      await t.fill(placed, 4)
      t.equal(t.filledLots(placed.number), 4, 'lots filled')
    },
  },
  {
    id: 'RCN-011',
    title: 'fails a question that is under way when the connection breaks, instead of answering it',
    needs: { orders: true, venue: ['silence'] },
    async run(t) {
      await t.start()
      await t.place()
      t.venue.silence?.()
      const question = t.connector.queryOrders()
      question.catch(() => {})
      await t.settle(20)
      t.venue.cut()
      const error = await t.errorOf('the question', () => question)
      t.check(error.startsWith('TW_'), `the error is ${error}`)
    },
  },
]
