/**
 * The base of execution algorithms. An algorithm says what it would like to do next; the parent order that it works for
 * does it, within what is left, the limit, the largest slice and the share of the market's volume. So an algorithm of one's
 * own cannot overfill, whatever it asks for.
 */
import type { Random } from '../core/random.js'
import type { AlgoCommon, AlgoStyle } from '../model/algo.js'
import type { Instrument } from '../model/instrument.js'
import type { TimeInForce } from '../model/order-types.js'
import type { Child } from './child-book.js'
import type { VenueBoard } from './venue-board.js'

/**
 * What an algorithm sees when it is asked: whole numbers in units of the instrument, NaN where there is none. One object a
 * parent, overwritten before every call.
 */
export class ParentView {
  readonly instrument: Instrument
  /** 1 buys, -1 sells. */
  readonly side: 1 | -1
  totalUnits = 0
  filledUnits = 0
  /** What all children that are not closed may still trade at worst; orders of unknown fate and unanswered cancels included. */
  workingUnits = 0
  openChildren = 0
  /** Of these, how many are no immediate orders. */
  restingChildren = 0
  /** Children sent so far. */
  sentChildren = 0
  /** What the order may pay at most (a sell: at least); NaN without a limit. */
  limitUnits = Number.NaN
  /** Of the window that is planned now, epoch microseconds. */
  startUs = 0
  endUs = 0
  nowUs = 0
  bidUnits = Number.NaN
  askUnits = Number.NaN
  lastUnits = Number.NaN
  bidSizeUnits = 0
  askSizeUnits = 0
  /** What others traded since the start, pauses left out, as far as the feed tells. */
  externalUnits = 0
  /** What this order filled or has working since the same moment. */
  ownUnits = 0
  readonly lotUnits: number
  readonly minSliceUnits: number
  maxSliceUnits = Number.POSITIVE_INFINITY
  /** Whether the order only reduces a position: its children may be worth less than others. */
  reducesOnly = false

  constructor(instrument: Instrument, side: 1 | -1, lotUnits: number, minSliceUnits: number) {
    this.instrument = instrument
    this.side = side
    this.lotUnits = lotUnits
    this.minSliceUnits = minSliceUnits
  }

  /** What may be sent now: the total less what is filled and what is out there. Below 0 after a venue filled too much. */
  get unsentUnits(): number {
    return this.totalUnits - this.filledUnits - this.workingUnits
  }

  /** The price that an order of this side would take. */
  get farUnits(): number {
    return this.side > 0 ? this.askUnits : this.bidUnits
  }

  /** The price that an order of this side would join. */
  get nearUnits(): number {
    return this.side > 0 ? this.bidUnits : this.askUnits
  }

  /** What is displayed at {@link farUnits}. */
  get farSizeUnits(): number {
    return this.side > 0 ? this.askSizeUnits : this.bidSizeUnits
  }
}

/** What an algorithm wants. One object a parent, cleared before every call. */
export class ChildDecision {
  /** Either the quantity that should be done or out there by now, from the start on, */
  targetUnits = Number.NaN
  /** or the size of one child now. 0 sends nothing. */
  quantityUnits = Number.NaN
  /** Limit of the child; by style where NaN. */
  priceUnits = Number.NaN
  style: AlgoStyle | undefined = undefined
  /** At the market, whatever the style says; within the limit where the order has one. */
  isMarket = false
  timeInForce: TimeInForce = 'DAY'
  /** Whether a child may go although others work. */
  besideOthers = true
  /** Cancels what works; a child goes out when all of it is closed. */
  cancelsWorking = false
  /** Connector of the child; by the order, or its route, where undefined. */
  connector: string | undefined = undefined
  /** Asks again at once when the child is sent: more of them go at the same moment. */
  continues = false
  /** Ends the order: nothing more is to be done. */
  finishes = false
  /** Number of the slice that is due. A slice is served by one child; with a new one, what still works is replaced. NaN without slices. */
  slice = Number.NaN
  /** Puts {@link ExecutionAlgorithm.memo} on record. */
  savesMemo = false
  /** When it wants to be asked again at the latest, epoch microseconds. */
  nextUs = Number.POSITIVE_INFINITY

  clear(): void {
    this.targetUnits = Number.NaN
    this.quantityUnits = Number.NaN
    this.priceUnits = Number.NaN
    this.style = undefined
    this.isMarket = false
    this.timeInForce = 'DAY'
    this.besideOthers = true
    this.cancelsWorking = false
    this.connector = undefined
    this.continues = false
    this.finishes = false
    this.slice = Number.NaN
    this.savesMemo = false
    this.nextUs = Number.POSITIVE_INFINITY
  }
}

/** What a plan is made from. */
export interface PlanContext {
  /** What is to be done in this window, and what was done or out there before it began. */
  readonly quantityUnits: number
  readonly baseUnits: number
  /** Length of the window that is planned now, and of the whole window of the order. */
  readonly windowUs: number
  readonly fullWindowUs: number
  /** Start of the window that is planned now, epoch microseconds. */
  readonly startUs: number
  readonly lotUnits: number
  readonly minSliceUnits: number
  readonly random: Random
  readonly instrument: Instrument
  /** 1 buys, -1 sells. */
  readonly side: 1 | -1
  /** What may be taken at each venue, for algorithms that route, and the account of the order by index. */
  readonly board?: VenueBoard | undefined
  readonly account?: number | undefined
}

/** Which market data an algorithm wants to be asked at. */
export interface AlgoInterests {
  readonly quotes?: boolean
  readonly trades?: boolean
}

/**
 * Base class of algorithms. Subclass it, register it by a name that begins with `custom:`, and name it in
 * `algo: { type: 'custom:...' }`. State of its own must follow from the parameters and the view: after a restart it is made
 * anew, and asked again with what is filled and working by then.
 */
export abstract class ExecutionAlgorithm<P extends AlgoCommon = AlgoCommon> {
  readonly parameters: P

  constructor(parameters: P) {
    this.parameters = parameters
  }

  /** Quotes and trades after which it wants to be asked, beside its times and the events of its children. */
  get interests(): AlgoInterests {
    return {}
  }

  /** Whether the order needs a window with an end. */
  get needsWindow(): boolean {
    return true
  }

  /** Refuses parameters that cannot be carried out, at submit. `windowMs` is Infinity for an order without an end. */
  check(_windowMs: number, _instrument: Instrument): void {}

  /** A window begins: at the start, after an amendment, and after a restart. */
  begin(_context: PlanContext): void {}

  /** What to do now. */
  abstract decide(view: ParentView, decision: ChildDecision): void

  /** Every quote and trade of the instrument, in units, for algorithms whose interests name them: between two decisions. */
  observe(_kind: 'quote' | 'trade', _first: number, _second: number): void {}

  /** A child was sent. */
  childSent(_view: ParentView, _child: Child): void {}

  /** A child is over. */
  childClosed(_view: ParentView, _child: Child): void {}

  /** What it wants to find again after a restart and cannot see otherwise: plain JSON data; null for nothing. */
  memo(): unknown {
    return null
  }

  /** Takes back what {@link memo} gave before a restart. Called before {@link begin}. */
  recall(_memo: unknown): void {}

  /** When the order will be done by its own estimate, epoch microseconds; by the pace so far where NaN. */
  estimateEndUs(_view: ParentView): number {
    return Number.NaN
  }
}
