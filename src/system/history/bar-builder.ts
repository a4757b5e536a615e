/**
 * Builds bars of the past from pieces in the order of time: trades, mid prices, or smaller bars. Bars that are as long as
 * those asked for pass as they are. One bar is held; what belongs to an earlier one is left out and counted, and so is a
 * smaller bar that came before.
 */
import { TradewireError } from '../../core/errors.js'
import { BarIntervals } from '../../market/bar-intervals.js'
import type { CheckedRequest, HistoricalBar } from './bar-request.js'

/** A piece of a bar: a trade is one whose four prices are the same. */
export interface BarPiece {
  tsUs: number
  /** End of its interval; its time, for a trade. */
  tsEndUs: number
  open: number
  high: number
  low: number
  close: number
  volume: number
  count: number
  vwap: number
}

/** The bar that forms: its interval, and the times of its earliest and its latest piece. */
interface FormingBar extends BarPiece {
  startUs: number
  endUs: number
  firstUs: number
  lastUs: number
}

const dayUs = 86_400_000_000

/** Takes pieces, gives bars. */
export class BarBuilder {
  /** Bars that are complete; whoever reads them takes them out. */
  readonly bars: HistoricalBar[] = []
  late = 0
  /** Pieces that were taken. */
  taken = 0
  readonly #request: CheckedRequest
  readonly #intervals: BarIntervals
  #current: FormingBar | undefined
  #newestUs = Number.NEGATIVE_INFINITY
  /** When the smaller bars begin that are in the current one. */
  readonly #begins = new Set<number>()

  constructor(request: CheckedRequest) {
    this.#request = request
    this.#intervals = new BarIntervals(request.stepUs, 0, request.session)
  }

  /** Takes a bar that is exactly what is wanted, but for its price and volume factors. */
  whole(piece: BarPiece): void {
    const { fromUs, toUs } = this.#request
    if (piece.tsUs <= this.#newestUs) {
      this.late++
      return
    }
    if (piece.tsUs < fromUs || piece.tsUs >= toUs) return
    this.#newestUs = piece.tsUs
    this.taken++
    const { open, high, low, close, volume, count, vwap } = piece
    const times = { tsOpenUs: piece.tsUs, tsCloseUs: piece.tsEndUs }
    this.bars.push({ ...times, open, high, low, close, volume, count, vwap, isClosed: true })
  }

  /** Takes a piece. @throws TradewireError `TW_NOT_SUPPORTED` for a smaller bar that reaches over the end of its bar. */
  take(piece: BarPiece): void {
    const current = this.#current
    if (current !== undefined && piece.tsUs >= current.startUs && piece.tsUs < current.endUs) {
      if (this.#isTwice(piece)) this.late++
      else this.#add(current, piece)
      return
    }
    if (piece.tsUs < this.#newestUs) {
      this.late++
      return
    }
    if (!this.#intervals.locate(piece.tsUs)) return
    this.#close(true)
    this.#begins.clear()
    const { startUs, endUs } = this.#intervals
    const { fromUs, toUs } = this.#request
    this.#newestUs = endUs
    if (startUs < fromUs || startUs >= toUs) return
    this.#isTwice(piece)
    this.#checkEnd(piece, startUs)
    this.taken++
    this.#current = { ...piece, startUs, endUs, firstUs: piece.tsUs, lastUs: piece.tsUs }
  }

  /** The data end at `endUs`: so does the bar that forms. */
  finish(endUs: number): void {
    const current = this.#current
    if (current !== undefined) this.#close(endUs >= current.endUs || current.tsEndUs >= current.endUs)
  }

  /** Whether a smaller bar is in the current one already. Trades of the same time are different ones. */
  #isTwice({ tsUs, tsEndUs }: BarPiece): boolean {
    if (!(tsEndUs > tsUs)) return false
    const { size } = this.#begins
    return this.#begins.add(tsUs).size === size
  }

  /** Days may begin at another hour than those of the request do: their trades lie within. */
  #checkEnd({ tsUs, tsEndUs }: BarPiece, startUs: number): void {
    const { stepUs } = this.#request
    if (tsEndUs <= startUs + stepUs || tsEndUs - tsUs >= dayUs) return
    throw new TradewireError(
      'TW_NOT_SUPPORTED',
      `a bar from ${tsUs} to ${tsEndUs} lies in two of the bars asked for, of ${stepUs} microseconds from ${startUs}; ask for another timeFrame or session, or of trades`,
      { details: { tsOpenUs: tsUs, timeFrameUs: stepUs } },
    )
  }

  #add(current: FormingBar, piece: BarPiece): void {
    this.#checkEnd(piece, current.startUs)
    this.taken++
    if (piece.tsUs < current.firstUs) {
      current.firstUs = piece.tsUs
      current.open = piece.open
    }
    if (piece.tsUs >= current.lastUs) {
      current.lastUs = piece.tsUs
      current.close = piece.close
    }
    if (piece.tsEndUs > current.tsEndUs) current.tsEndUs = piece.tsEndUs
    if (piece.high > current.high) current.high = piece.high
    if (piece.low < current.low) current.low = piece.low
    const volume = current.volume + piece.volume
    // A piece without volume has no average price, and changes none.
    if (piece.volume > 0)
      current.vwap =
        current.volume > 0 ? (current.vwap * current.volume + piece.vwap * piece.volume) / volume : piece.vwap
    current.volume = volume
    current.count += piece.count
  }

  #close(isClosed: boolean): void {
    const current = this.#current
    if (current === undefined) return
    this.#current = undefined
    const { startUs: tsOpenUs, endUs: tsCloseUs, open, high, low, close, volume, count } = current
    const vwap = volume > 0 ? current.vwap : Number.NaN
    this.bars.push({ tsOpenUs, tsCloseUs, open, high, low, close, volume, count, vwap, isClosed })
  }
}
