/**
 * Connectors that are wrong on purpose, one defect each: the sort of mistakes that people make and that cost money. The kit
 * is worth something only if it finds them.
 */
import type { ConnectorCapabilities } from '../../src/connector/capabilities.js'
import type { ConnectorHost } from '../../src/connector/connector-host.js'
import type { Subscription } from '../../src/connector/subscriptions.js'
import { SimulatedConnector } from '../../src/connectors/sim/simulated-connector.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import type { ApprovedOrder, ApprovedReplace, CancelRequest } from '../../src/orders/approved-order.js'
import { TifCode, TypeCode } from '../../src/orders/codes.js'
import type { OrderReports } from '../../src/orders/reports.js'
import type { VenueAccountReport, VenueFillReport, VenueOrderReport } from '../../src/orders/venue-reports.js'
import type { MarketSink } from '../../src/ring/sink.js'

/** A connector with one thing wrong, and the case that has to say so. */
export interface Defect {
  readonly name: string
  readonly caughtBy: string
  readonly connector: typeof SimulatedConnector
}

/** A view of an order with other terms, as a mapping that gets something wrong would send it. */
function changed<View extends object>(view: View, terms: Partial<Record<string, unknown>>): View {
  const wrong = Object.create(view) as View
  for (const [name, value] of Object.entries(terms)) Object.defineProperty(wrong, name, { value })
  return wrong
}

/** A host whose reports or market are tampered with on the way. */
function tampered(
  host: ConnectorHost,
  parts: { reports?: Partial<OrderReports>; market?: Partial<MarketSink> },
): ConnectorHost {
  const around = <T extends object>(inner: T, own: Partial<T> | undefined): T =>
    own === undefined
      ? inner
      : new Proxy(inner, {
          get: (target, name) => {
            const value = own[name as keyof T] ?? target[name as keyof T]
            return typeof value === 'function' ? value.bind(target) : value
          },
        })
  return {
    time: host.time,
    random: host.random,
    seed: host.seed,
    logger: host.logger,
    instruments: host.instruments,
    market: around(host.market, parts.market),
    reports: around(host.reports, parts.reports),
    isApproved: (view) => host.isApproved(view),
    wake: () => host.wake(),
    drain: () => host.drain(),
    reconcile: (connector, signal) => host.reconcile(connector, signal),
    disconnected: (connector, reason) => host.disconnected(connector, reason),
  }
}

/** A connector whose reports are tampered with. */
function withReports(tamper: (reports: OrderReports) => Partial<OrderReports>): typeof SimulatedConnector {
  return class extends SimulatedConnector {
    override attach(host: ConnectorHost, name: string, source: number): void {
      super.attach(tampered(host, { reports: tamper(host.reports) }), name, source)
    }
  }
}

/** A connector whose orders are sent with other terms. */
function withOrders(change: (order: ApprovedOrder) => Partial<Record<string, unknown>>): typeof SimulatedConnector {
  return class extends SimulatedConnector {
    protected override sendNew(order: ApprovedOrder): void {
      super.sendNew(changed(order, change(order)))
    }
  }
}

/** A connector that tells something else about the orders at the venue. */
function withListedOrders(change: (order: VenueOrderReport) => VenueOrderReport): typeof SimulatedConnector {
  return class extends SimulatedConnector {
    protected override async fetchOrders(signal: AbortSignal): Promise<VenueOrderReport[]> {
      return (await super.fetchOrders(signal)).map(change)
    }
  }
}

class LosesFillsWhileDisconnected extends SimulatedConnector {
  #readySinceUs = 0
  protected override async connect(signal: AbortSignal): Promise<void> {
    await super.connect(signal)
    this.#readySinceUs = this.host.time.wallUs()
  }
  protected override async fetchFills(sinceUs: number, signal: AbortSignal): Promise<VenueFillReport[]> {
    return (await super.fetchFills(sinceUs, signal)).filter(({ tsUs }) => tsUs > this.#readySinceUs)
  }
}

class TakesLossForRejection extends SimulatedConnector {
  readonly #open = new Set<number>()
  protected override sendNew(order: ApprovedOrder): void {
    this.#open.add(order.number)
    super.sendNew(order)
  }
  protected override async disconnect(): Promise<void> {
    for (const number of this.#open) this.host.reports.rejected(number, 'connection lost', this.host.time.wallUs())
    this.#open.clear()
    await super.disconnect()
  }
}

class TakesSilenceForRejection extends SimulatedConnector {
  readonly #answered = new Set<number>()
  override attach(host: ConnectorHost, name: string, source: number): void {
    const { reports } = host
    const accepted: OrderReports['accepted'] = (number, id, tsUs) => {
      this.#answered.add(number)
      reports.accepted(number, id, tsUs)
    }
    super.attach(tampered(host, { reports: { accepted } }), name, source)
  }
  protected override sendNew(order: ApprovedOrder): void {
    const { number } = order
    super.sendNew(order)
    this.host.time.after(5_000, () => {
      if (!this.#answered.has(number)) this.host.reports.rejected(number, 'no answer', this.host.time.wallUs())
    })
  }
}

/** Keeps what it sent, and sends it anew over the next connection. */
class ResendsAfterLoss extends SimulatedConnector {
  readonly #sent: { order: ApprovedOrder; terms: Record<string, unknown> }[] = []
  protected override sendNew(order: ApprovedOrder): void {
    const { number, clientOrderId, quantityUnits, priceUnits, type, timeInForce, sideSign, account, instrument } = order
    this.#sent.push({
      order,
      terms: { number, clientOrderId, quantityUnits, priceUnits, type, timeInForce, sideSign, account, instrument },
    })
    super.sendNew(order)
  }
  protected override async connect(signal: AbortSignal): Promise<void> {
    await super.connect(signal)
    for (const { order, terms } of this.#sent) super.sendNew(changed(order, terms))
  }
}

class AnswersEmptyOnTrouble extends SimulatedConnector {
  protected override fetchOrders(signal: AbortSignal): Promise<VenueOrderReport[]> {
    return this.#orNothing(super.fetchOrders(signal), signal)
  }
  #orNothing(question: Promise<VenueOrderReport[]>, signal: AbortSignal): Promise<VenueOrderReport[]> {
    const { time } = this.host
    return new Promise((resolve) => {
      time.after(100, () => resolve([]))
      question.then(resolve, () => resolve([]))
      signal.addEventListener('abort', () => resolve([]), { once: true })
    })
  }
}

class ForgetsTheLoss extends SimulatedConnector {
  protected override connectionLost(): void {}
}

class ProbesNothing extends SimulatedConnector {
  protected override async probe(): Promise<void> {}
}

class NeverCancels extends SimulatedConnector {
  protected override sendCancel(_request: CancelRequest): void {}
}

class CancelsWithoutAsking extends SimulatedConnector {
  protected override sendCancel(request: CancelRequest): void {
    this.host.reports.canceled(request.number, Number.NaN, 'as asked', this.host.time.wallUs())
  }
}

class LeavesATimer extends SimulatedConnector {
  protected override async connect(signal: AbortSignal): Promise<void> {
    await super.connect(signal)
    this.host.time.every(1_000, () => {})
  }
}

class SendsLater extends SimulatedConnector {
  readonly #queue: { order: ApprovedOrder; terms: Record<string, unknown> }[] = []
  protected override sendNew(order: ApprovedOrder): void {
    const { number, clientOrderId, quantityUnits, priceUnits, type, timeInForce, sideSign, account, instrument } = order
    this.#queue.push({
      order,
      terms: { number, clientOrderId, quantityUnits, priceUnits, type, timeInForce, sideSign, account, instrument },
    })
    // Whatever happens meanwhile: the order goes out 30 ms later, over whatever connection there is then.
    this.host.time.after(30, () => {
      const next = this.#queue.shift()
      if (next !== undefined) super.sendNew(changed(next.order, next.terms))
    })
  }
}

class ClaimsTooMuch extends SimulatedConnector {
  protected override sendNew(order: ApprovedOrder): void {
    if (order.type === TypeCode.TRAILING_STOP)
      this.host.reports.rejected(order.number, 'the venue does not know this type', this.host.time.wallUs())
    else super.sendNew(order)
  }
}

class SubscribesOnce extends SimulatedConnector {
  readonly #asked = new Set<number>()
  #isCut = false
  override attach(host: ConnectorHost, name: string, source: number): void {
    const { market } = host
    const publishQuote: MarketSink['publishQuote'] = (...quote) =>
      this.#isCut ? true : market.publishQuote(...(quote as Parameters<MarketSink['publishQuote']>))
    super.attach(tampered(host, { market: { publishQuote } }), name, source)
  }
  protected override async subscribe(subscription: Subscription): Promise<void> {
    if (this.#asked.has(subscription.instrument)) return
    this.#asked.add(subscription.instrument)
    this.#isCut = false
    await super.subscribe(subscription)
  }
  protected override async disconnect(): Promise<void> {
    // What the venue forgets with the connection, this connector believes to have still.
    this.#isCut = true
    await super.disconnect()
  }
}

class SwapsBidAndAsk extends SimulatedConnector {
  override attach(host: ConnectorHost, name: string, source: number): void {
    const { market } = host
    const publishQuote: MarketSink['publishQuote'] = (instrument, from, bid, ask, bidSize, askSize, ...rest) =>
      market.publishQuote(instrument, from, ask, bid, askSize, bidSize, ...rest)
    super.attach(tampered(host, { market: { publishQuote } }), name, source)
  }
}

class StampsMilliseconds extends SimulatedConnector {
  override attach(host: ConnectorHost, name: string, source: number): void {
    const { market } = host
    const publishQuote: MarketSink['publishQuote'] = (...quote) => {
      const stamped = [...quote] as Parameters<MarketSink['publishQuote']>
      stamped[6] /= 1_000
      return market.publishQuote(...stamped)
    }
    super.attach(tampered(host, { market: { publishQuote } }), name, source)
  }
}

class NamesTheWrongSource extends SimulatedConnector {
  override attach(host: ConnectorHost, name: string, source: number): void {
    const { market } = host
    const publishQuote: MarketSink['publishQuote'] = (instrument, _source, ...rest) =>
      market.publishQuote(instrument, source + 1, ...rest)
    super.attach(tampered(host, { market: { publishQuote } }), name, source)
  }
}

class LoadsOtherInstruments extends SimulatedConnector {
  #loads = 0
  protected override async loadInstruments(): Promise<InstrumentDefinition[]> {
    const definitions = await super.loadInstruments()
    const [first] = definitions
    if (this.#loads++ === 0 || first === undefined) return definitions
    return [
      ...definitions,
      { ...first, id: `EXTRA${this.#loads}.XNYS` as typeof first.id, symbol: `EXTRA${this.#loads}` },
    ]
  }
}

class TakesShortForLong extends SimulatedConnector {
  protected override async fetchAccountState(signal: AbortSignal): Promise<VenueAccountReport> {
    const { positions = [], ...rest } = await super.fetchAccountState(signal)
    return { ...rest, positions: positions.map((each) => ({ ...each, quantityUnits: Math.abs(each.quantityUnits) })) }
  }
}

class SaysFlat extends SimulatedConnector {
  protected override async fetchAccountState(signal: AbortSignal): Promise<VenueAccountReport> {
    return { ...(await super.fetchAccountState(signal)), positions: [] }
  }
}

class CountsFromAfter extends SimulatedConnector {
  protected override async fetchFills(sinceUs: number, signal: AbortSignal): Promise<VenueFillReport[]> {
    return await super.fetchFills(sinceUs + 1, signal)
  }
}

class NamesExecutionsAnew extends SimulatedConnector {
  protected override async fetchFills(sinceUs: number, signal: AbortSignal): Promise<VenueFillReport[]> {
    return (await super.fetchFills(sinceUs, signal)).map((fill) => ({ ...fill, exec: `asked-${fill.exec}` }))
  }
}

class MixesUpReplaces extends SimulatedConnector {
  protected override sendReplace(change: ApprovedReplace): void {
    super.sendReplace(changed(change, { generation: 1 }))
  }
}

class ReportsAfterStop extends SimulatedConnector {
  protected override async disconnect(): Promise<void> {
    const { reports, time } = this.host
    const isOver = this.state === 'stopping'
    await super.disconnect()
    if (isOver) time.after(10, () => reports.filled(1, 'late', 100, 10_000, Number.NaN, '', 0, time.wallUs()))
  }
}

class IgnoresLimits extends SimulatedConnector {
  constructor(options: ConstructorParameters<typeof SimulatedConnector>[0] = {}) {
    const { pacing: _limits, ...connection } = options.connection ?? {}
    super({ ...options, connection })
  }
}

class HasNoFullHistory extends SimulatedConnector {
  protected override async fetchOrders(signal: AbortSignal): Promise<VenueOrderReport[]> {
    return (await super.fetchOrders(signal)).filter(({ state }) => state === 'working')
  }
}

class ReportsProblems extends SimulatedConnector {
  protected override async connect(signal: AbortSignal): Promise<void> {
    await super.connect(signal)
    this.problem(new Error('something is always wrong'))
  }
}

/** Claims types in its capabilities that it was not asked to have, and forgets one that it has. */
class ForgetsAType extends SimulatedConnector {
  override readonly capabilities: ConnectorCapabilities = {
    data: ['quotes'],
    orders: {
      environment: 'simulated',
      types: ['LIMIT'],
      timeInForce: ['DAY'],
      postOnly: false,
      reduceOnly: false,
      iceberg: false,
      replace: false,
      cancelOnDisconnect: 'venue',
      fullHistory: true,
    },
  }
}

/** All defects. */
export const defects: readonly Defect[] = [
  {
    name: 'never reports acknowledgements',
    caughtBy: 'ORD-001',
    connector: withReports(() => ({ accepted: () => {} })),
  },
  {
    name: 'reports venue ids of its own making',
    caughtBy: 'ORD-003',
    connector: withReports((reports) => ({ accepted: (number, id, tsUs) => reports.accepted(number, `x${id}`, tsUs) })),
  },
  {
    name: 'stamps reports in milliseconds',
    caughtBy: 'ORD-004',
    connector: withReports((reports) => ({
      accepted: (number, id, tsUs) => reports.accepted(number, id, Math.floor(tsUs / 1_000)),
    })),
  },
  {
    name: 'reports fill prices at another scale',
    caughtBy: 'ORD-005',
    connector: withReports((reports) => ({
      filled: (number, exec, quantity, price, ...rest) => reports.filled(number, exec, quantity, price * 10, ...rest),
    })),
  },
  {
    name: 'reports the cumulative quantity as that of the fill',
    caughtBy: 'ORD-006',
    connector: withReports((reports) => {
      let sum = 0
      return {
        filled: (number, exec, quantity, ...rest) => {
          sum += quantity
          reports.filled(number, exec, sum, ...rest)
        },
      }
    }),
  },
  {
    name: 'reports a cancel behind every full fill',
    caughtBy: 'ORD-007',
    connector: withReports((reports) => ({
      filled: (...fill) => {
        reports.filled(...fill)
        reports.canceled(fill[0], Number.NaN, 'done', fill[7])
      },
    })),
  },
  {
    name: 'reports refusals as cancels',
    caughtBy: 'ORD-010',
    connector: withReports((reports) => ({
      rejected: (number, reason, tsUs) => reports.canceled(number, 0, reason, tsUs),
    })),
  },
  {
    name: 'sends stop orders as market orders',
    caughtBy: 'TYP-003',
    connector: withOrders(({ type }) => (type === TypeCode.STOP ? { type: TypeCode.MARKET } : {})),
  },
  { name: 'claims a type that the venue refuses', caughtBy: 'TYP-005', connector: ClaimsTooMuch },
  {
    name: 'sends IOC orders as DAY',
    caughtBy: 'TIF-003',
    connector: withOrders(({ timeInForce }) => (timeInForce === TifCode.IOC ? { timeInForce: TifCode.DAY } : {})),
  },
  { name: 'forgets post-only', caughtBy: 'FLG-001', connector: withOrders(({ flags }) => ({ flags: flags & ~1 })) },
  { name: 'shows all of an iceberg', caughtBy: 'FLG-002', connector: withOrders(() => ({ displayUnits: Number.NaN })) },
  { name: 'forgets reduce-only', caughtBy: 'FLG-003', connector: withOrders(({ flags }) => ({ flags: flags & ~2 })) },
  { name: 'buys when it should sell', caughtBy: 'ORD-002', connector: withOrders(() => ({ sideSign: 1 })) },
  { name: 'sends orders later than it says', caughtBy: 'CXL-006', connector: SendsLater },
  { name: 'never sends cancels', caughtBy: 'CXL-001', connector: NeverCancels },
  { name: 'says canceled without asking the venue', caughtBy: 'CXL-001', connector: CancelsWithoutAsking },
  {
    name: 'does not say which cancel was refused',
    caughtBy: 'CXL-003',
    connector: withReports((reports) => ({
      cancelRejected: (number, _generation, reason, tsUs) => reports.cancelRejected(number, 0, reason, tsUs),
    })),
  },
  { name: 'mixes up changes under way', caughtBy: 'RPL-005', connector: MixesUpReplaces },
  {
    name: 'gives a repeated execution a new id',
    caughtBy: 'DUP-001',
    connector: withReports((reports) => {
      let count = 0
      return { filled: (number, exec, ...rest) => reports.filled(number, `${exec}-${++count}`, ...rest) }
    }),
  },
  { name: 'names executions differently when asked', caughtBy: 'DUP-004', connector: NamesExecutionsAnew },
  { name: 'swallows busts', caughtBy: 'DUP-008', connector: withReports(() => ({ busted: () => {} })) },
  { name: 'loses fills of the time when it was away', caughtBy: 'RCN-001', connector: LosesFillsWhileDisconnected },
  { name: 'takes a lost connection for a refusal', caughtBy: 'RCN-002', connector: TakesLossForRejection },
  { name: 'takes silence for a refusal', caughtBy: 'RCN-003', connector: TakesSilenceForRejection },
  { name: 'sends orders again after a loss', caughtBy: 'RCN-005', connector: ResendsAfterLoss },
  { name: 'does not tell the host that the connection broke', caughtBy: 'CON-004', connector: ForgetsTheLoss },
  { name: 'passes every health check', caughtBy: 'CON-010', connector: ProbesNothing },
  { name: 'brings more instruments with every connection', caughtBy: 'INS-003', connector: LoadsOtherInstruments },
  { name: 'swaps bid and ask', caughtBy: 'DAT-001', connector: SwapsBidAndAsk },
  { name: 'names another source', caughtBy: 'DAT-002', connector: NamesTheWrongSource },
  { name: 'stamps data in milliseconds', caughtBy: 'DAT-003', connector: StampsMilliseconds },
  { name: 'does not subscribe again', caughtBy: 'DAT-008', connector: SubscribesOnce },
  {
    name: 'lists orders without the id of the host',
    caughtBy: 'REC-002',
    connector: withListedOrders(({ clientOrderId: _id, ...order }) => order),
  },
  {
    name: 'lists nothing as filled',
    caughtBy: 'REC-003',
    connector: withListedOrders((order) => ({ ...order, cumulativeUnits: 0 })),
  },
  { name: 'promises a history that it does not have', caughtBy: 'REC-005', connector: HasNoFullHistory },
  { name: 'leaves out fills at the very time', caughtBy: 'REC-007', connector: CountsFromAfter },
  { name: 'says flat where there is a position', caughtBy: 'REC-008', connector: SaysFlat },
  { name: 'tells a short position as a long one', caughtBy: 'REC-009', connector: TakesShortForLong },
  { name: 'answers "nothing" when the venue does not answer', caughtBy: 'REC-011', connector: AnswersEmptyOnTrouble },
  { name: 'ignores the message limit', caughtBy: 'PAC-001', connector: IgnoresLimits },
  { name: 'leaves a timer behind', caughtBy: 'DSP-001', connector: LeavesATimer },
  { name: 'reports after it was stopped', caughtBy: 'DSP-003', connector: ReportsAfterStop },
  { name: 'reports problems in an uneventful life', caughtBy: 'DSP-009', connector: ReportsProblems },
  { name: 'claims that the venue cancels its orders', caughtBy: 'RCN-007', connector: ForgetsAType },
]
