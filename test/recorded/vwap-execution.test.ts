/**
 * VWAP on a recorded tape: a volume curve from the other recorded days of the symbol, executed on every day of ticks that
 * there is, judged against the VWAP of that day, and the same to the share when it is done again.
 */
import { basename } from 'node:path'
import { expect, it } from 'vitest'
import { Calendars, type IsoDate } from '../../src/calendar/index.js'
import { SimulatedConnector } from '../../src/connectors/sim/simulated-connector.js'
import { volumeCurve } from '../../src/execution/index.js'
import type { OrderEvent } from '../../src/oms/order-event.js'
import { TradingSystem } from '../../src/system/trading-system.js'
import { analyze, TcaCollector } from '../../src/tca/index.js'
import { describeShared, sharedFiles } from '../support/shared.js'
import { play } from './support.js'

const ticks = 'us_equity_ticks'
const bars = 'us_equity_minute_bars'
const nyse = new Calendars().get('XNYS')
/** A curve is made of so many days at most, the latest ones. */
const mostDays = 5
const bucketMinutes = 30
const quantity = 20_000

/** Symbol, date and files of a recorded day. */
interface Day {
  readonly symbol: string
  readonly date: string
  readonly files: readonly string[]
}

function daysOf(folder: string, kinds: readonly string[], infix: string): Day[] {
  const found = new Map<string, string[]>()
  for (const kind of kinds)
    for (const file of sharedFiles('data', folder, new RegExp(`^[a-z]+_\\d{8}_${infix}${kind}\\.csv(\\.gz)?$`))) {
      const key = basename(file).split('_').slice(0, 2).join('_')
      found.set(key, [...(found.get(key) ?? []), file])
    }
  return [...found]
    .filter(([, files]) => files.length === kinds.length)
    .map(([key, files]) => {
      const [symbol = '', date = ''] = key.split('_')
      return { symbol, date, files }
    })
}

/** The regular session of a day. */
function sessionOf({ date }: Day): { openUs: number; closeUs: number } {
  const session = nyse.session(date.replace(/(....)(..)(..)/, '$1-$2-$3') as IsoDate)
  if (session === undefined) throw new Error(`${date} is no trading day`)
  return session
}

/** Volume of each half hour of the session. */
async function volumes(day: Day): Promise<number[]> {
  const { openUs, closeUs } = sessionOf(day)
  const bucketUs = bucketMinutes * 60_000_000
  const sums = new Array<number>(Math.ceil((closeUs - openUs) / bucketUs)).fill(0)
  await play(day.files[0] as string, {
    onBars: ({ bars: b }, from, to) => {
      for (let i = from; i < to; i++) {
        const at = Math.floor(((b.tsOpenUs[i] as number) - openUs) / bucketUs)
        if (at >= 0 && at < sums.length) sums[at] = (sums[at] as number) + (b.volume[i] as number)
      }
    },
  })
  return sums
}

interface Outcome {
  readonly status: string
  readonly filled: number
  readonly fills: string[]
  /** Average against the VWAP of the whole day, and as the analysis of costs has it, against that of the order's interval. */
  readonly dayBps: number
  readonly reportedBps: number | null | undefined
}

async function execute(day: Day, curve: readonly number[], seed: number): Promise<Outcome> {
  const { openUs, closeUs } = sessionOf(day)
  const system = await TradingSystem.start({
    mode: 'simulation',
    seed,
    connectors: { sim: new SimulatedConnector({ replay: [...day.files] }) },
    risk: { maxOrderNotional: 100_000_000, maxPosition: 10_000_000, maxOrderQuantity: 10_000_000 },
  })
  const symbol = day.symbol.toUpperCase()
  const collector = new TcaCollector({
    events: system.orders.events,
    instruments: system.instruments,
    quotes: system.quotes,
    parentOf: () => ({ id: 'vwap', quantity, algorithm: 'vwap' }),
  })
  const market = { value: 0, volume: 0 }
  system.ring.addConsumer({ name: 'tca', policy: 'dropOldest', handlers: collector.tape.handlers })
  system.ring.addConsumer({
    name: 'market',
    policy: 'dropOldest',
    handlers: {
      onTrades: ({ trades: t }, from, to) => {
        for (let i = from; i < to; i++) {
          const at = t.tsEventUs[i] as number
          if (at < openUs || at >= closeUs) continue
          market.value += (t.price[i] as number) * (t.size[i] as number)
          market.volume += t.size[i] as number
        }
      },
    },
  })
  const fills: string[] = []
  system.orders.events.on('order', ({ type, price, quantity: units, tsLocalUs }: OrderEvent) => {
    if (type === 'filled') fills.push(`${tsLocalUs} ${units?.toString()} ${price?.toString()}`)
  })
  await system.subscribe([symbol], ['quotes', 'trades'])
  await system.run({ durationMs: 1_000 })
  const order = system.orders.submit({
    symbol,
    side: 'buy',
    quantity,
    clientOrderId: 'vwap',
    algo: {
      type: 'vwap',
      curve,
      startTimeUs: openUs,
      endTimeUs: closeUs - 120_000_000,
      randomizeSizePercent: 20,
      randomizeTimePercent: 20,
      endPolicy: 'complete',
      seed,
    },
  })
  await system.run({ durationMs: (closeUs - system.time.wallUs()) / 1_000 })
  const { snapshot } = order
  const average = snapshot.averagePrice?.toNumber() ?? Number.NaN
  const vwap = market.value / market.volume
  const [cost] = analyze(collector.record, collector.tape).orders
  const outcome = {
    status: snapshot.status,
    filled: snapshot.filledQuantity.toNumber(),
    fills,
    dayBps: (1e4 * (average - vwap)) / vwap,
    reportedBps: cost?.slippageBps.vwap,
  }
  await system.stop()
  return outcome
}

const tickDays = daysOf(ticks, ['quotes', 'trades'], '')
const barDays = daysOf(bars, ['trades'], 'minute_')

describeShared(
  'VWAP on recorded days',
  'data',
  () => {
    const cases = tickDays
      .map((day) => ({
        day,
        past: barDays.filter(({ symbol, date }) => symbol === day.symbol && date !== day.date).slice(-mostDays),
      }))
      .filter(({ past }) => past.length > 0)

    it('has a day to execute, and other days for its curve', () => expect(cases.length).toBeGreaterThan(0))

    it.each(cases.map(({ day, past }) => [`${day.symbol} ${day.date}`, past.length, day, past] as const))(
      '%s by the curve of %i other days: near the VWAP of the day, the same to the share when done again',
      { timeout: 240_000 },
      async (_name, _count, day, past) => {
        const curve = volumeCurve(await Promise.all(past.map(volumes)))
        expect(curve.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
        const first = await execute(day, curve, 7)
        expect([first.status, first.filled]).toEqual(['FILLED', quantity])
        // A few basis points: it pays about half the spread, and follows the day's volume within what a curve can know.
        expect(Math.abs(first.dayBps)).toBeLessThan(25)
        expect(Math.abs(first.reportedBps ?? Number.NaN)).toBeLessThan(25)
        const again = await execute(day, curve, 7)
        expect(again).toEqual(first)
      },
    )
  },
  ticks,
)
