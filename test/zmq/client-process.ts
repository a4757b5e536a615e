/** A process that trades through the gateway and may be killed at any time. Arguments: journal folder, number of its life, ports of data, service and gateway. */
import { TradingSystem } from 'tradewire'
import { ZmqConnector } from 'tradewire/zmq'

const [journal = '', life = '', data = '', service = '', orders = ''] = process.argv.slice(2)
const connector = new ZmqConnector({
  endpoint: `tcp://127.0.0.1:${data}`,
  service: `tcp://127.0.0.1:${service}`,
  heartbeatMs: 100,
  healthIntervalMs: 500,
  probeTimeoutMs: 500,
  connectTimeoutMs: 1_000,
  reconnect: { firstDelayMs: 20, maxDelayMs: 200 },
  gateway: {
    endpoint: `tcp://127.0.0.1:${orders}`,
    client: 'alpha',
    token: 'sesame',
    environment: 'paper',
    heartbeatMs: 100,
  },
})
const trades: { life: number; number: number }[] = []
const told: object[] = []
connector.feedEvents.on('gap', (gap) => told.push({ ...gap, at: trades.length }))
connector.feedEvents.on('recovered', (recovered) => told.push({ ...recovered, at: trades.length }))
connector.feedEvents.on('restarted', () => told.push({ restarted: true, at: trades.length }))
const system = await TradingSystem.start({
  mode: 'paper',
  journal,
  idPrefix: 'C',
  onClose: 'leave',
  connectors: { bridge: connector },
  risk: { maxOrderQuantity: 1_000, throttle: false, duplicates: false, marketData: false, priceCollarPercent: false },
  reconciliation: { venueGraceMs: 300, notFound: 'infer' },
})
system.ring.addConsumer({
  name: 'trades',
  policy: 'backpressure',
  handlers: {
    onTrades({ trades: t }, from, to) {
      for (let row = from; row < to; row++)
        trades.push({ life: t.tsEventUs[row] as number, number: t.tradeId[row] as number })
    },
  },
})
const [instrument] = system.instruments
const symbol = instrument?.symbol ?? ''
await system.subscribe([symbol], ['trades'])
let isTrading = true
let count = 0
const timer = setInterval(() => {
  if (!isTrading) return
  count++
  // Every other one is filled at once, the rest stay.
  const price = count % 2 === 0 ? '1.00' : '1000.00'
  system.orders.submit({ symbol, side: 'buy', quantity: 10, price, clientOrderId: `L${life}-${count}` })
}, 3)
process.on('message', (message) => {
  if (message === 'stop') isTrading = false
  if (message === 'orders')
    process.send?.({
      isReady: connector.isReady,
      orders: system.orders.list().map((order) => ({
        id: order.clientOrderId,
        status: order.status,
        filled: order.filledQuantity.toString(),
        reason: order.reason,
      })),
      trades,
      told,
    })
})
process.once('disconnect', () => {
  clearInterval(timer)
  process.exit(0)
})
process.send?.('ready')
