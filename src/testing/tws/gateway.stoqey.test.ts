/** The gateway against @stoqey/ib as it is: at every version the library decodes what comes without a word of complaint. */
import { type Contract, EventName, IBApi, OrderAction, OrderType, SecType, TimeInForce } from '@stoqey/ib'
import { afterEach, describe, expect, it } from 'vitest'
import { TwsGateway } from './gateway.js'

const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

const aapl: Contract = { symbol: 'AAPL', secType: SecType.STK, exchange: 'SMART', currency: 'USD' }

describe('@stoqey/ib', () => {
  it.each([157, 158, 163, 164, 166, 170, 176, 178, 183, 187, 189, 192, 193])(
    'trades at version %i',
    async (version) => {
      const gateway = await TwsGateway.open({ quoteIntervalMs: 0, maxServerVersion: version, messagesPerSecond: 1_000 })
      open.push(gateway)
      const ib = new IBApi({ host: '127.0.0.1', port: gateway.port, clientId: 3, maxReqPerSec: 10_000 })
      open.push({ close: () => ib.disconnect() })
      const complaints: string[] = []
      const seen = new Map<string, unknown[][]>()
      ib.on(EventName.error, (error, code) => {
        if (Number(code) === 505 || Number(code) === 320) complaints.push(error.message)
      })
      ib.on(EventName.all, (name, args) => {
        const calls = seen.get(name) ?? []
        calls.push(args as unknown[])
        seen.set(name, calls)
      })
      const saw = (name: string, count = 1) =>
        expect.poll(() => seen.get(name)?.length ?? 0, { interval: 5, timeout: 20_000 }).toBeGreaterThanOrEqual(count)
      ib.connect()
      await saw(EventName.nextValidId)
      await saw(EventName.managedAccounts)
      const id = seen.get(EventName.nextValidId)?.[0]?.[0] as number
      ib.reqContractDetails(1, aapl)
      ib.reqMktData(2, aapl, '', false, false)
      ib.reqHistoricalData(3, aapl, '', '1 D', '5 mins' as never, 'TRADES' as never, 1, 1, false)
      const common = { account: 'DU1234567', tif: TimeInForce.DAY, transmit: true, action: OrderAction.BUY }
      ib.placeOrder(id, aapl, { ...common, orderType: OrderType.MKT, totalQuantity: 1_000 })
      ib.placeOrder(id + 1, aapl, {
        ...common,
        orderType: OrderType.LMT,
        totalQuantity: 10,
        lmtPrice: 99.5,
        orderRef: 'mine',
        algoStrategy: 'Adaptive',
        algoParams: [{ tag: 'adaptivePriority', value: 'Urgent' }],
      })
      await saw(EventName.contractDetailsEnd)
      await saw(EventName.tickPrice, 3)
      await saw(EventName.commissionReport, 2)
      ib.reqOpenOrders()
      ib.reqCompletedOrders(false)
      ib.reqExecutions(4, {})
      ib.reqPositions()
      ib.reqAccountUpdates(true, 'DU1234567')
      await saw(EventName.openOrderEnd)
      await saw(EventName.completedOrdersEnd)
      await saw(EventName.execDetailsEnd)
      await saw(EventName.positionEnd)
      await saw(EventName.accountDownloadEnd)
      ib.cancelOrder(id + 1)
      await saw(EventName.error)
      expect(complaints).toEqual([])
      const order = seen.get(EventName.openOrder)?.at(-1)?.[2] as Record<string, unknown>
      expect(order).toMatchObject({
        lmtPrice: 99.5,
        orderRef: 'mine',
        algoStrategy: 'Adaptive',
        account: 'DU1234567',
        clientId: 3,
      })
      const fills = (seen.get(EventName.execDetails) ?? []).filter(([reqId]) => reqId === -1)
      expect(fills.reduce((sum, [, , execution]) => sum + (execution as { shares: number }).shares, 0)).toBe(1_000)
    },
  )
})
