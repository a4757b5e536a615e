/** The venue's message limits. */
import type { ConformanceCase } from '../case.js'

/** PAC. */
export const pacingCases: readonly ConformanceCase[] = [
  {
    id: 'PAC-001',
    title: 'sends no more orders than the limit allows, and refuses the others without sending them',
    needs: { type: 'LIMIT' },
    settings: { pacing: { windows: [{ limit: 20, windowMs: 60_000, weights: { query: 0, subscription: 0 } }] } },
    async run(t) {
      await t.start()
      const errors: string[] = []
      const numbers: number[] = []
      for (let i = 0; i < 40; i++) {
        try {
          numbers.push(t.send({ price: t.at(-1 - i), quantity: t.lots(1) }))
        } catch (error) {
          errors.push((error as { code?: string }).code ?? String(error))
        }
      }
      t.equal([...new Set(errors)], ['TW_THROTTLED'], 'errors')
      t.equal(
        numbers.length,
        16,
        'orders sent: what the limit leaves beside the shares for cancels and reducing orders',
      )
      await t.until('all are acknowledged', () => numbers.every((number) => t.reports(number, 'accepted').length > 0))
      t.equal(t.venue.messages(), 16, 'messages at the venue')
    },
  },
  {
    id: 'PAC-002',
    title: 'sends cancels when orders have used up their share',
    needs: { type: 'LIMIT' },
    settings: { pacing: { windows: [{ limit: 20, windowMs: 60_000, weights: { query: 0, subscription: 0 } }] } },
    async run(t) {
      await t.start()
      const placed = await t.place()
      for (let i = 0; i < 20; i++)
        await t.errorOf('a further order', () => {
          t.send({ price: t.at(-1 - i), quantity: t.lots(1) })
          throw new Error('sent')
        })
      t.cancel(placed)
      await t.reported(placed, 'canceled')
    },
  },
  {
    id: 'PAC-003',
    title: 'lets a cancel wait for the limit, and sends it when there is room',
    needs: { type: 'LIMIT' },
    settings: {
      pacing: {
        windows: [{ limit: 2, windowMs: 100, weights: { query: 0, subscription: 0 } }],
        reserve: { cancels: 0, reduces: 0, orders: 0 },
      },
    },
    async run(t) {
      await t.start()
      const first = await t.place()
      const second = await t.place({ price: t.at(4) })
      t.cancel(first)
      t.cancel(second)
      await t.reported(first, 'canceled')
      await t.reported(second, 'canceled')
    },
  },
  {
    id: 'PAC-004',
    title: 'reports a cancel that waited when the connection broke as not sent',
    needs: { type: 'LIMIT', cancelOnDisconnect: 'none' },
    settings: {
      pacing: {
        windows: [{ limit: 1, windowMs: 60_000, weights: { query: 0, subscription: 0 } }],
        reserve: { cancels: 0, reduces: 0, orders: 0 },
      },
    },
    async run(t) {
      await t.start()
      const placed = await t.place()
      const generation = t.cancel(placed)
      await t.reconnect()
      t.equal((await t.reported(placed, 'cancelRejected')).generation, generation, 'number of the request')
      t.equal(t.atVenue(placed).state, 'working', 'state at the venue')
    },
  },
  {
    id: 'PAC-005',
    title: 'lets questions wait for the limit, and gets their answers',
    needs: { orders: true },
    settings: { pacing: { windows: [{ limit: 4, windowMs: 30 }] } },
    async run(t) {
      await t.start()
      const answers = await t.ask(Promise.all(Array.from({ length: 12 }, () => t.connector.queryOrders())))
      t.equal(answers.length, 12, 'answers')
      t.check((t.connector.statistics.report().pacing?.waited.query ?? 0) > 0, 'no question waited')
    },
  },
  {
    id: 'PAC-006',
    title: 'reconnects and reconciles within the limit',
    needs: { orders: true },
    settings: { pacing: { windows: [{ limit: 4, windowMs: 30 }] } },
    async run(t) {
      t.host.onReconcile = async (connector) => {
        await Promise.all([connector.queryOrders(), connector.queryFills(0), connector.queryAccountState()])
      }
      await t.start()
      await t.reconnect()
      await t.reconnect()
    },
  },
]
