/**
 * A day under risk control, replayed: limits refuse, a circuit breaker trips on the daily loss, an operator lets the position
 * only become smaller, and the kill switch cancels and closes what is left.
 *
 *   npm run example -- risk-day
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SimulatedConnector, Strategy, TradingSystem } from 'tradewire'
import { main, number, refuseArguments, table } from './support/console.js'

const openUs = Date.UTC(2024, 0, 3, 14, 30) * 1_000
const minutes = 60

/** The price of a minute of the day: calm, then a fall by 4 %, then half of it back. */
function priceAt(minute: number): number {
  if (minute < 12) return 100 + Math.sin(minute) / 20
  if (minute < 32) return 100 - (minute - 12) * 0.2
  return 96 + (minute - 32) * 0.07
}

/** A recorded day of quotes, one a second. */
function writeDay(folder: string): string {
  const header = {
    tradewire: 1,
    instruments: [
      {
        id: 'ACME.XNYS',
        symbol: 'ACME',
        venue: 'XNYS',
        assetClass: 'equity',
        currency: 'USD',
        priceIncrement: '0.01',
        sizeIncrement: '1',
      },
    ],
  }
  const rows = [`# ${JSON.stringify(header)}`, 'ts_recv_us,ts_event_us,instrument,bid,ask,bid_size,ask_size']
  for (let second = 0; second < minutes * 60; second++) {
    const ts = openUs + second * 1_000_000
    const bid = priceAt(second / 60).toFixed(2)
    rows.push(`${ts},${ts},ACME.XNYS,${bid},${(Number(bid) + 0.02).toFixed(2)},5000,5000`)
  }
  const path = join(folder, 'day.csv')
  writeFileSync(path, `${rows.join('\n')}\n`)
  return path
}

/** Buys a hundred shares a minute, whatever happens: the day is about what stops it. */
class Stubborn extends Strategy {
  override readonly symbols = ['ACME']

  override onStart(): void {
    this.every(60_000, () => {
      const ask = this.quotes.ask(this.instrument('ACME').index)
      if (ask > 0) this.submit({ symbol: 'ACME', side: 'buy', quantity: 100, price: ask.toFixed(2) })
    })
  }
}

await main(async () => {
  refuseArguments('risk-day')
  const folder = mkdtempSync(join(tmpdir(), 'tradewire-day-'))
  const strategy = new Stubborn()
  const system = await TradingSystem.start({
    mode: 'simulation',
    capital: '100000',
    connectors: { sim: new SimulatedConnector({ replay: writeDay(folder) }) },
    strategies: [strategy],
    risk: {
      maxOrderQuantity: 500,
      maxOrderNotional: '20000',
      global: { maxPositionValue: '80000', maxGross: '80000', maxOrdersPerDay: 100 },
      runaway: { limit: 50, windowMs: 60_000 },
    },
    breakers: { dailyLoss: { limitPercent: 1.5 }, drawdown: { limitPercent: 10 }, concentration: false },
  })
  const rows: string[][] = [['UTC', 'equity', 'position', 'what']]
  const note = (what: string) => {
    const { equity, positions } = system.snapshot()
    const time = new Date(system.time.wallUs() / 1_000).toISOString().slice(11, 19)
    rows.push([time, number(equity?.toNumber() ?? Number.NaN), String(positions[0]?.quantity ?? 0), what])
  }
  const refused = new Map<string, number>()
  system.orders.events.on('order', ({ type, reason = '' }) => {
    if (type !== 'denied') return
    if (!refused.has(reason)) note(`refused: ${reason}`)
    refused.set(reason, (refused.get(reason) ?? 0) + 1)
  })
  system.orders.events.on('state', ({ state, isKill, actor, reason }) =>
    note(`${isKill ? 'kill switch' : state} by ${actor}: ${reason}`),
  )
  const { alerts } = system.risk
  const seen = new Set<string>()
  const watch = system.time.every(1_000, () => {
    for (const { kind, key, message, id, severity } of alerts.list()) {
      const name = `${id} ${severity}`
      if (kind === 'breaker' && !seen.has(name)) note(`${severity}: ${message.replace(/ since .*/, '')}`)
      if (kind === 'breaker' && key !== '') seen.add(name)
    }
  })
  // The operator comes at 15:05, looks, and lets the position be taken down; at 15:20 it is enough.
  const actor = 'ann'
  system.time.after(35 * 60_000, () => {
    system.risk.resetBreaker('dailyLoss', { actor, reason: 'seen', rebase: true })
    system.setTradingState('global', '', 'REDUCING', actor, 'take it down')
    for (const [side, quantity] of [
      ['buy', 100],
      ['sell', 5_000],
      ['sell', 150],
    ] as const) {
      const order = system.orders.submit({ symbol: 'ACME', side, quantity, type: 'market' })
      note(`${side} ${number(quantity)}: ${order.snapshot.reason ?? 'passes'}`)
    }
  })
  system.time.after(50 * 60_000, () => {
    system.orders.submit({ symbol: 'ACME', side: 'sell', quantity: 100, price: '120' })
    system.kill({ level: 'flatten', actor, reason: 'enough for today' })
  })
  try {
    await system.run({})
    watch.cancel()
    note(`end: ${[...refused].map(([code, count]) => `${count} ${code}`).join(', ')}`)
    console.log(table(rows))
    const { positions } = system.snapshot()
    console.log(`\nleft open: ${system.orders.openOrders().length} orders, ${positions[0]?.quantity ?? 0} shares`)
  } finally {
    await system.stop()
    rmSync(folder, { recursive: true })
  }
})
