/**
 * Trading at Interactive Brokers: a market order, a limit order that is moved and cancelled, an Adaptive order, a preview of
 * margins, and what is held in the end.
 *
 *   npm run example -- ibkr-paper                                       against the simulated gateway
 *   npm run example -- ibkr-paper --host 127.0.0.1 --port 7497          against a real TWS, logged in to a paper account
 *
 * A live account behind that port is refused before anything is sent.
 */
import { type OrderSnapshot, TradingSystem } from 'tradewire'
import { algorithms, IbkrConnector, stock } from 'tradewire/ibkr'
import { main, showProblems } from './support/console.js'
import { openTws } from './support/tws.js'

await main(async () => {
  const tws = await openTws()
  const { host, port, clientId } = tws
  const ibkr = new IbkrConnector({
    host,
    port,
    clientId,
    contracts: [stock('AAPL', { primaryExchange: 'NASDAQ' }), 'EUR.USD'],
  })
  // Codes of TWS, each with what it means: information, a warning, a refusal, a lost farm.
  ibkr.notices.on('notice', ({ code, class: kind, text }) => {
    if (kind !== 'information') console.log(`     TWS ${kind} ${code}: ${text.split('\n')[0]}`)
  })
  const account = new Promise<string>((resolve) =>
    ibkr.notices.once('accounts', ({ accounts }) => resolve(accounts[0] ?? '')),
  )
  const starting = TradingSystem.start({
    mode: 'paper',
    connectors: { ibkr },
    risk: { maxOrderNotional: '1000000', maxOrderQuantity: { '*': 10_000 } },
    onClose: 'leave',
  })
  const system = await starting
  showProblems(system)
  try {
    const where = tws.isSimulated ? 'the simulated gateway' : `${host}:${port}`
    const name = await account
    console.log(`Connected to ${where}, server version ${ibkr.serverVersion}\n`)
    await system.subscribe(['AAPL'], ['quotes'])
    const aapl = system.instruments.get('AAPL')
    await until(() => system.quotes.bid(aapl.index) > 0 && system.quotes.ask(aapl.index) > 0)
    const bid = system.quotes.bid(aapl.index)
    const ask = system.quotes.ask(aapl.index)
    console.log(`AAPL is ${bid} bid, ${ask} offered\n`)
    const common = { symbol: 'AAPL', account: name, timeInForce: 'day' } as const

    console.log('1. What would 100 shares cost?')
    const preview = await ibkr.preview({
      symbol: 'AAPL',
      side: 'buy',
      quantity: '100',
      price: aapl.makePrice(bid, 'floor').toString(),
    })
    console.log(
      `   initial margin ${preview.initialMargin.after}, commission ${preview.commission} ${preview.commissionCurrency}`,
    )

    console.log('2. Buy at the market')
    show(await system.orders.submit({ ...common, side: 'buy', quantity: 10, type: 'market' }).done())

    console.log('3. Rest a bid, move it, cancel it')
    const resting = system.orders.submit({
      ...common,
      side: 'buy',
      quantity: 10,
      price: aapl.makePrice(bid * 0.97, 'floor'),
    })
    await resting.accepted()
    resting.modify({ price: aapl.makePrice(bid * 0.98, 'floor') })
    await until(() => resting.status === 'ACCEPTED')
    resting.cancel()
    show(await resting.done())

    console.log("4. IBKR's Adaptive algorithm, and SMART routing")
    ibkr.prepare('adaptive-1', { algorithm: algorithms.adaptive('Normal') })
    const adaptive = system.orders.submit({
      ...common,
      side: 'buy',
      quantity: 10,
      price: aapl.makePrice(ask * 1.002, 'ceil'),
      clientOrderId: 'adaptive-1',
    })
    show(await adaptive.done())

    console.log('5. Close')
    show(await system.orders.submit({ ...common, side: 'sell', quantity: 20, type: 'market' }).done())
    const { pnl } = system.snapshot()
    console.log(`\nProfit ${pnl.total?.toFixed(2)} USD`)
  } finally {
    await system.stop()
    await tws.close()
  }
})

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** One line about an order. */
function show(order: OrderSnapshot): void {
  const price = order.averagePrice === undefined ? '' : ` at ${order.averagePrice}`
  const reason = order.reason === undefined || order.reason === '' ? '' : ` (${order.reason})`
  console.log(
    `   ${order.side} ${order.quantity} ${order.type}: ${order.status}, ${order.filledQuantity} filled${price}${reason}`,
  )
}
