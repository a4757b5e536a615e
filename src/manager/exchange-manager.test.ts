import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy } from '../../test/support/echo-system.js'
import { VirtualTime } from '../core/virtual-time.js'
import { ExchangeManager, type ExchangeManagerOptions } from './exchange-manager.js'

async function startManager(options: ExchangeManagerOptions = {}) {
  const time = new VirtualTime()
  const [a, b] = [new EchoConnector(), new EchoConnector()]
  const manager = new ExchangeManager({ mode: 'simulation', time, onClose: 'leave', ...options })
  manager.addConnector(a).addConnector(b, 'second', { primary: true })
  await time.runUntil(manager.startAll())
  a.quote(99.99, 100.01)
  return { time, a, b, manager }
}

describe('an exchange manager', () => {
  it('sends orders over the primary, follows them by id, and counts', async () => {
    const { manager, a, b, time } = await startManager()
    const order = manager.sendOrder(buy({ clientOrderId: 'mine' }))
    expect([a.sent.length, b.sent.length]).toEqual([0, 1])
    b.reports.accepted(order.number, 1, time.wallUs())
    expect(manager.getOrderStatus('mine').status).toBe('ACCEPTED')
    manager.modifyOrder('mine', { quantity: 50 })
    manager.cancelOrder('mine')
    expect(b.sent.map(({ kind }) => kind)).toEqual(['new', 'replace', 'cancel'])
    const { connectors, total, routes } = manager.getStats()
    expect(Object.keys(connectors)).toEqual(['second', 'echo'])
    expect(connectors.second?.statistics.ordersSent).toBe(1)
    expect(connectors.second?.score).toBeGreaterThan(90)
    expect(total).toMatchObject({ ordersSent: 1, cancelsSent: 1, disconnects: 0 })
    expect(routes[0]).toMatchObject({ current: 'second' })
    expect(manager.getPositions()).toEqual([])
    await manager.stopAll()
  })

  it('hands quotes and trades of the symbols asked for to a callback, until told to stop', async () => {
    const { manager, b } = await startManager()
    const bids: number[] = []
    const unsubscribe = await manager.subscribePrice(['IBM'], (quotes) => {
      for (const quote of quotes) bids.push(quote.bid)
    })
    expect(b.subscriptions).toEqual([{ kind: 'quotes', instrument: 0 }])
    b.quote(1, 2)
    b.quote(3, 4)
    await unsubscribe()
    await unsubscribe()
    b.quote(5, 6)
    expect(bids).toEqual([1, 3])
    expect(b.subscriptions).toEqual([])
    await manager.stopAll()
  })

  it('hands over every kind of data that is asked for, and nothing of other symbols', async () => {
    const { manager, b, time } = await startManager()
    const heard: string[] = []
    await manager.subscribeTrades(['IBM'], (trades) => {
      for (const trade of trades) heard.push(`trade ${trade.symbol} ${trade.price}`)
    })
    await manager.subscribeBook(['IBM'], (books) => {
      for (const book of books) heard.push(`book ${book.symbol} ${book.levelCount}`)
    })
    await manager.subscribeBars(['IBM'], (bars) => {
      for (const bar of bars) heard.push(`bar ${bar.symbol} ${bar.close}`)
    })
    await manager.subscribeStatus(['IBM'], (statuses) => {
      for (const status of statuses) heard.push(`status ${status.symbol} ${status.status}`)
    })
    const kinds = ['trades', 'book', 'bars', 'status'] as const
    expect(b.subscriptions.map(({ kind }) => kind)).toEqual(kinds)
    const now = time.wallUs()
    const publish = () => {
      const { market } = b.bench
      for (const instrument of [0, 1]) {
        market.publishTrade(instrument, b.source, 100, 5, 1, now, now, Number.NaN, Number.NaN, 0)
        market.beginBook(instrument, b.source, true, now, now, Number.NaN, Number.NaN)
        market.addLevel(0, 99.99, 100)
        market.commitBook()
        market.publishBar(instrument, b.source, 60_000_000, 1, 2, 1, 2, 10, 3, 1.5, now, now, now, true)
        market.publishStatus(instrument, b.source, 3, now, now)
      }
      b.bench.drain()
    }
    publish()
    expect(heard).toEqual(['trade IBM 100', 'book IBM 1', 'bar IBM 2', 'status IBM 3'])
    await manager.unsubscribe(['IBM'], ['book', 'bars'])
    expect(b.subscriptions.map(({ kind }) => kind)).toEqual(['trades', 'status'])
    heard.length = 0
    publish()
    expect(heard).toEqual(['trade IBM 100', 'status IBM 3'])
    await manager.unsubscribe(['IBM'])
    expect(b.subscriptions).toEqual([])
    await manager.stopAll()
  })

  it('keeps the latest prices for whoever asks, without a handler', async () => {
    const { manager, b } = await startManager()
    const unsubscribe = await manager.subscribePrice(['IBM'])
    b.quote(10, 11)
    expect(manager.getPrice('IBM')).toEqual({ symbol: 'IBM', bid: 10, ask: 11, mid: 10.5, last: Number.NaN })
    expect(() => manager.getPrice('NONE')).toThrow('TW_UNKNOWN_INSTRUMENT')
    await expect(manager.subscribePrice(['NONE'])).rejects.toThrow('TW_UNKNOWN_INSTRUMENT')
    await unsubscribe()
    expect(b.subscriptions).toEqual([])
    await manager.stopAll()
  })

  it('tells of switches and lost connections', async () => {
    const time = new VirtualTime()
    const [a, b] = [new EchoConnector(), new EchoConnector()]
    const manager = new ExchangeManager({ mode: 'simulation', time })
    manager.addConnector(a, 'a').addConnector(b, 'b')
    const heard: string[] = []
    manager.events.on('routing', ({ from, to, reason }) => heard.push(`${from ?? ''}>${to ?? ''} ${reason}`))
    manager.events.on('connection', ({ connector, to }) => heard.push(`${connector} ${to}`))
    await time.runUntil(manager.startAll())
    heard.length = 0
    a.drop()
    expect(heard).toEqual(['a waiting', 'a>b failover'])
    await manager.stopAll()
  })

  it('tells all that its system tells, and refuses listeners of what nobody tells', async () => {
    const { manager } = await startManager()
    const alerts: string[] = []
    manager.events.on('alert', ({ kind }) => alerts.push(kind))
    manager.system.setTradingState('global', '', 'REDUCING', 'ann', 'test')
    manager.system.risk.limits.addGlobalLimit({ type: 'openOrders', limit: 5 }, { actor: 'ann', reason: 'test' })
    expect(alerts).toContain('limits')
    expect(() => manager.events.on('alerts' as 'alert', () => {})).toThrow('There is no event "alerts"')
    expect(() => manager.system.events.on('order' as 'alert', () => {})).toThrow('There is no event "order"')
    expect(() => manager.system.orders.events.on('alert' as 'order', () => {})).toThrow('There is no event "alert"')
    await manager.stopAll()
  })

  it('starts with the first connector that is ready, where that is enough', async () => {
    const time = new VirtualTime()
    class Down extends EchoConnector {
      protected override connect(): Promise<void> {
        return Promise.reject(new Error('no route to host'))
      }
    }
    const manager = new ExchangeManager({ mode: 'simulation', time, routing: { startWith: 'any' } })
    manager.addConnector(new Down(), 'down', { primary: true }).addConnector(new EchoConnector(), 'up')
    await time.runUntil(manager.startAll())
    expect(manager.getStats().routes[0]).toMatchObject({ current: 'up' })
    await manager.stopAll()
  })

  it.each([
    [
      'a name twice',
      (m: ExchangeManager) => m.addConnector(new EchoConnector(), 'x').addConnector(new EchoConnector(), 'x'),
      'TW_DUPLICATE',
    ],
    [
      'two primaries',
      (m: ExchangeManager) =>
        m
          .addConnector(new EchoConnector(), 'x', { primary: true })
          .addConnector(new EchoConnector(), 'y', { primary: true }),
      'TW_INVALID_CONFIG',
    ],
    ['orders before the start', (m: ExchangeManager) => m.sendOrder(buy()), 'TW_INVALID_STATE'],
  ])('refuses %s', (_, act, code) => {
    expect(() => act(new ExchangeManager())).toThrow(code)
  })

  it('refuses what it cannot make sense of, by name', async () => {
    const { manager, time } = await startManager()
    const wrong: [Promise<unknown>, RegExp][] = [
      [manager.subscribePrice('IBM' as never), /symbols must be a list.*TW_INVALID_ARGUMENT/],
      [manager.subscribeTrades([7] as never), /symbols must be a list/],
      [manager.subscribeBook(['IBM'], {} as never), /handler of book must be a function/],
      [manager.unsubscribe('IBM' as never), /symbols must be a list/],
      [manager.unsubscribe(['IBM'], ['quote' as never]), /kinds has "quote"; known are quotes/],
      [manager.system.subscribe('IBM' as never, ['quotes']), /symbols must be a list/],
      [manager.system.subscribe(['IBM'], ['quote' as never]), /has no quote.*TW_NOT_SUPPORTED/],
      [manager.removeConnector('nobody'), /no connector named "nobody"/],
      [manager.startConnector({} as never, 'x'), /connectors\.x must be a BaseConnector/],
    ]
    for (const [attempt, problem] of wrong) await expect(attempt).rejects.toThrow(problem)
    for (const request of [undefined, null, {}, { symbol: 7 }])
      expect(() => manager.sendOrder(request as never)).toThrow(/symbol must be the text.*TW_INVALID_MODEL/)
    expect(() => manager.cancelOrder('nobody')).toThrow('TW_UNKNOWN_ORDER')
    expect(() => manager.modifyOrder('nobody', {})).toThrow('TW_UNKNOWN_ORDER')
    const { connectors } = manager.getStats()
    expect(Object.values(connectors).every(({ health }) => health.streams === 0)).toBe(true)
    await time.runUntil(manager.stopAll())
  })

  it('refuses a start without connectors, a second start, connectors after it, and orders it does not know', async () => {
    await expect(new ExchangeManager().startAll()).rejects.toThrow('TW_INVALID_CONFIG')
    const { manager } = await startManager()
    await expect(manager.startAll()).rejects.toThrow('TW_INVALID_STATE')
    expect(() => manager.addConnector(new EchoConnector())).toThrow('TW_INVALID_STATE')
    expect(() => manager.getOrderStatus('nobody')).toThrow('TW_UNKNOWN_ORDER')
    await expect(manager.subscribePrice(['NOPE'], () => {})).rejects.toThrow('TW_UNKNOWN_INSTRUMENT')
    await manager.stopAll()
  })
})
