/** That nothing is left behind. */
import type { ConformanceCase } from '../case.js'

/** DSP. */
export const disposalCases: readonly ConformanceCase[] = [
  {
    id: 'DSP-001',
    title: 'leaves no timer behind when it is stopped',
    settings: { healthIntervalMs: 50, probeTimeoutMs: 500 },
    async run(t) {
      const timers = t.time.pendingTimers
      await t.start()
      await t.settle(60)
      await t.ask(t.connector.stop())
      await t.settle(10)
      t.equal(t.time.pendingTimers, timers, 'timers')
    },
  },
  {
    id: 'DSP-002',
    title: 'closes its connection at the venue',
    needs: { venue: ['sessions'] },
    async run(t) {
      await t.start()
      t.equal(t.venue.sessions?.(), 1, 'connections')
      await t.ask(t.connector.stop())
      await t.until('the connection is closed', () => t.venue.sessions?.() === 0)
    },
  },
  {
    id: 'DSP-003',
    title: 'reports nothing after it was stopped',
    needs: { type: 'LIMIT', cancelOnDisconnect: 'none' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.ask(t.connector.stop())
      const { length } = t.host.reports.reports
      t.venue.fill(placed.venueId, t.lots(1))
      t.venue.quote(t.at(1), t.at(9), t.lots(7))
      await t.settle(100)
      t.equal(t.host.reports.reports.length, length, 'reports')
    },
  },
  {
    id: 'DSP-004',
    title: 'can be stopped and disposed of twice',
    async run(t) {
      await t.start()
      await t.ask(t.connector.stop())
      await t.ask(t.connector.stop())
      await t.ask(t.connector[Symbol.asyncDispose]())
      await t.ask(t.connector[Symbol.asyncDispose]())
      t.equal(t.connector.state, 'stopped', 'state')
      t.equal(t.connector.events.totalListeners(), 0, 'listeners')
    },
  },
  {
    id: 'DSP-005',
    title: 'answers nothing and sends nothing after it was stopped',
    needs: { orders: true },
    async run(t) {
      await t.start()
      await t.ask(t.connector.stop())
      t.equal(
        await t.errorOf('a question', () => t.connector.queryOrders()),
        'TW_NOT_CONNECTED',
        'error of the question',
      )
      t.equal(await t.errorOf('an order', () => t.send()), 'TW_NOT_READY', 'error of the order')
    },
  },
  {
    id: 'DSP-006',
    title: 'can be stopped while it reconciles',
    needs: { orders: true },
    async run(t) {
      t.host.onReconcile = () => new Promise(() => {})
      const started = t.begin()
      await t.until('reconciling begins', () => t.connector.state === 'reconciling')
      await t.ask(t.connector.stop())
      t.equal(await t.errorOf('the start', () => started), 'TW_ABORTED', 'error of the start')
      t.equal(t.connector.state, 'stopped', 'state')
    },
  },
  {
    id: 'DSP-007',
    title: 'can be disposed of before it was ever started',
    async run(t) {
      t.connector.attach(t.host, 'tested', 0)
      await t.ask(t.connector[Symbol.asyncDispose]())
      t.equal(t.connector.state, 'stopped', 'state')
    },
  },
  {
    id: 'DSP-008',
    title: 'stops a question that is under way',
    needs: { orders: true, venue: ['silence'] },
    async run(t) {
      await t.start()
      t.venue.silence?.()
      const question = t.connector.queryOrders()
      question.catch(() => {})
      await t.settle(10)
      await t.ask(t.connector.stop())
      const error = await t.errorOf('the question', () => question)
      t.check(error.startsWith('TW_'), `the error is ${error}`)
    },
  },
  {
    id: 'DSP-009',
    title: 'reports no problem of its own in an uneventful life',
    async run(t) {
      await t.start()
      await t.settle(100)
      await t.ask(t.connector.stop())
      t.equal(t.connector.statistics.errors, 0, 'errors')
    },
  },
]
