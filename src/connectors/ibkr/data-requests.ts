/**
 * Asks TWS for streams of market data and ends them. TWS does not say yes: it sends ticks, or refuses within milliseconds. What
 * the streams bring goes through {@link Streams}; headlines, which are rare and text, are read here.
 */
import type { Subscription } from '../../connector/subscriptions.js'
import { TradewireError } from '../../core/errors.js'
import { sleep } from '../../core/time.js'
import type { ConnectorId } from '../../model/ids.js'
import { barsOf } from './contracts.js'
import type { FieldCursor } from './field-cursor.js'
import type { IbkrContext } from './ibkr-context.js'
import { libraryContract } from './order-mapping.js'
import { Stream, type Streams, type StreamTarget } from './streams.js'

/** A refusal of a stream comes within milliseconds; what was not refused for so long stands. */
const refusalsComeWithinMs = 250

/** The requests for streams of one connector. */
export class DataRequests {
  readonly #host: IbkrContext['host']
  readonly #name: string
  readonly #source: number
  readonly #options: IbkrContext['options']
  readonly #line: IbkrContext['line']
  readonly #contracts: IbkrContext['contracts']
  readonly #problem: IbkrContext['problem']
  readonly #streams: Streams
  readonly #target: StreamTarget
  /** Streams that are being asked for anew. */
  readonly #renewed = new Set<Stream>()

  constructor(context: IbkrContext, streams: Streams, target: StreamTarget) {
    const { host, name, source, options, line, contracts, problem } = context
    this.#host = host
    this.#name = name
    this.#source = source
    this.#options = options
    this.#line = line
    this.#contracts = contracts
    this.#problem = problem
    this.#streams = streams
    this.#target = target
  }

  /** Asks for a stream. @throws TradewireError `TW_NOT_SUPPORTED` with the words of TWS when it refuses. */
  async subscribe(subscription: Subscription, signal: AbortSignal): Promise<void> {
    const stream = new Stream(subscription.kind, subscription.instrument, this.#line.nextRequest())
    await this.#ask(stream, signal)
  }

  /** Asks for a stream; resolves with its first message, or when TWS did not refuse it for a while. */
  async #ask(stream: Stream, signal: AbortSignal): Promise<void> {
    const streams = this.#streams
    streams.add(stream)
    const answer = new Promise<void>((resolve, reject) => {
      stream.onAnswer = (error) => (error === undefined ? resolve() : reject(error))
    })
    try {
      this.#request(stream)
      const patience = new AbortController()
      const quiet = sleep(this.#host.time, refusalsComeWithinMs, AbortSignal.any([signal, patience.signal])).catch(
        () => {},
      )
      try {
        await Promise.race([answer, quiet])
      } finally {
        patience.abort()
      }
    } catch (error) {
      streams.remove(stream)
      throw error
    } finally {
      answer.catch(() => {})
      stream.onAnswer = undefined
    }
  }

  #request(stream: Stream): void {
    const { quotes = 'level1', allTrades = false, bookRows = 10 } = this.#options
    const instrument = this.#host.instruments.at(stream.instrument)
    const { contract } = this.#contracts.of(instrument)
    const asked = libraryContract(contract)
    const { reqId, kind } = stream
    this.#line.send((api) => {
      if (kind === 'quotes' && quotes === 'tickByTick') api.reqTickByTickData(reqId, asked, 'BidAsk' as never, 0, false)
      else if (kind === 'quotes' || kind === 'status') api.reqMktData(reqId, asked, '', false, false)
      else if (kind === 'news') api.reqMktData(reqId, asked, 'mdoff,292', false, false)
      else if (kind === 'trades')
        api.reqTickByTickData(reqId, asked, (allTrades ? 'AllLast' : 'Last') as never, 0, false)
      else if (kind === 'bars') api.reqRealTimeBars(reqId, asked, 5, barsOf(contract) as never, false)
      else api.reqMktDepth(reqId, asked, bookRows, contract.exchange === 'SMART')
    })
  }

  /** Ends a stream; one that nobody asked for is left alone. */
  async unsubscribe({ kind, instrument }: Subscription): Promise<void> {
    const streams = this.#streams
    // One that is just being asked for anew is not wanted any more.
    for (const stream of this.#renewed)
      if (stream.kind === kind && stream.instrument === instrument) this.#renewed.delete(stream)
    for (const stream of streams.list())
      if (stream.kind === kind && stream.instrument === instrument) {
        streams.remove(stream)
        if (!stream.isRefused) this.#cancelStream(stream)
      }
  }

  #cancelStream({ reqId, kind, instrument }: Stream): void {
    const { quotes = 'level1' } = this.#options
    const { contract } = this.#contracts.of(this.#host.instruments.at(instrument))
    this.#line.send((api) => {
      if (kind === 'trades' || (kind === 'quotes' && quotes === 'tickByTick')) api.cancelTickByTickData(reqId)
      else if (kind === 'bars') api.cancelRealTimeBars(reqId)
      else if (kind === 'book') api.cancelMktDepth(reqId, contract.exchange === 'SMART')
      else api.cancelMktData(reqId)
    })
  }

  /**
   * Asks for a stream that died at TWS anew, under a new number: what may still come under the old one is nobody's. Returns the
   * stream to try again later when TWS refused it: it is still wanted.
   */
  async askAnew(dead: Stream): Promise<Stream | undefined> {
    const streams = this.#streams
    if (streams.find(dead.reqId) !== dead) return undefined
    const signal = new AbortController().signal
    streams.remove(dead)
    const stream = new Stream(dead.kind, dead.instrument, dead.reqId)
    this.#renewed.add(stream)
    try {
      return await this.#renew(dead, stream, signal)
    } finally {
      this.#renewed.delete(stream)
    }
  }

  async #renew(dead: Stream, stream: Stream, signal: AbortSignal): Promise<Stream | undefined> {
    const streams = this.#streams
    if (!dead.isRefused) await this.#line.paced('subscription', 1, signal, async () => this.#cancelStream(dead))
    stream.reqId = this.#line.nextRequest()
    try {
      await this.#line.paced('subscription', 1, signal, async () => {
        if (this.#renewed.has(stream)) await this.#ask(stream, signal)
      })
    } catch (error) {
      if (!(error instanceof TradewireError && error.code === 'TW_NOT_SUPPORTED')) throw error
      if (!this.#renewed.has(stream)) return undefined
      stream.isRefused = true
      streams.add(stream)
      this.#problem(error)
      return stream
    }
    if (this.#renewed.has(stream)) this.#tellDiscontinuity(stream, 'missing')
    return undefined
  }

  /** The data of a stream, of all unless given, ended: what comes next does not continue them. */
  tellLost(stream?: Stream): void {
    for (const each of stream === undefined ? this.#streams.list() : [stream]) {
      // Servers and farms say the same thing several times.
      if (each.lostAt === each.messages) continue
      each.lostAt = each.messages
      this.#tellDiscontinuity(each, 'lost')
    }
  }

  #tellDiscontinuity({ instrument, kind }: Stream, reason: 'missing' | 'lost'): void {
    const { instruments, market, time } = this.#host
    const tsUs = time.wallUs()
    const note = {
      kind: 'discontinuity',
      instrument: instruments.at(instrument).id,
      source: this.#name as ConnectorId,
      stream: kind,
      reason,
      tsEventUs: tsUs,
      tsRecvUs: tsUs,
    } as const
    market.publishNote(instrument, this.#source, note, tsUs, tsUs)
    // No tick may follow for long.
    this.#host.wake()
  }

  /** A headline. */
  news(cursor: FieldCursor): void {
    const target = this.#target
    const stream = this.#streams.find(cursor.int())
    if (stream === undefined || stream.kind !== 'news') return
    stream.messages++
    const tsEventUs = cursor.int() * 1_000
    const provider = cursor.text()
    cursor.skip()
    const headline = cursor.unescaped()
    const { instruments, market } = this.#host
    const note = {
      kind: 'news',
      source: this.#name as ConnectorId,
      tsEventUs,
      tsRecvUs: target.nowUs,
      headline,
      provider,
      symbols: [instruments.at(stream.instrument).symbol],
    } as const
    if (market.publishNote(stream.instrument, this.#source, note, tsEventUs, target.nowUs)) target.published++
    else target.dropped++
  }
}
