/**
 * Basic trading: submit, await, change and cancel orders, see what risk refuses and why, read positions and profit.
 *
 *   npm run example -- basic-trading
 *
 * It runs on virtual time against a synthetic market: time moves only inside `run`, and the same seed gives the same output.
 * With another connector and `mode: 'live'` the same calls trade at a real venue.
 */
import { type OrderSnapshot, SimulatedConnector, TradingSystem } from 'tradewire'
import { main, refuseArguments, showProblems } from './support/console.js'

await main(async () => {
  refuseArguments('basic-trading')
  const system = await TradingSystem.start({
    mode: 'simulation',
    connectors: { sim: new SimulatedConnector({ synthetic: {}, seed: 7 }) },
    capital: '100000',
    risk: { maxOrderQuantity: { '*': 1_000 }, maxPosition: { ACME: 500 }, priceCollarPercent: 2 },
  })
  showProblems(system)
  try {
    const { orders } = system
    const acme = system.instruments.get('ACME')
    await system.run({ durationMs: 1_000 }) // a second of market, so that there are prices
    const bid = () => system.quotes.bid(acme.index)
    const ask = () => system.quotes.ask(acme.index)
    console.log(`ACME is ${bid()} bid, ${ask()} offered\n`)

    console.log('1. Buy at the market')
    const bought = orders.submit({ symbol: 'ACME', side: 'buy', quantity: 100, type: 'market' })
    await system.run({ durationMs: 100 })
    show(await bought.done())

    console.log('2. Rest an offer, move it, cancel it')
    const offer = orders.submit({
      symbol: 'ACME',
      side: 'sell',
      quantity: 100,
      price: acme.makePrice(ask() * 1.01, 'ceil'),
      timeInForce: 'gtc',
    })
    // Events can be followed as they come; listeners hear of them after the journal has them.
    offer.onEvent((event) => console.log(`     event: ${event.type} -> ${event.status}`))
    await system.run({ durationMs: 100 })
    offer.modify({ price: acme.makePrice(ask() * 1.015, 'ceil') })
    await system.run({ durationMs: 100 })
    offer.cancel()
    await system.run({ durationMs: 100 })
    show(await offer.done())

    console.log('3. What risk refuses is denied at once, with the reason; nothing was sent')
    show(orders.submit({ symbol: 'ACME', side: 'buy', quantity: 5_000, type: 'market' }).snapshot)
    show(
      orders.submit({ symbol: 'ACME', side: 'buy', quantity: 10, price: acme.makePrice(ask() * 1.1, 'floor') })
        .snapshot,
    )
    for (const breach of orders.explain({
      symbol: 'ACME',
      side: 'buy',
      quantity: 5_000,
      price: acme.makePrice(ask() * 1.1, 'floor'),
    })) {
      console.log(`     would break ${breach.code}: limit ${breach.limit}, here ${breach.observed}`)
    }

    console.log('4. The same client order id is the same order, however often it is submitted')
    const request = { symbol: 'ACME', side: 'sell', quantity: 40, type: 'market', clientOrderId: 'close-1' } as const
    const [first, again] = [orders.submit(request), orders.submit(request)]
    await system.run({ durationMs: 100 })
    show(await first.done())
    console.log(`     one order: ${first === again}`)

    console.log('5. The kill switch cancels what is open and stops everything new until a person releases it')
    orders.submit({
      symbol: 'ACME',
      side: 'buy',
      quantity: 10,
      price: acme.makePrice(bid() * 0.99, 'floor'),
      timeInForce: 'gtc',
    })
    await system.run({ durationMs: 100 })
    const canceled = system.kill({ actor: 'example', reason: 'to show it' })
    await system.run({ durationMs: 100 })
    console.log(`     ${canceled} order canceled, ${orders.openOrders().length} left open`)
    show(orders.submit({ symbol: 'ACME', side: 'buy', quantity: 10, type: 'market' }).snapshot)

    const { positions, pnl, equity } = system.snapshot()
    for (const each of positions)
      console.log(`\nPosition: ${each.quantity} ${each.instrument} at ${each.averagePrice?.toFixed(4) ?? '-'}`)
    console.log(`Profit ${pnl.total?.toFixed(2)} USD, equity ${equity?.toFixed(2)} USD`)
  } finally {
    await system.stop()
  }
})

/** One line about an order. */
function show(order: OrderSnapshot): void {
  const price = order.averagePrice === undefined ? '' : ` at ${order.averagePrice}`
  const reason = order.reason === undefined || order.reason === '' ? '' : ` (${order.reason})`
  console.log(
    `   ${order.side} ${order.quantity} ${order.type}: ${order.status}, ${order.filledQuantity} filled${price}${reason}`,
  )
}
