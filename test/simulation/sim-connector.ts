/** The connector under test: production base class, and below it the faulty line instead of a socket. */
import { BaseConnector } from '../../src/connector/base-connector.js'
import type { ConnectorCapabilities } from '../../src/connector/capabilities.js'
import { TradewireError } from '../../src/core/errors.js'
import { sleep } from '../../src/core/time.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import type { ApprovedOrder, ApprovedReplace, CancelRequest } from '../../src/orders/approved-order.js'
import type { VenueAccountReport, VenueFillReport, VenueOrderReport } from '../../src/orders/venue-reports.js'
import type { Link, LinkClient } from './link.js'
import type { Report, Request } from './messages.js'
import type { Plant } from './plants.js'

/** What the scenario wants to know and decide. */
export interface ConnectorHooks {
  /** Something is about to be sent. */
  onSend(request: Request, connector: SimConnector): void
  /** Something was handed to the line. */
  onSent(request: Request, connector: SimConnector): void
  readonly instruments: readonly InstrumentDefinition[]
  readonly fullHistory: boolean
  /** Whether executions that are asked for carry our ids. */
  readonly namesFills: boolean
  readonly plant: Plant | undefined
  /** Whether the system has no record of an order any more. */
  readonly isForgotten: (clientOrderId: string) => boolean
  /** The process stands still now: nothing is read from the line before it goes on. */
  readonly isFrozen: () => boolean
}

type Answer = Extract<Report, { kind: 'answer' }>

/** Speaks to the venue of the simulation. */
export class SimConnector extends BaseConnector implements LinkClient {
  readonly capabilities: ConnectorCapabilities
  /** Which of the lines it speaks over. */
  readonly line: number
  readonly #link: Link
  readonly #hooks: ConnectorHooks
  readonly #questions = new Map<number, (answer: Answer) => void>()
  #nextQuestion = 1
  /** For the planted bugs: messages of the venue, orders that any was about, orders that are over, what was thrown away. */
  #received = 0
  readonly #heardOf = new Set<number>()
  readonly #closed = new Set<string>()
  readonly #thrownAway = new Set<number>()

  constructor(link: Link, hooks: ConnectorHooks, line = 0) {
    super({
      connectTimeoutMs: 1_000,
      queryTimeoutMs: 1_500,
      healthIntervalMs: 3_000,
      reconnect: { firstDelayMs: 100, maxDelayMs: 1_500 },
    })
    this.#link = link
    this.line = line
    this.#hooks = hooks
    this.capabilities = {
      data: ['quotes'],
      orders: {
        types: ['LIMIT', 'MARKET'],
        timeInForce: ['GTC', 'DAY'],
        postOnly: false,
        reduceOnly: true,
        iceberg: false,
        replace: true,
        environment: 'simulated',
        cancelOnDisconnect: 'none',
        fullHistory: hooks.fullHistory,
      },
    }
  }

  onDown(reason: string): void {
    if (this.#hooks.isFrozen()) this.host.time.nextTurn(() => this.connectionLost(reason))
    else this.connectionLost(reason)
  }

  onReport(report: Report): void {
    if (this.#hooks.isFrozen()) this.host.time.nextTurn(() => this.#read(report))
    else this.#read(report)
  }

  #read(report: Report): void {
    this.#received++
    if (report.kind === 'answer') this.#questions.get(report.id)?.(report)
    else if (report.kind === 'quote') {
      const { instrument, bid, ask, tsUs } = report
      this.host.market.publishQuote(
        instrument,
        this.source,
        bid,
        ask,
        100,
        100,
        tsUs,
        this.host.time.wallUs(),
        Number.NaN,
        0,
      )
      this.published(1, tsUs, this.host.time.wallUs())
    } else this.#order(report)
  }

  protected async connect(signal: AbortSignal): Promise<void> {
    await sleep(this.host.time, 20, signal)
    if (!this.#link.connect(this)) throw new TradewireError('TW_NETWORK', 'refused')
  }

  protected async disconnect(): Promise<void> {
    this.#questions.clear()
    this.#link.cut('client hung up', false)
  }

  protected async probe(signal: AbortSignal): Promise<void> {
    await this.#ask('alive', 0, signal)
  }

  protected async loadInstruments(): Promise<InstrumentDefinition[]> {
    return [...this.#hooks.instruments]
  }

  protected async subscribe(): Promise<void> {}

  protected async unsubscribe(): Promise<void> {}

  protected sendNew(order: ApprovedOrder): void {
    const {
      clientOrderId,
      number,
      tag = '',
      instrumentIndex: instrument,
      sideSign: side,
      quantityUnits: quantity,
      priceUnits: price,
    } = order
    this.#send({ kind: 'new', clientOrderId, order: number, intent: tag, instrument, side, quantity, price })
    if (this.#hooks.plant === 'timeout_rejects') this.#giveUpOn(number)
  }

  protected sendReplace(change: ApprovedReplace): void {
    const { clientOrderId, generation, newQuantityUnits: quantity, newPriceUnits: price } = change
    this.#send({ kind: 'replace', clientOrderId, generation, quantity, price })
  }

  protected sendCancel({ clientOrderId, generation }: CancelRequest): void {
    this.#send({ kind: 'cancel', clientOrderId, generation })
  }

  protected async fetchOrders(signal: AbortSignal): Promise<VenueOrderReport[]> {
    const { orders = [] } = await this.#ask('orders', 0, signal)
    const told = this.#hooks.fullHistory ? orders : orders.filter((order) => order.state === 'working')
    return this.#thrownAway.size === 0
      ? told
      : told.filter(({ clientOrderId = '' }) => !this.#closed.has(clientOrderId))
  }

  protected async fetchFills(sinceUs: number, signal: AbortSignal): Promise<VenueFillReport[]> {
    const { fills = [] } = await this.#ask('fills', sinceUs, signal)
    return fills.filter(({ exec }) => !this.#thrownAway.has(exec as number)).map((fill) => this.#asTold(fill))
  }

  /** An execution as the answer tells it. Planted bug: one of an order that was forgotten is taken for a new one. */
  #asTold({ clientOrderId, ...fill }: VenueFillReport): VenueFillReport {
    const { plant, namesFills, isForgotten } = this.#hooks
    if (clientOrderId === undefined) return fill
    const isNew = plant === 'forgotten_is_new' && isForgotten(clientOrderId)
    return {
      ...fill,
      ...(namesFills ? { clientOrderId } : {}),
      ...(isNew ? { exec: `${fill.exec} again` } : {}),
    }
  }

  protected async fetchAccountState(signal: AbortSignal): Promise<VenueAccountReport> {
    return (await this.#ask('account', 0, signal)).account ?? {}
  }

  #send(request: Request): void {
    this.#hooks.onSend(request, this)
    this.#link.toVenue(this, request)
    this.#hooks.onSent(request, this)
  }

  #ask(what: 'orders' | 'fills' | 'account' | 'alive', sinceUs: number, signal: AbortSignal): Promise<Answer> {
    const id = this.#nextQuestion++
    return new Promise((resolve, reject) => {
      this.#questions.set(id, (answer) => {
        this.#questions.delete(id)
        resolve(answer)
      })
      signal.addEventListener('abort', () => {
        this.#questions.delete(id)
        reject(new TradewireError('TW_ABORTED', `question ${id} was given up`))
      })
      this.#link.toVenue(this, { kind: 'ask', id, what, sinceUs })
    })
  }

  #order(report: Exclude<Report, { kind: 'answer' | 'quote' }>): void {
    const { reports } = this.host
    if (report.kind === 'external_order') {
      reports.externalOrder(this.source, report.order)
      return
    }
    if (report.kind === 'external_fill') {
      reports.externalFill(this.source, report.fill)
      return
    }
    const number = reports.numberOf(report.clientOrderId)
    this.#heardOf.add(number)
    const { tsUs } = report
    switch (report.kind) {
      case 'accepted':
        reports.accepted(number, report.venueOrderId, tsUs)
        break
      case 'rejected':
        reports.rejected(number, 'refused by the venue', tsUs)
        break
      case 'filled': {
        if (this.#isThrownAway(report)) return
        const exec = this.#hooks.plant === 'no_dedupe' ? `${report.exec} ${this.#received}` : report.exec
        reports.filled(number, exec, report.quantity, report.price, Number.NaN, '', 1, tsUs)
        break
      }
      case 'closed':
        this.#closed.add(report.clientOrderId)
        if (report.isExpiry) reports.expired(number, report.cumulative, tsUs)
        else reports.canceled(number, report.cumulative, '', tsUs)
        break
      case 'replaced':
        reports.replaced(number, report.generation, report.quantity, report.price, Number.NaN, undefined, tsUs)
        break
      case 'refused':
        if (report.isCancel) reports.cancelRejected(number, report.generation, 'too late', tsUs)
        else reports.replaceRejected(number, report.generation, 'too late', tsUs)
        break
      case 'busted':
        reports.busted(number, report.exec, report.works, tsUs)
        break
      case 'corrected':
        reports.corrected(number, report.exec, undefined, report.quantity, report.price, report.works, tsUs)
    }
  }

  /** Planted bug: a time-out is taken for a rejection. */
  #giveUpOn(number: number): void {
    this.host.time.after(700, () => {
      if (!this.#heardOf.has(number)) this.host.reports.rejected(number, 'no answer', this.host.time.wallUs())
    })
  }

  /** Planted bug: what comes after the end of its order is not booked, by whatever way it comes. */
  #isThrownAway({ clientOrderId, exec }: Extract<Report, { kind: 'filled' }>): boolean {
    if (this.#hooks.plant !== 'late_fill_dropped' || !this.#closed.has(clientOrderId)) return false
    this.#thrownAway.add(exec)
    return true
  }
}
