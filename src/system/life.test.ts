/** The life of a system: create, start, run, stop; what comes in between, and what is left. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, startEcho } from '../../test/support/echo-system.js'
import { SimulatedConnector } from '../connectors/sim/simulated-connector.js'
import { RealTime } from '../core/real-time.js'
import { VirtualTime } from '../core/virtual-time.js'
import { SimulatedDisk } from '../testing/simulated-disk.js'
import { Strategy } from './strategy.js'
import { TradingSystem } from './trading-system.js'
import type { QuoteView } from './views.js'

/** Quotes of one instrument, one each `stepMs` from `startMs` on. */
function recording(symbol: string, startMs: number, stepMs: number, count: number): string {
  const definition = {
    id: `${symbol}.XTST`,
    symbol,
    venue: 'XTST',
    assetClass: 'equity',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '1',
  }
  const rows = Array.from({ length: count }, (_, i) => {
    const ts = 1_700_000_000_000_000 + (startMs + i * stepMs) * 1_000
    return `${ts},${symbol}.XTST,${100 + (i % 7) / 100},${100.02 + (i % 7) / 100},300,300`
  })
  return [
    `# ${JSON.stringify({ tradewire: 1, instruments: [definition] })}`,
    'ts_event_us,instrument,bid,ask,bid_size,ask_size',
    ...rows,
    '',
  ].join('\n')
}

function diskWith(files: Record<string, string>) {
  const mount = new SimulatedDisk({ seed: 1 }).mount()
  for (const [path, text] of Object.entries(files)) mount.writeFileAtomic(path, new TextEncoder().encode(text))
  return mount
}

/** Writes down when it sees what. */
class Witness extends Strategy {
  readonly seen: string[] = []
  override onQuote(quote: QuoteView): void {
    const ms = quote.tsRecvUs / 1_000 - 1_700_000_000_000
    this.seen.push(`${ms} ${quote.symbol}${this.time.wallUs() === quote.tsRecvUs ? '' : ` at ${this.time.wallUs()}`}`)
  }
}

describe('a system that is created', () => {
  it('tells its listeners of the start', async () => {
    const system = await TradingSystem.create({ mode: 'simulation', connectors: { echo: new EchoConnector() } })
    const heard: string[] = []
    system.events.on('connection', ({ to }) => heard.push(to))
    system.events.on('reconciled', ({ connector }) => heard.push(`reconciled ${connector}`))
    expect([system.phase, heard]).toEqual(['created', []])
    await expect(system.run({ durationMs: 1 })).rejects.toThrow('TW_INVALID_STATE')
    await system.start()
    expect(heard).toEqual(['connecting', 'reconciling', 'reconciled echo', 'ready'])
    expect(system.phase).toBe('running')
    await expect(system.start()).rejects.toThrow('TW_INVALID_STATE')
    await system.stop()
    expect(system.phase).toBe('stopped')
    await expect(system.run({ durationMs: 1 })).rejects.toThrow('TW_INVALID_STATE')
  })

  it('can be stopped without a start, and gives its journal back', async () => {
    const fileSystem = new SimulatedDisk({ seed: 1 }).mount()
    const options = { mode: 'simulation', journal: 'journal', fileSystem } as const
    const first = await TradingSystem.create(options)
    await expect(TradingSystem.create(options)).rejects.toThrow('TW_JOURNAL_LOCKED')
    await first.stop()
    const second = await TradingSystem.create(options)
    await second.stop()
  })

  it('takes strategies before it starts', async () => {
    const time = new VirtualTime()
    const system = await TradingSystem.create({ mode: 'simulation', time, connectors: { echo: new EchoConnector() } })
    await system.addStrategy(new Witness())
    await system.start()
    expect(system.strategies).toEqual(['Witness'])
    await system.stop()
    expect(time.pendingTimers).toBe(0)
  })

  it('gives a start up when it is stopped meanwhile', async () => {
    const time = new VirtualTime()
    const venue = new EchoConnector()
    Object.assign(venue, { connect: () => new Promise(() => {}) })
    const system = await TradingSystem.create({ mode: 'simulation', time, connectors: { venue } })
    const start = system.start()
    const failed = expect(start).rejects.toThrow('TW_DISPOSED')
    await system.stop()
    await failed
    expect([system.phase, time.pendingTimers]).toEqual(['stopped', 0])
  })
})

describe('a run', () => {
  it('merges the markets of several connectors by time', async () => {
    const fileSystem = diskWith({ 'a.csv': recording('AAA', 0, 10, 5), 'b.csv': recording('BBB', 5, 15, 4) })
    const witness = new Witness()
    const system = await TradingSystem.start({
      mode: 'simulation',
      connectors: {
        b: new SimulatedConnector({ replay: 'b.csv', fileSystem }),
        a: new SimulatedConnector({ replay: 'a.csv', fileSystem }),
        paper: new SimulatedConnector(),
      },
      strategies: [witness],
    })
    await system.run({ durationMs: 21 })
    expect(witness.seen).toEqual(['0 AAA', '5 BBB', '10 AAA', '20 BBB', '20 AAA'])
    await system.run()
    expect(witness.seen.slice(5)).toEqual(['30 AAA', '35 BBB', '40 AAA', '50 BBB'])
    expect(system.problems.count).toBe(0)
    await system.stop()
  })

  it('lives through the timers between two markets, and to the end of its time', async () => {
    const fileSystem = diskWith({ 'a.csv': recording('AAA', 0, 1, 2), 'b.csv': recording('BBB', 1_000, 1, 1) })
    const system = await TradingSystem.start({
      mode: 'simulation',
      connectors: {
        a: new SimulatedConnector({ replay: 'a.csv', fileSystem }),
        b: new SimulatedConnector({ replay: 'b.csv', fileSystem }),
      },
    })
    let ticks = 0
    const startUs = 1_700_000_000_000_000
    system.time.every(100, () => ticks++)
    const wallUs = () => system.time.wallUs() - startUs
    const beforeUs = wallUs()
    await system.run({ durationMs: 3_000 })
    expect(wallUs() - Math.min(beforeUs, 0)).toBeGreaterThanOrEqual(3_000_000)
    expect(ticks).toBeGreaterThanOrEqual(29)
    await system.stop()
  })

  it('passes over a connector that only follows', async () => {
    const fileSystem = diskWith({ 'a.csv': recording('AAA', 0, 10, 5) })
    const paper = new SimulatedConnector()
    const system = await TradingSystem.start({
      mode: 'simulation',
      connectors: { paper, data: new SimulatedConnector({ replay: 'a.csv', fileSystem }) },
    })
    paper.follow(system.ring)
    await system.run()
    expect(system.ring.head).toBe(5)
    await system.stop()
  })

  it('says what it needs where nothing has an end', async () => {
    const alone = await TradingSystem.start({ mode: 'simulation', connectors: { paper: new SimulatedConnector() } })
    await expect(alone.run()).rejects.toThrow(/needs a durationMs.*replay or synthetic/)
    await alone.stop()
    const endless = await TradingSystem.start({
      mode: 'simulation',
      connectors: { a: new SimulatedConnector({ synthetic: {} }), b: new SimulatedConnector({ synthetic: {} }) },
    })
    await expect(endless.run()).rejects.toThrow('no end')
    await expect(endless.run({ duration: 5 } as object)).rejects.toThrow('no option "duration"')
    await endless.stop()
  })

  it('reconnects on the way, without help', async () => {
    const fileSystem = diskWith({ 'a.csv': recording('AAA', 0, 10, 6_000) })
    const connector = new SimulatedConnector({ replay: 'a.csv', fileSystem })
    const system = await TradingSystem.start({ mode: 'simulation', connectors: { sim: connector } })
    const states: string[] = []
    system.events.on('connection', ({ to }) => states.push(to))
    system.time.after(10_000, () => connector.breakConnection())
    await system.run()
    expect(states).toEqual(['waiting', 'connecting', 'reconciling', 'ready'])
    expect(system.orders.submit({ symbol: 'AAA', side: 'buy', quantity: 100 }).status).toBe('FILLED')
    await system.stop()
  })

  it('settles what a strategy awaits in the moment in which it happens', async () => {
    const fileSystem = diskWith({ 'a.csv': recording('AAA', 0, 10, 500) })
    class Awaiting extends Strategy {
      doneAtMs: number[] = []
      #isBusy = false
      override onQuote(): void {
        if (this.#isBusy) return
        this.#isBusy = true
        this.trade()
      }
      async trade(): Promise<void> {
        await this.submit({ symbol: 'AAA', side: 'buy', quantity: 1 }).done()
        this.doneAtMs.push(this.time.wallUs() / 1_000 - 1_700_000_000_000)
        this.#isBusy = false
      }
    }
    const strategy = new Awaiting()
    const system = await TradingSystem.start({
      mode: 'simulation',
      connectors: { sim: new SimulatedConnector({ replay: 'a.csv', fileSystem, latency: { orders: () => 25e6 } }) },
      strategies: [strategy],
    })
    await system.run({ durationMs: 200 })
    expect(strategy.doneAtMs.slice(0, 3)).toEqual([25, 55, 85])
    await system.stop()
  })

  it('hands the seed of the system to its markets', async () => {
    const first = async (options: { seed?: number }, own: { seed?: number } = {}) => {
      const system = await TradingSystem.start({
        mode: 'simulation',
        ...options,
        connectors: { sim: new SimulatedConnector({ synthetic: {}, ...own }) },
      })
      await system.run({ durationMs: 2_000 })
      const prices = [...system.instruments].map(({ index }) => system.quotes.bid(index))
      await system.stop()
      return prices
    }
    expect(await first({ seed: 1 })).toEqual(await first({}))
    expect(await first({ seed: 7 })).not.toEqual(await first({}))
    expect(await first({ seed: 7 })).toEqual(await first({ seed: 3 }, { seed: 7 }))
  })

  it('tells the share of a recording that is done', async () => {
    const fileSystem = diskWith({ 'a.csv': recording('AAA', 0, 1, 20_000) })
    const system = await TradingSystem.start({
      mode: 'simulation',
      connectors: { sim: new SimulatedConnector({ replay: 'a.csv', fileSystem }) },
    })
    const shares: number[] = []
    await system.run({ onProgress: (share) => shares.push(share) })
    expect(shares.length).toBeGreaterThan(2)
    expect(shares.every((share, i) => share > 0 && share <= 1 && share >= (shares[i - 1] ?? 0))).toBe(true)
    await system.stop()
  })

  it('is one at a time on virtual time, and ends when the system is stopped', async () => {
    const system = await TradingSystem.start({
      mode: 'simulation',
      connectors: { sim: new SimulatedConnector({ synthetic: {} }) },
    })
    const controller = new AbortController()
    const endless = system.run({ signal: controller.signal })
    await expect(system.run({ durationMs: 1 })).rejects.toThrow('TW_INVALID_STATE')
    await system.stop()
    await endless
    expect(system.phase).toBe('stopped')
  })

  it('on real time, several markets run side by side', async () => {
    const fileSystem = diskWith({ 'a.csv': recording('AAA', 0, 10, 50), 'b.csv': recording('BBB', 0, 10, 50) })
    const time = new RealTime()
    const system = await TradingSystem.start({
      time,
      connectors: {
        a: new SimulatedConnector({ replay: 'a.csv', fileSystem }),
        b: new SimulatedConnector({ replay: 'b.csv', fileSystem }),
      },
    })
    await system.run()
    expect(system.ring.head).toBe(100)
    await system.stop()
    expect(time.pendingTimers).toBe(0)
  })
})

describe('a wait for an order', () => {
  it('on a clock that nobody moves fails, and says what to do', async () => {
    const { system, venue } = await startEcho()
    const order = system.orders.submit(buy())
    await expect(order.done()).rejects.toMatchObject({ code: 'TW_STANDSTILL', message: expect.stringContaining('run') })
    const events = order.events()
    await expect(events.next()).rejects.toThrow('TW_STANDSTILL')
    // Later waits can be met.
    const done = order.done()
    venue.reports.filled(order.number, 'e', 100, 1_000_000, 0, 'USD', 1, 2)
    expect((await done).status).toBe('FILLED')
    await system.stop()
  })

  it('is met by a run that begins after it', async () => {
    const fileSystem = diskWith({ 'a.csv': recording('AAA', 0, 10, 500) })
    const system = await TradingSystem.start({
      mode: 'simulation',
      connectors: { sim: new SimulatedConnector({ replay: 'a.csv', fileSystem, latency: { orders: () => 25e6 } }) },
    })
    await system.run({ durationMs: 100 })
    const order = system.orders.submit({ symbol: 'AAA', side: 'buy', quantity: 1 })
    const [result] = await Promise.all([order.done(), system.run({ durationMs: 100 })])
    expect(result.status).toBe('FILLED')
    await system.stop()
  })
})

describe('a stop', () => {
  it('waits for the outcome of its cancels', async () => {
    const { system, venue, time } = await startEcho({ onClose: 'cancel' })
    const order = system.orders.submit(buy())
    venue.reports.accepted(order.number, 'v', 1)
    const { reports } = venue
    time.after(300, () => reports.canceled(order.number, 0, '', 2))
    const report = await system.stop()
    expect(report).toMatchObject({ canceled: 1, leftOpen: [], isTimedOut: false })
    expect(order.status).toBe('CANCELED')
    expect(await system.stop()).toBe(report)
  })

  it('names what it had to leave', async () => {
    const { system, venue } = await startEcho({ onClose: 'cancel', closeTimeoutMs: 500 })
    const problems: string[] = []
    system.events.on('problem', ({ where, error }) => problems.push(`${where}: ${String(error)}`))
    const order = system.orders.submit(buy({ clientOrderId: 'mine' }))
    venue.reports.accepted(order.number, 'v', 1)
    const { leftOpen, canceled } = await system.stop()
    expect([canceled, leftOpen.map(({ clientOrderId }) => clientOrderId)]).toEqual([1, ['mine']])
    expect(problems).toEqual([expect.stringMatching(/^stop: .*mine IBM.XNYS PENDING_CANCEL/)])
  })

  it('is hurried by a signal, also of a later call', async () => {
    const { system, venue, time } = await startEcho({ onClose: 'cancel' })
    venue.reports.accepted(system.orders.submit(buy()).number, 'v', 1)
    const startNs = time.monotonicNs()
    const stopped = system.stop()
    const second = new AbortController()
    const again = system.stop({ signal: second.signal })
    second.abort()
    expect((await stopped).leftOpen).toHaveLength(1)
    expect(await again).toBe(await stopped)
    expect(time.monotonicNs() - startNs).toBeLessThan(10e9)
  })

  it('leaves orders where that is the policy, and tells which', async () => {
    const { system, venue } = await startEcho({ onClose: 'leave' })
    venue.reports.accepted(system.orders.submit(buy({ clientOrderId: 'mine' })).number, 'v', 1)
    expect((await system.stop()).leftOpen.map(({ status }) => status)).toEqual(['ACCEPTED'])
    expect(venue.sent.map(({ kind }) => kind)).toEqual(['new'])
  })
})

describe('two systems in one process', () => {
  it('on real time with journals on a real disk leave no handle, timer or listener behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tradewire-life-'))
    const state = () => ({
      // Timers come and go with the test runner; those of the systems are counted by their clock.
      resources: process
        .getActiveResourcesInfo()
        .filter((name) => name !== 'Timeout' && name !== 'Immediate')
        .sort(),
      listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
    })
    const before = state()
    const time = new RealTime()
    const connectors: SimulatedConnector[] = []
    const start = async (name: string) => {
      const sim = new SimulatedConnector({ synthetic: {}, pace: 'asFastAsPossible' })
      connectors.push(sim)
      const system = await TradingSystem.start({
        time,
        journal: join(folder, name),
        reconciliation: { intervalMs: 50 },
        connectors: { sim },
        strategies: [new Witness()],
      })
      await system.run({ durationMs: 100 })
      system.orders.submit({ symbol: 'ACME', side: 'buy', quantity: 1, price: '1.00', timeInForce: 'gtc' })
      return system
    }
    const systems = await Promise.all([start('one'), start('two')])
    for (const system of systems) expect((await system.stop()).leftOpen).toEqual([])
    expect(time.pendingTimers).toBe(0)
    // What the runtime closes in the background takes a moment.
    await vi.waitFor(() => expect(state()).toEqual(before), { timeout: 20_000 })
    for (const { events } of [...systems, ...systems.map(({ orders }) => orders), ...connectors])
      expect(events.totalListeners()).toBe(0)
    rmSync(folder, { recursive: true })
  })
})

describe('a stop order without a source', () => {
  it('is warned about where only quotes come', async () => {
    const { system, anomalies } = await startEcho()
    const stop = (change: object) =>
      system.orders.submit({ symbol: 'IBM', side: 'sell', quantity: 1, type: 'stop', triggerPrice: '99', ...change })
    stop({ triggerSource: 'bid_ask' })
    expect(anomalies).toEqual([])
    stop({})
    expect(anomalies).toEqual(['TRIGGER_WITHOUT_TRADES'])
    await system.stop()
  })

  it('goes by the quote for what dealers quote', async () => {
    const { system, anomalies, venue } = await startEcho({
      instruments: [
        {
          id: 'EUR/USD.XSIM',
          symbol: 'EUR/USD',
          venue: 'XSIM',
          assetClass: 'fx',
          currency: 'USD',
          priceIncrement: '0.00001',
          sizeIncrement: '1000',
        },
      ],
    })
    venue.quote(1.1, 1.1001, 'EUR/USD')
    const request = { symbol: 'EUR/USD', side: 'sell', quantity: 1_000, type: 'stop', triggerPrice: '1.09' } as const
    expect(system.orders.submit(request).status).toBe('SUBMITTED')
    expect(anomalies).toEqual([])
    await system.stop()
  })
})
