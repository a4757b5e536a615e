/** The process that owns the venue: its market data go out over ZeroMQ, and orders of other processes come in, through its own risk checks. */
import { SimulatedConnector, TradingSystem } from 'tradewire'
import { ZmqPublisher } from 'tradewire/zmq'
import { ZmqOrderGateway } from 'tradewire/zmq-gateway'

const system = await TradingSystem.start({
  mode: 'paper',
  connectors: { sim: new SimulatedConnector({ synthetic: {}, seed: 7 }) },
  risk: { maxOrderQuantity: 1_000 },
})
await system.subscribe(
  [...system.instruments].map(({ symbol }) => symbol),
  ['quotes', 'trades'],
)
const publisher = new ZmqPublisher({
  bind: 'tcp://127.0.0.1:*',
  service: 'tcp://127.0.0.1:*',
  instruments: system.instruments,
})
await publisher.start()
publisher.follow(system.ring)
const gateway = new ZmqOrderGateway({
  bind: 'tcp://127.0.0.1:*',
  system,
  clients: { reversion: { token: process.env.GATEWAY_TOKEN ?? '' } },
})
await gateway.start()
process.send?.({ endpoint: publisher.endpoints[0], service: publisher.serviceEndpoint, gateway: gateway.endpoint })

// The market runs until the other process is gone.
const end = new AbortController()
process.once('disconnect', () => end.abort())
await system.run({ signal: end.signal }).catch(() => {})
console.log(`bridge: ${publisher.counters.events} events in ${publisher.counters.frames} frames`)
await gateway.stop()
await publisher.stop()
await system.stop()
