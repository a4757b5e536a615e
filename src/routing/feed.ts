/** One instrument that several connectors bring data for: who is listened to, and what of each is handed on. */
import { TradewireError } from '../core/errors.js'
import { ConsolidatedQuote } from './consolidated-quotes.js'
import { LineArbiter, type LineCounts } from './line-arbiter.js'
import { RouteSelector, type SteadinessOptions } from './route-selector.js'
import { SeenIds } from './seen-ids.js'

/** How several sources of one instrument become one stream. */
export const feedModes = ['failover', 'arbitrate', 'consolidate'] as const
/**
 * - `failover`: one source is listened to; when it fails, the next one is, and the change is marked. With an `identity`, what
 *   the next one brought meanwhile and the last one did not follows first (quotes and trades; books start from a snapshot).
 * - `arbitrate`: the sources carry the same numbered messages; the first copy of each is handed on, so that nothing is missing
 *   as long as one of them has it, and nothing comes twice.
 * - `consolidate`: the sources are different markets; quotes become the best bid and offer of all, trades pass.
 */
export type FeedMode = (typeof feedModes)[number]

/** By what messages of different sources are known to be the same: not at all, their sequence numbers, or (trades) their ids. */
export const feedIdentities = ['none', 'sequence', 'tradeId'] as const
/** See {@link feedIdentities}. */
export type FeedIdentity = (typeof feedIdentities)[number]

/** A feed of one instrument. */
export interface FeedOptions extends SteadinessOptions {
  mode: FeedMode
  /** Indices of connectors, most preferred first. */
  sources: readonly number[]
  /** Default `none`; `arbitrate` needs one. */
  identity?: FeedIdentity
  /** The numbers rise by one per message of a stream: a hole is a loss. Default false. */
  isContiguous?: boolean
  /** How long a message waits for those before it. Default 50 ms. */
  maxHoldMs?: number
  /** How many may wait, and how many of a standby are kept. Default 1,024. */
  maxHeld?: number
  /** Whether sources that are not listened to are subscribed all the same (`failover`). Default `hot`. */
  standby?: 'hot' | 'cold'
  /** A source that is silent for so long while another is not counts as failed. Default 10,000 ms. */
  staleAfterMs?: number
}

/** A message that waits for those before it. */
export interface HeldMessage {
  readonly line: number
  readonly sequence: number
  readonly previous: number
  readonly sinceMs: number
  /** Hands it on; false when there is no room. */
  publish(): boolean
}

/** One kind of message of a feed. */
export interface FeedStream {
  readonly name: 'quotes' | 'trades' | 'book'
  readonly arbiter: LineArbiter
  /** In the order of their numbers. */
  readonly held: HeldMessage[]
  /** Of sources that are not listened to (`failover`), as they came; see `standby-messages.ts`. */
  readonly kept: HeldMessage[]
}

/** What came over a source. */
export interface FeedLineReport {
  source: number
  quotes: LineCounts
  trades: LineCounts
  book: LineCounts
  /** Messages that were not handed on because another source is listened to. */
  suppressed: number
  /** Our time of receipt of its last message, epoch microseconds; NaN before the first. */
  lastRecvUs: number
}

/** State of a feed. */
export class Feed {
  readonly mode: FeedMode
  readonly identity: FeedIdentity
  readonly sources: readonly number[]
  readonly selector: RouteSelector
  readonly isContiguous: boolean
  readonly maxHoldMs: number
  readonly maxHeld: number
  readonly quotes: FeedStream
  readonly trades: FeedStream
  readonly book: FeedStream
  /** Trades by id, where ids have no order. */
  readonly seenTrades: SeenIds | undefined
  readonly consolidated: ConsolidatedQuote | undefined
  /** After a change of source a book starts from a snapshot. */
  isAwaitingSnapshot = false
  /** The consolidated quote changed and could not be handed on yet. */
  isQuoteOwed = false
  /** Line and number of a book update whose messages are not complete. */
  openBookLine = -1
  openBookSequence = Number.NaN
  /** Messages of connectors that are no source of this feed. */
  foreign = 0
  /** Messages that waited and were handed on. */
  released = 0
  readonly suppressed: Float64Array
  readonly lastRecvUs: Float64Array
  readonly standby: 'hot' | 'cold'
  /** Whether what the others bring is kept for a change of source. */
  readonly keepsStandby: boolean
  readonly #staleAfterUs: number
  #active = -1
  #activeSinceUs = Number.NaN

  /** @throws TradewireError `TW_INVALID_CONFIG` naming the option. */
  constructor(options: FeedOptions) {
    const { mode, sources, identity = 'none', isContiguous = false, maxHoldMs = 50, maxHeld = 1_024 } = options
    const { staleAfterMs = 10_000, standby = 'hot' } = options
    if (!feedModes.includes(mode)) refuse(`mode is "${String(mode)}"; use ${feedModes.join(', ')}`)
    if (!feedIdentities.includes(identity))
      refuse(`identity is "${String(identity)}"; use ${feedIdentities.join(', ')}`)
    if (mode === 'arbitrate' && identity === 'none')
      refuse('arbitrate needs to know the same message again: set identity to sequence or tradeId')
    if (standby !== 'hot' && standby !== 'cold') refuse(`standby is "${String(standby)}"; use hot or cold`)
    if (!(maxHoldMs > 0)) refuse(`maxHoldMs is ${maxHoldMs}; give milliseconds above 0`)
    if (!(Number.isInteger(maxHeld) && maxHeld > 0)) refuse(`maxHeld is ${maxHeld}; give a whole number above 0`)
    if (!(staleAfterMs > 0)) refuse(`staleAfterMs is ${staleAfterMs}; give milliseconds above 0`)
    this.mode = mode
    this.standby = standby
    this.identity = identity
    this.sources = sources
    this.isContiguous = isContiguous
    this.maxHoldMs = maxHoldMs
    this.maxHeld = maxHeld
    this.selector = new RouteSelector('primary-backup', sources, options)
    const lines = sources.length
    this.quotes = { name: 'quotes', arbiter: new LineArbiter(lines, isContiguous), held: [], kept: [] }
    this.trades = { name: 'trades', arbiter: new LineArbiter(lines, isContiguous), held: [], kept: [] }
    this.book = { name: 'book', arbiter: new LineArbiter(lines, isContiguous), held: [], kept: [] }
    this.keepsStandby = mode === 'failover' && standby === 'hot' && identity !== 'none'
    this.seenTrades = identity === 'tradeId' && !isContiguous ? new SeenIds() : undefined
    this.consolidated = mode === 'consolidate' ? new ConsolidatedQuote(lines, staleAfterMs) : undefined
    this.suppressed = new Float64Array(lines)
    this.lastRecvUs = new Float64Array(lines).fill(Number.NaN)
    this.#staleAfterUs = staleAfterMs * 1_000
  }

  /** Line that is listened to (`failover`); -1 for none. */
  get active(): number {
    return this.#active
  }

  /** Listens to another line, or to none. */
  listenTo(line: number, nowUs: number): void {
    this.#active = line
    this.#activeSinceUs = nowUs
    this.openBookLine = -1
  }

  /** Position of a connector among the sources; -1 when it is none of them. */
  lineOf(source: number): number {
    const { sources } = this
    for (let line = 0; line < sources.length; line++) if (sources[line] === source) return line
    return -1
  }

  /**
   * Silent for too long while another line was heard: the market is not quiet, this line is. A line that is listened to is
   * given its time from then on; of one that is not, and has never been heard, nothing is known.
   */
  isStale(line: number, nowUs: number): boolean {
    let own = this.lastRecvUs[line] as number
    if (line === this.active) own = own > this.#activeSinceUs ? own : this.#activeSinceUs
    else if (this.standby === 'cold' || Number.isNaN(own)) return false
    if (nowUs - own <= this.#staleAfterUs) return false
    for (let other = 0; other < this.lastRecvUs.length; other++)
      if (other !== line && nowUs - (this.lastRecvUs[other] as number) <= this.#staleAfterUs) return true
    return false
  }

  /** Counters per source. */
  report(): FeedLineReport[] {
    return this.sources.map((source, line) => ({
      source,
      quotes: this.quotes.arbiter.counts(line),
      trades: this.trades.arbiter.counts(line),
      book: this.book.arbiter.counts(line),
      suppressed: this.suppressed[line] as number,
      lastRecvUs: this.lastRecvUs[line] as number,
    }))
  }
}

function refuse(problem: string): never {
  throw new TradewireError('TW_INVALID_CONFIG', `feed: ${problem}`)
}
