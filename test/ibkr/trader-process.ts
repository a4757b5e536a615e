/** A process that trades at a simulated TWS and may be killed at any time. Arguments: folder, number of its life, port. */
import { join } from 'node:path'
import { nodeFileSystem, TradingSystem } from 'tradewire'
import { FileOrderIds, IbkrConnector } from 'tradewire/ibkr'

const [folder = '', life = '', port = ''] = process.argv.slice(2)
const ibkr = new IbkrConnector({
  port: Number(port),
  clientId: 7,
  contracts: ['AAPL'],
  orderIds: new FileOrderIds(nodeFileSystem, join(folder, 'order-ids.json')),
  reconnect: { firstDelayMs: 20, maxDelayMs: 200 },
  pacing: { windows: [{ limit: 10_000, windowMs: 1_000 }] },
})
const system = await TradingSystem.start({
  mode: 'paper',
  journal: join(folder, 'journal'),
  idPrefix: 'C',
  onClose: 'leave',
  account: 'DU1234567',
  connectors: { ibkr },
  risk: { maxOrderQuantity: 1_000, throttle: false, duplicates: false, marketData: false, priceCollarPercent: false },
  reconciliation: { venueGraceMs: 300, notFound: 'infer' },
})
let isTrading = true
let count = 0
const timer = setInterval(() => {
  if (!isTrading || !ibkr.isReady) return
  count++
  // Every other one is filled at once, the rest stay.
  const price = count % 2 === 0 ? '100.00' : '300.00'
  system.orders.submit({ symbol: 'AAPL', side: 'buy', quantity: 10, price, clientOrderId: `L${life}-${count}` })
}, 5)
process.on('message', (message) => {
  if (message === 'stop') isTrading = false
  if (message === 'orders')
    process.send?.({
      isReady: ibkr.isReady,
      orders: system.orders.list().map((order) => ({
        id: order.clientOrderId,
        status: order.status,
        filled: order.filledQuantity.toString(),
        reason: order.reason,
      })),
    })
})
process.once('disconnect', () => {
  clearInterval(timer)
  process.exit(0)
})
process.send?.('ready')
