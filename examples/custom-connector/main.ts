/**
 * A venue of your own: a complete connector in under 300 lines, a tiny TCP venue to talk to, and a connection that breaks.
 *
 *   npm run example -- custom-connector
 */
import { sleep, TradingSystem } from 'tradewire'
import { main, refuseArguments, showProblems } from '../support/console.js'
import { LineConnector } from './line-connector.js'
import { LineVenue } from './venue.js'

await main(async () => {
  refuseArguments('custom-connector')
  const venue = new LineVenue()
  const port = await venue.open()
  const connector = new LineConnector({ port, reconnect: { firstDelayMs: 50, maxDelayMs: 200 } })
  const system = await TradingSystem.start({ mode: 'paper', connectors: { line: connector }, capital: '1000000' })
  showProblems(system)
  try {
    system.events.on('connection', ({ from, to, reason }) =>
      console.log(`  connection: ${from} -> ${to}${reason === undefined ? '' : ` (${reason})`}`),
    )
    await system.subscribe(['ACME'], ['quotes'])
    while (Number.isNaN(system.quotes.bid(system.instruments.get('ACME').index))) await sleep(system.time, 5)

    console.log('1. An order that takes what is offered')
    const taken = await system.orders.submit({ symbol: 'ACME', side: 'buy', quantity: 100, type: 'market' }).done()
    console.log(`  ${taken.status} ${taken.filledQuantity} at ${taken.averagePrice}`)

    console.log('2. An order that rests and is canceled')
    const rested = system.orders.submit({ symbol: 'ACME', side: 'sell', quantity: 50, price: '100.50' })
    console.log(`  ${(await rested.accepted()).status}`)
    rested.cancel()
    console.log(`  ${(await rested.done()).status}`)

    console.log('3. An order that is filled while the connection is down')
    const missed = system.orders.submit({ symbol: 'ACME', side: 'sell', quantity: 100, price: '100.20' })
    await missed.accepted()
    venue.dropClients()
    await sleep(system.time, 10)
    venue.move(100.25, 100.27) // fills the order; nobody is connected to hear of it
    const found = await missed.done()
    console.log(
      `  ${found.status} ${found.filledQuantity} at ${found.averagePrice}: found when the connection was back`,
    )
    for (const { fact, source } of missed.explain()) console.log(`    ${fact}: known from ${source}`)

    while (!connector.isReady) await sleep(system.time, 5)
    const { connects, disconnects, ordersSent } = connector.statistics
    const { pnl } = system.snapshot()
    console.log(
      `${connects} connections, ${disconnects} loss, ${ordersSent} orders, profit ${pnl.realizedNet?.toFixed(2)} USD after fees`,
    )
  } finally {
    await system.stop()
    await venue.close()
  }
})
