import { afterEach, describe, expect, it } from 'vitest'
import { runs } from '../../../test/support/runs.js'
import { SeededRandom } from '../../core/random.js'
import { RealTime } from '../../core/real-time.js'
import type { OrderRequest } from '../../model/order.js'
import type { RingHandlers } from '../../ring/kinds.js'
import { TestHost } from '../../testing/test-host.js'
import { frameOf } from '../../testing/tws/frames.js'
import { TwsGateway, type TwsGatewayOptions } from '../../testing/tws/gateway.js'
import { crypto, future, option } from './contracts.js'
import { IbkrConnector } from './ibkr-connector.js'
import type { IbkrConnectorOptions } from './ibkr-options.js'
import type { IbkrNotice } from './notices.js'
import { MemoryOrderIds } from './order-ids.js'
import { algorithms } from './order-mapping.js'
import { readTape, SessionRecorder } from './session-tape.js'

const open: { close(): unknown }[] = []
const account = 'DU1234567'
const aapl = 265_598

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

async function gatewayWith(options: TwsGatewayOptions = {}): Promise<TwsGateway> {
  const gateway = await TwsGateway.open({ quoteIntervalMs: 0, accounts: [account], ...options })
  open.push(gateway)
  return gateway
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const until = (condition: () => boolean) => expect.poll(condition, { interval: 2, timeout: 20_000 }).toBe(true)
/** No limit of our own, for what is not about limits. */
const fast = { windows: [{ limit: 5_000, windowMs: 1_000 }] }

async function connectorTo(
  gateway: TwsGateway,
  options: IbkrConnectorOptions = {},
  handlers: RingHandlers = { onQuotes: () => {} },
) {
  const host = new TestHost({ time: new RealTime(), handlers, orderCapacity: 4_096 })
  const connector = new IbkrConnector({
    port: gateway.port,
    clientId: 5,
    contracts: ['AAPL'],
    reconnect: { firstDelayMs: 2, maxDelayMs: 10 },
    resubscribeAfterMs: 60,
    healthIntervalMs: 0,
    ...options,
  })
  open.push({ close: () => connector.stop() })
  const notices: IbkrNotice[] = []
  connector.notices.on('notice', (notice) => notices.push(notice))
  await host.start(connector)
  const submit = (request: Partial<OrderRequest> = {}) =>
    host.submit(connector, {
      symbol: 'AAPL',
      side: 'buy',
      quantity: 10,
      price: '100',
      account,
      ...request,
    } as OrderRequest)
  const kinds = (number: number) => host.reports.kinds(number)
  const working = async (request: Partial<OrderRequest> = {}) => {
    const number = submit(request)
    await until(() => kinds(number).includes('accepted'))
    return number
  }
  return { host, connector, notices, submit, kinds, working }
}

const wide = { messagesPerSecond: 10_000 }
const say = (gateway: TwsGateway, id: number, code: number, text: string) => {
  for (const session of gateway.sessions) session.send([4, 2, id, code, text, ''])
}

describe('what TWS says about orders', () => {
  it('takes no warning for a cancel', async () => {
    const gateway = await gatewayWith(wide)
    const { working, kinds, notices } = await connectorTo(gateway)
    const number = await working()
    const { orderId } = gateway.orders.orders[0] ?? { orderId: 0 }
    for (const code of [399, 404, 2109, 10349, 2161, 99_999]) say(gateway, orderId, code, 'a word about it')
    await until(() => notices.filter(({ id }) => id === orderId).length === 6)
    expect(kinds(number)).toEqual(['accepted'])
    expect(new Set(notices.filter(({ id }) => id === orderId).map((notice) => notice.class))).toEqual(
      new Set(['warning']),
    )
  })

  it('keeps an order whose change was refused', async () => {
    const gateway = await gatewayWith(wide)
    const { working, kinds, host, connector } = await connectorTo(gateway)
    const number = await working()
    gateway.tamper = (way, session, fields) => {
      if (way !== 'in' || Number(fields[0]) !== 3) return 'pass'
      session.send([4, 2, Number(fields[1]), 321, 'Error validating request', ''])
      return 'drop'
    }
    host.replace(connector, number, { price: '101' })
    await until(() => kinds(number).includes('replaceRejected'))
    gateway.tamper = undefined
    host.replace(connector, number, { price: '102' })
    await until(() => kinds(number).includes('replaced'))
    expect(gateway.orders.orders[0]?.fields.lmtPrice).toBe('102')
  })

  it.each([
    [10_147, 'OrderId 1 that needs to be cancelled is not found.'],
    [10_148, 'OrderId 1 that needs to be cancelled cannot be cancelled, state: PendingCancel.'],
  ])('ends a cancel that waits with %i', async (code, text) => {
    const gateway = await gatewayWith(wide)
    const { working, kinds, host, connector } = await connectorTo(gateway)
    const number = await working()
    gateway.tamper = (way, session, fields) => {
      if (way !== 'in' || Number(fields[0]) !== 4) return 'pass'
      session.send([4, 2, gateway.orders.orders[0]?.orderId ?? 0, code, text, ''])
      return 'drop'
    }
    host.cancel(connector, number)
    await until(() => kinds(number).includes('cancelRejected'))
    expect(kinds(number)).toEqual(['accepted', 'cancelRejected'])
  })

  it('restates an execution whose id ends one higher, and counts it once', async () => {
    const gateway = await gatewayWith(wide)
    const { submit, kinds, connector, host } = await connectorTo(gateway)
    const number = submit({ type: 'MARKET', price: undefined } as never)
    await until(() => kinds(number).includes('filled'))
    const [execution] = gateway.orders.executions
    if (execution !== undefined) gateway.orders.correct(execution, '226.5')
    await until(() => kinds(number).includes('corrected'))
    const instrument = host.instruments.get('AAPL')
    const fills = await connector.queryFills(0)
    expect(fills).toHaveLength(1)
    expect(instrument.priceText(fills[0]?.priceUnits ?? 0)).toBe('226.5')
  })

  it('gives no order id a second time after TWS forgot how far it was', async () => {
    const gateway = await gatewayWith(wide)
    const ids = new MemoryOrderIds()
    const { working, connector } = await connectorTo(gateway, { orderIds: ids })
    for (let i = 0; i < 4; i++) await working()
    const { epoch } = connector
    await gateway.restart({ downMs: 5, rollsBack: 3 })
    await until(() => connector.isReady && connector.epoch > epoch)
    await working()
    const used = gateway.orders.orders.map(({ orderId }) => orderId)
    expect(new Set(used).size).toBe(used.length)
    // A new life of the process starts above all of it.
    expect(ids.load(`127.0.0.1:${gateway.port}/5`)).toBeGreaterThan(Math.max(...used))
  })

  it('reports orders and fills made by hand as those of somebody else', async () => {
    const gateway = await gatewayWith(wide)
    const { connector } = await connectorTo(gateway)
    const [listing] = gateway.listings
    const fields = (await import('../../testing/tws/order-fields.js')).blankOrder()
    Object.assign(fields, { action: 'BUY', totalQuantity: '5', orderType: 'LMT', lmtPrice: '100', tif: 'DAY' })
    if (listing !== undefined) gateway.orders.placeByHand(listing, fields)
    const [order] = await connector.queryOrders()
    expect(order).toMatchObject({ state: 'working', account })
    expect(order?.clientOrderId).toBeUndefined()
  })
})

describe('orders that only IBKR knows', () => {
  it('sends algorithms, groups and routes, and brackets whose children wait', async () => {
    const gateway = await gatewayWith(wide)
    const { connector, submit, working } = await connectorTo(gateway)
    connector.prepare('algo', { algorithm: algorithms.adaptive('Urgent') })
    connector.prepare('vwap', { algorithm: algorithms.vwap({ maxPctVol: 0.1, noTakeLiq: true }), ocaGroup: 'g1' })
    connector.prepare('direct', { exchange: 'ARCA', outsideRth: true })
    await working({ clientOrderId: 'algo' })
    await working({ clientOrderId: 'vwap' })
    await working({ clientOrderId: 'direct' })
    const byRef = gateway.orders.orders
    expect(byRef[0]?.fields).toMatchObject({ algoStrategy: 'Adaptive', account, tif: 'DAY', outsideRth: '0' })
    expect(byRef[0]?.fields.lists.algoParams).toEqual([['adaptivePriority', 'Urgent']])
    expect(byRef[1]?.fields).toMatchObject({ algoStrategy: 'Vwap', ocaGroup: 'g1', ocaType: '1' })
    expect(byRef[2]).toMatchObject({ contract: { exchange: 'ARCA' }, fields: { outsideRth: '1' } })
    connector.prepare('parent', { transmit: false })
    connector.prepare('profit', { parent: 'parent', transmit: false })
    connector.prepare('loss', { parent: 'parent' })
    submit({ clientOrderId: 'parent', price: '227.5' })
    submit({ clientOrderId: 'profit', side: 'sell', price: '240' })
    submit({ clientOrderId: 'loss', side: 'sell', type: 'STOP', price: undefined, triggerPrice: '200' } as never)
    await until(
      () => gateway.orders.orders.length === 6 && gateway.orders.orders.every(({ place }) => place !== 'held'),
    )
    expect(gateway.orders.orders.slice(4).map(({ parent }) => parent?.orderId)).toEqual([
      byRef[3]?.orderId,
      byRef[3]?.orderId,
    ])
  })

  it('previews margins and commission without placing anything', async () => {
    const gateway = await gatewayWith(wide)
    const { connector } = await connectorTo(gateway)
    const preview = await connector.preview({ symbol: 'AAPL', side: 'buy', quantity: '100', price: '100' })
    expect(preview).toMatchObject({ commissionCurrency: 'USD', initialMargin: { before: '0.00', after: '2500.00' } })
    expect(gateway.orders.orders).toHaveLength(0)
  })

  it('follows price steps that vary with the price, futures and options included', async () => {
    const gateway = await gatewayWith(wide)
    const { host } = await connectorTo(gateway, {
      contracts: [future('ES', '202612', 'CME'), option('AAPL', '20261218', 230, 'C')],
    })
    const es = host.instruments.get('ESZ6')
    expect(es.definition).toMatchObject({
      assetClass: 'future',
      multiplier: '50',
      priceIncrement: '0.25',
      expiry: '2026-12-18',
    })
    const call = [...host.instruments].find(({ definition }) => definition.assetClass === 'option')
    expect(call?.definition).toMatchObject({ strike: '230', right: 'call' })
    expect(() => call?.priceUnits('3.01')).toThrow('TW_OFF_GRID')
    expect(() => call?.priceUnits('2.99')).not.toThrow()
  })
})

describe('orders that must not be mistaken', () => {
  it('sends none while the servers of IBKR are away, and tells what was filled meanwhile before it does again', async () => {
    const gateway = await gatewayWith(wide)
    const { working, submit, kinds, host, connector, notices } = await connectorTo(gateway)
    const [first, second] = [await working(), await working()]
    gateway.loseServers()
    await until(() => notices.some(({ code }) => code === 1_100))
    expect(() => submit()).toThrow(/1100.*TW_NOT_READY/)
    expect(() => host.replace(connector, first, { price: '101' })).toThrow(/TW_NOT_READY/)
    host.cancel(connector, second)
    await until(() => kinds(second).includes('canceled'))
    // Filled at the exchange, and nobody is told.
    gateway.tamper = (way, _session, fields) =>
      way === 'out' && [3, 5, 11, 59].includes(Number(fields[0])) ? 'drop' : 'pass'
    gateway.board.quote(aapl, 99.98, 99.99, 400)
    await until(() => gateway.orders.executions.length > 0)
    gateway.tamper = undefined
    expect(kinds(first)).toEqual(['accepted'])
    expect(connector.isReady).toBe(true)
    gateway.restoreServers(false)
    await until(() => kinds(first).includes('filled'))
    await expect.poll(() => Number.isInteger(tried(submit)), { interval: 5, timeout: 20_000 }).toBe(true)
  })

  it('sends no child without its parent, and no shown size that TWS cannot carry', async () => {
    const gateway = await gatewayWith(wide)
    const { connector, submit, host } = await connectorTo(gateway, { contracts: ['AAPL', crypto('BTC')] })
    connector.prepare('child', { parent: 'nobody' })
    expect(() => submit({ clientOrderId: 'child' })).toThrow(/nobody.*TW_NOT_SUPPORTED/)
    expect(() =>
      host.submit(connector, {
        symbol: 'BTC.USD',
        side: 'buy',
        type: 'LIMIT',
        quantity: '1',
        price: '90000',
        displayQuantity: '0.5',
        account,
      }),
    ).toThrow(/whole numbers.*TW_NOT_SUPPORTED/)
    await pause(20)
    expect(gateway.orders.orders).toHaveLength(0)
  })

  it('says all terms again when it changes an order of an earlier life', async () => {
    const gateway = await gatewayWith(wide)
    const { connector, working, host, kinds } = await connectorTo(gateway)
    connector.prepare('rich', {
      algorithm: algorithms.vwap({ maxPctVol: 0.1 }),
      ocaGroup: 'g',
      ocaType: 2,
      faGroup: 'Everybody',
      faMethod: 'NetLiq',
      modelCode: 'growth',
      exchange: 'ARCA',
      outsideRth: true,
      triggerMethod: 2,
    })
    connector.prepare('parent', { transmit: false })
    connector.prepare('child', { parent: 'parent', orderType: 'MIDPRICE' })
    const rich = await working({ clientOrderId: 'rich' })
    const parent = host.submit(connector, {
      symbol: 'AAPL',
      side: 'buy',
      type: 'LIMIT',
      quantity: 1,
      price: '90',
      account,
      clientOrderId: 'parent',
    })
    const child = await working({ clientOrderId: 'child', side: 'sell', price: '300' })
    const of = (at: number) => gateway.orders.orders[at]?.fields
    const before = { ...of(0) }
    expect(before).toMatchObject({ faGroup: 'Everybody', faMethod: 'NetLiq', modelCode: 'growth', ocaType: '2' })
    await connector.stop()

    const next = new IbkrConnector({ port: gateway.port, clientId: 5, contracts: ['AAPL'], healthIntervalMs: 0 })
    open.push({ close: () => next.stop() })
    host.onReconcile = async (reconciling) => void (await reconciling.queryOrders())
    await host.start(next)
    host.replace(next, rich, { price: '101' })
    host.replace(next, child, { price: '301' })
    await until(() => kinds(rich).includes('replaced') && kinds(child).includes('replaced'))
    const same = (fields: object) => ({ ...fields, lmtPrice: '', triggerMethod: '' })
    expect(same(of(0) ?? {})).toEqual(same(before))
    expect(of(0)).toMatchObject({ lmtPrice: '101', triggerMethod: '2', algoStrategy: 'Vwap' })
    expect(of(2)).toMatchObject({ parentId: String(gateway.orders.orders[1]?.orderId), orderType: 'MIDPRICE' })
    expect(kinds(parent)).not.toContain('rejected')
    expect(gateway.orders.orders).toHaveLength(3)
  })

  it('takes "no such order" for the answer to a change when no cancel waits', async () => {
    const gateway = await gatewayWith(wide)
    const { working, kinds, host, connector } = await connectorTo(gateway)
    const number = await working()
    gateway.tamper = (way, session, fields) => {
      if (way !== 'in' || Number(fields[0]) !== 3) return 'pass'
      session.send([4, 2, Number(fields[1]), 135, "Can't find order with ID", ''])
      return 'drop'
    }
    host.replace(connector, number, { price: '101' })
    await until(() => kinds(number).includes('replaceRejected'))
    expect(kinds(number)).toEqual(['accepted', 'replaceRejected'])
  })
})

/** What a call gives, or its error. */
function tried<T>(call: () => T): T | unknown {
  try {
    return call()
  } catch (error) {
    return error
  }
}

describe('login', () => {
  it('refuses a live account behind paper, a live port, and an account that is not there', async () => {
    const gateway = await gatewayWith({ accounts: ['U7654321'] })
    await expect(connectorTo(gateway)).rejects.toThrow(/TW_LIVE_REFUSED/)
    expect(() => new IbkrConnector({ port: 7496 })).toThrow(/TW_LIVE_REFUSED/)
    await expect(connectorTo(gateway, { environment: 'live', account: 'U1' })).rejects.toThrow(/TW_INVALID_CONFIG/)
    const { connector } = await connectorTo(gateway, { environment: 'live', account: 'U7654321' })
    expect(connector.capabilities.orders?.environment).toBe('live')
  })

  it('takes no orders when it is read-only', async () => {
    const gateway = await gatewayWith(wide)
    const { connector } = await connectorTo(gateway, { readOnly: true })
    expect(connector.capabilities.orders).toBeUndefined()
  })

  it('waits out a client id that lingers at TWS', async () => {
    const gateway = await gatewayWith(wide)
    const { connector } = await connectorTo(gateway)
    const { epoch } = connector
    gateway.cut({ lingerMs: 80 })
    await until(() => connector.isReady && connector.epoch > epoch)
    expect(connector.statistics.failedConnects).toBeGreaterThan(0)
  })
})

describe('streams', () => {
  it('asks anew for a stream that stays dead after its farm is back, and keeps the connection', async () => {
    let quotes = 0
    const gateway = await gatewayWith(wide)
    const { connector, host } = await connectorTo(
      gateway,
      {},
      {
        onQuotes: (_ring, from, to) => {
          quotes += to - from
        },
      },
    )
    const { index } = host.instruments.get('AAPL')
    await connector.subscribeTo({ kind: 'quotes', instrument: index })
    const { epoch } = connector
    for (const how of [() => gateway.restoreFarm('usfarm', { staysDead: true }), () => gateway.compete()]) {
      gateway.breakFarm()
      how()
      for (const session of gateway.sessions) session.streams.isDead = false
      await pause(150)
      const before = quotes
      gateway.board.quote(aapl, 228 + quotes / 100, 229, 7)
      await until(() => quotes > before)
    }
    expect(connector.epoch).toBe(epoch)
  })

  it('decodes books with market makers, trades, bars, status and news', async () => {
    const seen = { books: 0, trades: 0, bars: 0, statuses: 0, notes: [] as unknown[] }
    const gateway = await gatewayWith(wide)
    const { connector, host } = await connectorTo(
      gateway,
      {},
      {
        onBooks: (_ring, from, to) => {
          seen.books += to - from
        },
        onTrades: (_ring, from, to) => {
          seen.trades += to - from
        },
        onBars: (_ring, from, to) => {
          seen.bars += to - from
        },
        onStatuses: (_ring, from, to) => {
          seen.statuses += to - from
        },
        onNotes: ({ notes }, from, to) => {
          for (let row = from; row < to; row++) seen.notes.push(notes.note[row])
        },
      },
    )
    const { index } = host.instruments.get('AAPL')
    for (const kind of ['book', 'trades', 'bars', 'status', 'news'] as const)
      await connector.subscribeTo({ kind, instrument: index })
    gateway.board.quote(aapl, 228, 228.02, 50)
    gateway.board.trade(aapl, 228.02, 9)
    for (const session of gateway.sessions) {
      session.streams.closeBars(1_795_000_000)
      session.streams.announce(aapl, 'Größe \u2713')
    }
    await until(() => seen.books > 0 && seen.trades > 1 && seen.bars > 0 && seen.statuses > 0 && seen.notes.length > 1)
    expect(seen.notes).toContainEqual(
      expect.objectContaining({ kind: 'news', headline: 'Größe \u2713', symbols: ['AAPL'] }),
    )
  })
})

describe('history', () => {
  it('reads bars in pieces and ticks page by page', async () => {
    const gateway = await gatewayWith(wide)
    const { connector, host } = await connectorTo(gateway, { pacing: fast })
    const { index } = host.instruments.get('AAPL')
    const toUs = Date.UTC(2026, 10, 20, 21) * 1_000
    const bars = await connector.queryHistory({
      kind: 'bars',
      instrument: index,
      fromUs: toUs - 5 * 86_400e6,
      toUs,
      intervalUs: 60_000_000,
    })
    expect(bars.length).toBeGreaterThan(1_500)
    const times = bars.map((bar) => (bar as { tsOpenUs: number }).tsOpenUs)
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b))
    const ticks = await connector.queryHistory({ kind: 'trades', instrument: index, fromUs: toUs - 1_500e6, toUs })
    expect(ticks).toHaveLength(1_500)
  })
})

describe('over random disconnects', () => {
  it('tells every execution once, and sends nothing that waited', async () => {
    const gateway = await gatewayWith(wide)
    const random = new SeededRandom(11)
    const { host, connector, submit } = await connectorTo(gateway, { pacing: fast })
    const told = new Map<string, number>()
    let sinceUs = 0
    host.onReconcile = async (reconciling) => {
      for (const fill of await reconciling.queryFills(sinceUs)) told.set(String(fill.exec), fill.quantityUnits)
    }
    let sent = 0
    const rounds = runs({ ci: 40, full: 1_000 })
    for (let round = 0; round < rounds; round++) {
      const { epoch } = connector
      const count = random.below(4)
      for (let i = 0; i < count; i++) {
        submit({ type: 'MARKET', price: undefined, quantity: 10 + random.below(40) } as never)
        sent++
      }
      if (random.below(2) === 0) await pause(random.below(4))
      gateway.cut()
      await until(() => connector.epoch > epoch && connector.isReady)
      sinceUs = 0
    }
    for (const report of host.reports.reports)
      if (report.kind === 'filled') told.set(String(report.exec), report.quantityUnits as number)
    const there = new Map(gateway.orders.executions.map(({ base, quantityUnits }) => [base, quantityUnits]))
    expect([...told].sort()).toEqual([...there].sort())
    expect(gateway.orders.orders.length).toBeLessThanOrEqual(sent)
    const refs = gateway.orders.orders.map(({ fields }) => fields.orderRef)
    expect(new Set(refs).size).toBe(refs.length)
  }, 600_000)
})

describe('recorder', () => {
  it('records whole messages with masked accounts, in a form that is read back', async () => {
    const lines: string[] = []
    let nowMs = 0
    const recorder = new SessionRecorder(
      (line) => lines.push(line),
      () => ++nowMs,
    )
    const gateway = await gatewayWith(wide)
    await connectorTo(gateway, { recorder })
    const tape = readTape(lines.join('\n'))
    const text = tape.map(({ bytes }) => Buffer.from(bytes).toString('latin1')).join('')
    expect(text).toContain('API\0')
    expect(text).not.toContain(account)
    expect(text).toContain('DU0000001')
    expect(() => readTape('{"at":1}')).toThrow('TW_BAD_ROW')
    const whole = frameOf([15, 1, account])
    const before = lines.length
    recorder.record('in', whole.subarray(0, 9))
    expect(lines).toHaveLength(before)
    recorder.record('in', whole.subarray(9))
    expect(lines).toHaveLength(before + 1)
  })
})
