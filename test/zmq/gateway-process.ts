/** A process with a venue, its market data and a gateway, that may be killed at any time. Arguments: journal folder, ports of data, service and gateway. */
import { SimulatedConnector, TradingSystem } from 'tradewire'
import { ZmqPublisher } from 'tradewire/zmq'
import { ZmqOrderGateway } from 'tradewire/zmq-gateway'

const [journal = '', data = '', service = '', orders = ''] = process.argv.slice(2)
const system = await TradingSystem.start({
  mode: 'paper',
  journal,
  idPrefix: 'G',
  onClose: 'leave',
  connectors: { sim: new SimulatedConnector({ synthetic: {}, seed: 7 }) },
  risk: { maxOrderQuantity: 1_000, throttle: false, duplicates: false, marketData: false, priceCollarPercent: false },
})
const publisher = new ZmqPublisher({
  bind: `tcp://127.0.0.1:${data}`,
  service: `tcp://127.0.0.1:${service}`,
  instruments: system.instruments,
  heartbeatMs: 100,
})
await publisher.start()
const gateway = new ZmqOrderGateway({
  bind: `tcp://127.0.0.1:${orders}`,
  system,
  clients: { alpha: { token: 'sesame' } },
  heartbeatMs: 100,
})
await gateway.start()
// A numbered trade every few milliseconds: whoever listens sees by the numbers what is missing.
let number = 0
const life = Date.now()
const timer = setInterval(() => {
  number++
  publisher.publishTrade(0, 0, 100, 1, 1, life, life, number, number, 0)
}, 5)
process.on('message', (message) => {
  if (message === 'orders')
    process.send?.(
      system.orders.list({ strategy: 'alpha' }).map((order) => ({
        id: order.clientOrderId,
        status: order.status,
        filled: order.filledQuantity.toString(),
      })),
    )
})
process.once('disconnect', () => process.exit(0))
process.send?.('ready')
await system.run({ durationMs: 600_000 }).catch(() => {})
clearInterval(timer)
