/** What a dashboard shows, read from a running system: rates from two readings, everything else as it stands. */
import { type ConnectorStatisticsReport, ratesBetween, type TradingSystem } from 'tradewire'

/** One connection. */
export interface ConnectionLine {
  name: string
  state: string
  /** 0 to 100; NaN where nothing is known. */
  quality: number
  perSecond: number
  p50Ms: number
  p99Ms: number
  gaps: number
  missed: number
  reconnects: number
  stale: number
}

/** One instrument. */
export interface SymbolLine {
  symbol: string
  bid: number
  ask: number
  digits: number
  perSecond: number
  ageMs: number
  position: number
  unrealized: number
}

/** All of it, at one moment. */
export interface Readings {
  elapsedMs: number
  quality: number
  eventsPerSecond: number
  dropped: number
  conflated: number
  queued: number
  connections: ConnectionLine[]
  symbols: SymbolLine[]
  ordersOpen: number
  fills: number
  realized: number
  unrealized: number
  equity: number
  problems: number
  /** The latest issues, the newest last. */
  issues: readonly string[]
}

/** Takes readings of a system. */
export class Reader {
  readonly #system: TradingSystem
  readonly #startNs: number
  readonly #issues: string[] = []
  readonly #statistics = new Map<string, ConnectorStatisticsReport>()
  readonly #counts = new Map<number, number>()
  #head = 0
  #lastNs: number
  #fills = 0

  constructor(system: TradingSystem) {
    this.#system = system
    this.#startNs = system.time.monotonicNs()
    this.#lastNs = this.#startNs
    this.#head = system.ring.head
    system.events.on('feed', (event) => {
      if (event.type === 'quality')
        this.#note(`${event.connector} ${event.symbol} ${event.issue} ${event.state}: ${event.detail}`)
      else if (event.type === 'gap')
        this.#note(`${event.connector} ${event.stream}: ${event.from} to ${event.to} missing`)
      else if (event.type === 'health' && !event.isHealthy)
        this.#note(`${event.connector}: no answer to a health check`)
    })
    system.events.on('connection', ({ connector, to, reason }) =>
      this.#note(`${connector}: ${to}${reason === undefined ? '' : ` (${reason})`}`),
    )
    system.orders.events.on('order', ({ type }) => {
      if (type === 'filled') this.#fills++
    })
  }

  #note(text: string): void {
    this.#issues.push(`${new Date(this.#system.time.wallUs() / 1_000).toISOString().slice(11, 19)} ${text}`)
    if (this.#issues.length > 5) this.#issues.shift()
  }

  /** The system now; rates since the last reading. */
  read(): Readings {
    const { time, ring, orders, problems } = this.#system
    const nowNs = time.monotonicNs()
    const seconds = Math.max(1e-9, (nowNs - this.#lastNs) / 1e9)
    this.#lastNs = nowNs
    const report = this.#system.quality.report()
    const { pnl, equity, positions } = this.#system.snapshot()
    const events = ring.head - this.#head
    this.#head = ring.head
    const sums = { dropped: 0, conflated: 0, queued: 0 }
    for (const { counters } of ring.consumers) {
      sums.dropped += counters.dropped
      sums.conflated += counters.conflated
      sums.queued += counters.queued
    }
    return {
      elapsedMs: (nowNs - this.#startNs) / 1e6,
      quality: report.score,
      eventsPerSecond: events / seconds,
      ...sums,
      connections: this.#connections(seconds),
      symbols: this.#symbols(seconds, positions),
      ordersOpen: orders.openOrders().length,
      fills: this.#fills,
      realized: Number(pnl.realizedNet ?? Number.NaN),
      unrealized: Number(pnl.unrealized ?? Number.NaN),
      equity: Number(equity ?? Number.NaN),
      problems: problems.count,
      issues: this.#issues,
    }
  }

  #connections(seconds: number): ConnectionLine[] {
    const { connectors, quality } = this.#system
    return [...connectors].map(([name, connector]) => {
      const now = connector.statistics.report()
      const rates = ratesBetween(this.#statistics.get(name) ?? now, now, seconds * 1_000)
      this.#statistics.set(name, now)
      return {
        name,
        state: connector.state,
        quality: quality.score(connector.source),
        perSecond: rates.updates,
        p50Ms: now.feedLatencyNs.p50 / 1e6,
        p99Ms: now.feedLatencyNs.p99 / 1e6,
        gaps: now.gaps,
        missed: now.missed,
        reconnects: Math.max(0, now.connects - 1),
        stale: connector.streams.filter(({ state }) => state === 'stale').length,
      }
    })
  }

  #symbols(seconds: number, positions: ReturnType<TradingSystem['snapshot']>['positions']): SymbolLine[] {
    const { instruments, quotes, time } = this.#system
    return [...instruments].map(({ index, id, symbol, priceScale, definition }) => {
      const count = quotes.quoteCount(index)
      const perSecond = (count - (this.#counts.get(index) ?? count)) / seconds
      this.#counts.set(index, count)
      const held = positions.filter(({ instrument }) => instrument === id)
      return {
        symbol,
        bid: quotes.bid(index),
        ask: quotes.ask(index),
        digits: Math.min(priceScale, String(definition.priceIncrement).split('.')[1]?.length ?? 0),
        perSecond,
        ageMs: quotes.ageUs(index, time.wallUs()) / 1_000,
        position: held.reduce((sum, { quantity }) => sum + Number(quantity), 0),
        unrealized: held.reduce((sum, { unrealized }) => sum + Number(unrealized ?? 0), 0),
      }
    })
  }
}
