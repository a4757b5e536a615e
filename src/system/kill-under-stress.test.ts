/** The kill switch while everything else fails: no space on the disk, a venue that is gone, an event loop that is never idle. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, startEcho } from '../../test/support/echo-system.js'
import { TradingSystem } from './trading-system.js'

const who = { actor: 'ann', reason: 'enough' }
const kinds = ({ sent }: EchoConnector) => sent.map(({ kind }) => kind)

describe('the kill switch', () => {
  it('cancels over what lives, owes the rest, and is on record as soon as the disk takes it', async () => {
    const second = new EchoConnector()
    const venue = new EchoConnector()
    const options = { connectors: { echo: venue, second } }
    const echo = await startEcho(options, { venue })
    const { system, time, disk } = echo
    const [alive, dead] = ['echo', 'second'].map((connector) => system.orders.submit(buy({ connector })))
    for (const [at, order] of [
      [venue, alive],
      [second, dead],
    ] as const)
      at.reports.accepted(order?.number ?? 0, order?.number ?? 0, 1)
    second.drop()
    disk.limitSpace(0)
    expect(system.kill(who)).toBe(2)
    expect(kinds(venue)).toEqual(['new', 'cancel'])
    expect(system.unconfirmedCancels().map(({ connector }) => connector)).toEqual(['echo', 'second'])
    expect(system.orders.submit(buy()).status).toBe('DENIED')
    venue.reports.canceled(alive?.number ?? 0, 0, '', 2)
    // The venue that was gone knows the order when it is back: its cancel is the first thing it hears.
    second.venue.orders = [second.report(dead?.number ?? 0)]
    await time.runUntil(new Promise<void>((resolve) => time.after(10_000, () => resolve())))
    expect(kinds(second)).toEqual(['new', 'cancel'])
    second.reports.canceled(dead?.number ?? 0, 0, '', 3)
    expect(system.unconfirmedCancels()).toEqual([])
    disk.limitSpace(Number.POSITIVE_INFINITY)
    await time.runUntil(new Promise<void>((resolve) => time.after(10_000, () => resolve())))
    for (const each of [venue, second]) {
      each.drop()
      await each.stop()
    }
    disk.crash({ powerCut: false })
    const connectors = { echo: new EchoConnector(), second: new EchoConnector() }
    const again = await startEcho({ connectors }, { time, disk, venue: connectors.echo })
    expect(again.system.gate.states.isKilled('global')).toBe(true)
    expect(again.system.orders.submit(buy()).reason).toBe('KILL_SWITCH')
    await again.system.stop()
  })

  it('acts in the turn in which it is thrown, however busy the event loop is', async () => {
    const venue = new EchoConnector()
    const system = await TradingSystem.start({ mode: 'paper', connectors: { echo: venue }, onClose: 'leave' })
    venue.quote(99.99, 100.01)
    const orders = Array.from({ length: 50 }, (_, i) =>
      system.orders.submit(buy({ quantity: 1, price: `99.${10 + i}` })),
    )
    expect(venue.sent.length).toBe(50)
    let isBusy = true
    // Each turn starts the next one at once, and keeps the thread for a while.
    const churn = (): void => {
      const end = Date.now() + 3
      while (Date.now() < end);
      if (isBusy) for (let i = 0; i < 2; i++) setImmediate(i === 0 ? churn : () => {})
    }
    for (let i = 0; i < 20; i++) setImmediate(churn)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(system.kill(who)).toBe(orders.length)
    expect(kinds(venue).filter((kind) => kind === 'cancel').length).toBe(orders.length)
    expect(system.orders.submit(buy()).reason).toBe('KILL_SWITCH')
    expect(kinds(venue).filter((kind) => kind === 'new').length).toBe(orders.length)
    isBusy = false
    await system.stop()
  })
})
