/** The life of the connection. */
import { TradewireError } from '../../../core/errors.js'
import type { ConformanceCase } from '../case.js'

const checked = { healthIntervalMs: 100, probeTimeoutMs: 500 }

/** CON. */
export const connectionCases: readonly ConformanceCase[] = [
  {
    id: 'CON-001',
    title: 'connects, reconciles and becomes ready, in this order and once',
    async run(t) {
      await t.start()
      t.equal(t.states, ['connecting', 'reconciling', 'ready'], 'states')
      t.equal(t.connector.epoch, 1, 'epoch')
    },
  },
  {
    id: 'CON-002',
    title: 'is not ready before it is reconciled, and sends no order until then',
    needs: { orders: true },
    async run(t) {
      let finish = () => {}
      t.host.onReconcile = () => new Promise((resolve) => (finish = resolve))
      const started = t.begin()
      await t.until('reconciling begins', () => t.connector.state === 'reconciling')
      await t.settle(50)
      t.equal(t.connector.isReady, false, 'ready before it was reconciled')
      t.equal(await t.errorOf('an order before ready', () => t.send()), 'TW_NOT_READY', 'error')
      await t.settle(50)
      t.equal(t.venue.messages(), 0, 'messages at the venue')
      finish()
      await t.ask(started)
    },
  },
  {
    id: 'CON-003',
    title: 'answers queries while it reconciles',
    needs: { orders: true },
    async run(t) {
      let answers: unknown
      t.host.onReconcile = async (connector) => {
        answers = await Promise.all([connector.queryOrders(), connector.queryFills(0), connector.queryAccountState()])
      }
      await t.start()
      t.check(Array.isArray(answers), 'the queries were not answered')
    },
  },
  {
    id: 'CON-004',
    title: 'notices that the connection broke, and tells once',
    async run(t) {
      await t.start()
      t.venue.cut()
      await t.until('the loss is noticed', () => t.host.disconnects.length > 0)
      t.check(t.host.disconnects[0] !== '', 'no reason was given')
      await t.ready()
      t.equal(t.host.disconnects.length, 1, 'times it was told')
    },
  },
  {
    id: 'CON-005',
    title: 'connects again after a loss, as a new epoch',
    async run(t) {
      await t.start()
      await t.reconnect()
      t.equal(t.connector.epoch, 2, 'epoch')
      await t.reconnect()
      t.equal(t.connector.epoch, 3, 'epoch')
    },
  },
  {
    id: 'CON-006',
    title: 'refuses orders and cancels while it is disconnected: nothing is kept for later',
    needs: { orders: true },
    async run(t) {
      await t.start()
      const placed = await t.place()
      const messages = t.venue.messages()
      t.venue.cut()
      await t.until('the loss is noticed', () => !t.connector.isReady)
      if (t.connector.state === 'waiting') {
        t.equal(await t.errorOf('an order', () => t.send()), 'TW_NOT_READY', 'error of the order')
        t.equal(await t.errorOf('a cancel', () => t.cancel(placed)), 'TW_NOT_CONNECTED', 'error of the cancel')
      }
      await t.ready()
      await t.settle(50)
      t.equal(t.venue.messages(), messages, 'messages at the venue')
    },
  },
  {
    id: 'CON-007',
    title: 'keeps trying while the venue refuses connections, with growing pauses',
    needs: { venue: ['refuse'] },
    settings: { connectTimeoutMs: 500 },
    async run(t) {
      t.venue.refuse?.(true)
      const started = t.begin()
      await t.until('several attempts failed', () => t.connector.statistics.failedConnects >= 3)
      const before = t.connector.statistics.failedConnects
      await t.settle(100)
      t.check(t.connector.statistics.failedConnects - before < 100, 'it tries without pausing')
      t.venue.refuse?.(false)
      await t.ask(started)
      t.equal(t.connector.isReady, true, 'ready')
    },
  },
  {
    id: 'CON-008',
    title: 'gives up an attempt that hangs, and tries again',
    needs: { venue: ['hang'] },
    settings: { connectTimeoutMs: 100 },
    async run(t) {
      t.venue.hang?.(true)
      const started = t.begin()
      await t.until('the attempt was given up', () => t.connector.statistics.failedConnects > 0)
      t.venue.hang?.(false)
      await t.ask(started)
    },
  },
  {
    id: 'CON-009',
    title: 'ends a start whose signal fires, and leaves nothing behind',
    needs: { venue: ['refuse'] },
    async run(t) {
      t.venue.refuse?.(true)
      const timers = t.time.pendingTimers
      const controller = new AbortController()
      t.connector.attach(t.host, 'tested', 0)
      const started = t.connector.start({ signal: controller.signal })
      started.catch(() => {})
      await t.settle(5)
      controller.abort(new Error('enough'))
      t.equal(await t.errorOf('the start', () => started), 'TW_ABORTED', 'error')
      t.equal(t.connector.state, 'stopped', 'state')
      t.equal(t.time.pendingTimers, timers, 'timers')
    },
  },
  {
    id: 'CON-010',
    title: 'finds a half-open line by its health check, and connects again',
    needs: { venue: ['silence'] },
    settings: checked,
    async run(t) {
      await t.start()
      t.venue.silence?.()
      await t.until('the silence is noticed', () => t.host.disconnects.length > 0)
      await t.ready()
      t.equal(t.connector.epoch, 2, 'epoch')
    },
  },
  {
    id: 'CON-011',
    title: 'answers health checks on a line that is fine',
    settings: checked,
    async run(t) {
      await t.start()
      await t.until('health checks are answered', () => t.connector.statistics.probeLatency.count >= 3)
      t.equal(t.host.disconnects.length, 0, 'losses')
    },
  },
  {
    id: 'CON-012',
    title: 'survives twenty losses in a row',
    async run(t) {
      await t.start()
      for (let i = 0; i < 20; i++) await t.reconnect()
      t.equal(t.connector.epoch, 21, 'epoch')
      t.equal(t.host.disconnects.length, 20, 'losses told')
    },
  },
  {
    id: 'CON-013',
    title: 'holds one connection at a time, also after losses',
    needs: { venue: ['sessions'] },
    async run(t) {
      await t.start()
      for (let i = 0; i < 5; i++) await t.reconnect()
      await t.until('old connections are gone', () => t.venue.sessions?.() === 1)
    },
  },
  {
    id: 'CON-014',
    title: 'can be stopped and started again',
    async run(t) {
      await t.start()
      await t.ask(t.connector.stop())
      t.equal(t.connector.state, 'stopped', 'state')
      await t.ask(t.connector.start())
      t.equal(t.connector.isReady, true, 'ready')
    },
  },
  {
    id: 'CON-015',
    title: 'refuses a second start while it runs',
    async run(t) {
      await t.start()
      t.equal(await t.errorOf('a second start', () => t.connector.start()), 'TW_INVALID_STATE', 'error')
    },
  },
  {
    id: 'CON-016',
    title: 'gives up a connection over which it cannot be reconciled, and tries again',
    needs: { orders: true },
    async run(t) {
      let attempts = 0
      t.host.onReconcile = async () => {
        if (++attempts === 1) throw new TradewireError('TW_TIMEOUT', 'no answer')
      }
      await t.start()
      t.equal(attempts, 2, 'reconciliations')
      t.equal(t.connector.epoch, 2, 'epoch')
    },
  },
  {
    id: 'CON-017',
    title: 'takes what is no message of its protocol without harm: it goes on, or connects again',
    needs: { venue: ['garbage'] },
    async run(t) {
      await t.start()
      t.venue.garbage?.()
      await t.settle(100)
      await t.ready()
      await t.ask(t.connector.queryAccountState().catch(() => undefined))
    },
  },
]
