/** The system around the order plane: strategies, connectors, start, stop and run. */
import { describe, expect, it } from 'vitest'
import { EchoConnector, ibm } from '../../test/support/echo-connector.js'
import { buy, startEcho } from '../../test/support/echo-system.js'
import { TradewireError } from '../core/errors.js'
import { VirtualTime } from '../core/virtual-time.js'
import type { OrderEvent } from '../oms/order-event.js'
import { SimulatedDisk } from '../testing/simulated-disk.js'
import { checkConfig, requireLive } from './config.js'
import { countFields, differences } from './state.js'
import { type ConnectionEvent, Strategy, type WarmUp } from './strategy.js'
import { TradingSystem } from './trading-system.js'
import type { QuoteView } from './views.js'

/** Writes down what it is told; does what the test says. */
class Recorder extends Strategy {
  readonly log: string[] = []
  readonly #name: string
  act: (hook: string) => void | Promise<void> = () => {}

  constructor(name = 'recorder') {
    super()
    this.#name = name
  }
  override get name(): string {
    return this.#name
  }
  override onStart() {
    this.log.push('start')
    return this.act('onStart')
  }
  override onStop() {
    this.log.push('stop')
    return this.act('onStop')
  }
  override onQuote(quote: QuoteView): void {
    this.log.push(`quote ${quote.symbol} ${quote.bid}`)
    this.act('onQuote')
  }
  override onOrderEvent(event: OrderEvent): void {
    this.log.push(event.type)
    this.act('onOrderEvent')
  }
  override onConnection({ to }: ConnectionEvent): void {
    this.log.push(to)
    this.act('onConnection')
  }
  order(change: Record<string, unknown> = {}) {
    return this.submit(buy(change))
  }
  in(delayMs: number, callback: () => void) {
    return this.after(delayMs, callback)
  }
  each(intervalMs: number, callback: () => void) {
    return this.every(intervalMs, callback)
  }
  bar(listener: () => void) {
    return this.bars({ symbol: 'IBM', unit: 'tick', step: 10 }, listener)
  }
  held() {
    return this.position('IBM')
  }
}

/** Lives on timers alone. */
class Clockwork extends Strategy {
  ticks = 0
  override onStart(): void {
    this.every(10, () => this.ticks++)
  }
}

describe('strategies', () => {
  it('hear of nothing before their start, and of nothing after their end', async () => {
    const strategy = new Recorder()
    const { system, venue } = await startEcho({ strategies: [strategy] })
    const order = strategy.order()
    venue.reports.accepted(order.number, 'v', 1)
    venue.drop()
    const { reports } = venue
    await system.stop()
    reports.filled(order.number, 'e', 100, 1_000_000, 0, 'USD', 1, 2)
    expect(strategy.log).toEqual(['start', 'quote IBM 99.99', 'submitted', 'accepted', 'waiting', 'stop'])
    expect(() => strategy.order()).toThrow('TW_DISPOSED')
  })

  it('harm nobody when a hook throws', async () => {
    const bad = new Recorder('bad')
    const good = new Recorder('good')
    const { system, venue, time } = await startEcho({ strategies: [bad, good], onStrategyError: 'log' })
    const problems: string[] = []
    system.events.on('problem', ({ where }) => problems.push(where))
    bad.act = (hook) => {
      throw new Error(hook)
    }
    bad.in(5, () => {
      throw new Error('timer')
    })
    venue.quote(99.98, 100.02)
    venue.reports.accepted(bad.order().number, 'v', 1)
    venue.reports.accepted(good.order().number, 'w', 1)
    time.advanceMs(10)
    venue.drop()
    await time.advanceMsAsync(20_000)
    await system.stop()
    expect(problems).toEqual(
      expect.arrayContaining(['bad.onQuote', 'bad.timer', 'bad.onOrderEvent', 'bad.onConnection', 'bad.onStop']),
    )
    expect(good.log).toEqual(expect.arrayContaining(['quote IBM 99.98', 'accepted', 'waiting', 'ready', 'stop']))
    expect(system.problems.count).toBe(problems.length)
  })

  it('that cannot start leave nothing behind', async () => {
    const time = new VirtualTime()
    const disk = new SimulatedDisk({ seed: 1 })
    const first = new Recorder('first')
    first.act = (hook) => {
      if (hook === 'onStart') {
        first.each(10, () => {})
        first.bar(() => {})
      }
    }
    const second = new Recorder('second')
    second.act = async () => {
      second.each(10, () => {})
      throw new Error('no')
    }
    await expect(startEcho({ strategies: [second] }, { time, disk })).rejects.toThrow('no')
    expect(time.pendingTimers).toBe(0)
    expect(disk.exists('journal/LOCK')).toBe(false)
  })

  it('take their timers and bars with them', async () => {
    const strategy = new Recorder()
    const { system, time } = await startEcho({ strategies: [strategy] })
    let ran = 0
    for (let i = 0; i < 100; i++) strategy.in(1, () => ran++)
    strategy.each(7, () => ran++)
    strategy.in(1_000_000, () => ran++).cancel()
    strategy.bar(() => {})
    time.advanceMs(20)
    expect(ran).toBe(102)
    await system.stop()
    expect(time.pendingTimers).toBe(0)
  })

  it('need no market data', async () => {
    const strategy = new Clockwork()
    const { system, time } = await startEcho({ strategies: [strategy] })
    await system.run({ durationMs: 100 })
    expect(strategy.ticks).toBe(10)
    expect(time.pendingTimers).toBeGreaterThan(0)
    await system.stop()
    expect(time.pendingTimers).toBe(0)
  })

  it('see their history before they start, and cannot trade on it', async () => {
    const codes: string[] = []
    class Warm extends Recorder {
      override get warmUp(): WarmUp {
        return { symbols: ['IBM'], kinds: ['quotes'], durationMs: 1_000 }
      }
      override onQuote(quote: QuoteView): void {
        super.onQuote(quote)
        try {
          this.order()
          codes.push('ok')
        } catch (error) {
          codes.push((error as TradewireError).code)
        }
      }
    }
    const strategy = new Warm()
    const { system } = await startEcho({
      instruments: [ibm],
      strategies: [strategy],
      history: async ({ symbols }, { sink, drain, instruments }) => {
        sink.publishQuote(instruments.get(symbols[0] as string).index, 0, 90, 91, 1, 1, 1, 1, Number.NaN, 0)
        drain()
      },
    })
    expect(strategy.log.slice(0, 3)).toEqual(['quote IBM 90', 'start', 'quote IBM 99.99'])
    expect(codes).toEqual(['TW_INVALID_STATE', 'ok'])
    expect(system.quotes.bid(0)).toBe(99.99)
    await system.stop()
    await expect(startEcho({ strategies: [new Warm()] })).rejects.toThrow('TW_INVALID_CONFIG')
  })

  it('have names of their own, and one system each', async () => {
    await expect(startEcho({ strategies: [new Recorder(), new Recorder()] })).rejects.toThrow('TW_DUPLICATE')
    const strategy = new Recorder()
    const { system } = await startEcho({ strategies: [strategy] })
    await expect(startEcho({ strategies: [strategy] })).rejects.toThrow('TW_INVALID_STATE')
    await system.stop()
  })

  it('know their own position only', async () => {
    const one = new Recorder('one')
    const two = new Recorder('two')
    const { system, venue } = await startEcho({ strategies: [one, two] })
    venue.reports.filled(one.order().number, 'e', 100, 1_000_000, 0, 'USD', 1, 2)
    expect([one.held().quantity, two.held().isFlat]).toEqual([100, true])
    await system.stop()
  })

  it('that never finish stopping do not hold up the end', async () => {
    const strategy = new Recorder()
    const { system, time } = await startEcho({ strategies: [strategy] })
    strategy.act = () => new Promise(() => {})
    const problems: unknown[] = []
    system.events.on('problem', ({ error }) => problems.push((error as TradewireError).code))
    await time.runUntil(system.stop())
    expect(problems).toEqual(['TW_TIMEOUT'])
    expect(time.pendingTimers).toBe(0)
  })
})

describe('a system', () => {
  it('leaves no timer, no listener and no lock behind', async () => {
    const strategy = new Recorder()
    const { system, venue, time, disk } = await startEcho({
      strategies: [strategy],
      reconciliation: { intervalMs: 1_000 },
    })
    strategy.each(10, () => {})
    system.events.on('connection', () => {})
    strategy.order()
    await time.advanceMsAsync(3_000)
    const [first, second] = [system.stop(), system.stop()]
    await Promise.all([first, second])
    expect(time.pendingTimers).toBe(0)
    for (const emitter of [system.events, system.orders.events, venue.events]) expect(emitter.totalListeners()).toBe(0)
    expect(venue.state).toBe('stopped')
    const again = await startEcho({}, { time, disk })
    await again.system[Symbol.asyncDispose]()
    expect(time.pendingTimers).toBe(0)
  })

  it('shares nothing with another in the same process', async () => {
    const one = await startEcho()
    const two = await startEcho()
    one.system.orders.submit(buy())
    one.system.kill({ actor: 'test', reason: 'test' })
    const order = two.system.orders.submit(buy())
    expect([order.status, order.clientOrderId, two.venue.sent.length]).toEqual(['SUBMITTED', 'T-1-1', 1])
    await one.system.stop()
    expect(two.system.orders.submit(buy({ quantity: 5 })).status).toBe('SUBMITTED')
    await two.system.stop()
  })

  it('cancels open orders at its end, or leaves them, by policy', async () => {
    for (const onClose of ['cancel', 'leave'] as const) {
      const { system, venue } = await startEcho({ onClose, closeTimeoutMs: 0 })
      venue.reports.accepted(system.orders.submit(buy()).number, 'v', 1)
      await system.stop()
      expect(venue.sent.map(({ kind }) => kind)).toEqual(onClose === 'cancel' ? ['new', 'cancel'] : ['new'])
    }
  })

  it('stops its other connectors when one of them fails to', async () => {
    const bad = new EchoConnector()
    const good = new EchoConnector()
    const { system } = await startEcho({ connectors: { bad, good } }, { venue: bad })
    const problems: string[] = []
    system.events.on('problem', ({ where }) => problems.push(where))
    Object.assign(bad, {
      [Symbol.asyncDispose]: async () => {
        throw new Error('stuck')
      },
    })
    await system.stop()
    expect(problems).toEqual(['stopping bad'])
    expect(good.state).toBe('stopped')
    await bad.stop()
  })

  it('gives everything back when it cannot start', async () => {
    const time = new VirtualTime()
    const disk = new SimulatedDisk({ seed: 1 })
    const venue = new EchoConnector()
    Object.assign(venue, { connect: () => Promise.reject(new TradewireError('TW_INVALID_CONFIG', 'bad password')) })
    await expect(startEcho({}, { time, disk, venue })).rejects.toThrow('bad password')
    expect(time.pendingTimers).toBe(0)
    const { system } = await startEcho({}, { time, disk })
    await system.stop()
  })

  it('runs for a time, until a signal, and refuses what is no time', async () => {
    const { system, time } = await startEcho()
    const from = time.wallUs()
    await system.run({ durationMs: 250 })
    expect(time.wallUs() - from).toBe(250_000)
    const controller = new AbortController()
    time.after(100, () => controller.abort())
    await system.run({ durationMs: 60_000, signal: controller.signal })
    expect(time.wallUs() - from).toBeLessThan(1_000_000)
    await system.run({ durationMs: 60_000, signal: AbortSignal.abort() })
    await expect(system.run({ durationMs: Number.NaN })).rejects.toThrow('TW_INVALID_ARGUMENT')
    await expect(system.run({ durationMs: -1 })).rejects.toThrow('TW_INVALID_ARGUMENT')
    await expect(system.run()).rejects.toThrow('TW_INVALID_ARGUMENT')
    await system.stop()
  })

  it('puts connectors and their names straight', async () => {
    const { system, venue } = await startEcho()
    await expect(system.subscribe(['IBM'], ['quotes'], 'nowhere')).rejects.toThrow('TW_INVALID_ARGUMENT')
    await system.subscribe(['IBM'], ['quotes'])
    expect(venue.subscriptions).toEqual([{ kind: 'quotes', instrument: 0 }])
    expect(() => system.setTradingState('account', 'nobody', 'HALTED', 'a', 'b')).toThrow('TW_INVALID_ARGUMENT')
    await expect(TradingSystem.start({ connectors: { a: venue }, mode: 'simulation' })).rejects.toThrow(
      'TW_INVALID_STATE',
    )
    await system.stop()
  })
})

describe('the configuration', () => {
  it('is refused as a whole, with every option that is wrong', () => {
    expect(() => checkConfig({ mode: 'demo', jornal: './x', limits: { orders: -1 } })).toThrow(
      /mode[\s\S]*jornal|jornal[\s\S]*mode/,
    )
    expect(checkConfig({})).toEqual({})
  })

  it('is refused for live trading with all that is missing', () => {
    const missing = (config: object, strategies: string[] = []): string[] => {
      try {
        requireLive(checkConfig(config), true, strategies)
      } catch (error) {
        return (error as TradewireError).details.missing as string[]
      }
      return []
    }
    expect(missing({ mode: 'paper' })).toEqual([])
    expect(missing({ mode: 'live' })).toHaveLength(11)
    const complete = {
      mode: 'live',
      live: { account: 'U1', confirm: true },
      journal: './journal',
      capital: 1_000,
      breakers: {},
      risk: {
        restrictions: { instruments: { IBM: 'both' } },
        maxOrderQuantity: 1,
        maxOrderNotional: 1,
        maxPosition: 1,
        priceCollarPercent: 1,
        throttle: { limit: 1, windowMs: 1 },
      },
    }
    expect(missing(complete)).toEqual([])
    expect(missing(complete, ['Reversion'])).toEqual(['risk.strategies["Reversion"]: limits of its own'])
    expect(missing({ ...complete, risk: { ...complete.risk, strategies: { Reversion: {} } } }, ['Reversion'])).toEqual(
      [],
    )
    expect(missing({ ...complete, account: 'U2' })).toEqual(['account: the same as live.account, or none'])
    expect(missing({ ...complete, risk: { ...complete.risk, marketData: false, throttle: false } })).toHaveLength(2)
  })
})

describe('an exported state', () => {
  it('is compared field by field', () => {
    expect(differences({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toEqual([])
    expect(differences({ a: [1, { b: 2 }], c: 1 }, { a: [1, { b: 3 }], d: 1 })).toEqual([
      'a.1.b: 2 is not 3',
      'c: 1 is not undefined',
      'd: undefined is not 1',
    ])
    expect(
      differences(
        Array.from({ length: 50 }, (_, i) => i),
        [],
        5,
      ),
    ).toHaveLength(5)
    expect(countFields({ a: [1, { b: 2 }], c: null })).toBe(3)
  })
})
