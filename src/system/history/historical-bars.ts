/**
 * Bars of the past by instrument, time frame and range: from recorded files (what a `Recorder` wrote, or any format that
 * replays read) and from the history of connectors. Longer bars are made of shorter ones, or of trades.
 *
 *   request ─► files, in the order of time ─┐
 *           └► queryHistory, window by window ┴─► pieces, adjusted ─► bars ─► pages of a bounded size
 *
 * Nothing is kept between pages, and no more than a page and a window of data at a time.
 */
import type { BaseConnector } from '../../connector/base-connector.js'
import { mergeSources } from '../../connectors/sim/replay/merged-source.js'
import { type DatasetOptions, openDataset } from '../../connectors/sim/replay/open-dataset.js'
import type { ReplaySource } from '../../connectors/sim/replay/reading/replay-source.js'
import { TradewireError } from '../../core/errors.js'
import type { FileSystem } from '../../core/file-system.js'
import { abortError } from '../../core/time.js'
import type { Instrument } from '../../model/instrument.js'
import { InstrumentRegistry } from '../../model/instrument-registry.js'
import type { MarketEvent } from '../../model/market-data.js'
import { refuseUnknownOptions } from '../../ring/options.js'
import { BarBuilder } from './bar-builder.js'
import {
  type BarOrigin,
  type BarPage,
  type BarRequest,
  type CheckedRequest,
  checkBarRequest,
  type HistoricalBar,
} from './bar-request.js'
import { PieceSink, type PriceAdjustment } from './piece-sink.js'

/** Where bars come from. */
export interface HistoricalBarsOptions {
  /** Recorded files and folders. */
  files?: readonly string[]
  /** Reads them: `nodeFileSystem`. */
  fileSystem?: FileSystem
  /** How they are read: `onBadRow`, `format`, `instrument` and the like. */
  dataset?: Omit<DatasetOptions, 'fileSystem' | 'registry' | 'source'>
  /** Connectors of a system, by name: `system.connectors`. */
  connectors?: ReadonlyMap<string, BaseConnector>
  /** Instruments of the system; those of the files unless given. */
  instruments?: InstrumentRegistry
  /** Splits and dividends of an instrument. */
  adjustments?: (instrument: Instrument) => readonly PriceAdjustment[]
}

const optionNames = ['files', 'fileSystem', 'dataset', 'connectors', 'instruments', 'adjustments']
/** How far receipt may lie from venue time in a recording. */
const clockSlackUs = 60_000_000
/** Most pieces that a connector is asked for at a time. */
const windowBars = 1_000

/** Says where a request stands: bars that are complete wait in the builder. */
interface Reading {
  readonly builder: BarBuilder
  readonly sink: PieceSink
  readonly of: BarOrigin
  readonly source: string
}

/** See the file's header. */
export class HistoricalBars {
  readonly #options: HistoricalBarsOptions
  readonly #registry: InstrumentRegistry

  /** @throws TradewireError `TW_INVALID_ARGUMENT` for an unknown option; `TW_INVALID_CONFIG` for files without a file system. */
  constructor(options: HistoricalBarsOptions) {
    refuseUnknownOptions('HistoricalBars', options, optionNames)
    if ((options.files?.length ?? 0) > 0 && options.fileSystem === undefined)
      throw new TradewireError('TW_INVALID_CONFIG', 'HistoricalBars: files need a fileSystem; give nodeFileSystem')
    this.#options = options
    this.#registry = options.instruments ?? new InstrumentRegistry()
  }

  /**
   * One page of bars. The next begins at its `nextUs`.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` (the field), `TW_UNKNOWN_INSTRUMENT`, `TW_NOT_SUPPORTED` (no source, or its
   * bars do not fit into those asked for), `TW_FILE`, `TW_BAD_ROW`, `TW_UNKNOWN_FORMAT`, `TW_TIMEOUT`, `TW_ABORTED`.
   */
  async bars(request: BarRequest): Promise<BarPage> {
    for await (const page of this.pages(request)) return page
    throw new TradewireError('TW_ASSERTION', 'a request has at least one page')
  }

  /** All pages, one after the other; files are read once. @throws as {@link bars}. */
  async *pages(request: BarRequest): AsyncGenerator<BarPage> {
    const checked = checkBarRequest(request)
    if (checked.signal?.aborted === true) throw abortError(checked.signal)
    const held: HistoricalBar[] = []
    let reading: Reading | undefined
    let isGiven = false
    for await (reading of this.#read(checked)) {
      held.push(...reading.builder.bars.splice(0))
      while (held.length > checked.limit) {
        isGiven = true
        yield page(held.splice(0, checked.limit), reading, held[0] as HistoricalBar)
      }
    }
    if (reading !== undefined && (held.length > 0 || !isGiven)) yield page(held, reading)
  }

  /** Reads on and on; where bars were wanted by default and there are none that fit, trades. */
  async *#read(request: CheckedRequest): AsyncGenerator<Reading> {
    const source = this.#sourceOf(request)
    const first = request.of ?? 'bars'
    let last: Reading | undefined
    for await (last of this.#readOf(request, source, first)) yield last
    if (request.of === undefined && (last === undefined || last.builder.taken === 0)) {
      const { unfit } = last?.sink ?? { unfit: new Set<number>() }
      for await (last of this.#readOf(request, source, 'trades')) yield last
      for (const each of unfit) last?.sink.unfit.add(each)
    }
    this.#judge(request, last)
  }

  /** Says what is wrong with a request that found nothing. */
  #judge(request: CheckedRequest, last: Reading | undefined): void {
    if (last === undefined || last.builder.taken > 0) return
    const { symbol, stepUs } = request
    const isKnown = last.sink.instrument !== undefined || this.#registry.find(symbol) !== undefined
    if (!isKnown)
      throw new TradewireError('TW_UNKNOWN_INSTRUMENT', `${last.source} have no instrument '${symbol}'`, {
        details: { symbol },
      })
    const [unfit] = last.sink.unfit
    if (unfit !== undefined)
      throw new TradewireError(
        'TW_NOT_SUPPORTED',
        `bars of ${unfit} microseconds cannot be put together to bars of ${stepUs}; ask for a multiple`,
        { details: { intervalUs: unfit, timeFrameUs: stepUs } },
      )
  }

  #sourceOf({ source }: CheckedRequest): string {
    const { files = [], connectors = new Map<string, BaseConnector>() } = this.#options
    if (source === undefined && files.length > 0) return 'files'
    if (source === 'files' && files.length > 0) return source
    const able = [...connectors].filter(([name, connector]) => {
      const { history = [] } = connector.capabilities
      return (source === undefined || name === source) && (history.includes('bars') || history.includes('trades'))
    })
    const [found] = able
    if (found !== undefined) return found[0]
    throw new TradewireError(
      'TW_NOT_SUPPORTED',
      `bars: ${source === undefined ? 'no files are given and no connector has history' : `'${source}' has no history`}`,
      { details: { field: 'source' } },
    )
  }

  async *#readOf(request: CheckedRequest, source: string, of: BarOrigin): AsyncGenerator<Reading> {
    const builder = new BarBuilder(request)
    const adjustmentsOf = this.#options.adjustments ?? (() => [])
    const sink = new PieceSink(request, this.#registry, of, builder, adjustmentsOf)
    const reading = { builder, sink, of, source }
    if (source === 'files') yield* this.#readFiles(request, reading)
    else yield* this.#readConnector(request, reading)
  }

  async *#readFiles(request: CheckedRequest, reading: Reading): AsyncGenerator<Reading> {
    const { builder, sink } = reading
    const lastUs = request.toUs + request.stepUs + clockSlackUs
    const recording = await this.#open()
    try {
      let atUs = Number.NEGATIVE_INFINITY
      for (;;) {
        const nextUs = recording.peekTsUs()
        if (Number.isNaN(nextUs)) {
          if (request.signal?.aborted === true) throw abortError(request.signal)
          yield reading
          await recording.refill()
          continue
        }
        if (nextUs === Number.POSITIVE_INFINITY) break
        atUs = nextUs
        if (nextUs > lastUs) break
        recording.emit(sink, 0)
      }
      builder.finish(atUs)
      yield reading
    } finally {
      await recording.close()
    }
  }

  /** All files as one source, merged by time. */
  async #open(): Promise<ReplaySource> {
    const { files = [], fileSystem, dataset: given = {} } = this.#options
    const options = { ...given, registry: this.#registry, fileSystem: fileSystem as FileSystem }
    const opened: ReplaySource[] = []
    try {
      for (const path of files) opened.push(await openDataset(path, options))
    } catch (error) {
      for (const each of opened) await each.close()
      throw error
    }
    return mergeSources(opened, 'files')
  }

  async *#readConnector(request: CheckedRequest, reading: Reading): AsyncGenerator<Reading> {
    const { of, source, sink, builder } = reading
    const connector = this.#options.connectors?.get(source) as BaseConnector
    const { index } = this.#registry.get(request.symbol)
    const kinds = connector.capabilities.history ?? []
    yield reading
    if (!kinds.includes(of)) return
    const windowUs = request.stepUs * windowBars
    // The last bar may begin just before the end of the range: what it is made of goes on behind it.
    const lastUs = of === 'bars' ? request.toUs : request.toUs + request.stepUs
    let newestUs = Number.NEGATIVE_INFINITY
    for (let fromUs = request.fromUs; fromUs < lastUs; fromUs += windowUs) {
      const toUs = Math.min(fromUs + windowUs, lastUs)
      const asked = { kind: of, instrument: index, fromUs, toUs }
      const events = await connector.queryHistory(
        of === 'bars' ? { ...asked, intervalUs: request.stepUs } : asked,
        request.signal,
      )
      for (const event of events) {
        publish(event, index, sink)
        if (event.tsEventUs > newestUs) newestUs = event.tsEventUs
      }
      yield reading
    }
    builder.finish(newestUs)
    yield reading
  }
}

function page(bars: readonly HistoricalBar[], { of, source, builder }: Reading, next?: HistoricalBar): BarPage {
  const { late } = builder
  return { bars, of, source, late, ...(next === undefined ? {} : { nextUs: next.tsOpenUs }) }
}

/** An event of a connector's history, as a sink takes it. */
function publish(event: MarketEvent, instrument: number, sink: PieceSink): void {
  const { NaN: none } = Number
  if (event.kind === 'bar' && event.unit === 'time')
    sink.publishBar(
      instrument,
      0,
      event.step,
      event.open,
      event.high,
      event.low,
      event.close,
      event.volume,
      event.trades,
      event.vwap ?? none,
      event.tsOpenUs,
      event.tsEventUs,
      event.tsRecvUs,
      event.isClosed,
    )
  else if (event.kind === 'trade') sink.publishTrade(instrument, 0, event.price, event.size, 0, event.tsEventUs)
  else if (event.kind === 'quote')
    sink.publishQuote(instrument, 0, event.bid ?? none, event.ask ?? none, none, none, event.tsEventUs)
}
