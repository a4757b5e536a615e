/**
 * Asks TWS for the past, piece by piece: bars in pieces of a length that TWS takes, ticks a thousand at a time. The first piece
 * of a request leaves in the slot that the request already has; each further one waits for its own.
 */
import type { HistoryRequest } from '../../connector/history.js'
import { TradewireError } from '../../core/errors.js'
import type { ConnectorId } from '../../model/ids.js'
import type { MarketEvent } from '../../model/market-data.js'
import { barsOf } from './contracts.js'
import type { FieldCursor } from './field-cursor.js'
import { historyPieces, readBars, readTicks } from './history.js'
import type { IbkrContext } from './ibkr-context.js'
import { libraryContract } from './order-mapping.js'
import { utcText } from './tws-times.js'

/** The requests for history of one connector. */
export class HistoryRequests {
  readonly #host: IbkrContext['host']
  readonly #name: string
  readonly #line: IbkrContext['line']
  readonly #contracts: IbkrContext['contracts']

  constructor({ host, name, line, contracts }: IbkrContext) {
    this.#host = host
    this.#name = name
    this.#line = line
    this.#contracts = contracts
  }

  /** Events from `fromUs` to before `toUs`, oldest first. @throws TradewireError `TW_NOT_SUPPORTED` when TWS refuses. */
  async fetch(request: HistoryRequest, signal: AbortSignal): Promise<MarketEvent[]> {
    return request.kind === 'bars' ? this.#bars(request, signal) : this.#ticks(request, signal)
  }

  async #bars(request: HistoryRequest, signal: AbortSignal): Promise<MarketEvent[]> {
    const instrument = this.#host.instruments.at(request.instrument)
    const { contract, details } = this.#contracts.of(instrument)
    const { intervalUs = 60_000_000 } = request
    const context = {
      instrument,
      source: this.#name as ConnectorId,
      intervalUs,
      zone: details.timeZone || 'UTC',
      time: this.#host.time,
    }
    const events: MarketEvent[] = []
    let isFirst = true
    let lastUs = Number.NEGATIVE_INFINITY
    for (const { barSize, duration, endUs } of historyPieces(request)) {
      const ask = () =>
        this.#line.ask<FieldCursor>(signal, (api, reqId) =>
          api.reqHistoricalData(
            reqId,
            libraryContract(contract),
            utcText(endUs),
            duration,
            barSize as never,
            barsOf(contract) as never,
            0,
            2,
            false,
          ),
        )
      let answer: FieldCursor | undefined
      try {
        ;[answer] = await (isFirst ? ask() : this.#line.paced('history', 1, signal, ask))
      } catch (error) {
        if (!isNoData(error)) throw error
      }
      isFirst = false
      if (answer === undefined) continue
      for (const bar of await readBars(answer, context, signal)) {
        const isWanted = bar.tsOpenUs >= request.fromUs && bar.tsOpenUs < request.toUs
        if (isWanted && bar.tsOpenUs > lastUs) {
          events.push(bar)
          lastUs = bar.tsOpenUs
        }
      }
    }
    return events
  }

  async #ticks(request: HistoryRequest, signal: AbortSignal): Promise<MarketEvent[]> {
    const instrument = this.#host.instruments.at(request.instrument)
    const { contract } = this.#contracts.of(instrument)
    const { source, what } = {
      source: this.#name as ConnectorId,
      what: request.kind === 'trades' ? 'TRADES' : 'BID_ASK',
    }
    const events: MarketEvent[] = []
    let isFirst = true
    for (let fromUs = request.fromUs; fromUs < request.toUs; ) {
      const ask = () =>
        this.#line.ask<FieldCursor>(signal, (api, reqId) =>
          api.reqHistoricalTicks(reqId, libraryContract(contract), utcText(fromUs), '', 1_000, what as never, 0, false),
        )
      const [answer] = await (isFirst ? ask() : this.#line.paced('history', 1, signal, ask))
      isFirst = false
      if (answer === undefined) break
      const ticks = readTicks(answer, request.kind === 'trades' ? 'trades' : 'quotes', {
        instrument,
        source,
        time: this.#host.time,
      })
      const last = ticks.at(-1)
      for (const tick of ticks) if (tick.tsEventUs >= fromUs && tick.tsEventUs < request.toUs) events.push(tick)
      if (ticks.length < 1_000 || last === undefined) break
      // TWS completes the last second, so the next piece begins behind it.
      fromUs = last.tsEventUs + 1_000_000
    }
    return events
  }
}

/** That there was no trading is an answer, though TWS sends it as an error. */
function isNoData(error: unknown): boolean {
  return error instanceof TradewireError && error.details.code === 162 && /no data/i.test(error.message)
}
