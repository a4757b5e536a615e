/**
 * End-of-day cost report: a day of orders in a simulated market, checked by the validation pipeline, then what they cost,
 * what settles when, and a proof that the record was not changed.
 *
 *   npm run example -- cost-report [--out folder]
 *
 * It writes costs.html (tables and plots, nothing loaded), costs.json and audit.log.
 */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Attribution, nodeFileSystem, SimulatedConnector, TradingSystem } from 'tradewire'
import { Calendars, CurrencyDays } from 'tradewire/calendar'
import { AuditTrail, recordAudit, SettlementBook, settleOrders } from 'tradewire/oms'
import { analyze, executionPlot, TcaCollector, toHtml, toTextTable } from 'tradewire/tca'
import { main, showProblems, UsageError } from '../support/console.js'

/** Parents of the day: so many shares in slices of 100, one every two seconds. */
const parents = [
  { id: 'open-buy', side: 'buy', slices: 20, type: 'market', algorithm: 'market slices' },
  { id: 'noon-sell', side: 'sell', slices: 20, type: 'limit', algorithm: 'passive slices' },
  { id: 'late-buy', side: 'buy', slices: 12, type: 'market', algorithm: 'market slices' },
] as const

await main(async () => {
  const { values } = parseArgs({ options: { out: { type: 'string' } } })
  const folder = values.out ?? mkdtempSync(join(tmpdir(), 'cost-report-'))
  if (!existsSync(folder)) throw new UsageError(`--out must be a folder that is there, got '${folder}'`)
  const system = await TradingSystem.start({
    mode: 'simulation',
    connectors: { sim: new SimulatedConnector({ synthetic: {}, seed: 11 }) },
    capital: 1_000_000,
    validation: { liquidity: { figures: { ACME: { averageDailyVolume: 2_000_000, dailyVolatility: 0.02 } } } },
  })
  showProblems(system)
  const { events } = system.orders
  const tca = new TcaCollector({
    events,
    instruments: system.instruments,
    quotes: system.quotes,
    parentOf: ({ tag }) => {
      const parent = parents.find(({ id }) => id === tag)
      return parent && { id: parent.id, quantity: parent.slices * 100, algorithm: parent.algorithm }
    },
  })
  system.ring.addConsumer({ name: 'tca', policy: 'dropOldest', handlers: tca.tape.handlers })
  const venues = new Attribution({
    events,
    instruments: system.instruments,
    baseCurrency: 'USD',
    marks: system.portfolio.marks ?? system.quotes,
  })
  const settlements = new SettlementBook({
    calendars: new Calendars(),
    currencies: new CurrencyDays(),
    instruments: system.instruments,
    calendarOf: () => 'XNYS',
  })
  settleOrders({ events, book: settlements })
  const trail = AuditTrail.open({
    fileSystem: nodeFileSystem,
    path: join(folder, 'audit.log'),
    key: 'a secret of the compliance desk',
    nowUs: () => system.time.wallUs(),
  })
  const audit = recordAudit({ events, trail })
  try {
    await system.subscribe(['ACME'], ['quotes', 'trades'])
    await system.run({ durationMs: 5_000 })
    const progress = []
    for (const parent of parents) progress.push(await work(system, parent))
    await system.run({ durationMs: 60_000 })

    const refused = system.orders.validate({ symbol: 'ACME', side: 'buy', quantity: 2_000_000, type: 'market' })
    const report = analyze(tca.record, tca.tape, { horizonsMs: [1_000, 5_000, 30_000] })
    const [first] = progress
    const plots = first === undefined ? [] : [executionPlot('Schedule and fills of open-buy', first)]
    writeFileSync(join(folder, 'costs.html'), toHtml(report, { title: 'Costs of the day', plots }))
    writeFileSync(join(folder, 'costs.json'), `${JSON.stringify(report, null, 2)}\n`)
    console.log(toTextTable(report))
    console.log('A fat finger would have met:')
    for (const { stage, verdict, code } of refused.stages)
      if (code !== '') console.log(`  ${stage}: ${verdict}, ${code}`)
    console.log('\nConfirmations:')
    for (const { side, quantity, averagePrice, settlementDate } of settlements.confirmations())
      console.log(`  ${side} ${quantity} ACME at ${averagePrice?.toFixed(4)}, settles ${settlementDate}`)
    for (const { name, total } of venues.byName(system.time.wallUs()))
      console.log(`\nP&L at ${name}: ${total?.toFixed(2)} USD`)
    const { isIntact, entries } = trail.verify()
    console.log(`Audit trail: ${entries} entries, ${isIntact ? 'intact' : 'broken'}, ${audit.failures} lost`)
    console.log(`report: ${join(folder, 'costs.html')}`)
  } finally {
    await system.stop()
    trail.close()
  }
})

/** Works one parent: a slice every two seconds. Returns planned and filled quantity over time. */
async function work(system: TradingSystem, { id, side, slices, type }: (typeof parents)[number]) {
  const acme = system.instruments.get('ACME')
  const orders = []
  const points = []
  for (let slice = 1; slice <= slices; slice++) {
    // A passive slice joins the best price of its own side.
    const touch = side === 'buy' ? system.quotes.bid(acme.index) : system.quotes.ask(acme.index)
    const price = type === 'limit' ? { price: acme.makePassivePrice(touch, side) } : {}
    orders.push(system.orders.submit({ symbol: 'ACME', side, quantity: 100, type, tag: id, ...price }))
    await system.run({ durationMs: 2_000 })
    const filled = orders.reduce((sum, order) => sum + order.filledQuantity.toNumber(), 0)
    points.push({ tsUs: system.time.wallUs(), planned: slice * 100, filled })
  }
  for (const order of orders) order.cancel()
  await system.run({ durationMs: 1_000 })
  return points
}
