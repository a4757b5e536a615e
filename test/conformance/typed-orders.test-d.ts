/** What may not compile does not: checked by the compiler with everything else. */
import { LineConnector } from '../../examples/custom-connector/line-connector.js'
import type { ConnectorCapabilities } from '../../src/connector/capabilities.js'
import type { AlgoRequestFor, OrderRequestFor } from '../../src/connector/typed-orders.js'
import { SimulatedConnector } from '../../src/connectors/sim/simulated-connector.js'
import { TradingSystem } from '../../src/system/trading-system.js'

const system = await TradingSystem.start({
  mode: 'simulation',
  connectors: { line: new LineConnector({ port: 1 }), sim: new SimulatedConnector() },
})
const line = system.orders.via('line')
const order = { symbol: 'ACME', side: 'buy', quantity: 1 } as const

// What the venue has.
line.submit({ ...order, price: '1' })
line.submit({ ...order })
line.submit({ ...order, type: 'market' })
line.submit({ ...order, type: 'LIMIT', price: 1, timeInForce: 'day' })
line.submit({ ...order, reduceOnly: true })
line.subscribe(['ACME'], ['quotes'])

// @ts-expect-error: the venue has no stop orders.
line.submit({ ...order, type: 'STOP', triggerPrice: '1' })
// @ts-expect-error: nor IOC.
line.submit({ ...order, price: '1', timeInForce: 'IOC' })
// @ts-expect-error: nor post-only.
line.submit({ ...order, price: '1', postOnly: true })
// @ts-expect-error: nor icebergs.
line.submit({ ...order, price: '1', displayQuantity: '1' })
// @ts-expect-error: nor auctions.
line.submit({ ...order, type: 'MOO' })
// @ts-expect-error: nor trades.
line.subscribe(['ACME'], ['trades'])
// @ts-expect-error: there is no such connector.
system.orders.via('nobody')
// @ts-expect-error: the connector is the one that was named.
line.submit({ ...order, connector: 'sim' })

// What the venue lacks and is emulated here, over what it has.
const stop = line.submit({ ...order, type: 'STOP', triggerPrice: '1', algo: { type: 'emulate' } })
stop.pause()
line.submit({ ...order, type: 'stop_limit', triggerPrice: '1', price: '1', algo: { type: 'emulate' } })
line.submit({ ...order, type: 'TRAILING_STOP', trailing: { amount: '1' }, algo: { type: 'emulate' } })
line.submit({ ...order, type: 'LIMIT', price: '1', algo: { type: 'emulate', durationMs: 1_000 } })
line.submit({ ...order, algo: { type: 'twap', durationMs: 1_000 } })
// @ts-expect-error: only an emulation has a trigger.
line.submit({ ...order, type: 'STOP', triggerPrice: '1', algo: { type: 'twap', durationMs: 1_000 } })
// @ts-expect-error: there is nothing to watch without a type.
line.submit({ ...order, triggerPrice: '1', algo: { type: 'emulate' } })
// @ts-expect-error: the connector is the one that was named, for an algorithm, too.
line.submit({ ...order, connector: 'sim', algo: { type: 'twap', durationMs: 1_000 } })

// A connector that does not declare its capabilities as constants takes everything here, and is checked before sending.
const sim = system.orders.via('sim')
sim.submit({ ...order, type: 'STOP', triggerPrice: '1', timeInForce: 'IOC', postOnly: true })
sim.submit({ ...order, type: 'loc', price: '1' })
sim.subscribe(['ACME'], ['trades', 'book'])

// A system whose connectors are not known to the compiler.
const unknown: TradingSystem = system
unknown.orders.via('anything').submit({ ...order, type: 'TRAILING_STOP', trailing: { amount: '1' } })

// A venue without market orders and without DAY.
interface Auction extends ConnectorCapabilities {
  readonly data: readonly []
  readonly orders: {
    readonly environment: 'simulated'
    readonly types: readonly ['LIMIT']
    readonly timeInForce: readonly ['OPG', 'GTC']
    readonly postOnly: true
    readonly reduceOnly: false
    readonly iceberg: boolean
    readonly replace: false
    readonly cancelOnDisconnect: 'none'
    readonly fullHistory: false
  }
}
export const loo: OrderRequestFor<Auction> = { ...order, type: 'loo', price: '1', timeInForce: 'opg', postOnly: true }
// @ts-expect-error: no price and no type would be a market order.
export const market: OrderRequestFor<Auction> = { ...order, timeInForce: 'GTC' }
// @ts-expect-error: DAY, which is meant where nothing is said, is not there.
export const day: OrderRequestFor<Auction> = { ...order, price: '1' }
export const limited: AlgoRequestFor<Auction> = {
  ...order,
  type: 'STOP_LIMIT',
  triggerPrice: '1',
  price: '1',
  algo: { type: 'emulate' },
}
export const stopped: AlgoRequestFor<Auction> = {
  ...order,
  // @ts-expect-error: a stop ends in a market order, which the venue does not have.
  type: 'STOP',
  triggerPrice: '1',
  algo: { type: 'emulate' },
}
// @ts-expect-error: a venue without orders takes none.
export const none: OrderRequestFor<{ readonly data: readonly ['quotes'] }> = { ...order, price: '1' }
