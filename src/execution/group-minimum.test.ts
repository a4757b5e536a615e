/** Orders that depend on one another where the venue takes no small orders, and where exits race. */
import { describe, expect, it } from 'vitest'
import { ibm } from '../../test/support/echo-connector.js'
import { startEcho } from '../../test/support/echo-system.js'
import type { GroupRequest } from './group-plan.js'

const start = () =>
  startEcho({ instruments: [{ ...ibm, id: 'DOT.XNYS' as typeof ibm.id, symbol: 'DOT', minQuantity: '10' }] })

async function world() {
  const echo = await start()
  const { system, venue } = echo
  venue.quote(99.99, 100.01, 'DOT')
  const told: string[] = []
  system.execution.events.on('parent', ({ type, reason }) => {
    if (type === 'alert') told.push(reason?.split(':')[0] ?? '')
  })
  const sent = () =>
    venue.sent.map((each) => (each.kind === 'cancel' ? `cancel ${each.number}` : `${each.kind} ${each.quantityUnits}`))
  let exec = 0
  const fill = (number: number, units: number) =>
    venue.reports.filled(number, `x${exec++}`, units, 1_000_000, 0, 'USD', 1, 2)
  return { ...echo, told, sent, fill }
}

const order = (side: 'buy' | 'sell', price: string) => ({ symbol: 'DOT', side, quantity: 100, price })

/** A bracket whose entry is filled and whose exits, orders 2 and 3, work. */
async function heldBracket() {
  const there = await world()
  const { system, venue, fill } = there
  const group = system.execution.submitBracket({
    ...order('buy', '100.00'),
    takeProfit: { price: '101.00' },
    stopLoss: { triggerPrice: '99.00' },
  })
  venue.reports.accepted(1, 'v1', 1)
  fill(1, 100)
  for (const number of [2, 3]) venue.reports.accepted(number, `v${number}`, 1)
  return { ...there, group }
}

describe('a rest below the minimum', () => {
  it('of orders that share a quantity is taken off and told', async () => {
    const { system, venue, told, sent, fill } = await world()
    const request: GroupRequest = { kind: 'ouo', orders: [order('buy', '99.50'), order('buy', '99.00')] }
    const group = system.execution.submitGroup(request)
    for (const number of [1, 2]) venue.reports.accepted(number, `v${number}`, 1)
    fill(1, 97)
    venue.reports.canceled(1, Number.NaN, 'by hand', 3)
    // Three are left of both: the second order asked for a hundred.
    expect(sent().slice(2)).toEqual(['cancel 2'])
    venue.reports.canceled(2, Number.NaN, 'asked for', 4)
    expect([group.status, group.reason]).toEqual(['PARTIALLY_CANCELED', 'BELOW_MINIMUM'])
    expect(told).toContain('BELOW_MINIMUM')
    await system.stop()
  })

  it('of an order that follows another is told when that is over', async () => {
    const { system, venue, told, sent, fill } = await world()
    const group = system.execution.submitGroup({
      kind: 'oto',
      orders: [order('buy', '99.50'), order('sell', '101.00')],
    })
    venue.reports.accepted(1, 'v1', 1)
    fill(1, 3)
    expect([sent(), told, group.status]).toEqual([['new 100'], [], 'RUNNING'])
    venue.reports.canceled(1, Number.NaN, 'by hand', 3)
    expect([sent(), told]).toEqual([['new 100'], ['BELOW_MINIMUM']])
    expect([group.status, group.reason]).toEqual(['PARTIALLY_CANCELED', 'BELOW_MINIMUM'])
    await system.stop()
  })

  it('of a bracket takes the larger stop off, and stays unprotected in sight', async () => {
    const { system, venue, told, sent, fill, time, group } = await heldBracket()
    fill(3, 97)
    expect(sent().slice(3)).toEqual(['cancel 2'])
    venue.reports.canceled(2, Number.NaN, 'asked for', 4)
    expect(group.snapshot.unprotectedQuantity?.toString()).toBe('3')
    await time.advanceMs(6_000)
    expect(told).toEqual(['UNPROTECTED'])
    fill(3, 3)
    expect(group.status).toBe('FILLED')
    await system.stop()
  })
})

describe('exits that race', () => {
  it('and fill for more than is held are told', async () => {
    const { system, told, fill } = await heldBracket()
    fill(3, 100)
    fill(2, 60)
    expect(told).toContain('EXITS_OVERFILLED')
    await system.stop()
  })
})
