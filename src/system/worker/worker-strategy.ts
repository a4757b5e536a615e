/**
 * A strategy that runs in a thread of its own. For the system it is a strategy like any other: its orders pass the risk
 * gate and the journal here, under its name; the thread decides what they are.
 *
 *   ring ─► hooks ─► shared ring ─────────────► worker: ring, quote cache, hooks of the strategy
 *   order events ─► message ───────────────────► onOrderEvent, order handles
 *   submit, modify, cancel ◄── message ◄──────── the same calls as in this thread
 *
 * A worker that ends by itself, throws where nobody catches it, or hangs, is dead: nothing it says counts any more, and what
 * becomes of its open orders is decided here.
 */
import type { Worker } from 'node:worker_threads'
import { messageOf, TradewireError } from '../../core/errors.js'
import type { TimerHandle } from '../../core/scheduler.js'
import { withTimeout } from '../../core/time.js'
import { VirtualTime } from '../../core/virtual-time.js'
import { startThread } from '../../core/worker-thread.js'
import type { InstrumentDefinition } from '../../model/instrument.js'
import type { Discontinuity, MacroEvent, NewsEvent } from '../../model/market-data.js'
import type { OrderChange, OrderRequest } from '../../model/order.js'
import { toJson } from '../../model/schemas.js'
import type { OrderEvent } from '../../oms/order-event.js'
import type { OrderHandle } from '../../oms/order-handle.js'
import type { SplitReport } from '../../oms/splits.js'
import type { MarketFilter } from '../../ring/filter.js'
import { refuseUnknownOptions } from '../../ring/options.js'
import { SharedRing } from '../../ring/shared-ring.js'
import type { FeedEvent } from '../feed-event.js'
import { type ConnectionEvent, Strategy } from '../strategy.js'
import type { BarView, BookView, StatusView, TradeView } from '../views.js'
import {
  type FromWorker,
  type OrderNews,
  type ToWorker,
  type WorkerKind,
  type WorkerStart,
  workerKinds,
} from './worker-messages.js'
import { eventNews, splitNews } from './worker-news.js'
import { instrumentNote, WorkerWriter, workerLayout } from './worker-wire.js'

/** How a strategy is run in a worker. */
export interface WorkerStrategyOptions {
  /** Name of the strategy: its orders, positions and saved state are kept under it. */
  name: string
  /** The module that calls `runWorkerStrategy`. */
  module: URL | string
  /** Symbols or ids whose market data it gets; all that arrive unless given. */
  symbols?: readonly string[]
  /** Which of their events it gets; all unless given. */
  filter?: MarketFilter
  /** Kinds of data it gets; quotes and trades unless given. */
  kinds?: readonly WorkerKind[]
  /** Anything that can be cloned; the worker finds it in `workerInput()`. */
  data?: unknown
  /**
   * What happens to its open orders when the worker dies: they are canceled and the strategy counts as failed, with what
   * the system's `onStrategyError` says (`cancel`, unless given), or they stay as they are and a problem is reported (`leave`).
   */
  onDeath?: 'cancel' | 'leave'
  /** Without a sign of life for so long the worker is ended and counts as dead; 5,000 unless given, 0: never. */
  hangTimeoutMs?: number
  /** Records of the shared ring, a power of two; 65,536 unless given. */
  records?: number
}

/** What went to a worker, and what did not for want of room. */
export interface WorkerCounters {
  /** Events that were written for it. */
  sent: number
  /** Quotes that a newer one replaced while there was no room. */
  conflated: number
  /** Trades, books, bars, statuses and notes that were left out; the worker is told by a discontinuity. */
  dropped: number
  /** Orders it submitted. */
  orders: number
}

const optionNames = ['name', 'module', 'symbols', 'filter', 'kinds', 'data', 'onDeath', 'hangTimeoutMs', 'records']
const stopTimeoutMs = 5_000
/** A module and what it imports take their time. */
const startTimeoutMs = 60_000

/**
 * See the file's header.
 *
 * @example
 * ```ts
 * import { SimulatedConnector, TradingSystem } from 'tradewire'
 *
 * const system = await TradingSystem.start({
 *   mode: 'paper',
 *   connectors: { feed: new SimulatedConnector({ synthetic: {} }) },
 *   strategies: [new WorkerStrategy({ name: 'heavy', module: new URL('./heavy.js', import.meta.url), symbols: ['ACME'] })],
 * })
 * ```
 */
export class WorkerStrategy extends Strategy {
  override readonly name: string
  override readonly symbols: readonly string[] | undefined
  override readonly filter: MarketFilter | undefined
  readonly counters: WorkerCounters = { sent: 0, conflated: 0, dropped: 0, orders: 0 }
  readonly #options: WorkerStrategyOptions
  readonly #beat = new Int32Array(new SharedArrayBuffer(4))
  readonly #orders = new Map<number, OrderHandle>()
  readonly #refs = new Map<OrderHandle, number>()
  readonly #owed = new Set<number>()
  #writer: WorkerWriter | undefined
  #worker: Worker | undefined
  #known = 0
  /** Events that were left out, by kind and instrument (-1: of none), until the worker has been told. */
  readonly #lost = new Map<WorkerKind, Map<number, number>>()
  /** Events of orders that the worker has no number for, while it submits one: they may be of that one. */
  #early: OrderEvent[] | undefined
  /** The number that was given last to an order that came from elsewhere. */
  #adopted = 0
  /** Messages until the worker is ready. */
  #waiting: ToWorker[] | undefined = []
  #owedTimer: TimerHandle | undefined
  #beatTimer: TimerHandle | undefined
  #state: 'new' | 'running' | 'stopping' | 'dead' | 'stopped' = 'new'
  #onStarted: ((error?: Error) => void) | undefined
  #onStopped: (() => void) | undefined

  /** @throws TradewireError `TW_INVALID_ARGUMENT` naming the option that is wrong. */
  constructor(options: WorkerStrategyOptions) {
    super()
    refuseUnknownOptions('WorkerStrategy', options, optionNames)
    const { name, symbols, kinds = ['quotes', 'trades'] } = options
    this.name = name
    this.symbols = symbols
    this.filter = options.filter
    this.#options = options
    for (const kind of kinds)
      if (!workerKinds.includes(kind))
        throw new TradewireError(
          'TW_INVALID_ARGUMENT',
          `kinds must be of ${workerKinds.join(', ')}, got ${String(kind)}`,
        )
    this.#listen(new Set(kinds))
  }

  /** Whether the worker runs, was ended, or died. */
  get state(): 'new' | 'running' | 'stopping' | 'dead' | 'stopped' {
    return this.#state
  }

  /** Only the hooks of the kinds that are wanted are there: others would cost what nobody reads. */
  #listen(kinds: ReadonlySet<WorkerKind>): void {
    if (kinds.has('quotes'))
      this.onQuote = (quote) => {
        if (this.#canSend(quote.instrument) && this.#writer?.quote(quote) === true) this.counters.sent++
        else this.#owe(quote.instrument)
      }
    const send = <View extends { instrument: number }>(
      kind: WorkerKind,
      write: (writer: WorkerWriter, view: View) => boolean,
    ) => {
      return (view: View) => {
        const { instrument } = view
        const writer = this.#writer
        this.#count(kind, instrument, this.#canSend(instrument) && writer !== undefined && write(writer, view))
      }
    }
    if (kinds.has('trades')) this.onTrade = send('trades', (writer, trade: TradeView) => writer.trade(trade))
    if (kinds.has('book')) this.onBook = send('book', (writer, book: BookView) => writer.book(book))
    if (kinds.has('bars')) this.onBar = send('bars', (writer, bar: BarView) => writer.bar(bar))
    if (kinds.has('status')) {
      const status = send('status', (writer, view: StatusView) => writer.status(view))
      // In this thread it comes as a view of the ring.
      this.onStatus = (view) => status(view as StatusView)
    }
    if (kinds.has('news')) {
      const news = (event: NewsEvent | MacroEvent) =>
        this.#count('news', -1, this.#writer?.note(event, -1, 0, event.tsEventUs, event.tsRecvUs))
      this.onNews = news
      this.onMacro = news
    }
    this.onDiscontinuity = (event) => {
      const { index } = this.instrument(event.instrument)
      if (this.#canSend(index) && this.#writer?.note(event, index, 0, event.tsEventUs, event.tsRecvUs) === true)
        this.counters.sent++
      // What it tells is told with what is missing here.
      else if (this.#state === 'running') {
        this.counters.dropped++
        for (const kind of kinds) if (concerns(event, kind)) this.#miss(kind, index, event.missing ?? 1)
      }
    }
  }

  override async onStart(): Promise<void> {
    if (this.time instanceof VirtualTime)
      throw new TradewireError(
        'TW_NOT_SUPPORTED',
        `Strategy ${this.name} runs in a worker, which has a clock of its own; in a simulation run it in the system's thread`,
      )
    const { records = 65_536, hangTimeoutMs = 5_000, data } = this.#options
    const ring = SharedRing.create({ records, layout: workerLayout, overflow: 'drop' })
    this.#writer = new WorkerWriter(ring.producer({ commitEvery: records }), records)
    const workerData: WorkerStart = {
      tradewire: 1,
      name: this.name,
      handle: ring.handle,
      beat: this.#beat,
      seed: this.random.below(2 ** 31),
      symbols: this.symbols,
      persisted: this.persisted,
      data,
    }
    const worker = startThread(this.#options.module, workerData)
    this.#worker = worker
    this.#state = 'running'
    const started = new Promise<void>((resolve, reject) => {
      this.#onStarted = (error) => (error === undefined ? resolve() : reject(error))
    })
    worker.on('message', (message: FromWorker) => this.#onMessage(message))
    worker.on('error', (error: Error) => this.#died(error))
    worker.on('exit', (code: number) => this.#died(new Error(`the worker ended with code ${code}`)))
    await withTimeout(
      this.time,
      { timeoutMs: startTimeoutMs, what: `starting the worker of ${this.name}` },
      () => started,
    )
    if (hangTimeoutMs > 0) this.#watch(hangTimeoutMs)
  }

  override async onStop(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined || this.#state !== 'running') return
    this.#state = 'stopping'
    this.#beatTimer?.cancel()
    this.#owedTimer?.cancel()
    await new Promise<void>((resolve) => {
      const timer = this.time.after(stopTimeoutMs, resolve)
      this.#onStopped = () => {
        timer.cancel()
        resolve()
      }
      worker.postMessage({ type: 'stop' } satisfies ToWorker)
    })
    this.#state = 'stopped'
    await worker.terminate()
  }

  /** However it ended: the thread ends with it. */
  override onEnded(): void {
    if (this.#state === 'running' || this.#state === 'stopping') this.#state = 'stopped'
    this.#onStarted?.(new TradewireError('TW_STRATEGY_FAILED', `Strategy ${this.name} was ended before it had started`))
    this.#writer = undefined
    void this.#worker?.terminate()
  }

  override onOrderEvent(event: OrderEvent): void {
    const { order } = event
    if (this.#early !== undefined && !this.#refs.has(order)) {
      this.#early.push(event)
      return
    }
    // It may be of an earlier life, or submitted by the host in its name: it moves the same position.
    if (!this.#refs.has(order)) this.#know(--this.#adopted, order)
    this.#post({ type: 'order', news: this.#newsOf(this.#refs.get(order) as number, order), event: eventNews(event) })
    if (!order.isClosed) return
    // The last word may be a fee or a correction that comes later: the worker hears of it as long as the order is known.
    if (this.#orders.size > 10_000) this.#forgetClosed()
  }

  override onSplit(split: SplitReport): void {
    if (this.#state !== 'running') return
    const { index } = this.instrument(split.instrument)
    const { quantityUnits } = this.position(index)
    this.#post({ type: 'split', split: splitNews(split), instrument: index, positionUnits: quantityUnits })
  }

  override onConnection(event: ConnectionEvent): void {
    if (this.#state === 'running') this.#post({ type: 'connection', event })
  }

  override onFeed(event: FeedEvent): void {
    if (this.#state === 'running') this.#post({ type: 'feed', event })
  }

  // ---- To the worker -----------------------------------------------------------------------------------------------------

  /** What comes before the worker is ready waits: its strategy has not started yet. */
  #post(message: ToWorker): void {
    if (this.#waiting === undefined) this.#worker?.postMessage(message)
    else this.#waiting.push(message)
  }

  /** Tells of instruments before their first data, and of what is missing before what follows it. */
  #canSend(instrument: number): boolean {
    if (instrument >= this.#known && !this.#tellInstruments()) return false
    if (this.#lost.size > 0 && !this.#tellLost()) return false
    return this.#owed.size === 0 || !this.#owed.has(instrument) || this.#payOwed()
  }

  /** By the ring, so that they come before their data; orders may be quicker than the ring, so by a message, too. */
  #tellInstruments(): boolean {
    for (let index = this.#known; ; index++) {
      const definition = this.#instrumentAt(index)?.definition
      if (definition === undefined) return true
      const isTold = this.#writer?.note({ kind: instrumentNote, definition }, -1, 0, 0, 0)
      if (isTold !== true) return false
      this.#known++
      this.#post({ type: 'instruments', definitions: [definition] })
    }
  }

  #instrumentAt(index: number) {
    try {
      return this.instrument(index)
    } catch {
      return undefined
    }
  }

  #count(kind: WorkerKind, instrument: number, isSent: boolean | undefined): void {
    if (isSent === true) this.counters.sent++
    else if (this.#state === 'running') {
      this.counters.dropped++
      this.#miss(kind, instrument, 1)
    }
  }

  /** What is missing is told before anything that comes later. */
  #miss(kind: WorkerKind, instrument: number, missing: number): void {
    let lost = this.#lost.get(kind)
    if (lost === undefined) {
      lost = new Map()
      this.#lost.set(kind, lost)
    }
    lost.set(instrument, (lost.get(instrument) ?? 0) + missing)
    this.#settleLater()
  }

  /** There was no room for a quote: the newest one is sent when there is. */
  #owe(instrument: number): void {
    if (this.#state !== 'running') return
    this.counters.conflated++
    this.#owed.add(instrument)
    this.#settleLater()
  }

  #settleLater(): void {
    this.#owedTimer ??= this.every(1, () => {
      if (!this.#tellLost() || !this.#payOwed()) return
      this.#owedTimer?.cancel()
      this.#owedTimer = undefined
    })
  }

  /** Tells how many events are missing. Whether all was told. */
  #tellLost(): boolean {
    for (const [stream, lost] of this.#lost) {
      for (const [index, missing] of lost) {
        const tsUs = this.time.wallUs()
        const what = { kind: 'discontinuity', stream, reason: 'missing', missing, source: this.name }
        const instrument = this.#instrumentAt(index)?.id ?? ''
        if (this.#writer?.note({ ...what, instrument, tsEventUs: tsUs, tsRecvUs: tsUs }, index, 0, tsUs, tsUs) !== true)
          return false
        lost.delete(index)
      }
      this.#lost.delete(stream)
    }
    return true
  }

  /** Whether nothing is owed any more. */
  #payOwed(): boolean {
    const { quotes } = this
    for (const index of this.#owed) {
      const sizes = [quotes.bidSize(index), quotes.askSize(index)] as const
      if (this.#writer?.latest(index, quotes.bid(index), quotes.ask(index), ...sizes, this.time.wallUs()) !== true)
        return false
      this.#owed.delete(index)
    }
    return true
  }

  // ---- From the worker ---------------------------------------------------------------------------------------------------

  #onMessage(message: FromWorker): void {
    if (this.#state === 'dead' || this.#state === 'stopped') return
    try {
      this.#act(message)
    } catch (error) {
      this.logger.error({ strategy: this.name, error: String(error) }, 'a message of a worker could not be acted on')
    }
  }

  #act(message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        this.#begin()
        break
      case 'started':
        this.#onStarted?.()
        break
      case 'problem':
        this.problem(message.where, new TradewireError('TW_STRATEGY_FAILED', message.message))
        break
      case 'submit':
        this.#submit(message.ref, message.request)
        break
      case 'modify':
        this.#modify(message.ref, message.change)
        break
      case 'cancel':
        this.#orders.get(message.ref)?.cancel()
        break
      case 'cancelAll':
        this.cancelAll(message.filter)
        break
      case 'persist':
        this.persist(message.state)
        break
      case 'subscribe':
        this.subscribe(message.symbols, { kinds: ['quotes'], ...message.options }).then(
          () => this.#post({ type: 'answer', question: message.question, error: undefined }),
          (error: unknown) => this.#post({ type: 'answer', question: message.question, error: String(error) }),
        )
        break
      case 'threw':
        this.#threw(message.hook, message.message, message.stack)
        break
      default:
        this.#onStopped?.()
    }
  }

  /** Everything that is known by now, by messages: the ring has room for what comes later only. */
  #begin(): void {
    const definitions: InstrumentDefinition[] = []
    const positions: [number, number][] = []
    for (let index = 0; ; index++) {
      const definition = this.#instrumentAt(index)?.definition
      if (definition === undefined) break
      definitions.push(definition)
      const { quantityUnits } = this.position(index)
      if (quantityUnits !== 0) positions.push([index, quantityUnits])
    }
    this.#known = definitions.length
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    this.#post({ type: 'instruments', definitions })
    this.#post({ type: 'start', positions })
    for (const message of waiting) this.#post(message)
  }

  #submit(ref: number, request: OrderRequest): void {
    this.counters.orders++
    this.#early = []
    try {
      const order: OrderHandle = this.submit(request)
      this.#know(ref, order)
      this.#post({ type: 'order', news: this.#newsOf(ref, order), event: undefined })
    } catch (error) {
      const { code = 'TW_INVALID_MODEL' } = error as Partial<TradewireError>
      const instrument = this.#indexOf(request.symbol)
      this.#post({ type: 'denied', ref, instrument, code, reason: (error as Error).message })
    }
    // The first events of an order may come before the call that submits it returns.
    const early = this.#early
    this.#early = undefined
    for (const event of early) this.onOrderEvent(event)
  }

  /** What the order manager throws is told to the worker: to it the change was on its way. */
  #modify(ref: number, change: OrderChange): void {
    try {
      const order = this.#orders.get(ref)
      if (order === undefined)
        throw new TradewireError('TW_UNKNOWN_ORDER', `There is no order ${ref} to change any more`)
      order.modify(change)
    } catch (error) {
      this.#post({ type: 'refused', ref, reason: messageOf(error) })
    }
  }

  #know(ref: number, order: OrderHandle): void {
    this.#orders.set(ref, order)
    this.#refs.set(order, ref)
  }

  #indexOf(symbol: unknown): number {
    try {
      return this.instrument(symbol as string).index
    } catch {
      return -1
    }
  }

  #newsOf(ref: number, order: OrderHandle): OrderNews {
    const { snapshot, status } = order
    const { index } = this.instrument(snapshot.instrument)
    const { quantityUnits } = this.position(index)
    return {
      ref,
      status,
      order: toJson('order', snapshot),
      positionUnits: quantityUnits,
      instrument: index,
    }
  }

  #forgetClosed(): void {
    for (const [ref, order] of this.#orders) {
      if (!order.isClosed) continue
      this.#orders.delete(ref)
      this.#refs.delete(order)
    }
  }

  // ---- Its end -----------------------------------------------------------------------------------------------------------

  /** A hook of the strategy threw over there: it is as if it had thrown here. */
  #threw(hook: string, text: string, stack: string | undefined): void {
    const error = new TradewireError('TW_STRATEGY_FAILED', `${hook} of ${this.name} threw in its worker: ${text}`)
    if (stack !== undefined) error.stack = stack
    if (hook === 'onStart' && this.#onStarted !== undefined) this.#onStarted(error)
    this.#fail(error)
  }

  /** Tells the system, by its policy: a timer that throws is a hook that throws. */
  #fail(error: unknown): void {
    this.after(0, () => {
      throw error
    })
  }

  #watch(hangTimeoutMs: number): void {
    let seen = Atomics.load(this.#beat, 0)
    let stood = 0
    this.#beatTimer = this.every(hangTimeoutMs / 4, () => {
      const beat = Atomics.load(this.#beat, 0)
      stood = beat === seen ? stood + 1 : 0
      seen = beat
      if (stood < 4) return
      this.#died(new Error(`the worker gave no sign of life for ${hangTimeoutMs} ms`))
    })
  }

  #died(cause: Error): void {
    if (this.#state !== 'running') {
      this.#onStopped?.()
      return
    }
    this.#state = 'dead'
    this.#beatTimer?.cancel()
    this.#owedTimer?.cancel()
    this.#writer = undefined
    void this.#worker?.terminate()
    const { onDeath = 'cancel' } = this.#options
    const error = new TradewireError('TW_STRATEGY_FAILED', `Strategy ${this.name} is dead: ${cause.message}`, { cause })
    this.#onStarted?.(error)
    this.logger.error({ strategy: this.name, error: error.message, onDeath }, 'a worker died')
    if (onDeath === 'leave') {
      this.problem('the worker', error)
      return
    }
    this.cancelAll()
    this.#fail(error)
  }
}

/** Whether a break may be one of a kind of data. */
function concerns({ stream }: Discontinuity, kind: WorkerKind): boolean {
  return stream === 'all' || stream === kind || (stream === 'orders' && kind === 'book')
}
