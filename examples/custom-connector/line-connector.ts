/**
 * A complete connector: what it takes to add a venue. It speaks the line protocol of venue.ts over TCP, and passes the
 * conformance kit (conformance.ts). BaseConnector does the rest: reconnecting, time-outs, subscribing anew, health checks,
 * message limits, statistics, and that nothing is sent without approval or before the venue has been reconciled.
 *
 * The rules for the twelve methods below:
 *  - `sendNew`, `sendReplace` and `sendCancel` hand over at once and never wait; outcomes come later as reports;
 *  - reports name an order by its number; the id on the wire carries it, for the host's own ids may be anything;
 *  - a time-out or a lost connection is never a rejection: say `connectionLost` and the order's fate is asked for;
 *  - the three `fetch` methods tell what the venue holds, and nothing else, for reconciliation rests on them.
 */
import {
  type ApprovedOrder,
  type ApprovedReplace,
  BaseConnector,
  type CancelRequest,
  type Connection,
  type ConnectorCapabilities,
  type ConnectorOptions,
  type Instrument,
  type InstrumentDefinition,
  Liquidity,
  type Network,
  nodeNetwork,
  type Side,
  type Subscription,
  sideOf,
  TradewireError,
  typeOf,
  type VenueAccountReport,
  type VenueFillReport,
  type VenueOrderReport,
  type VenueOrderState,
  WireIds,
} from 'tradewire'
import { Lines, Questions } from './lines.js'

/** Where the venue is. */
export interface LineConnectorOptions extends ConnectorOptions {
  host?: string
  port: number
  /** Sockets; real ones unless given. */
  network?: Network
}

const account = 'PAPER'

const definition: InstrumentDefinition = {
  id: 'ACME.LINE' as InstrumentDefinition['id'],
  symbol: 'ACME',
  venue: 'LINE',
  assetClass: 'equity',
  currency: 'USD',
  priceIncrement: '0.01',
  sizeIncrement: '1',
}

/** Connects to a line venue. */
export class LineConnector extends BaseConnector {
  readonly capabilities = {
    data: ['quotes'],
    orders: {
      types: ['MARKET', 'LIMIT'],
      timeInForce: ['DAY'],
      postOnly: false,
      reduceOnly: false,
      iceberg: false,
      replace: true,
      environment: 'simulated',
      cancelOnDisconnect: 'none',
      fullHistory: true,
    },
  } as const satisfies ConnectorCapabilities
  readonly #options: LineConnectorOptions
  /** The venue takes ids of 20 letters and digits. */
  readonly #ids = new WireIds({ maxLength: 20 })
  #connection: Connection | undefined
  readonly #questions = new Questions()

  constructor(options: LineConnectorOptions) {
    super(options)
    this.#options = options
  }

  // ---- Life of the connection ------------------------------------------------------------------------------------------

  protected async connect(signal: AbortSignal): Promise<void> {
    const { network = nodeNetwork, host = '127.0.0.1', port } = this.#options
    const connection = await network.connect({ host, port, timeoutMs: 5_000, signal })
    this.#connection = connection
    const lines = new Lines((line) => this.#receive(line.split(' ')))
    connection.start({
      onData: (chunk) => this.#batch(() => lines.push(chunk)),
      onClose: (error) => {
        if (this.#connection === connection) this.connectionLost(error?.message ?? 'the venue closed the connection')
      },
    })
    await this.#questions.ask('WELCOME', () => this.#send('HELLO tradewire'))
  }

  protected async disconnect(): Promise<void> {
    this.#connection?.destroy()
    this.#connection = undefined
    this.#questions.failAll(notConnected())
  }

  protected async probe(): Promise<void> {
    await this.#questions.ask('PONG', () => this.#send('PING'))
  }

  protected async loadInstruments(): Promise<InstrumentDefinition[]> {
    return [definition]
  }

  // ---- Market data -----------------------------------------------------------------------------------------------------

  protected async subscribe({ instrument }: Subscription): Promise<void> {
    this.#send(`SUB ${this.host.instruments.at(instrument).symbol}`)
  }

  protected async unsubscribe({ instrument }: Subscription): Promise<void> {
    this.#send(`UNSUB ${this.host.instruments.at(instrument).symbol}`)
  }

  #quote([, symbol = '', ...rest]: string[]): void {
    const { market, time } = this.host
    const { index } = this.#instrument(symbol)
    const [bid = Number.NaN, ask = Number.NaN, bidSize = Number.NaN, askSize = Number.NaN, ts = 0] = rest.map(Number)
    const recvUs = time.wallUs()
    // False means that a strategy is too slow: a connector without back-pressure drops the quote, and counts it.
    const isTaken = market.publishQuote(index, this.source, bid, ask, bidSize, askSize, ts, recvUs, Number.NaN, 0)
    if (isTaken) this.published(1, ts, recvUs)
    else this.statistics.errors++
  }

  // ---- Orders ----------------------------------------------------------------------------------------------------------

  protected sendNew(order: ApprovedOrder): void {
    const { instrument } = order
    const price = typeOf(order.type) === 'MARKET' ? 'MKT' : instrument.priceText(order.priceUnits)
    const quantity = instrument.quantityText(order.quantityUnits)
    this.#send(`NEW ${this.#ids.idOf(order)} ${instrument.symbol} ${sideOf(order.sideSign)} ${quantity} ${price}`)
  }

  protected sendReplace(change: ApprovedReplace): void {
    const { instrument, generation } = change
    const terms = `${instrument.quantityText(change.newQuantityUnits)} ${instrument.priceText(change.newPriceUnits)}`
    this.#send(`REPLACE ${this.#ids.idOf(change)} ${generation} ${terms}`)
  }

  protected sendCancel(request: CancelRequest): void {
    this.#send(`CANCEL ${this.#ids.idOf(request)} ${request.generation}`)
  }

  #report([kind = '', id = '', ...rest]: string[]): void {
    const { reports } = this.host
    const number = this.#ids.numberOf(id, reports)
    const [first = '', second = '', third = '', fourth = ''] = rest
    const acme = this.#instrument('ACME')
    if (kind === 'FILL') this.#filled(number, this.#fill(['FILL', id, ...rest]))
    else if (number === 0)
      return // an order of somebody else: reconciliation will find it
    else if (kind === 'ACK') reports.accepted(number, Number(first), Number(second))
    else if (kind === 'REJECT') reports.rejected(number, rest.slice(1).join(' '), Number(first))
    else if (kind === 'CANCELED') reports.canceled(number, acme.quantityUnits(first), '', Number(second))
    else if (kind === 'CANCELREJECT') reports.cancelRejected(number, Number(first), third, Number(second))
    else if (kind === 'REPLACEREJECT') reports.replaceRejected(number, Number(first), third, Number(second))
    else if (kind === 'REPLACED')
      reports.replaced(
        number,
        Number(first),
        acme.quantityUnits(second),
        acme.priceUnits(third),
        Number.NaN,
        undefined,
        Number(fourth),
      )
  }

  #filled(number: number, fill: VenueFillReport): void {
    const { exec, quantityUnits, priceUnits, feeUnits = Number.NaN, liquidity, tsUs } = fill
    if (number === 0) this.host.reports.externalFill(this.source, fill)
    else this.host.reports.filled(number, exec, quantityUnits, priceUnits, feeUnits, 'USD', liquidity, tsUs)
  }

  // ---- What the venue holds --------------------------------------------------------------------------------------------

  protected async fetchOrders(): Promise<VenueOrderReport[]> {
    const lines = await this.#ask('ORDERS')
    return lines.map(
      ([, id = '', venueId, symbol = '', side, quantity = '0', price = 'NaN', filled = '0', state, ts]) => {
        const instrument = this.#instrument(symbol)
        return {
          ...this.#own(id),
          venueOrderId: Number(venueId),
          instrument: instrument.index,
          account,
          side: side as Side,
          type: price === 'NaN' ? 'MARKET' : 'LIMIT',
          timeInForce: 'DAY',
          quantityUnits: instrument.quantityUnits(quantity),
          ...(price === 'NaN' ? {} : { priceUnits: instrument.priceUnits(price) }),
          cumulativeUnits: instrument.quantityUnits(filled),
          state: state as VenueOrderState,
          tsUs: Number(ts),
        }
      },
    )
  }

  protected async fetchFills(sinceUs: number): Promise<VenueFillReport[]> {
    return (await this.#ask(`FILLS ${sinceUs}`)).map((words) => this.#fill(words))
  }

  protected async fetchAccountState(): Promise<VenueAccountReport> {
    const lines = await this.#ask('POSITIONS')
    const positions = lines.map(([, symbol = '', quantity = '0']) => {
      const instrument = this.#instrument(symbol)
      return { instrument: instrument.index, account, quantityUnits: instrument.quantityUnits(quantity) }
    })
    return { positions }
  }

  #fill([
    ,
    id = '',
    venueId,
    exec,
    symbol = '',
    side,
    quantity = '0',
    price = '0',
    fee,
    ts,
  ]: string[]): VenueFillReport {
    const instrument = this.#instrument(symbol)
    return {
      ...this.#own(id),
      exec: Number(exec),
      venueOrderId: Number(venueId),
      instrument: instrument.index,
      account,
      side: side as Side,
      quantityUnits: instrument.quantityUnits(quantity),
      priceUnits: instrument.priceUnits(price),
      feeUnits: Math.round(Number(fee) * 1e8),
      feeCurrency: 'USD',
      liquidity: Liquidity.unknown,
      tsUs: Number(ts),
    }
  }

  /** The host's id behind an id on the wire; nothing for orders of others. */
  #own(id: string): { clientOrderId?: string } {
    const { reports } = this.host
    const clientOrderId = reports.clientOrderIdOf(this.#ids.numberOf(id, reports))
    return clientOrderId === undefined ? {} : { clientOrderId }
  }

  // ---- Lines -----------------------------------------------------------------------------------------------------------

  /** All reports of one chunk are one turn: the journal is written once for them. */
  #batch(handle: () => void): void {
    const { reports } = this.host
    reports.beginTurn()
    try {
      handle()
    } finally {
      reports.endTurn()
    }
  }

  #receive(words: string[]): void {
    if (words[0] === 'QUOTE') this.#quote(words)
    else if (!this.#questions.take(words)) this.#report(words)
  }

  /** BaseConnector bounds the wait; what never comes is rejected when the connection ends. */
  #ask(question: string): Promise<string[][]> {
    const tag = this.#questions.nextTag
    return this.#questions.ask(tag, () => this.#send(`${tag} ${question}`))
  }

  #send(line: string): void {
    if (this.#connection === undefined) throw notConnected()
    this.#connection.send(Buffer.from(`${line}\n`))
  }

  #instrument(symbol: string): Instrument {
    return this.host.instruments.get(`${symbol}.LINE`)
  }
}

function notConnected(): TradewireError {
  return new TradewireError('TW_NOT_CONNECTED', 'There is no connection to the line venue')
}
