/** The dead-man switch of a whole system, on real time: another thread has to act while this one is busy. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy } from '../../test/support/echo-system.js'
import { TradingSystem } from './trading-system.js'

/** Keeps the event loop from running until a condition holds, or too long. */
function hangUntil(condition: () => boolean): boolean {
  const end = Date.now() + 60_000
  while (!condition()) if (Date.now() > end) return false
  return true
}

async function start(watchdog: { timeoutMs: number; cancel?: boolean }) {
  const venue = new EchoConnector()
  const system = await TradingSystem.start({ mode: 'paper', connectors: { echo: venue }, watchdog, onClose: 'leave' })
  venue.quote(99.99, 100.01)
  return { venue, system }
}

/** Lets the loop run until something was sent. */
async function untilSent({ sent }: EchoConnector, kind: string): Promise<boolean> {
  for (let i = 0; i < 600; i++) {
    if (sent.some((message) => message.kind === kind)) return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}

describe('C28, an event loop that hangs', () => {
  it('is halted by another thread while it hangs, its orders are canceled when it runs again, on record', async () => {
    const { venue, system } = await start({ timeoutMs: 200 })
    expect(system.hasWatchdog).toBe(true)
    const order = system.orders.submit(buy())
    expect(order.status).toBe('SUBMITTED')
    // The thread needs a moment to come up; while it hangs it is halted without a turn of the loop.
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(hangUntil(() => system.gate.states.isKilled('global'))).toBe(true)
    expect(system.orders.submit(buy({ quantity: 1 })).reason).toBe('KILL_SWITCH')
    expect(await untilSent(venue, 'cancel')).toBe(true)
    expect(system.exportState().tradingStates).toMatchObject([{ scope: 'global', isKilled: true }])
    system.releaseKill({ actor: 'ann', reason: 'looked' })
    expect(system.gate.states.get('global')).toBe('ACTIVE')
    await system.stop()
  })

  it('leaves orders where it is told to', async () => {
    const { venue, system } = await start({ timeoutMs: 200, cancel: false })
    system.orders.submit(buy())
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(hangUntil(() => system.gate.states.isKilled('global'))).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(venue.sent.map(({ kind }) => kind)).toEqual(['new'])
    await system.stop()
  })
})
