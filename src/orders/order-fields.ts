/**
 * The fields of an order record: `cells[row + Field.quantity]`, with `import * as Field from './order-fields.js'`.
 *
 * They are exports of a module and not properties of an object so that the bundler writes the numbers where the names
 * stand. Sequence numbers are numbers of journal records, 0 = never. Times are epoch microseconds. `NaN` in a term means
 * that the order has none. A record is eight cache lines of eight fields; what every order touches comes first.
 */

/** Order number; 0 marks a record that was never used. */
export const number = 0
/** 1 while the order is not closed, or may grow although it is filled: the record must not be reused. Kept by the fold. */
export const isOpen = 1
/** Whose order it is and what it is on, as small integers. */
export const instrument = 2,
  account = 3,
  strategy = 4,
  connector = 5
/** What was asked for besides its terms, as codes. */
export const side = 6,
  type = 7,
  timeInForce = 8,
  flags = 9
/** Terms as confirmed: of the highest replace generation, generation 0 being the order as submitted. */
export const quantity = 10,
  price = 11,
  trigger = 12
/** Filled now: trades less busts, as corrected, with what is left of inferences. */
export const filled = 13
/** What was ever executed, busted trades included: the scale on which inferences are measured. */
export const traded = 14
/** Bits of `Fact` that are simply known. What depends on an order of events is computed from the sequence numbers. */
export const facts = 15
/** Sequence of the latest venue fact. */
export const venueSeq = 16
/** Sequences of its milestones, and of the latest event. */
export const submittedSeq = 17,
  acceptedSeq = 18,
  lastSeq = 19
/** Its trades, a list in the trade pool. */
export const firstTrade = 20,
  lastTrade = 21,
  tradeCount = 22
/** Whether any trade was corrected, busted or inferred: the filled quantity is then computed from all of them. */
export const hasAdjustments = 23
/** What the order has reserved with the risk gate, and whether it is counted as open there. */
export const reserved = 24,
  isCounted = 25
/** Times of creation and of the latest change. */
export const createdUs = 26,
  updatedUs = 27
/** Whether anything is known that ends an order, or re-opens it, otherwise than by trades reaching its quantity. */
export const hasEnding = 28
/** Whether the trades are found through the index of the trade pool. */
export const isIndexed = 29
/** First of the order's requests under way in the request pool, or -1. */
export const firstRequest = 30
/** Latest time its fate was declared unknown; see `factsOf`. */
export const unknownSeq = 31
/** Sequences of what was concluded, and of the latest report that it works. */
export const rejectedInferredSeq = 32,
  closedInferredSeq = 33,
  worksSeq = 34
/** Sequence of the latest bust or correction. */
export const bustSeq = 35
/** Sequences of what the venue said of its end and of its trigger. */
export const triggeredSeq = 36,
  rejectedSeq = 37,
  closedSeq = 38
/** Venue times of its end. */
export const canceledTs = 39,
  expiredTs = 40
/** Which confirmation the terms come from. */
export const termGeneration = 41,
  termTs = 42,
  termSeq = 43
/** Requests under way: bit i of the three masks stands for generation `requestBase + i`. */
export const nextGeneration = 44,
  requestBase = 45,
  requestOpened = 46,
  requestResolved = 47,
  requestIsCancel = 48
/** Rarer terms. */
export const trailingAmount = 50,
  trailingBasisPoints = 51,
  display = 52,
  expireUs = 53,
  selfTrade = 54
/** Why it was denied or is unknown, as a code. */
export const reasonCode = 55
/** Monotonic time of sending, for latency. */
export const sentNs = 56
/** Row of its position in the portfolio plus 1; 0 = not looked up yet. */
export const positionRow = 57
/** Whether it is approved and waits to be handed to its connector. */
export const isStaged = 58
/** Index of the position that it belongs to, where positions are hedged; 0 is the net position. */
export const position = 59

/** Doubles in a record, as a power of two. */
export const RECORD_BITS = 6
/**
 * Offsets of records stay below 2^30. `row & OFFSET` is the row itself, and tells the compiler so: it need not guard every
 * addition of a field's number against overflow.
 */
export const OFFSET = 0x3fff_ffff
