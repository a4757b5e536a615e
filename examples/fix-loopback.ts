/**
 * FIX loopback: a FIX venue in this process, and a trading system that trades at it over a socket, from logon to a drop copy.
 *
 *   npm run example -- fix-loopback
 *
 * The venue is the one of `tradewire/testing`: an acceptor over the simulated matching engine. Point any FIX client at its port to
 * paper-trade. With another address, TLS and credentials the same connector trades at a real venue.
 */
import { type InstrumentDefinition, sleep, TradingSystem } from 'tradewire'
import { FixConnector } from 'tradewire/fix'
import { FixVenue } from 'tradewire/testing'
import { main, refuseArguments, showProblems } from './support/console.js'

const acme: InstrumentDefinition = {
  id: 'ACME.LOOP' as InstrumentDefinition['id'],
  symbol: 'ACME',
  venue: 'LOOP',
  assetClass: 'equity',
  currency: 'USD',
  priceIncrement: '0.01',
  sizeIncrement: '1',
}

await main(async () => {
  refuseArguments('fix-loopback')
  const beginString = 'FIX.4.4'
  await using venue = await FixVenue.open({
    instruments: [acme],
    sessions: [
      { beginString, senderCompId: 'LOOP', targetCompId: 'TRADER', accounts: ['PAPER'] },
      { beginString, senderCompId: 'LOOP', targetCompId: 'COPY', kind: 'dropCopy' },
    ],
  })
  venue.quote('ACME', 99.98, 100.02, 500)

  const endpoints = [{ host: '127.0.0.1', port: venue.port }]
  const fix = await FixConnector.of('FIX.4.4', {
    session: { beginString, senderCompId: 'TRADER', targetCompId: 'LOOP' },
    dropCopy: { session: { beginString, senderCompId: 'COPY', targetCompId: 'LOOP' }, endpoints },
    endpoints,
    instruments: [acme],
    environment: 'simulated',
    profile: {
      massStatus: 'all',
      trades: true,
      positions: true,
      balances: true,
      marketData: { quotes: true, trades: true, book: true },
    },
    connection: { reconnect: { firstDelayMs: 50, maxDelayMs: 200 } },
  })
  const system = await TradingSystem.start({ mode: 'paper', connectors: { fix }, capital: '1000000' })
  showProblems(system)
  try {
    await system.subscribe(['ACME'], ['quotes'])
    const { index } = system.instruments.get('ACME')
    while (Number.isNaN(system.quotes.bid(index))) await sleep(system.time, 5)
    console.log(`ACME is ${system.quotes.bid(index)} bid, ${system.quotes.ask(index)} offered`)

    console.log('1. An order that takes what is offered')
    const taken = await system.orders.submit({ symbol: 'ACME', side: 'buy', quantity: 100, type: 'market' }).done()
    console.log(`  ${taken.status} ${taken.filledQuantity} at ${taken.averagePrice}`)

    console.log('2. An order that rests, is changed, and is canceled')
    const rested = system.orders.submit({ symbol: 'ACME', side: 'sell', quantity: 50, price: '100.01' })
    rested.onEvent((event) => console.log(`  event: ${event.type} -> ${event.status}`))
    await rested.accepted()
    rested.modify({ price: '100.02' })
    while (rested.snapshot.price?.toString() !== '100.02') await sleep(system.time, 2)
    rested.cancel()
    console.log(`  ${(await rested.done()).status}`)

    console.log('3. An order that is filled while the line is down')
    const missed = system.orders.submit({ symbol: 'ACME', side: 'sell', quantity: 100, price: '100.01' })
    await missed.accepted()
    for (const line of venue.network.connections) line.cut()
    venue.take('ACME', 1, 100, 100.01)
    const found = await missed.done()
    console.log(`  ${found.status} ${found.filledQuantity} at ${found.averagePrice}: resent when the line was back`)

    while (!fix.isReady) await sleep(system.time, 5)
    const { connects, ordersSent } = fix.statistics
    const { nextOutgoing = 0, nextIncoming = 0 } = fix.session ?? {}
    console.log(
      `${connects} logons, ${ordersSent} orders, ${nextOutgoing - 1} messages sent and ${nextIncoming - 1} received`,
    )
  } finally {
    await system.stop()
  }
})
