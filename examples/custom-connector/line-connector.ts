/**
 * A complete connector: what it takes to add a venue. It speaks the line protocol of venue.ts over TCP.
 *
 * BaseConnector does the rest: connecting again with growing pauses, time-outs, subscribing anew, health checks, statistics,
 * and that nothing is sent that the risk gate has not approved or before the venue has been reconciled.
 *
 * The rules for the twelve methods below:
 *  - `sendNew`, `sendReplace` and `sendCancel` hand over at once and never wait; outcomes come later as reports;
 *  - reports name an order by its number: `host.reports.numberOf(id)` finds it by the id that was sent;
 *  - a time-out or a lost connection is never a rejection: say `connectionLost` and the order's fate is asked for;
 *  - the three `fetch` methods tell what the venue holds, and nothing else, for reconciliation rests on them.
 */
import {
  type ApprovedOrder,
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
} from 'tradewire'
import { Lines } from './lines.js'

/** Where the venue is. */
export interface LineConnectorOptions extends ConnectorOptions {
  host?: string
  port: number
  /** Sockets; real ones unless given. */
  network?: Network
}

/** The venue has one account. */
const account = 'PAPER'

const acme: InstrumentDefinition = {
  id: 'ACME.LINE' as InstrumentDefinition['id'],
  symbol: 'ACME',
  venue: 'LINE',
  assetClass: 'equity',
  currency: 'USD',
  priceIncrement: '0.01',
  sizeIncrement: '1',
}

interface Question {
  lines: string[][]
  resolve(lines: string[][]): void
  reject(error: Error): void
}

/** Connects to a line venue. */
export class LineConnector extends BaseConnector {
  readonly capabilities: ConnectorCapabilities = {
    data: ['quotes'],
    orders: {
      types: ['MARKET', 'LIMIT'],
      timeInForce: ['DAY', 'GTC'],
      postOnly: false,
      reduceOnly: false,
      iceberg: false,
      replace: false,
      environment: 'simulated',
      cancelOnDisconnect: 'none',
      fullHistory: true,
    },
  }
  readonly #options: LineConnectorOptions
  #connection: Connection | undefined
  #questions = new Map<string, Question>()
  #lastQuestion = 0

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
    await this.#expect('WELCOME', 'HELLO tradewire')
  }

  protected async disconnect(): Promise<void> {
    this.#connection?.destroy()
    this.#connection = undefined
    for (const question of this.#questions.values()) question.reject(notConnected())
    this.#questions.clear()
  }

  protected async probe(): Promise<void> {
    await this.#expect('PONG', 'PING')
  }

  protected async loadInstruments(): Promise<InstrumentDefinition[]> {
    return [acme]
  }

  // ---- Market data -----------------------------------------------------------------------------------------------------

  protected async subscribe({ instrument }: Subscription): Promise<void> {
    this.#send(`SUB ${this.#symbol(instrument)}`)
  }

  protected async unsubscribe({ instrument }: Subscription): Promise<void> {
    this.#send(`UNSUB ${this.#symbol(instrument)}`)
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
    this.#send(`NEW ${order.clientOrderId} ${instrument.symbol} ${sideOf(order.sideSign)} ${quantity} ${price}`)
  }

  protected sendReplace(): void {
    throw new TradewireError('TW_NOT_SUPPORTED', 'The line protocol has no change of orders') // and `replace: false` says so
  }

  protected sendCancel(request: CancelRequest): void {
    this.#send(`CANCEL ${request.clientOrderId} ${request.generation}`)
  }

  #report([kind, id = '', ...rest]: string[]): void {
    const { reports } = this.host
    const number = reports.numberOf(id)
    if (number === 0) return // an order of somebody else: reconciliation will find it
    if (kind === 'ACK') reports.accepted(number, Number(rest[0]), Number(rest[1]))
    else if (kind === 'REJECT') reports.rejected(number, rest.slice(1).join(' '), Number(rest[0]))
    else if (kind === 'CANCELED') reports.canceled(number, Number(rest[0]), '', Number(rest[1]))
    else if (kind === 'CANCELREJECT')
      reports.cancelRejected(number, Number(rest[0]), rest.slice(2).join(' '), Number(rest[1]))
    else if (kind === 'FILL') {
      const {
        exec,
        quantityUnits,
        priceUnits,
        feeUnits = Number.NaN,
        liquidity,
        tsUs,
      } = this.#fill(['FILL', id, ...rest])
      reports.filled(number, exec, quantityUnits, priceUnits, feeUnits, 'USD', liquidity, tsUs)
    }
  }

  // ---- What the venue holds --------------------------------------------------------------------------------------------

  protected async fetchOrders(): Promise<VenueOrderReport[]> {
    const lines = await this.#ask('ORDERS')
    return lines.map(
      ([, id = '', venueId, symbol = '', side, quantity = '0', price = '0', filled = '0', state, ts]) => {
        const instrument = this.#instrument(symbol)
        const isLimit = price !== 'Infinity' && price !== '0'
        return {
          clientOrderId: id,
          venueOrderId: Number(venueId),
          instrument: instrument.index,
          account,
          side: side as Side,
          type: isLimit ? 'LIMIT' : 'MARKET',
          timeInForce: 'DAY',
          quantityUnits: instrument.quantityUnits(quantity),
          ...(isLimit ? { priceUnits: instrument.priceUnits(price) } : {}),
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
    return {
      positions: lines.map(([, symbol = '', quantity = '0']) => {
        const instrument = this.#instrument(symbol)
        return {
          instrument: instrument.index,
          account,
          quantityUnits: instrument.quantityUnits(quantity),
        }
      }),
    }
  }

  #fill(words: string[]): VenueFillReport {
    const [, id = '', exec = '', quantity = '0', price = '0', fee = '0', ts, symbol = '', side] = words
    const instrument = this.#instrument(symbol)
    return {
      exec: Number(exec),
      clientOrderId: id,
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
    const [first = '', second] = words
    const question = this.#questions.get(first)
    if (first === 'QUOTE') this.#quote(words)
    else if (question === undefined) this.#report(words)
    else if (second !== 'END' && first !== 'WELCOME' && first !== 'PONG') question.lines.push(words.slice(1))
    else {
      this.#questions.delete(first)
      question.resolve(question.lines)
    }
  }

  #ask(question: string): Promise<string[][]> {
    return this.#expect(String(++this.#lastQuestion), `${this.#lastQuestion} ${question}`)
  }

  /** BaseConnector bounds the wait; what never comes is rejected when the connection ends. */
  #expect(tag: string, line: string): Promise<string[][]> {
    return new Promise((resolve, reject) => {
      this.#questions.set(tag, { lines: [], resolve, reject })
      this.#send(line)
    })
  }

  #send(line: string): void {
    if (this.#connection === undefined) throw notConnected()
    this.#connection.send(Buffer.from(`${line}\n`))
  }

  #instrument(symbol: string): Instrument {
    return this.host.instruments.get(`${symbol}.LINE`)
  }

  #symbol(index: number): string {
    return this.host.instruments.at(index).symbol
  }
}

function notConnected(): TradewireError {
  return new TradewireError('TW_NOT_CONNECTED', 'There is no connection to the line venue')
}
