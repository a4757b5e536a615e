/**
 * The best bid and offer over several sources of one instrument. A side counts while its source is up, its quote is fresh,
 * and its own quote is not crossed; what is left may still lock or cross between sources, which is a fact of such markets
 * and said so.
 */
import { TradewireError } from '../core/errors.js'

/** What a source quotes. Absent sides are NaN. */
export interface SourceQuote {
  bid: number
  ask: number
  bidSize: number
  askSize: number
  /** Our time of receipt, epoch microseconds. */
  tsRecvUs: number
}

/** How a consolidated quote stands. */
export type QuoteCondition = 'normal' | 'one-sided' | 'locked' | 'crossed' | 'empty'

const fields = 5
const [BID, ASK, BID_SIZE, ASK_SIZE, RECV] = [0, 1, 2, 3, 4]

/** Quotes of all sources of one instrument, and the best of them. */
export class ConsolidatedQuote {
  /** Best bid; NaN when no source has one. */
  bid = Number.NaN
  /** Best offer; NaN when no source has one. */
  ask = Number.NaN
  /** Size at the best bid over all sources that quote it. */
  bidSize = Number.NaN
  /** Size at the best offer over all sources that quote it. */
  askSize = Number.NaN
  /** Source of the best bid, the first of equals; -1 for none. */
  bidSource = -1
  /** Source of the best offer, the first of equals; -1 for none. */
  askSource = -1
  /** Quotes that were left out because they were crossed in themselves. */
  crossedInSource = 0
  readonly #cells: Float64Array
  readonly #isUp: Uint8Array
  readonly #sources: number
  readonly #maxAgeUs: number

  /**
   * @param sources how many there are.
   * @param maxAgeMs a quote that is older does not count.
   * @throws TradewireError `TW_INVALID_CONFIG`.
   */
  constructor(sources: number, maxAgeMs = 10_000) {
    if (!(Number.isInteger(sources) && sources > 0 && sources <= 64))
      throw new TradewireError('TW_INVALID_CONFIG', `A consolidated quote has 1 to 64 sources, not ${sources}`)
    if (!(maxAgeMs > 0))
      throw new TradewireError('TW_INVALID_CONFIG', `maxAgeMs is ${maxAgeMs}; give milliseconds above 0`)
    this.#sources = sources
    this.#maxAgeUs = maxAgeMs * 1_000
    this.#cells = new Float64Array(sources * fields).fill(Number.NaN)
    this.#isUp = new Uint8Array(sources).fill(1)
  }

  /** Takes a quote of a source. Returns whether the best of all changed. */
  update(source: number, bid: number, ask: number, bidSize: number, askSize: number, tsRecvUs: number): boolean {
    const cells = this.#cells
    const at = source * fields
    if (bid > ask) this.crossedInSource++
    cells[at + BID] = bid
    cells[at + ASK] = ask
    cells[at + BID_SIZE] = bidSize
    cells[at + ASK_SIZE] = askSize
    cells[at + RECV] = tsRecvUs
    return this.refresh(tsRecvUs)
  }

  /** Leaves a source out, or lets it in again. Its old quote does not come back with it. */
  setUp(source: number, isUp: boolean, nowUs: number): boolean {
    this.#isUp[source] = isUp ? 1 : 0
    if (!isUp) this.#cells.fill(Number.NaN, source * fields, source * fields + fields)
    return this.refresh(nowUs)
  }

  /** Looks at all quotes again: some may be too old by now. Returns whether the best changed. */
  refresh(nowUs: number): boolean {
    const cells = this.#cells
    let bid = Number.NaN
    let ask = Number.NaN
    let bidSize = Number.NaN
    let askSize = Number.NaN
    let bidSource = -1
    let askSource = -1
    for (let source = 0; source < this.#sources; source++) {
      if (!this.isFresh(source, nowUs)) continue
      const at = source * fields
      const ownBid = cells[at + BID] as number
      const ownAsk = cells[at + ASK] as number
      if (ownBid > ownAsk) continue
      if (ownBid > bid || (bidSource < 0 && !Number.isNaN(ownBid))) {
        bid = ownBid
        bidSize = cells[at + BID_SIZE] as number
        bidSource = source
      } else if (ownBid === bid) bidSize += cells[at + BID_SIZE] as number
      if (ownAsk < ask || (askSource < 0 && !Number.isNaN(ownAsk))) {
        ask = ownAsk
        askSize = cells[at + ASK_SIZE] as number
        askSource = source
      } else if (ownAsk === ask) askSize += cells[at + ASK_SIZE] as number
    }
    const isSame =
      Object.is(bid, this.bid) &&
      Object.is(ask, this.ask) &&
      Object.is(bidSize, this.bidSize) &&
      Object.is(askSize, this.askSize) &&
      bidSource === this.bidSource &&
      askSource === this.askSource
    if (isSame) return false
    this.bid = bid
    this.ask = ask
    this.bidSize = bidSize
    this.askSize = askSize
    this.bidSource = bidSource
    this.askSource = askSource
    return true
  }

  /** Whether a source counts: up, and its quote not too old. */
  isFresh(source: number, nowUs: number): boolean {
    return this.#isUp[source] === 1 && nowUs - (this.#cells[source * fields + RECV] as number) <= this.#maxAgeUs
  }

  /** What one source quotes, fresh or not. */
  of(source: number): SourceQuote {
    const at = source * fields
    const cells = this.#cells
    return {
      bid: cells[at + BID] as number,
      ask: cells[at + ASK] as number,
      bidSize: cells[at + BID_SIZE] as number,
      askSize: cells[at + ASK_SIZE] as number,
      tsRecvUs: cells[at + RECV] as number,
    }
  }

  /** How the best bid and offer stand to each other. */
  get condition(): QuoteCondition {
    if (this.bidSource < 0 && this.askSource < 0) return 'empty'
    if (this.bidSource < 0 || this.askSource < 0) return 'one-sided'
    if (this.bid === this.ask) return 'locked'
    return this.bid > this.ask ? 'crossed' : 'normal'
  }
}
