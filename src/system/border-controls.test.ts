/** Controls at the border of a running system: prices of executions, lost connections, deployments, clocks, what leaves. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import type { Alert } from '../risk/alerts/alert.js'
import { checkConfig, requireOwnLimits } from './config.js'
import { deploymentOf } from './deployment.js'
import type { TradingSystemOptions } from './trading-system.js'

async function start(options: TradingSystemOptions = {}, parts: Parameters<typeof startEcho>[1] = {}) {
  const alerts: Alert[] = []
  const echo = await startEcho(
    { alertSinks: [{ name: 'test', send: (alert) => void alerts.push(alert) }], ...options },
    parts,
  )
  return Object.assign(echo, { alerts })
}

const cancels = ({ venue }: EchoSystem) =>
  venue.sent.filter(({ kind }) => kind === 'cancel').map(({ number }) => number)

describe('C24, execution outliers', () => {
  it('are booked, and told at once', async () => {
    const { system, venue, anomalies, alerts, time } = await start({
      breakers: { outliers: { tripAt: 2, statistic: 'count' } },
    })
    const order = system.orders.submit(buy({ type: 'MARKET', price: undefined }))
    venue.reports.filled(order.number, 'a', 40, 1_050_000, 0, 'USD', 1, 2)
    expect(anomalies).toEqual([])
    venue.reports.filled(order.number, 'b', 40, 1_050_100, 0, 'USD', 1, 3)
    venue.reports.filled(order.number, 'b', 40, 1_050_100, 0, 'USD', 1, 3)
    const limited = system.orders.submit(buy({ price: '100.00', quantity: 1 }))
    venue.reports.filled(limited.number, 'c', 1, 1_000_100, 0, 'USD', 1, 3)
    expect(anomalies).toEqual(['FILL_OUTSIDE_COLLAR', 'FILL_BEYOND_LIMIT'])
    expect([order.filledQuantity.toFixed(), limited.status]).toEqual(['80', 'FILLED'])
    time.advanceMs(1_000)
    expect(alerts.filter(({ kind }) => kind === 'anomaly').map(({ message }) => message)).toEqual([
      expect.stringContaining('105.01'),
      expect.stringContaining('worse than its limit'),
    ])
    await system.stop()
  })
})

describe('C27, what becomes of open orders when a connection breaks', () => {
  const fifty = (echo: EchoSystem) =>
    Array.from({ length: 50 }, (_, i) => {
      const { number } = echo.system.orders.submit(buy({ quantity: 1, price: `99.${10 + i}` }))
      echo.venue.reports.accepted(number, number, 1)
      return number
    })

  it('are canceled first thing on reconnect by policy', async () => {
    const echo = await start({ onDisconnect: { echo: 'cancelOnReconnect' } })
    const open = fifty(echo)
    echo.venue.drop()
    expect(echo.system.unconfirmedCancels().length).toBe(50)
    await echo.time.runUntil(Promise.resolve())
    echo.time.advanceMs(5_000)
    await echo.time.runUntil(new Promise<void>((resolve) => echo.time.after(5_000, () => resolve())))
    expect(cancels(echo)).toEqual(open)
    await echo.system.stop()
  })

  it('are left unless given', async () => {
    const echo = await start()
    fifty(echo)
    echo.venue.drop()
    await echo.time.runUntil(new Promise<void>((resolve) => echo.time.after(10_000, () => resolve())))
    expect([cancels(echo), echo.system.unconfirmedCancels()]).toEqual([[], []])
    await echo.system.stop()
  })

  it('are canceled after a kill of the process, and not after an orderly end', async () => {
    const options = { onDisconnect: 'cancelOnReconnect' } as const
    const echo = await start(options)
    const { number, clientOrderId } = echo.system.orders.submit(buy())
    echo.venue.reports.accepted(number, 'v1', 1)
    await echo.system.stop()
    const second = await start(options, { time: echo.time, disk: echo.disk, venue: new EchoConnector() })
    expect(cancels(second)).toEqual([])
    second.venue.drop()
    await second.venue.stop()
    echo.disk.crash({ powerCut: false })
    const third = await start(options, { time: echo.time, disk: echo.disk, venue: new EchoConnector() })
    expect(cancels(third)).toEqual([third.system.orders.get(clientOrderId)?.number])
    await third.system.stop()
  })

  it('are the venue’s business where it cancels by itself', async () => {
    class Careful extends EchoConnector {
      override readonly capabilities = {
        ...new EchoConnector().capabilities,
        orders: { ...(new EchoConnector().capabilities.orders as object), cancelOnDisconnect: 'venue' },
      } as EchoConnector['capabilities']
    }
    const echo = await start({ onDisconnect: 'cancelOnReconnect' }, { venue: new Careful() })
    fifty(echo)
    echo.venue.drop()
    expect(echo.system.unconfirmedCancels()).toEqual([])
    await echo.system.stop()
  })
})

describe('C33, a strategy that comes later', () => {
  it('needs limits of its own where it is live', () => {
    const limits = { strategies: { known: { maxOrdersPerDay: 1 }, '*': {} } }
    requireOwnLimits({ mode: 'live' }, limits, 'known')
    requireOwnLimits({ mode: 'paper' }, {}, 'other')
    expect(() => requireOwnLimits({ mode: 'live' }, limits, 'other')).toThrow(
      'risk.strategies["other"]: limits of its own',
    )
    expect(() => requireOwnLimits({ mode: 'live' }, {}, 'other')).toThrow('TW_LIVE_REFUSED')
  })
})

describe('C34, the same release and configuration everywhere', () => {
  const config: TradingSystemOptions = { idPrefix: 'A', risk: { maxPosition: 5, warnAt: 0.7 } }

  it('are a version and a hash, whatever the order of the options', async () => {
    const { configHash } = deploymentOf({ risk: { warnAt: 0.7, maxPosition: 5 } })
    expect(configHash).toMatch(/^[0-9a-f]{64}$/)
    expect(deploymentOf({ journal: 'elsewhere', risk: { maxPosition: 5, warnAt: 0.7 } }).configHash).toBe(configHash)
    expect(deploymentOf({ risk: { maxPosition: 6, warnAt: 0.7 } }).configHash).not.toBe(configHash)
    const { system } = await start(config)
    expect(system.risk.deployment.sdkVersion).toMatch(/^\d+\.\d+\.\d+/)
    await system.stop()
  })

  it('are what is expected, or nothing starts', async () => {
    await expect(start({ ...config, deployment: { sdkVersion: '9.9.9' } })).rejects.toThrow('TW_DEPLOYMENT_MISMATCH')
    const { system } = await start(config)
    const { deployment } = system.risk
    await system.stop()
    const same = await start({ ...config, deployment })
    await same.system.stop()
    await expect(start({ ...config, risk: {}, deployment })).rejects.toThrow('has configHash')
  })

  it('are what the other side of a connector says', async () => {
    class Remote extends EchoConnector {
      readonly deployment = { sdkVersion: '0.0.1', configHash: 'ab' }
    }
    await expect(start(config, { venue: new Remote() })).rejects.toThrow('connector echo has sdkVersion 0.0.1')
  })

  it('have no option that nobody knows, at any depth', () => {
    const wrong = { nonsense: 1 }
    for (const [path, given] of Object.entries({
      nonsense: wrong,
      'risk.nonsense': { risk: wrong },
      'risk.clock.nonsense': { risk: { clock: wrong } },
      'risk.global.nonsense': { risk: { global: wrong } },
      'risk.accounts.a.nonsense': { risk: { accounts: { a: wrong } } },
      'risk.throttle.nonsense': { risk: { throttle: { limit: 1, windowMs: 1, ...wrong } } },
      'breakers.drawdown.nonsense': { breakers: { drawdown: wrong } },
      'deployment.nonsense': { deployment: wrong },
      'reconciliation.nonsense': { reconciliation: wrong },
      'watchdog.nonsense': { watchdog: wrong },
    }))
      expect(() => checkConfig(given)).toThrow(path)
  })
})

describe('C35, a venue whose clock is wrong', () => {
  it('is told of, then refused, until the connection is a new one or a person says so', async () => {
    const echo = await start({ risk: { clock: {} } })
    const { system, venue, time } = echo
    const acknowledge = (skewMs: number) => {
      const { number } = system.orders.submit(buy({ quantity: 1 }))
      venue.reports.accepted(number, number, time.wallUs() + skewMs * 1_000)
      time.advanceMs(1_000)
      venue.quote(99.99, 100.01)
      return system.risk.alerts.list({ open: true }).map(({ kind, severity }) => `${kind} ${severity}`)
    }
    expect([acknowledge(2_000), acknowledge(3_000)]).toEqual([[], ['clock warning']])
    expect(acknowledge(121_000)).toEqual(['clock critical'])
    expect(system.orders.submit(buy()).reason).toBe('CLOCK_SKEW')
    system.risk.resetBreaker('clock of echo', { actor: 'ann', reason: 'looked' })
    expect(acknowledge(0)).toEqual([])
    acknowledge(-121_000)
    expect(system.orders.submit(buy()).reason).toBe('CLOCK_SKEW')
    for (const { clientOrderId } of system.orders.openOrders())
      venue.reports.canceled(system.orders.get(clientOrderId)?.number as number, 0, '', 3)
    venue.drop()
    await time.runUntil(new Promise<void>((resolve) => time.after(5_000, () => resolve())))
    venue.quote(99.99, 100.01)
    expect(system.orders.submit(buy({ quantity: 2 })).status).toBe('SUBMITTED')
    await system.stop()
  })
})

describe('C36, a router that sends twice', () => {
  it('is stopped at the connector, halted, and its order is of unknown fate', async () => {
    const { system, venue } = await start()
    const send = venue.submit.bind(venue)
    venue.submit = (order) => {
      send(order)
      send(system.gate.approved(order.number << 6))
    }
    const order = system.orders.submit(buy())
    expect(venue.sent.filter(({ kind }) => kind === 'new').length).toBe(1)
    expect([order.status, system.gate.states.get('strategy', 0)]).toEqual(['UNKNOWN', 'HALTED'])
    expect(system.orders.submit(buy()).reason).toBe('HALTED')
    await system.stop()
  })
})
