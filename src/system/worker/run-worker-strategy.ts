/**
 * The other side of a `WorkerStrategy`: runs a strategy in this worker, with the host that it would have in the thread of
 * the system. Market data come from the shared ring into a ring of its own, so hooks, views, quote cache and bars are the
 * same code.
 */
import type { MessagePort } from 'node:worker_threads'
import { messageOf, TradewireError } from '../../core/errors.js'
import { silentLogger } from '../../core/logger.js'
import { SeededRandom } from '../../core/random.js'
import { RealTime } from '../../core/real-time.js'
import { threadSurroundings } from '../../core/worker-thread.js'
import { BarAggregator } from '../../market/bar-aggregator.js'
import { QuoteCache } from '../../market/quote-cache.js'
import { InstrumentRegistry } from '../../model/instrument-registry.js'
import { IngestRing } from '../../ring/ingest-ring.js'
import type { SharedConsumer } from '../../ring/shared-consumer.js'
import { SharedRing } from '../../ring/shared-ring.js'
import { strategyHandlers, WantedInstruments, watchPromise } from '../market-hub.js'
import type { Strategy, StrategyHost } from '../strategy.js'
import type { FromWorker, ToWorker, WorkerStart } from './worker-messages.js'
import { splitOf } from './worker-news.js'
import { WorkerOrders } from './worker-orders.js'
import { type WorkerLayout, WorkerReader } from './worker-wire.js'

/** How long the loop sleeps at most: it shows that it lives in between. */
const beatMs = 100

/** What the host gave this worker as `data`. @throws TradewireError `TW_INVALID_STATE` outside of a strategy's worker. */
export function workerInput(): unknown {
  return surroundings().start.data
}

/**
 * Runs a strategy in this worker. Call it once, at the end of the module that a `WorkerStrategy` names.
 *
 * What differs from the thread of the system: `submit` throws for nothing that the system finds wrong (the order is denied
 * instead); algorithms, brackets and groups cannot be submitted; there is no history; `logger` is silent.
 *
 * @throws TradewireError `TW_INVALID_STATE` outside of a strategy's worker.
 */
export function runWorkerStrategy(strategy: Strategy): void {
  const { start, port } = surroundings()
  new WorkerSide(strategy, start, port).run()
}

function surroundings(): { start: WorkerStart; port: MessagePort } {
  const { workerData, port } = threadSurroundings()
  if (port === null || (workerData as Partial<WorkerStart> | null)?.tradewire !== 1)
    throw new TradewireError(
      'TW_INVALID_STATE',
      'This is no worker of a WorkerStrategy: it is started by a trading system',
    )
  return { start: workerData as WorkerStart, port }
}

class WorkerSide {
  readonly #strategy: Strategy
  readonly #start: WorkerStart
  readonly #port: MessagePort
  readonly #time = new RealTime((error) => this.#threw(error, 'timer'))
  readonly #instruments = new InstrumentRegistry()
  readonly #quotes = new QuoteCache()
  readonly #bars = new BarAggregator({})
  readonly #ring = new IngestRing({ capacity: 65_536 })
  readonly #consumer: SharedConsumer<WorkerLayout>
  readonly #reader = new WorkerReader(this.#ring, (definition) => this.#instruments.add(definition))
  readonly #wanted: WantedInstruments
  readonly #positions = new Map<number, number>()
  readonly #questions = new Map<number, (error: string | undefined) => void>()
  readonly #orders: WorkerOrders
  #asked = 0
  #isRunning = false
  #hasBarTimer = false

  constructor(strategy: Strategy, start: WorkerStart, port: MessagePort) {
    this.#strategy = strategy
    this.#start = start
    this.#port = port
    this.#consumer = SharedRing.attach(start.handle).consumer({ maxBatch: 256 })
    this.#wanted = new WantedInstruments(start.symbols, this.#instruments)
    this.#orders = new WorkerOrders(this.#instruments, (message) => this.#post(message))
    const quotes = this.#quotes
    this.#ring.addConsumer({
      name: 'quotes',
      policy: 'backpressure',
      handlers: {
        onQuotes: quotes.onQuotes,
        onTrades: (ring, from, to) => {
          quotes.onTrades(ring, from, to)
          this.#bars.onTrades(ring, from, to)
        },
      },
    })
  }

  run(): void {
    const strategy = this.#strategy
    strategy.attach(this.#host(), this.#start.persisted)
    const handlers = strategyHandlers(strategy, this.#wanted, this.#instruments, (error, hook) =>
      this.#threw(error, hook),
    )
    if (Object.keys(handlers).length > 0) this.#ring.addConsumer({ name: 'strategy', policy: 'backpressure', handlers })
    this.#port.on('message', (message: ToWorker) => this.#onMessage(message))
    this.#time.every(beatMs, () => Atomics.add(this.#start.beat, 0, 1))
    this.#post({ type: 'ready' })
  }

  #post(message: FromWorker): void {
    this.#port.postMessage(message)
  }

  #onMessage(message: ToWorker): void {
    switch (message.type) {
      case 'instruments':
        for (const definition of message.definitions) this.#instruments.add(definition)
        break
      case 'start':
        for (const [instrument, units] of message.positions) this.#positions.set(instrument, units)
        void this.#begin()
        break
      case 'order': {
        this.#positions.set(message.news.instrument, message.news.positionUnits)
        const event = this.#orders.news(message.news, message.event)
        if (event !== undefined) this.#call('onOrderEvent', () => this.#strategy.onOrderEvent(event))
        break
      }
      case 'denied': {
        const event = this.#orders.denied(message, this.#time.wallUs())
        if (event !== undefined) this.#call('onOrderEvent', () => this.#strategy.onOrderEvent(event))
        break
      }
      case 'refused': {
        const event = this.#orders.refused(message, this.#time.wallUs())
        if (event !== undefined) this.#call('onOrderEvent', () => this.#strategy.onOrderEvent(event))
        break
      }
      case 'split':
        this.#split(message)
        break
      case 'connection':
        this.#call('onConnection', () => this.#strategy.onConnection(message.event))
        break
      case 'feed':
        this.#call('onFeed', () => this.#strategy.onFeed(message.event))
        break
      case 'answer':
        this.#questions.get(message.question)?.(message.error)
        this.#questions.delete(message.question)
        break
      default:
        void this.#stop()
    }
  }

  async #begin(): Promise<void> {
    try {
      await this.#strategy.onStart()
    } catch (error) {
      this.#threw(error, 'onStart')
      return
    }
    this.#isRunning = true
    this.#post({ type: 'started' })
    await this.#readOn()
  }

  async #stop(): Promise<void> {
    this.#isRunning = false
    this.#consumer.close()
    try {
      await this.#strategy.onStop()
    } catch (error) {
      this.#threw(error, 'onStop')
    }
    this.#post({ type: 'stopped' })
  }

  /** A stock split: what was sent before it is taken in its old terms first. */
  #split({ split, instrument, positionUnits }: Extract<ToWorker, { type: 'split' }>): void {
    while (this.#isRunning && this.#consumer.available > 0) this.#read()
    this.#positions.set(instrument, positionUnits)
    const factor = split.ratio.denominator / split.ratio.numerator
    // One without a time of its own was effective when it was told: all that came before is older.
    const beforeUs = split.effectiveUs === split.tsUs ? Number.POSITIVE_INFINITY : split.effectiveUs
    this.#quotes.rescale(instrument, factor, beforeUs)
    this.#bars.rescale(instrument, factor, beforeUs)
    this.#call('onSplit', () => this.#strategy.onSplit(splitOf(split)))
  }

  /** Takes what is in the shared ring, turn by turn: messages and timers come in between. */
  async #readOn(): Promise<void> {
    while (this.#isRunning) {
      if (this.#consumer.available === 0) await this.#consumer.waitAsync(beatMs)
      this.#read()
      await new Promise<void>((resolve) => this.#time.nextTurn(resolve))
    }
  }

  #read(): void {
    this.#consumer.drain(({ columns }, from, to) => {
      for (let row = from; row < to; row++) this.#reader.take(columns, row)
    }, 4_096)
    this.#ring.drain()
  }

  #host(): StrategyHost {
    const random = new SeededRandom(this.#start.seed)
    return {
      time: this.#time,
      random,
      logger: silentLogger,
      quotes: this.#quotes,
      instrument: (instrument) => this.#instrument(instrument),
      submit: (_strategy, request) => this.#orders.submit(request),
      submitAlgo: () => this.#refuse('an algorithm'),
      submitBracket: () => this.#refuse('a bracket'),
      submitGroup: () => this.#refuse('a group'),
      cancelAll: (_strategy, filter) => {
        this.#post({ type: 'cancelAll', filter: { ...filter } })
        return this.#orders.openCount
      },
      position: (_strategy, name) => {
        const instrument = this.#instrument(name)
        const units = this.#positions.get(instrument.index) ?? 0
        return {
          isFlat: units === 0,
          isLong: units > 0,
          isShort: units < 0,
          quantity: instrument.quantityNumber(units),
          quantityUnits: units,
        }
      },
      subscribe: (_strategy, symbols, options) => {
        for (const symbol of symbols) this.#wanted.add(this.#instruments.get(symbol).index)
        return this.#ask((question) => ({ type: 'subscribe', question, symbols, options }))
      },
      problem: (_strategy, where, error) => this.#post({ type: 'problem', where, message: messageOf(error) }),
      persist: (_strategy, state) => this.#post({ type: 'persist', state }),
      addBars: (_strategy, options, listener) => {
        if (!this.#hasBarTimer) this.#time.every(1_000, () => this.#bars.advance(this.#time.wallUs()))
        this.#hasBarTimer = true
        const series = this.#bars.addTradeBars(options, (bar) => this.#call('bars', () => listener(bar)))
        return () => this.#bars.remove(series)
      },
      timer: (_strategy, schedule, callback) => schedule(() => this.#call('timer', callback)),
    }
  }

  #instrument(instrument: string | number) {
    const known = typeof instrument === 'string' ? this.#instruments.get(instrument) : this.#instruments.at(instrument)
    if (known !== undefined) return known
    throw new TradewireError('TW_UNKNOWN_INSTRUMENT', `There is no instrument with index ${instrument}`)
  }

  #ask(make: (question: number) => FromWorker): Promise<void> {
    const question = ++this.#asked
    return new Promise((resolve, reject) => {
      this.#questions.set(question, (error) => {
        if (error === undefined) resolve()
        else reject(new TradewireError('TW_NOT_SUPPORTED', error))
      })
      this.#post(make(question))
    })
  }

  #refuse(what: string): never {
    throw new TradewireError('TW_NOT_SUPPORTED', `A strategy in a worker cannot submit ${what}; submit single orders`)
  }

  #call(hook: string, run: () => unknown): void {
    try {
      const result = run()
      if (result !== undefined) watchPromise(result, hook, (error) => this.#threw(error, hook))
    } catch (error) {
      this.#threw(error, hook)
    }
  }

  /** What happens then is up to the system. */
  #threw(error: unknown, hook: string): boolean {
    this.#post({
      type: 'threw',
      hook,
      message: messageOf(error),
      stack: error instanceof Error ? error.stack : undefined,
    })
    return true
  }
}
