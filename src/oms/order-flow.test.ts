/** From submit to wire and back: what is written, sent and told, in which order, and what happens when a part fails. */
import { describe, expect, it } from 'vitest'
import { buy, startEcho } from '../../test/support/echo-system.js'
import { TradewireError } from '../core/errors.js'
import { settlePromises } from '../core/virtual-time.js'
import { readJournal } from '../journal/read-journal.js'
import type { SimulatedDisk } from '../testing/simulated-disk.js'
import type { OrderEvent } from './order-event.js'

function recordsOn(disk: SimulatedDisk): Set<number> {
  const seqs = new Set<number>()
  readJournal(disk, 'journal', (_type, seq) => seqs.add(seq))
  return seqs
}

describe('the order plane', () => {
  it('has every record on disk before the order leaves and before its event is told', async () => {
    for (const durability of ['os', 'fsync'] as const) {
      const { venue, system, disk, time } = await startEcho({ durability })
      let sentAfter = 0
      venue.onNew = () => {
        sentAfter = recordsOn(disk).size
      }
      const unwritten: number[] = []
      system.orders.events.on('order', (event: OrderEvent) => {
        if (!recordsOn(disk).has(event.seq)) unwritten.push(event.seq)
      })
      const before = recordsOn(disk).size
      const order = system.orders.submit(buy())
      await time.advanceMsAsync(1)
      expect(venue.sent).toHaveLength(1)
      expect(sentAfter).toBeGreaterThan(before)
      venue.reports.beginTurn()
      venue.reports.accepted(order.number, 'v', 1)
      venue.reports.filled(order.number, 'e', 100, 1_000_000, 0, 'USD', 1, 2)
      venue.reports.endTurn()
      await time.advanceMsAsync(1)
      expect(order.status).toBe('FILLED')
      expect(unwritten).toEqual([])
      await system.stop()
    }
  })

  it('takes a venue that answers within the send', async () => {
    const { venue, system, events } = await startEcho()
    venue.onNew = (order) => {
      venue.reports.accepted(order.number, 'v', 1)
      venue.reports.filled(order.number, 'e', 100, 1_000_000, 0, 'USD', 1, 2)
    }
    expect(system.orders.submit(buy()).status).toBe('FILLED')
    expect(events).toEqual(['submitted', 'accepted', 'filled'])
    await system.stop()
  })

  it('lets listeners submit, change and cancel in the middle of a delivery', async () => {
    const { venue, system, events } = await startEcho()
    venue.onNew = (order) => venue.reports.accepted(order.number, order.number, 1)
    let isFirst = true
    system.orders.events.on('order', ({ type, order }) => {
      if (type !== 'accepted' || !isFirst) return
      isFirst = false
      system.orders.submit(buy({ side: 'sell', price: '100.10' })).modify({ quantity: 50 })
      order.cancel()
      order.cancel()
    })
    system.orders.submit(buy())
    expect(venue.sent.map(({ kind }) => kind)).toEqual(['new', 'new', 'replace', 'cancel'])
    expect(events).toEqual(['submitted', 'accepted', 'submitted', 'pending_update', 'pending_cancel', 'accepted'])
    await system.stop()
  })

  it('does not send an order that is canceled before it left', async () => {
    const { venue, system, events } = await startEcho({ durability: 'fsync' })
    const order = system.orders.submit(buy())
    order.cancel()
    expect(venue.sent).toEqual([])
    await order.done()
    expect([order.status, order.reason]).toEqual(['DENIED', 'CANCELED_BEFORE_SEND'])
    expect(venue.sent).toEqual([])
    await settlePromises()
    expect(events).toEqual(['submitted', 'pending_cancel', 'denied'])
    const changed = system.orders.submit(buy())
    changed.modify({ quantity: 50 })
    await settlePromises()
    expect(venue.sent.map(({ kind }) => kind)).toEqual(['new', 'replace'])
    await system.stop()
  })

  it('in power-safe mode sends and tells only what is durable, also of what came meanwhile', async () => {
    const { venue, system, disk, time, events } = await startEcho({ durability: 'fsync' })
    system.orders.submit(buy())
    system.orders.submit(buy({ quantity: 50 }))
    expect(venue.sent).toEqual([])
    expect(events).toEqual([])
    disk.failSync(1)
    await time.advanceMsAsync(0)
    const states = venue.sent.map(({ kind }) => kind)
    expect(states).toEqual([])
    expect(events.filter((type) => type === 'denied')).toHaveLength(2)
    await system.stop().catch(() => {})
  })

  it('refuses orders while the disk is full, keeps facts in memory, and goes on when there is room', async () => {
    const { venue, system, disk, time, events, anomalies } = await startEcho()
    const working = system.orders.submit(buy())
    disk.limitSpace(0)
    const refused = system.orders.submit(buy({ quantity: 10 }))
    expect([refused.status, refused.reason]).toEqual(['DENIED', 'JOURNAL_UNAVAILABLE'])
    expect(system.orders.submit(buy({ quantity: 11 })).reason).toBe('JOURNAL_UNAVAILABLE')
    working.cancel()
    expect(venue.sent.map(({ kind }) => kind)).toEqual(['new', 'cancel'])
    venue.reports.filled(working.number, 'e', 40, 1_000_000, 0, 'USD', 1, 2)
    expect(working.filledQuantity.toString()).toBe('40')
    expect(events.filter((type) => type === 'filled')).toHaveLength(1)
    disk.heal()
    await time.advanceMsAsync(1_500)
    venue.quote(99.99, 100.01)
    system.orders.submit(buy({ quantity: 12 }))
    expect(anomalies).toContain('JOURNAL_RESUMED')
    expect(system.orders.submit(buy({ quantity: 13 })).status).toBe('SUBMITTED')
    const live = system.exportState()
    disk.crash({ powerCut: false })
    const again = await startEcho({}, { time, disk })
    expect(again.system.exportState().portfolio).toEqual(live.portfolio)
    await again.system.stop()
  })

  it('after another failure of the disk waits for a person', async () => {
    const { system, disk, time } = await startEcho()
    disk.failCall(1, 'EIO')
    expect(system.orders.submit(buy()).reason).toBe('JOURNAL_UNAVAILABLE')
    disk.heal()
    await time.advanceMsAsync(2_000)
    expect(system.orders.submit(buy()).reason).toBe('JOURNAL_UNAVAILABLE')
    expect(system.journal.tryResume()).toBe(true)
    expect(system.orders.submit(buy()).status).toBe('SUBMITTED')
    await system.stop()
  })

  it('takes a failed send for an order that may be out there, unless the connector says that nothing left', async () => {
    const { venue, system, events } = await startEcho()
    venue.failsToSend = new Error('broken pipe')
    const lost = system.orders.submit(buy())
    expect(lost.status).toBe('UNKNOWN')
    expect(() => lost.modify({ quantity: 50 })).toThrow('TW_INVALID_STATE')
    venue.failsToSend = new TradewireError('TW_NOT_READY', 'thrown by the transport, half way')
    expect(system.orders.submit(buy({ quantity: 90 })).status).toBe('UNKNOWN')
    expect(system.exportState().limitsUsed).toMatchObject([{ buying: 190 }])
    venue.failsToSend = undefined
    venue.drop()
    const denied = system.orders.submit(buy({ quantity: 80, connector: 'echo' }))
    expect([denied.status, denied.reason]).toEqual(['DENIED', 'NOT_TRADABLE'])
    expect(events.filter((type) => type === 'unknown')).toHaveLength(2)
    await system.stop()
  })

  it('declares what was on its way unknown when the connection breaks, in the same turn', async () => {
    const { venue, system } = await startEcho()
    const sent = system.orders.submit(buy())
    const acknowledged = system.orders.submit(buy({ quantity: 50 }))
    venue.reports.accepted(acknowledged.number, 'v', 1)
    const canceling = system.orders.submit(buy({ quantity: 51 }))
    canceling.cancel()
    venue.drop()
    expect(sent.status).toBe('UNKNOWN')
    expect(acknowledged.status).toBe('ACCEPTED')
    expect(canceling.explain().map(({ fact }) => fact)).toContain('fate unknown')
    await system.stop()
  })

  it('stops an approved order by a kill switch that is thrown before it leaves', async () => {
    const { venue, system, time } = await startEcho({ durability: 'fsync' })
    const order = system.orders.submit(buy())
    const working = system.orders.submit(buy({ quantity: 60 }))
    system.kill({ actor: 'test', reason: 'stop' })
    await time.advanceMsAsync(1)
    expect(venue.sent).toEqual([])
    expect([order.status, working.status]).toEqual(['DENIED', 'DENIED'])
    expect(system.exportState().limitsUsed).toEqual([])
    expect(system.orders.submit(buy()).reason).toBe('KILL_SWITCH')
    expect(() => system.setTradingState('global', '', 'ACTIVE', 'test', 'no')).toThrow('TW_INVALID_STATE')
    system.releaseKill({ actor: 'test', reason: 'go on' })
    system.orders.submit(buy())
    await time.advanceMsAsync(1)
    expect(venue.sent).toHaveLength(1)
    await system.stop()
  })

  it('asks after the wait for the disk whether price, connection and venue are still those of the approval', async () => {
    const options = { durability: 'fsync', risk: { marketData: { maxAgeMs: 1_000 } } } as const
    const stale = await startEcho(options)
    const old = stale.system.orders.submit(buy())
    stale.time.advanceMs(1_001)
    await old.done()
    expect([old.status, old.reason, stale.venue.sent.length]).toEqual(['DENIED', 'MARKET_DATA', 0])
    stale.venue.quote(99.99, 100.01)
    const working = stale.system.orders.submit(buy({ quantity: 50 }))
    await settlePromises()
    stale.venue.reports.accepted(working.number, 'v', 1)
    await settlePromises()
    working.modify({ price: '100.01' })
    stale.time.advanceMs(1_001)
    await settlePromises()
    expect([stale.venue.sent.length, working.status, stale.events.at(-1)]).toEqual([1, 'ACCEPTED', 'update_rejected'])
    await stale.system.stop()

    const moved = await startEcho(options)
    const order = moved.system.orders.submit(buy())
    Object.defineProperty(moved.venue, 'epoch', { value: 99 })
    await order.done()
    expect([order.reason, moved.venue.sent.length]).toEqual(['NO_ROUTE', 0])
    await moved.system.stop()

    const gone = await startEcho(options)
    const lost = gone.system.orders.submit(buy())
    gone.venue.drop()
    await lost.done()
    expect([lost.reason, gone.venue.sent.length]).toEqual(['NOT_TRADABLE', 0])
    expect(gone.system.exportState().limitsUsed).toEqual([])
    await gone.system.stop()
  })

  it('keeps the states of other orders apart when it checks a reduce-only order again', async () => {
    const { venue, system } = await startEcho()
    const position = system.orders.submit(buy())
    venue.reports.accepted(position.number, 'v', 1)
    venue.reports.filled(position.number, 'e', 100, 1_000_000, 0, 'USD', 1, 2)
    venue.reports.beginTurn()
    const reducing = system.orders.submit(buy({ side: 'sell', quantity: 100, price: '100.10', reduceOnly: true }))
    system.orders.submit(buy({ quantity: 500 }))
    venue.reports.endTurn()
    expect(reducing.status).toBe('SUBMITTED')
    expect(venue.sent).toHaveLength(3)
    await system.stop()
  })

  it('gives the thread back when events and orders lead to each other without end', async () => {
    const { system, anomalies, venue } = await startEcho({ risk: { throttle: { limit: 1, windowMs: 1_000 } } })
    let count = 0
    system.orders.events.on('order', ({ type }) => {
      if (type === 'denied' && count++ < 1_000_000) system.orders.submit(buy({ quantity: 1 + (count % 50) }))
    })
    system.orders.submit(buy())
    system.orders.submit(buy({ quantity: 2 }))
    expect(count).toBeGreaterThan(500)
    expect(count).toBeLessThan(5_000)
    count = 1_000_000
    venue.quote(99.99, 100.01)
    system.orders.submit(buy({ quantity: 3 }))
    expect(anomalies).toContain('RUNAWAY')
    await system.stop()
  })

  it('isolates listeners that throw', async () => {
    const { system, venue, events } = await startEcho()
    const order = system.orders.submit(buy())
    order.onEvent(() => {
      throw new Error('mine')
    })
    system.orders.events.on('order', () => {
      throw new Error('yours')
    })
    venue.reports.accepted(order.number, 'v', 1)
    expect(order.status).toBe('ACCEPTED')
    expect(events.at(-1)).toBe('accepted')
    expect(system.orders.counters.listenerErrors).toBe(2)
    await system.stop()
  })

  it('refuses what the risk gate cannot check, and reserves nothing for it', async () => {
    const { system, venue, anomalies } = await startEcho()
    const working = system.orders.submit(buy())
    venue.reports.accepted(working.number, 'v', 1)
    const { gate } = system
    const broken = [
      () => {
        throw new Error('a bug')
      },
      () => Number.NaN,
    ]
    for (const check of broken) {
      Object.assign(gate, { check, checkReplace: check })
      expect(system.orders.submit(buy({ quantity: 7 })).reason).toBe('CHECK_FAILED')
      working.modify({ quantity: 50 })
    }
    expect(anomalies).toEqual(new Array(4).fill('CHECK_FAILED'))
    expect(venue.sent.map(({ kind }) => kind)).toEqual(['new'])
    expect(system.exportState().limitsUsed).toMatchObject([{ buying: 100, open: 1 }])
    working.cancel()
    expect(venue.sent.map(({ kind }) => kind)).toEqual(['new', 'cancel'])
    await system.stop()
  })

  it('refuses an order whose position there is no room for, and reserves nothing for it', async () => {
    const { system, venue } = await startEcho({ limits: { accounts: 3 } })
    const { portfolio } = system
    portfolio.ensurePosition = () => {
      throw new TradewireError('TW_CAPACITY', 'no room')
    }
    expect(system.orders.submit(buy()).reason).toBe('CAPACITY')
    expect(venue.sent).toEqual([])
    expect(system.exportState().limitsUsed).toEqual([])
    await system.stop()
  })

  it('announces what listeners throw, and survives a listener of that which throws', async () => {
    const { system, venue } = await startEcho()
    const told: string[] = []
    system.orders.events.on('listenerError', ({ event, error }) => {
      told.push(`${event}: ${String(error)}`)
      throw new Error('again')
    })
    system.orders.events.on('state', () => {
      throw new Error('state')
    })
    const order = system.orders.submit(buy())
    order.onEvent(() => {
      throw new Error('mine')
    })
    venue.reports.accepted(order.number, 'v', 1)
    system.setTradingState('instrument', 'IBM', 'HALTED', 'test', 'x')
    expect(told).toEqual(['accepted: Error: mine', 'state: Error: state'])
    expect(system.orders.counters.listenerErrors).toBe(4)
    await system.stop()
  })

  it('counts refusals by code and anomalies by kind', async () => {
    const { system, venue, anomalies } = await startEcho({ risk: { maxOrderQuantity: 200 } })
    const order = system.orders.submit(buy())
    venue.reports.accepted(order.number, 'v', 1)
    order.modify({ quantity: 500 })
    system.orders.submit(buy({ quantity: 500 }))
    system.orders.submit(buy({ price: '200.00' }))
    venue.reports.accepted(99, 'v', 1)
    expect(anomalies).toEqual(['UNKNOWN_ORDER'])
    expect(system.orders.statistics()).toMatchObject({
      submitted: 1,
      denied: 2,
      denialsByCode: { MAX_ORDER_QTY: 2, PRICE_COLLAR: 1 },
      anomaliesByKind: { UNKNOWN_ORDER: 1 },
    })
    await system.stop()
  })

  it('survives a listener that stops the system', async () => {
    const { system, venue } = await startEcho()
    let stopped: Promise<unknown> | undefined
    system.orders.events.on('order', ({ type }) => {
      if (type === 'accepted') stopped = system.stop()
    })
    const order = system.orders.submit(buy())
    const { reports } = venue
    reports.accepted(order.number, 'v', 1)
    await stopped
    reports.filled(order.number, 'e', 100, 1_000_000, 0, 'USD', 1, 2)
    expect(system.orders.submit(buy()).status).toBe('DENIED')
    expect(order.status).toBe('FILLED')
  })

  it('explains what an order would fail without sending or reserving anything', async () => {
    const { system, venue } = await startEcho({ risk: { maxOrderQuantity: 50, maxPosition: 40 } })
    const codes = system.orders.explain(buy({ price: '200.00' })).map(({ code }) => code)
    expect(codes).toEqual(expect.arrayContaining(['MAX_ORDER_QTY', 'MAX_POSITION', 'PRICE_COLLAR']))
    expect(system.orders.explain(buy({ connector: 'nowhere' })).map(({ code }) => code)).toEqual(['NO_ROUTE'])
    expect(venue.sent).toEqual([])
    expect(system.exportState().orders).toEqual([])
    await system.stop()
  })

  it('explains without using up a number, a name or a journal record', async () => {
    const { system, disk, venue } = await startEcho({ risk: { duplicates: { limit: 1, windowMs: 1_000 } } })
    const first = system.orders.submit(buy({ clientOrderId: 'mine' }))
    const before = system.exportState()
    const seq = system.journal.lastSeq
    const records = recordsOn(disk).size
    for (let i = 0; i < 20; i++) {
      const codes = system.orders.explain(buy({ account: `new ${i}`, strategy: `other ${i}`, quantity: 1 + i }))
      expect(codes).toEqual([])
    }
    expect(system.orders.explain(buy({ clientOrderId: 'mine' })).map(({ code }) => code)).toContain('DUPLICATE')
    expect(system.journal.lastSeq).toBe(seq)
    expect(recordsOn(disk).size).toBe(records)
    expect(system.exportState()).toEqual(before)
    const second = system.orders.submit(buy({ quantity: 77 }))
    expect(second.number).toBe(first.number + 1)
    expect(venue.sent).toHaveLength(2)
    await system.stop()
  })

  it('denies what has no route, and refuses to change what the venue cannot change', async () => {
    const { system, venue } = await startEcho()
    expect(system.orders.submit(buy({ connector: 'nowhere' })).reason).toBe('NO_ROUTE')
    const order = system.orders.submit(buy())
    Object.defineProperty(venue, 'support', { value: { ...venue.support, replace: false } })
    expect(() => order.modify({ quantity: 50 })).toThrow('TW_NOT_SUPPORTED')
    await system.stop()
  })

  it('sends a cancel again over a new connection, and never twice over one', async () => {
    const { system, venue, time } = await startEcho()
    const order = system.orders.submit(buy())
    venue.reports.accepted(order.number, order.number, 1)
    order.cancel()
    order.cancel()
    expect(system.orders.cancelAll()).toBe(0)
    venue.venue.orders = [venue.report(order.number)]
    venue.drop()
    await time.advanceMsAsync(2_000)
    expect(venue.isReady).toBe(true)
    expect(system.orders.cancelAll()).toBe(0)
    expect(venue.sent.filter(({ kind }) => kind === 'cancel')).toHaveLength(2)
    await system.stop()
  })

  it('sends the cancels of a kill switch as soon as the venue can be reached, before anything else', async () => {
    const { system, venue, time } = await startEcho()
    const order = system.orders.submit(buy())
    venue.reports.accepted(order.number, order.number, 1)
    venue.venue.orders = [venue.report(order.number)]
    const asked: string[] = []
    Object.assign(venue, {
      fetchOrders: async () => {
        asked.push(`orders after ${venue.sent.length} messages`)
        return venue.venue.orders
      },
    })
    venue.drop()
    expect(system.kill({ actor: 'risk', reason: 'test' })).toBe(1)
    expect(venue.sent).toHaveLength(1)
    await time.advanceMsAsync(3_000)
    expect(venue.sent.map(({ kind }) => kind)).toEqual(['new', 'cancel'])
    expect(asked[0]).toBe('orders after 2 messages')
    await system.stop()
  })

  it('tells that a cancel could not be sent', async () => {
    const { system, venue, events } = await startEcho()
    const order = system.orders.submit(buy())
    venue.reports.accepted(order.number, order.number, 1)
    venue.drop()
    order.cancel()
    expect(events.slice(-2)).toEqual(['pending_cancel', 'cancel_rejected'])
    expect(order.status).toBe('ACCEPTED')
    await system.stop()
  })

  it('refuses orders when every record is taken by an open one', async () => {
    const { system } = await startEcho({ limits: { orders: 16 }, risk: { duplicates: false } })
    for (let i = 0; i < 16; i++) system.orders.submit(buy({ quantity: 1 + i }))
    expect(() => system.orders.submit(buy({ quantity: 99 }))).toThrow('TW_CAPACITY')
    await system.stop()
  })
})
