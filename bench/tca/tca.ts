/**
 * tca: the analysis of 1,000,000 fills of 10,000 orders in 20 instruments on 6 venues against 2,000,000 quotes and 1,000,000
 * trades, with four markout horizons. Recording is not counted. The figure is milliseconds per analysis.
 */
import { analyze } from '../../src/tca/analysis.js'
import { OrderRecord } from '../../src/tca/order-record.js'
import { MarketTape } from '../../src/tca/tape.js'
import type { Benchmark } from '../types.js'

const fills = 1_000_000
const orders = 10_000
const instruments = 20
const quotes = 2_000_000
const dayUs = 6.5 * 3_600 * 1_000_000

function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function makeTape(): MarketTape {
  const tape = new MarketTape()
  const next = random(1)
  const mids = new Float64Array(instruments).fill(100)
  for (let i = 0; i < quotes; i++) {
    const instrument = i % instruments
    const mid = (mids[instrument] as number) + (next() - 0.5) * 0.02
    mids[instrument] = mid
    const tsUs = (i / quotes) * dayUs
    tape.quote(instrument, tsUs, mid - 0.01, mid + 0.01)
    if (i % 2 === 0) tape.trade(instrument, tsUs, mid, 100)
  }
  return tape
}

function makeRecord(tape: MarketTape): OrderRecord {
  const record = new OrderRecord()
  const next = random(2)
  const venues = ['A', 'B', 'C', 'D', 'E', 'F'].map((name) => record.venues.intern(name))
  const perOrder = fills / orders
  for (let o = 0; o < orders; o++) {
    const instrument = o % instruments
    const arrivalUs = next() * dayUs * 0.8
    const side = o % 2 === 0 ? 'buy' : 'sell'
    const order = record.addOrder({
      id: `O${o}`,
      symbol: `S${instrument}`,
      instrument,
      side,
      quantity: perOrder * 110,
      arrivalUs,
      algorithm: o % 3 === 0 ? 'twap' : 'vwap',
      strategy: `X${o % 50}`,
    })
    for (let f = 0; f < perOrder; f++) {
      const tsUs = arrivalUs + (f / perOrder) * dayUs * 0.15
      const mid = tape.midAt(instrument, tsUs)
      record.addFillRow(order, tsUs, mid + (next() - 0.5) * 0.02, 100, 0.1, venues[f % 6] as number, 1 + (f % 2))
    }
    record.endOrder(order, arrivalUs + dayUs * 0.16)
  }
  return record
}

/** Transaction cost analysis. */
export const benchmark: Benchmark = {
  name: 'tca',
  cases: () => [
    {
      case: 'analyze 1,000,000 fills',
      unit: 'ms',
      better: 'lower',
      most: 2_000,
      ours: {
        name: 'tradewire',
        async prepare() {
          const tape = makeTape()
          const record = makeRecord(tape)
          const run = () => {
            const start = process.hrtime.bigint()
            const report = analyze(record, tape)
            const elapsed = Number(process.hrtime.bigint() - start)
            if (report.fillCount !== fills || report.total.totalBps === null) throw new Error('not all was analyzed')
            return elapsed / 1e6
          }
          return { operations: 1, run }
        },
      },
      peers: [],
    },
  ],
}
