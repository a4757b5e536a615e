/** A strategy in a worker: data and books get there whole, orders go both ways, and what its death leaves behind. */
import { afterEach, describe, expect, it } from 'vitest'
import { SimulatedConnector } from '../../connectors/sim/simulated-connector.js'
import { defaultSyntheticInstruments, type SyntheticInstrument } from '../../connectors/sim/synthetic-instruments.js'
import type { InstrumentId } from '../../model/ids.js'
import type { Problem } from '../problems.js'
import { TradingSystem, type TradingSystemOptions } from '../trading-system.js'
import { WorkerStrategy, type WorkerStrategyOptions } from './worker-strategy.js'

const module = new URL('./behaviour.test-support.ts', import.meta.url)

/** What the worker saw, as it saved it. */
interface Seen {
  quotes: number
  trades: number
  books: number
  bestBid: number
  mids: number
  events: string[]
  outcome: string
  position: number
  news: string[]
  lost: number
  streams: string[]
  split: string
  held: number[]
  stopped?: boolean
}

class Worker extends WorkerStrategy {
  get seen(): Seen | undefined {
    return this.persisted as Seen | undefined
  }
}

const systems: TradingSystem[] = []
afterEach(async () => {
  for (const system of systems.splice(0)) await system.stop()
})

async function start(
  behaviour: string,
  worker: Partial<WorkerStrategyOptions> = {},
  options: Partial<TradingSystemOptions> = {},
) {
  const strategy = new Worker({ name: 'worker', module, symbols: ['ACME'], data: { behaviour }, ...worker })
  const system = await TradingSystem.create({
    mode: 'paper',
    quality: false,
    connectors: { sim: new SimulatedConnector({ synthetic: { rate: 10, depth: 3 } }) },
    ...options,
  })
  systems.push(system)
  const problems: Problem[] = []
  const failures: string[] = []
  system.events.on('problem', (problem) => problems.push(problem))
  system.events.on('strategyFailed', ({ error, isHalted }) => failures.push(`${error}${isHalted ? ' halted' : ''}`))
  await system.start()
  const end = new AbortController()
  const running = system.run({ signal: end.signal }).catch(() => {})
  await system.subscribe(['ACME'], ['quotes'])
  const added = system.addStrategy(strategy)
  const until = async (what: () => boolean) => {
    for (let i = 0; i < 1_500 && !what(); i++) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(what()).toBe(true)
  }
  const stop = async () => {
    end.abort()
    await running
    await system.stop()
  }
  return { system, strategy, problems, failures, added, until, stop }
}

describe('a strategy in a worker', () => {
  it('sees data, books and news, trades, and hears of its orders', async () => {
    const { system, strategy, problems, added, until, stop } = await start('trade', {
      kinds: ['quotes', 'trades', 'book', 'news'],
    })
    await added
    await until(() => /wrong/.test(strategy.seen?.outcome ?? ''))
    const headline = 'Überraschung: ACME kauft alles, und der Text ist länger als ein Satz von Zahlen trägt'
    const now = system.time.wallUs()
    const instruments = [system.instruments.get('ACME').id]
    system.ring.publishNote(0, 0, { kind: 'news', headline, instruments, tsEventUs: now, tsRecvUs: now }, now, now)
    await until(() => (strategy.seen?.news.length ?? 0) > 0 && (strategy.seen?.books ?? 0) > 0)
    const seen = strategy.seen as Seen
    expect(seen.outcome).toBe('FILLED 100 first, wrong: DENIED')
    expect(seen.position).toBe(100)
    expect(seen.events).toEqual(expect.arrayContaining(['accepted FILLED', 'filled FILLED', 'denied DENIED']))
    expect(seen.news).toEqual([headline])
    expect(seen.mids).toBe(seen.quotes)
    expect(seen.bestBid).toBeGreaterThan(0)
    expect(system.orders.list({ strategy: 'worker' }).map(({ clientOrderId }) => clientOrderId)).toContain('first')
    expect(strategy.counters).toMatchObject({ dropped: 0, orders: 2 })
    await stop()
    expect([strategy.seen?.stopped, strategy.state, problems]).toEqual([true, 'stopped', []])
  }, 60_000)

  it('that is slow gets the newest quotes, and hears how many other events are missing', async () => {
    const { system, strategy, added, until, stop } = await start('watch', { records: 64 })
    await added
    const { index } = system.instruments.get('ACME')
    const now = system.time.wallUs()
    for (let i = 0; i < 500; i++) {
      system.ring.publishTrade(index, 0, 100, 1, 1, now, now, Number.NaN, i, 0)
      system.ring.publishQuote(index, 0, 99, 101, 1, 1, now, now, Number.NaN, 0)
    }
    system.ring.drain()
    await until(() => (strategy.seen?.lost ?? 0) > 0 && strategy.seen?.lost === strategy.counters.dropped)
    // How many depends on how fast the thread reads.
    expect(strategy.counters.dropped).toBeGreaterThan(0)
    await stop()
  }, 60_000)
})

describe('what a worker holds', () => {
  const buy = (system: TradingSystem, symbol: string) =>
    system.orders.submit({ symbol, side: 'buy', quantity: 100, strategy: 'worker' }).done()
  /** More instruments than a small ring has room to tell of. */
  const manySymbols = ['ACME', ...Array.from({ length: 40 }, (_, i) => `S${i}`), 'LAST']
  const sim = () => {
    const [like] = defaultSyntheticInstruments as [SyntheticInstrument, ...SyntheticInstrument[]]
    const instruments = manySymbols.map((symbol) => {
      const definition = { ...like.definition, symbol, id: `${symbol}.SIM` as InstrumentId }
      return { ...like, definition }
    })
    return new SimulatedConnector({ synthetic: { rate: 10, instruments } })
  }

  it('moves with orders that it did not submit itself, and it hears of them', async () => {
    const { system, strategy, added, until, stop } = await start('hold', {}, { connectors: { sim: sim() } })
    await added
    await buy(system, 'ACME')
    await until(() => strategy.seen?.held[0] === 100)
    expect(strategy.seen?.events).toContain('filled FILLED')
    await stop()
  }, 60_000)

  it('moves after its start only, with what came meanwhile', async () => {
    const { system, strategy, added, until, stop } = await start('hold', {}, { connectors: { sim: sim() } })
    await until(() => strategy.state === 'running')
    await buy(system, 'LAST')
    await added
    await until(() => strategy.seen?.held[1] === 100)
    expect(strategy.seen?.outcome).toBe('at the start 100, 0 events')
    expect(strategy.seen?.events).toContain('filled FILLED')
    await stop()
  }, 60_000)

  it('is known at the start, of every instrument, however small the ring', async () => {
    const simulated = sim()
    const system = await TradingSystem.start({ mode: 'paper', quality: false, connectors: { sim: simulated } })
    systems.push(system)
    const end = new AbortController()
    const running = system.run({ signal: end.signal }).catch(() => {})
    await system.subscribe(manySymbols, ['quotes'])
    await buy(system, 'LAST')
    const strategy = new Worker({ name: 'worker', module, symbols: ['ACME'], data: { behaviour: 'hold' }, records: 32 })
    await system.addStrategy(strategy)
    for (let i = 0; i < 500 && strategy.seen === undefined; i++) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(strategy.seen?.outcome).toBe('at the start 100, 0 events')
    end.abort()
    await running
  }, 60_000)

  it('is put into new terms by a stock split, with quotes and bars', async () => {
    const { system, strategy, added, until, stop } = await start('trade')
    await added
    await until(() => /wrong/.test(strategy.seen?.outcome ?? ''))
    const reason = 'four for one'
    const id = 'ACME-split'
    system.operator.applySplit({
      id,
      instrument: 'ACME',
      ratio: { numerator: 4, denominator: 1 },
      actor: 'anna',
      reason,
    })
    await until(() => (strategy.seen?.split ?? '') !== '')
    expect(strategy.seen?.split).toBe('ACME-split: 400,400 shares, holds 400, bid below 100: true')
    await stop()
  }, 60_000)

  it('hears that a change of its order was refused', async () => {
    const { strategy, added, until, stop } = await start('modify')
    await added
    await until(() => (strategy.seen?.outcome ?? '') !== '')
    expect(strategy.seen?.events).toContain('update_rejected ACCEPTED')
    expect(strategy.seen?.outcome).toContain('1.001 is not a multiple of 0.01')
    await stop()
  }, 60_000)

  it('of a book is stale from a loss on, by the stream that is named', async () => {
    const { system, strategy, added, until, stop } = await start('watch', { records: 64, kinds: ['book'] })
    await added
    const { index } = system.instruments.get('ACME')
    const now = system.time.wallUs()
    for (let i = 0; i < 200; i++) {
      system.ring.beginBook(index, 0, false, now, now, Number.NaN, Number.NaN)
      system.ring.addLevel(0, 100 + (i % 10) / 100, 5)
      system.ring.commitBook()
    }
    system.ring.drain()
    await until(() => (strategy.seen?.streams.length ?? 0) > 0)
    expect(strategy.seen?.streams).toEqual(['book'])
    await stop()
  }, 60_000)
})

describe('the death of a worker', () => {
  it.each([
    ['exit', 'ended with code 3'],
    ['crash', 'out of the blue'],
    ['hang', 'no sign of life'],
  ])(
    'by %s: its orders are canceled, the strategy is gone, trading goes on',
    async (behaviour, reason) => {
      const { system, strategy, failures, added, until, stop } = await start(behaviour, { hangTimeoutMs: 1_500 })
      await added.catch(() => {})
      await until(() => failures.length > 0 && system.orders.openOrders().length === 0)
      expect(failures[0]).toContain(reason)
      expect(strategy.state).toBe('dead')
      expect(system.strategies).toEqual([])
      const states = system.orders.list({ strategy: 'worker' }).map(({ status }) => status)
      expect(states.every((status) => status === 'CANCELED')).toBe(true)
      await stop()
    },
    60_000,
  )

  it('leaves its orders where the host says so', async () => {
    const { system, strategy, failures, problems, added, until, stop } = await start('exit', { onDeath: 'leave' })
    await added
    await until(() => strategy.state === 'dead')
    expect(system.orders.openOrders({ strategy: 'worker' })).toHaveLength(1)
    expect(failures).toEqual([])
    expect(problems).toMatchObject([{ where: 'the worker', strategy: 'worker' }])
    await stop()
  }, 60_000)

  it('halts the system where onStrategyError says so', async () => {
    const { failures, added, until, stop } = await start('exit', {}, { onStrategyError: 'halt' })
    await added
    await until(() => failures.length > 0)
    expect(failures[0]).toContain('halted')
    await stop()
  }, 60_000)

  it('is the end of a strategy whose hook throws, too, and its thread ends', async () => {
    const { system, strategy, failures, added, until, stop } = await start('hook')
    await added
    await until(() => failures.length > 0)
    expect(failures[0]).toContain('a hook that throws')
    expect([system.strategies, strategy.state]).toEqual([[], 'stopped'])
    await stop()
  }, 60_000)

  it('at the start refuses the start', async () => {
    const { added, stop } = await start('start')
    await expect(added).rejects.toThrow('cannot start')
    await stop()
  }, 60_000)
})

describe('a worker that is still starting', () => {
  it('is given up with the system: nobody waits for it any more', async () => {
    const { strategy, added, until, stop } = await start('never')
    const refused = added.then(
      () => undefined,
      (error: unknown) => error,
    )
    await until(() => strategy.state === 'running')
    await stop()
    expect(await refused).toMatchObject({ code: 'TW_STRATEGY_FAILED', message: expect.stringContaining('ended') })
  }, 20_000)
})

describe('what is refused', () => {
  it('is a simulation, and options that are wrong', async () => {
    const options = { mode: 'simulation', strategies: [new WorkerStrategy({ name: 'w', module })] } as const
    const connectors = { sim: new SimulatedConnector({ synthetic: {} }) }
    await expect(TradingSystem.start({ ...options, connectors })).rejects.toThrow('runs in a worker')
    expect(() => new WorkerStrategy({ name: 'w', module, kinds: ['ticks' as 'quotes'] })).toThrow('kinds must be of')
    expect(() => new WorkerStrategy({ name: 'w', module, thread: 1 } as never)).toThrow('thread')
  })
})
