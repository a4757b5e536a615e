import { afterEach, describe, expect, it } from 'vitest'
import { TwsGateway, type TwsGatewayOptions } from './gateway.js'
import { RawClient } from './raw-client.test-support.js'

const aapl = 265_598
const open: { close(): unknown }[] = []
const versions = Array.from({ length: 193 - 157 + 1 }, (_, i) => 157 + i)

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

async function gatewayWith(options: TwsGatewayOptions = {}): Promise<TwsGateway> {
  const gateway = await TwsGateway.open({ quoteIntervalMs: 0, messagesPerSecond: 1_000, ...options })
  open.push(gateway)
  return gateway
}

async function clientOf(gateway: TwsGateway, clientId = 1, greeting?: string): Promise<RawClient> {
  const client = new RawClient()
  open.push(client)
  await client.connect(gateway.port, greeting)
  await client.start(clientId)
  return client
}

const stock = [0, 'AAPL', 'STK', '', '', '', '', 'SMART', '', 'USD', '', '']

describe('every message at every version', () => {
  it.each(versions)('is laid out as version %i has it', async (version) => {
    const gateway = await gatewayWith({ maxServerVersion: version })
    const client = await clientOf(gateway)
    expect(client.version).toBe(version)
    client.send(9, 8, 1, ...stock, 0, '', '', ...(version >= 176 ? [''] : []))
    client.send(81, 2, 'A')
    client.send(1, 11, 3, ...stock, 0, '292', 0, 0, '')
    client.send(1, 11, 4, ...stock, 0, '', 1, 0, '')
    for (const [i, kind] of ['Last', 'AllLast', 'BidAsk', 'MidPoint'].entries())
      client.send(97, 5 + i, ...stock, kind, 0, 0)
    client.send(10, 5, 9, ...stock, 3, 1, '')
    client.send(10, 5, 10, 495_512_563, '', '', '', '', '', '', '', '', '', '', '', 3, 0, '')
    client.send(20, 11, ...stock, 0, '', '1 hour', '2 D', 1, 'TRADES', 1, 1, '')
    if (version >= 165) client.send(20, 12, ...stock, 0, '', '1 day', '5 D', 1, 'SCHEDULE', 1, 0, '')
    client.send(96, 13, ...stock, 0, '20261120 15:00:00 US/Eastern', '', 5, 'TRADES', 1, 0, '')
    client.send(96, 14, ...stock, 0, '20261120 15:00:00 US/Eastern', '', 5, 'BID_ASK', 1, 0, '')
    client.send(96, 15, ...stock, 0, '', '20261120 15:00:00 US/Eastern', 5, 'MIDPOINT', 1, 0, '')
    client.send(87, 16, ...stock, 0, 1, 'TRADES', 1)
    client.send(88, 17, ...stock, 0, 1, '3 days')
    client.send(6, 2, 1, '')
    client.send(61, 1)
    client.send(62, 1, 18, 'All', 'NetLiquidation,BuyingPower')
    client.send(76, 1, 19, 'DU1234567', '', 1)
    client.send(74, 1, 20, 'DU1234567', '')
    client.send(92, 21, 'DU1234567', '')
    client.send(94, 22, 'DU1234567', '', aapl)
    client.send(78, 23, 'AAPL', '', 'STK', aapl)
    client.send(85)
    client.send(86, 24, aapl, 'BRFG', '', '', 10, '')
    client.send(84, 25, 'BRFG', 'BRFG$00', '')
    client.send(91, 26)
    client.send(82)
    client.send(83, 27, '9c0001')
    client.send(80)
    client.send(79, 28)
    client.send(104, 29)
    client.send(24, 1)
    client.send(22, 30, '', 'STK', 'STK.US.MAJOR', 'TOP_PERC_GAIN')
    client.send(12, 1, 1)
    client.send(67, 1, 31)
    client.send(18, 1, 1)
    client.place({ orderId: 1, type: 'MKT', quantity: '1000' })
    client.place({ orderId: 2, type: 'LMT', limit: '100' })
    client.place({
      orderId: 3,
      type: 'LMT',
      limit: '100',
      algo: 'Adaptive',
      algoParams: [['adaptivePriority', 'Normal']],
    })
    client.place({ orderId: 4, type: 'LMT', limit: '100', whatIf: '1' })
    client.place({ orderId: 5, type: 'MKT', conditions: [['1', 'a', '1', '9999', String(aapl), 'SMART', '0']] })
    client.send(
      4,
      ...(version >= 192 ? [] : [1]),
      2,
      ...(version >= 169 ? [''] : []),
      ...(version >= 187 && version < 190 ? ['', '', 2147483647] : []),
      ...(version >= 192 ? ['', ''] : []),
    )
    client.send(16, 1)
    client.send(99, 0)
    client.send(7, 3, 40, 0, '', '', '', '', '', '')
    await client.settle()
    gateway.board.quote(aapl, 230, 230.01, 100)
    gateway.board.trade(aapl, 230.01, 7)
    for (const session of gateway.sessions) {
      session.streams.closeBars(1)
      for (const history of session.histories.values()) history.update()
    }
    await client.settle()
    expect(client.faults).toEqual([])
    const ids = new Set(client.messages.map((fields) => Number(fields[0])))
    const expected = [
      1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 45, 46, 49, 52, 53, 54, 55, 57, 58, 59, 61, 62,
      63, 64,
    ]
    const more = [
      67, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 93, 94, 95, 96, 97, 98, 99,
      101, 102, 107,
    ]
    await client.until(() => client.of(90).length > 0)
    for (const [, id] of client.messages.entries()) ids.add(Number(id[0]))
    expect([...expected, ...more].filter((id) => !ids.has(id))).toEqual([])
    expect(client.faults).toEqual([])
    expect(client.errors().filter(([, , , code]) => code === '320' || code === '322')).toEqual([])
  })
})

describe('session', () => {
  it('answers the greeting with the lower of both versions and is silent before startApi', async () => {
    const gateway = await gatewayWith()
    for (const [greeting, version] of [
      ['v100..193', 193],
      ['v157..178', 178],
      ['v157..225', 193],
      ['v176', 176],
      ['v100..187 +PACEAPI', 187],
    ] as const) {
      const client = new RawClient()
      open.push(client)
      await client.connect(gateway.port, greeting)
      expect(client.version).toBe(version)
      await new Promise((resolve) => setTimeout(resolve, 10))
      expect(client.messages).toEqual([])
    }
  })

  it('takes a greeting byte by byte, and frames however they are cut', async () => {
    const gateway = await gatewayWith()
    const client = new RawClient()
    open.push(client)
    await client.connect(gateway.port, 'v157..178', true)
    await client.start()
    const bytes = Buffer.concat([client.frame(49, 1), client.frame(49, 1), client.frame(8, 1, 1)])
    client.sendBytes(bytes)
    for (const byte of bytes) client.sendBytes(Buffer.from([byte]))
    await client.until(() => client.of(49).length === 4 && client.of(9).length === 3)
  })

  it('closes the connection of a client that is too old, or speaks something else', async () => {
    const gateway = await gatewayWith()
    for (const greeting of ['v100..156', 'hello']) {
      const client = new RawClient()
      open.push(client)
      await client.connect(gateway.port, greeting)
      await client.until(() => client.isClosed)
    }
  })

  it('refuses a client id that is in use with 326 and closes', async () => {
    const gateway = await gatewayWith()
    await clientOf(gateway, 7)
    const second = await clientOf(gateway, 7)
    expect(second.errors(326)).toHaveLength(1)
    await second.until(() => second.isClosed)
  })

  it('tells accounts, next id and farms, the id monotone over reconnects', async () => {
    const gateway = await gatewayWith()
    const first = await clientOf(gateway, 5)
    expect(first.of(15)[0]).toEqual(['15', '1', 'DU1234567,DU1234568'])
    expect(first.of(9)[0]).toEqual(['9', '1', '1'])
    await first.settle()
    expect(first.errors().map((fields) => fields[3])).toEqual(['2104', '2104', '2106', '2158'])
    first.place({ orderId: 41, type: 'LMT', limit: '100' })
    await first.settle()
    first.close()
    await new Promise((resolve) => setTimeout(resolve, 20))
    const again = await clientOf(gateway, 5)
    expect(again.of(9)[0]).toEqual(['9', '1', '42'])
    again.send(8, 1, 1)
    await again.until(() => again.of(9).length === 2)
  })

  it('counts messages: too many in a second are error 100, again and again the end', async () => {
    const gateway = await gatewayWith({ messagesPerSecond: 50 })
    const client = await clientOf(gateway)
    for (let i = 0; i < 60; i++) client.send(49, 1)
    await client.until(() => client.errors(100).length === 1)
    expect(gateway.counters.busiestSecond).toBeGreaterThan(50)
  })

  it('harms nobody with a message that cannot be read', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    client.send(3, 1, 'x')
    client.send(777, 1)
    await client.settle()
    expect(client.errors(320)).toHaveLength(1)
    expect(client.errors(322)).toHaveLength(1)
  })
})

describe('orders', () => {
  it('fills a market order: executions add up, ids are unique, each has its commission', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    client.send(61, 1)
    client.place({ orderId: 1, type: 'MKT', quantity: '1000' })
    await client.until(() => client.of(3).some((fields) => fields[2] === 'Filled'))
    const executions = client.of(11)
    const shares = executions.map((fields) => Number(fields[19]))
    expect(shares.reduce((sum, each) => sum + each, 0)).toBe(1_000)
    expect(new Set(executions.map((fields) => fields[14])).size).toBe(executions.length)
    expect(client.of(59).map((fields) => fields[2])).toEqual(executions.map((fields) => fields[14]))
    for (const fields of client.of(3)) expect(Number(fields[3]) + Number(fields[4])).toBe(1_000)
    const last = executions.at(-1) as string[]
    expect([last[24], last[25]]).toEqual(['1000', client.of(3).at(-1)?.[5]])
    await client.until(() => client.of(61).some((fields) => fields[14] === '1000'))
    client.send(7, 3, 9, 0, '', '', '', '', '', '')
    client.send(7, 3, 10, 0, '', '', '', '', '', '')
    await client.settle()
    const told = client
      .of(11)
      .filter((fields) => fields[1] === '9')
      .map((fields) => fields[14])
    expect(told).toEqual(executions.map((fields) => fields[14]))
    expect(client.of(11).filter((fields) => fields[1] === '10')).toHaveLength(told.length)
  })

  it('changes and cancels: the same id again, then 202; unknown and filled orders get 10147, 10148 and 104', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    client.place({ orderId: 1, limit: '100' })
    client.place({ orderId: 1, limit: '101', quantity: '20' })
    await client.settle()
    expect(client.openOrders().at(-1)).toMatchObject({ lmtPrice: '101', totalQuantity: '20', status: 'Submitted' })
    client.send(4, 1, '', '')
    client.send(4, 77, '', '')
    client.place({ orderId: 2, type: 'MKT' })
    client.send(4, 2, '', '')
    client.place({ orderId: 2, type: 'MKT' })
    client.place({ orderId: 1, limit: '100' })
    client.place({ orderId: 3, limit: '100.001' })
    await client.settle()
    expect(
      client
        .errors()
        .map((fields) => [fields[2], fields[3]])
        .filter(([id]) => id !== '-1'),
    ).toEqual([
      ['1', '202'],
      ['77', '10147'],
      ['2', '10148'],
      ['2', '104'],
      ['1', '103'],
      ['3', '110'],
    ])
  })

  it('echoes every type of the mapping field by field', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    const orders = [
      { type: 'STP', aux: '300', action: 'BUY' },
      { type: 'STP LMT', aux: '300', limit: '301' },
      { type: 'TRAIL', aux: '2', action: 'SELL', trailStop: '200' },
      { type: 'TRAIL', trailPercent: '1.5', action: 'SELL' },
      { type: 'TRAIL LIMIT', aux: '2', action: 'SELL', trailStop: '200', limitOffset: '0.5' },
      { type: 'LMT', limit: '100', quantity: '500', displaySize: '100' },
      { type: 'LMT', limit: '100', tif: 'GTD', goodTill: '20301231-23:59:59' },
      { type: 'LOC', limit: '100' },
      { type: 'MOC' },
      { type: 'LMT', limit: '100', tif: 'OPG' },
      { type: 'LMT', limit: '100', tif: 'GTC' },
      { type: 'MIT', aux: '100' },
      { type: 'LIT', aux: '100', limit: '101' },
      { type: 'MIDPRICE', limit: '150' },
      {
        type: 'LMT',
        limit: '100',
        algo: 'Vwap',
        algoParams: [
          ['maxPctVol', '0.1'],
          ['noTakeLiq', '1'],
        ] as [string, string][],
      },
      { type: 'LMT', limit: '100', algo: 'Twap', algoParams: [['strategyType', 'Marketable']] as [string, string][] },
      { type: 'LMT', limit: '100', algo: 'ArrivalPx', algoParams: [['riskAversion', 'Neutral']] as [string, string][] },
      { type: 'LMT', limit: '100', algo: 'DarkIce', algoParams: [['displaySize', '10']] as [string, string][] },
    ]
    for (const [i, order] of orders.entries()) client.place({ orderId: i + 1, ref: `r${i}`, ...order })
    await client.settle()
    expect(client.errors().filter((fields) => fields[2] !== '-1')).toEqual([])
    client.send(5, 1)
    await client.until(() => client.of(53).length === 1)
    const echoed = new Map(client.openOrders().map((order) => [order.orderId, order]))
    for (const [i, order] of orders.entries()) {
      const got = echoed.get(String(i + 1)) as Record<string, string>
      expect(got).toMatchObject({
        orderType: order.type,
        lmtPrice: order.limit ?? '',
        auxPrice: order.aux ?? '',
        tif: order.tif ?? 'DAY',
        displaySize: order.displaySize ?? '',
        goodTillDate: order.goodTill ?? '',
        trailStopPrice: order.trailStop ?? '',
        trailingPercent: order.trailPercent ?? '',
        lmtPriceOffset: order.limitOffset ?? '',
        algoStrategy: order.algo ?? '',
        orderRef: `r${i}`,
      })
      if (order.algoParams !== undefined)
        expect(got.algoParams).toBe(order.algoParams.map((pair) => pair.join('=')).join(';'))
    }
  })

  it('refuses what makes no sense with the code of TWS', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    client.place({ orderId: 1, type: 'MOC', tif: 'GTC' })
    client.place({ orderId: 2, quantity: '0', limit: '100' })
    client.place({ orderId: 3, symbol: 'NOSUCH', limit: '100' })
    client.place({ orderId: 4, type: 'STP', aux: '300', tif: 'IOC' })
    client.place({ orderId: 5, limit: '100', algo: 'Nonsense' })
    client.place({ orderId: 6, limit: '100', account: 'U999' })
    client.place({ orderId: 7, type: 'NOTYPE' })
    await client.settle()
    const codes = client
      .errors()
      .filter((fields) => fields[2] !== '-1')
      .map((fields) => fields[3])
    expect(codes).toEqual(['113', '434', '200', '111', '439', '321', '387'])
  })

  it('holds a bracket until it is transmitted; its children wait for the parent and end each other', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    client.place({ orderId: 1, limit: '227.5', transmit: '0' })
    client.place({ orderId: 2, parentId: '1', action: 'SELL', limit: '240', transmit: '0' })
    await client.settle()
    expect(client.of(5)).toEqual([])
    client.place({ orderId: 3, parentId: '1', action: 'SELL', type: 'STP', aux: '200' })
    await client.settle()
    const statusOf = (id: number) =>
      client
        .of(3)
        .filter((fields) => fields[1] === String(id))
        .at(-1)?.[2]
    expect([statusOf(1), statusOf(2), statusOf(3)]).toEqual(['Submitted', 'PreSubmitted', 'PreSubmitted'])
    gateway.board.quote(aapl, 227.4, 227.5, 400)
    await client.settle()
    expect([statusOf(1), statusOf(2), statusOf(3)]).toEqual(['Filled', 'Submitted', 'PreSubmitted'])
    gateway.board.quote(aapl, 240, 240.05, 400)
    await client.settle()
    expect([statusOf(2), statusOf(3)]).toEqual(['Filled', 'Cancelled'])
  })

  it('ends the rest of a group with the first fill', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    client.place({ orderId: 1, limit: '220', ocaGroup: 'g', ocaType: '1' })
    client.place({ orderId: 2, limit: '221', ocaGroup: 'g', ocaType: '1' })
    await client.settle()
    gateway.board.quote(aapl, 220.9, 221, 400)
    await client.settle()
    const last = (id: string) =>
      client
        .of(3)
        .filter((fields) => fields[1] === id)
        .at(-1)?.[2]
    expect([last('1'), last('2')]).toEqual(['Cancelled', 'Filled'])
  })

  it('cancels the rest of an IOC order by itself, and answers a what-if without placing it', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    gateway.board.quote(aapl, 227, 227.01, 100)
    client.place({ orderId: 1, limit: '227.01', quantity: '150', tif: 'IOC' })
    await client.settle()
    expect(client.of(3).at(-1)?.slice(1, 5)).toEqual(['1', 'Cancelled', '100', '50'])
    client.place({ orderId: 2, limit: '227.01', quantity: '150', whatIf: '1' })
    await client.settle()
    const preview = client.openOrders().at(-1) as Record<string, string>
    expect(preview).toMatchObject({ orderId: '2', permId: '0', whatIf: '1' })
    expect(Number(preview.commission)).toBeGreaterThan(0)
    expect(gateway.orders.orders).toHaveLength(1)
  })

  it('keeps orders and fills over a reconnect, each client its own', async () => {
    const gateway = await gatewayWith()
    const first = await clientOf(gateway, 1)
    const second = await clientOf(gateway, 2)
    first.place({ orderId: 1, limit: '100' })
    first.place({ orderId: 2, type: 'MKT' })
    await first.settle()
    first.close()
    await second.settle()
    second.send(5, 1)
    await second.until(() => second.of(53).length === 1)
    expect(second.of(5)).toEqual([])
    second.send(16, 1)
    await second.until(() => second.of(53).length === 2)
    expect(second.openOrders().map((order) => [order.orderId, order.clientId])).toEqual([['1', '1']])
    const again = await clientOf(gateway, 1)
    again.send(5, 1)
    again.send(7, 3, 9, 0, '', '', '', '', '', '')
    again.send(99, 1)
    await again.settle()
    expect(again.openOrders()).toHaveLength(1)
    expect(again.of(11)).toHaveLength(1)
    expect(again.completedOrders()).toMatchObject([{ status: 'Filled', filledQuantity: '10' }])
  })

  it('cancels everything on a global cancel, and fills MOC orders in the closing auction', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    client.place({ orderId: 1, limit: '100' })
    client.place({ orderId: 2, type: 'STP', aux: '300' })
    client.place({ orderId: 3, type: 'MOC' })
    await client.settle()
    gateway.closingAuction(aapl)
    await client.settle()
    const last = (id: string) =>
      client
        .of(3)
        .filter((fields) => fields[1] === id)
        .at(-1)?.[2]
    expect(last('3')).toBe('Filled')
    client.place({ orderId: 4, limit: '100', tif: 'GTC' })
    client.send(58, '', '')
    await client.settle()
    expect(last('4')).toBe('Cancelled')
  })

  it('trades a combination and a coin, and keeps exact sizes', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    client.place({
      orderId: 1,
      symbol: 'BTC',
      secType: 'CRYPTO',
      exchange: 'PAXOS',
      limit: '90000',
      quantity: '0.12345678',
    })
    client.place({
      orderId: 2,
      symbol: 'AAPL',
      secType: 'BAG',
      limit: '-20',
      quantity: '1',
      legs: [
        ['703001001', '1', 'BUY', 'SMART', '0', '0', '', '-1'],
        ['703001002', '1', 'SELL', 'SMART', '0', '0', '', '-1'],
      ],
    })
    await client.settle()
    expect(client.openOrders()).toContainEqual(expect.objectContaining({ orderId: '1', totalQuantity: '0.12345678' }))
    expect(client.openOrders()).toContainEqual(expect.objectContaining({ orderId: '2', secType: 'BAG' }))
    expect(client.faults).toEqual([])
  })

  it('restates an execution under an id that ends one higher', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    client.place({ orderId: 1, type: 'MKT' })
    await client.settle()
    const [execution] = gateway.orders.executions
    if (execution !== undefined) gateway.orders.correct(execution, '226')
    await client.settle()
    const ids = client.of(11).map((fields) => fields[14] as string)
    expect(ids.map((id) => id.slice(-3))).toEqual(['.01', '.02'])
    expect(ids[0]?.slice(0, -3)).toBe(ids[1]?.slice(0, -3))
  })
})

describe('data', () => {
  it('ends streams that are cancelled, and snapshots by themselves', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    client.send(1, 11, 1, ...stock, 0, '', 0, 0, '')
    client.send(1, 11, 2, ...stock, 0, '', 1, 0, '')
    await client.settle()
    expect(client.of(57)).toEqual([['57', '1', '2']])
    const count = () => client.of(1).length
    const before = count()
    gateway.board.quote(aapl, 228, 228.01, 10)
    await client.settle()
    expect(count()).toBeGreaterThan(before)
    client.send(2, 2, 1)
    await client.settle()
    const after = count()
    gateway.board.quote(aapl, 229, 229.01, 10)
    await client.settle()
    expect(count()).toBe(after)
    client.send(1, 11, 3, 0, 'NOSUCH', 'STK', '', '', '', '', 'SMART', '', 'USD', '', '', 0, '', 0, 0, '')
    await client.settle()
    expect(client.errors(200).map((fields) => fields[2])).toEqual(['3'])
  })

  it('enforces the limits of lines, depth and history where it is told to', async () => {
    const gateway = await gatewayWith({ marketDataLines: 2, historyPacing: true })
    const client = await clientOf(gateway)
    for (const id of [1, 2, 3]) client.send(1, 11, id, ...stock, 0, '', 0, 0, '')
    for (const id of [11, 12, 13, 14]) client.send(10, 5, id, ...stock, 1, 1, '')
    for (const id of [21, 22])
      client.send(20, id, ...stock, 0, '20261120 16:00:00 US/Eastern', '1 hour', '1 D', 1, 'TRADES', 1, 0, '')
    await client.settle()
    expect(client.errors(101).map((fields) => fields[2])).toEqual(['3'])
    expect(client.errors(309).map((fields) => fields[2])).toEqual(['14'])
    expect(client.errors(162).map((fields) => fields[2])).toEqual(['22'])
  })

  it('quotes by itself', async () => {
    const gateway = await gatewayWith({ quoteIntervalMs: 20 })
    const client = await clientOf(gateway)
    client.send(1, 11, 1, ...stock, 0, '', 0, 0, '')
    await client.until(() => client.of(1).length > 20)
  })
})

describe('what goes wrong', () => {
  it('resets in the night: 1100, farms, 1101, and the streams are gone', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    client.send(1, 11, 1, ...stock, 0, '', 0, 0, '')
    await client.settle()
    await gateway.nightlyReset({ durationMs: 20, losesData: true })
    await client.settle()
    expect(
      client
        .errors()
        .map((fields) => fields[3])
        .slice(4),
    ).toEqual(['1100', '1100', '2103', '2105', '2104', '2106', '1101'])
    const before = client.of(1).length
    gateway.board.quote(aapl, 229, 229.01, 10)
    await client.settle()
    expect(client.of(1)).toHaveLength(before)
  })

  it('restarts: the port refuses, the client id lingers, ids may come a second time', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway, 3)
    client.place({ orderId: 10, limit: '100' })
    await client.settle()
    const restart = gateway.restart({ downMs: 50, lingerMs: 100, rollsBack: 4 })
    await client.until(() => client.isClosed)
    await expect(new RawClient().connect(gateway.port)).rejects.toThrow()
    await restart
    const early = await clientOf(gateway, 3)
    expect(early.errors(326)).toHaveLength(1)
    await new Promise((resolve) => setTimeout(resolve, 120))
    const late = await clientOf(gateway, 3)
    expect(late.of(9)[0]?.[2]).toBe('7')
  })

  it('sends malformed advanced rejects, falls silent, drops and doubles messages', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    gateway.advancedReject = '{"broken'
    gateway.orders.rejectNext = 'because'
    client.place({ orderId: 1, limit: '100' })
    await client.settle()
    expect(client.errors(201)[0]).toEqual(['4', '2', '1', '201', 'Order rejected - reason:because', '{"broken'])
    gateway.tamper = (way, _session, fields) => (way === 'out' && fields[0] === 49 ? 'double' : 'pass')
    client.send(49, 1)
    await client.until(() => client.of(49).length === 3)
    gateway.tamper = undefined
    gateway.silence()
    client.send(49, 1)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(client.of(49)).toHaveLength(3)
    expect(client.isClosed).toBe(false)
  })
})
