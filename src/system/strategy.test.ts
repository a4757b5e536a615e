/** Strategies as their authors write them: what they declare, what they are given, and what happens when a hook throws. */
import { describe, expect, it } from 'vitest'
import { EchoConnector, ibm } from '../../test/support/echo-connector.js'
import { buy, startEcho } from '../../test/support/echo-system.js'
import { TradewireError } from '../core/errors.js'
import { VirtualTime } from '../core/virtual-time.js'
import type { OrderEvent } from '../oms/order-event.js'
import { SimulatedDisk } from '../testing/simulated-disk.js'
import type { StrategyErrorPolicy } from './config.js'
import { Strategy } from './strategy.js'
import type { StrategyFailure } from './strategy-desk.js'
import { TradingSystem } from './trading-system.js'
import type { QuoteView, TradeView } from './views.js'

const msft = { ...ibm, id: 'MSFT.XNAS', symbol: 'MSFT', venue: 'XNAS' }
/** The symbol of another instrument, listed elsewhere. */
const ibmElsewhere = { ...ibm, id: 'IBM.XLON', venue: 'XLON' }

/** Declares everything as fields. */
class WithFields extends Strategy {
  override readonly name = 'fields'
  override symbols = ['IBM']
  readonly seen: string[] = []
  override onQuote(quote: QuoteView): void {
    this.seen.push(`${quote.symbol} ${quote.id} ${quote.contract.priceScale} ${quote.instrument}`)
  }
}

/** Its hooks do what the test says. */
class Scripted extends Strategy {
  override name = 'scripted'
  override symbols: string[] | undefined = undefined
  hooks: string[] = []
  act: (hook: string) => void | Promise<void> = () => {}
  override onQuote(): void | Promise<void> {
    return this.#do('onQuote')
  }
  override onOrderEvent(event: OrderEvent): void | Promise<void> {
    return this.#do(`onOrderEvent ${event.type}`)
  }
  override onStop(): void | Promise<void> {
    return this.#do('onStop')
  }
  #do(hook: string): void | Promise<void> {
    this.hooks.push(hook)
    return this.act(hook)
  }
  order() {
    return this.submit(buy())
  }
  read(name: string | number) {
    return this.position(name)
  }
  ask(symbols: string[], options = {}) {
    return this.subscribe(symbols, options)
  }
  save(state: unknown) {
    this.persist(state)
  }
  get kept() {
    return this.persisted
  }
  each(run: () => void) {
    return this.every(10, run)
  }
}

describe('the name of a strategy', () => {
  it('is not that of the memory of risk controls', async () => {
    const { system } = await startEcho()
    const strategy = new Scripted()
    strategy.name = '#risk'
    await expect(system.addStrategy(strategy)).rejects.toThrow(
      expect.objectContaining({ code: 'TW_INVALID_CONFIG', message: expect.stringContaining('"#risk"') }),
    )
    strategy.name = '#risks'
    await system.addStrategy(strategy)
    await system.stop()
  })
})

describe('what a strategy says about itself', () => {
  it('may be fields or getters', async () => {
    const fields = new WithFields()
    class Getters extends Strategy {
      override get name() {
        return 'getters'
      }
      override get symbols() {
        return ['MSFT']
      }
      override onQuote() {
        throw new Error('IBM is not wanted')
      }
    }
    const { system, venue } = await startEcho({ instruments: [msft], strategies: [fields, new Getters()] })
    expect(system.strategies).toEqual(['fields', 'getters'])
    venue.quote(99.98, 100.02)
    expect(fields.seen).toEqual(['IBM IBM.XNYS 4 1', 'IBM IBM.XNYS 4 1'])
    expect(system.problems.count).toBe(0)
    await system.stop()
  })

  it('may be assigned, as older compilers do it', () => {
    class Assigned extends Strategy {}
    const strategy = new Assigned()
    Object.assign(strategy, { name: 'assigned', symbols: ['A'], warmUp: undefined })
    expect<unknown[]>([strategy.name, strategy.symbols, strategy.warmUp]).toEqual(['assigned', ['A'], undefined])
    class Plain extends Strategy {}
    const plain = new Plain()
    ;(plain as { name: string }).name = 'set'
    expect([plain.name, new Plain().name, new Plain().symbols]).toEqual(['set', 'Plain', undefined])
  })

  it('is subscribed to at its start, for the hooks it has, and given up at its end', async () => {
    class Both extends WithFields {
      override onTrade(_trade: TradeView): void {}
    }
    const strategy = new Both()
    const { system, venue } = await startEcho({ strategies: [strategy] })
    expect(venue.subscriptions).toEqual([
      { kind: 'quotes', instrument: 0 },
      { kind: 'trades', instrument: 0 },
    ])
    await system.removeStrategy(strategy)
    expect(venue.subscriptions).toEqual([])
    expect(system.strategies).toEqual([])
    await system.stop()
  })

  it('is refused when nobody knows the symbol, or nobody has the data', async () => {
    class Misspelt extends WithFields {
      override symbols = ['IMB']
    }
    await expect(startEcho({ strategies: [new Misspelt()] })).rejects.toMatchObject({ code: 'TW_UNKNOWN_INSTRUMENT' })
    const venue = new EchoConnector()
    Object.assign(venue.capabilities, { data: ['trades'] })
    await expect(startEcho({ strategies: [new WithFields()] }, { venue })).rejects.toMatchObject({
      code: 'TW_NOT_SUPPORTED',
      message: expect.stringContaining('fields wants quotes'),
    })
  })
})

describe('what a strategy can ask for', () => {
  it('data of symbols it did not declare', async () => {
    const strategy = new Scripted()
    strategy.symbols = ['IBM']
    const { system, venue } = await startEcho({ instruments: [msft], strategies: [strategy] })
    const { length } = strategy.hooks
    venue.quote(1, 2, 'MSFT')
    expect(strategy.hooks).toHaveLength(length)
    await strategy.ask(['MSFT'], { kinds: ['quotes', 'book'], connector: 'echo' })
    venue.quote(1, 2, 'MSFT')
    expect(strategy.hooks).toHaveLength(length + 1)
    expect(venue.subscriptions).toContainEqual({ kind: 'book', instrument: 0 })
    await expect(strategy.ask(['MSFT'], { connector: 'nowhere' })).rejects.toThrow('there are: echo')
    await expect(strategy.ask(['NONE'])).rejects.toThrow('TW_UNKNOWN_INSTRUMENT')
    await system.stop()
  })

  it('positions by symbol, id or index, exactly', async () => {
    const strategy = new Scripted()
    const { system, venue } = await startEcho({ strategies: [strategy] })
    venue.reports.filled(strategy.order().number, 'e', 70, 1_000_000, 0, 'USD', 1, 2)
    const expected = { isFlat: false, isLong: true, isShort: false, quantity: 70, quantityUnits: 70 }
    expect([strategy.read('IBM'), strategy.read('IBM.XNYS'), strategy.read(0)]).toEqual([expected, expected, expected])
    system.addInstrument(ibmElsewhere)
    expect(() => strategy.read('IBM')).toThrow('SYMBOL.VENUE')
    expect(() => strategy.read(17)).toThrow('TW_UNKNOWN_INSTRUMENT')
    await system.stop()
  })

  it('the state it saved, when it is added later, too', async () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const first = new Scripted()
    const one = await startEcho({ strategies: [first] }, { disk })
    first.save({ count: 1, nested: [1, 2] })
    await one.system.stop()
    const two = await startEcho({}, { disk })
    const second = new Scripted()
    await two.system.addStrategy(second)
    expect(second.kept).toEqual({ count: 1, nested: [1, 2] })
    second.save({ count: 2 })
    await two.system.removeStrategy(second)
    const third = new Scripted()
    await two.system.addStrategy(third)
    expect(third.kept).toEqual({ count: 2 })
    await two.system.stop()
    await expect(two.system.addStrategy(new Scripted())).rejects.toThrow('TW_INVALID_STATE')
  })
})

async function broken(onStrategyError: StrategyErrorPolicy | undefined, throwing: string, options = {}) {
  const strategy = new Scripted()
  const parts = await startEcho({
    strategies: [strategy],
    ...(onStrategyError === undefined ? {} : { onStrategyError }),
    ...options,
  })
  const problems: string[] = []
  const failures: StrategyFailure[] = []
  parts.system.events.on('problem', ({ where, strategy: name }) => problems.push(`${name}: ${where}`))
  parts.system.events.on('strategyFailed', (failure) => failures.push(failure))
  const order = strategy.order()
  parts.venue.reports.accepted(order.number, 'v', 1)
  strategy.hooks.length = 0
  strategy.act = (hook) => {
    if (hook === throwing) throw new Error('a bug')
  }
  return { ...parts, strategy, problems, failures, order }
}

describe('a hook that throws', () => {
  it('ends the strategy and cancels its orders, unless told otherwise', async () => {
    const { system, venue, strategy, problems, failures, order } = await broken(undefined, 'onQuote')
    const timer = { ran: 0 }
    strategy.each(() => timer.ran++)
    venue.quote(99.98, 100.02)
    venue.quote(99.97, 100.03)
    expect(strategy.hooks).toEqual(['onQuote'])
    expect(problems).toEqual(['scripted: scripted.onQuote'])
    expect(failures).toMatchObject([{ strategy: 'scripted', hook: 'onQuote', cancels: 1, isHalted: false }])
    expect(order.status).toBe('PENDING_CANCEL')
    expect(venue.sent.at(-1)?.kind).toBe('cancel')
    expect(() => strategy.order()).toThrow('TW_DISPOSED')
    await system.run({ durationMs: 100 })
    expect(timer.ran).toBe(0)
    expect(system.strategies).toEqual([])
    // Trading goes on for everybody else.
    expect(system.orders.submit(buy()).status).toBe('SUBMITTED')
    await system.stop()
    expect(strategy.hooks).toEqual(['onQuote'])
  })

  it('halts the system where that is wanted', async () => {
    const { system, venue, failures, order } = await broken('halt', 'onQuote')
    venue.quote(99.98, 100.02)
    expect(failures).toMatchObject([{ isHalted: true, cancels: 1 }])
    expect(system.gate.states.get('global')).toBe('HALTED')
    expect(order.status).toBe('PENDING_CANCEL')
    expect(system.orders.submit(buy()).status).toBe('DENIED')
    system.setTradingState('global', '', 'ACTIVE', 'operator', 'fixed')
    expect(system.orders.submit(buy()).status).toBe('SUBMITTED')
    await system.stop()
  })

  it('changes nothing where it is only to be told', async () => {
    const { system, venue, strategy, problems, failures, order } = await broken('log', 'onQuote')
    venue.quote(99.98, 100.02)
    venue.quote(99.97, 100.03)
    expect([strategy.hooks.length, problems.length, failures.length, order.status]).toEqual([2, 2, 0, 'ACCEPTED'])
    await system.stop()
  })

  it('counts the same in order events, timers and the promises of async hooks', async () => {
    const events = await broken(undefined, 'onOrderEvent filled')
    events.venue.reports.filled(events.order.number, 'e', 10, 1_000_000, 0, 'USD', 1, 2)
    expect(events.problems).toEqual(['scripted: scripted.onOrderEvent'])
    expect(events.order.status).toBe('PENDING_CANCEL')
    expect(events.order.filledQuantity.toNumber()).toBe(10)
    await events.system.stop()

    const timers = await broken(undefined, '')
    timers.strategy.each(() => {
      throw new Error('a bug')
    })
    await timers.system.run({ durationMs: 100 })
    expect(timers.problems).toEqual(['scripted: scripted.timer'])
    await timers.system.stop()

    const rejecting = await broken(undefined, '')
    rejecting.strategy.act = async () => {
      throw new Error('a bug')
    }
    rejecting.venue.quote(99.98, 100.02)
    await rejecting.system.run({ durationMs: 1 })
    expect(rejecting.problems).toEqual(['scripted: scripted.onQuote'])
    expect(rejecting.failures).toHaveLength(1)
    await rejecting.system.stop()
  })

  it('is told at the end of a run when nobody listens, once, and not where somebody does', async () => {
    const { system, venue, strategy } = await startEcho({ strategies: [new Scripted()] }).then(async (parts) => {
      const own = new Scripted()
      own.name = 'own'
      await parts.system.addStrategy(own)
      return { ...parts, strategy: own }
    })
    strategy.act = () => {
      throw new Error('a bug')
    }
    venue.quote(99.98, 100.02)
    await expect(system.run({ durationMs: 1 })).rejects.toMatchObject({
      code: 'TW_STRATEGY_FAILED',
      message: expect.stringContaining('own.onQuote threw: a bug'),
      cause: expect.objectContaining({ message: 'a bug' }),
    })
    await system.run({ durationMs: 1 })
    expect(system.problems).toMatchObject({ count: 1, latest: [{ where: 'own.onQuote', strategy: 'own' }] })
    await system.stop()
    const heard = await broken(undefined, 'onQuote')
    heard.venue.quote(99.98, 100.02)
    await heard.system.run({ durationMs: 1 })
    await heard.system.stop()
  })

  it('while warming up keeps the strategy from starting', async () => {
    class Warm extends Scripted {
      override warmUp = { symbols: ['IBM'], kinds: ['quotes'] as const, durationMs: 1_000 }
    }
    const strategy = new Warm()
    strategy.act = () => {
      throw new Error('a bug')
    }
    const time = new VirtualTime()
    const start = startEcho(
      {
        instruments: [ibm],
        strategies: [strategy],
        history: async (_request, { sink, drain }) => {
          sink.publishQuote(0, 0, 90, 91, 1, 1, 1, 1, Number.NaN, 0)
          drain()
        },
      },
      { time },
    )
    await expect(start).rejects.toThrow('a bug')
    expect(time.pendingTimers).toBe(0)
  })
})

describe('listeners that throw', () => {
  it('are problems, and end no strategy', async () => {
    const strategy = new Scripted()
    const { system } = await startEcho({ strategies: [strategy] })
    const problems: string[] = []
    system.events.on('problem', ({ where }) => problems.push(where))
    system.orders.events.on('order', () => {
      throw new Error('a bug')
    })
    strategy.order()
    expect(problems).toEqual(['a listener of order'])
    expect(system.strategies).toEqual(['scripted'])
    await system.stop()
  })
})

describe('history', () => {
  it('is provided with all it takes', async () => {
    class Warm extends WithFields {
      override warmUp = { symbols: ['IBM'], kinds: ['quotes'] as const, durationMs: 1_000 }
    }
    const asked: unknown[] = []
    const { system } = await startEcho({
      instruments: [msft, ibm],
      strategies: [new Warm()],
      history: async (request, { instruments, time, strategy, signal }) => {
        asked.push(request.symbols, instruments.get('IBM').index, time.wallUs() > 0, strategy, signal.aborted)
      },
    })
    expect(asked).toEqual([['IBM'], 1, true, 'fields', false])
    await system.stop()
    class Lost extends Warm {
      override warmUp = { symbols: ['NONE'], kinds: ['quotes'] as const, durationMs: 1_000 }
    }
    const start = TradingSystem.start({
      mode: 'simulation',
      instruments: [ibm],
      strategies: [new Lost()],
      history: async () => {},
    })
    await expect(start).rejects.toBeInstanceOf(TradewireError)
    await expect(start).rejects.toThrow('TW_UNKNOWN_INSTRUMENT')
  })
})
