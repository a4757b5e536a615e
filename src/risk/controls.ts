/**
 * The pre-trade controls, one row each: its number, the code a refusal carries, what it asks, and where the demand comes
 * from. Numbers are those of the control catalogue and never change; docs/risk.md is made from this table.
 */

/** One control. */
export interface Control {
  /** Small integer by which the gate returns it; also the number in the catalogue (C01 is 1). */
  readonly number: number
  /** The reason code of an order it refuses. */
  readonly code: string
  /** What is asked, in one sentence. */
  readonly rule: string
  readonly source: string
}

const control = (number: number, code: string, rule: string, source: string): Control => ({
  number,
  code,
  rule,
  source,
})

/** Controls by what the gate returns. Several codes may belong to one control of the catalogue. */
export const controls = {
  maxOrderQuantity: control(
    1,
    'MAX_ORDER_QTY',
    'The quantity of one order is at most the limit of its instrument.',
    'RTS 6 Art. 15(1)(c)',
  ),
  maxOrderNotional: control(
    2,
    'MAX_ORDER_NOTIONAL',
    'The value of one order (price x quantity x multiplier x rate) is at most the limit; an order without a limit price is valued at the adverse end of the collar.',
    'RTS 6 Art. 15(1)(b)',
  ),
  priceCollar: control(
    3,
    'PRICE_COLLAR',
    'A limit price is no further from the reference on the aggressive side than the collar.',
    'RTS 6 Art. 15(1)(a)',
  ),
  invalidOrder: control(
    5,
    'INVALID_ORDER',
    'Price and quantity are on the grid, they and the value of the order are within the bounds of the instrument, and the venue takes the type, the time in force and the flags.',
    'exchange rules',
  ),
  maxPosition: control(
    6,
    'MAX_POSITION',
    'Position plus everything that may still fill on the order side stays within the limit, orders of unknown fate included.',
    'RTS 6 Art. 8(c)',
  ),
  openOrders: control(
    9,
    'MAX_OPEN_ORDERS',
    'The number of orders that may be working is at most the limit of instrument, strategy, account and connector.',
    'venue order limits',
  ),
  throttle: control(
    11,
    'THROTTLE',
    'In every window of the given length at most so many new and replace messages leave, and the message limit of the venue has room for one more.',
    'RTS 6 Art. 15(1)(d)',
  ),
  duplicate: control(
    14,
    'DUPLICATE',
    'A client order id is used once; orders alike in instrument, side, quantity, price, type and strategy come no more often than allowed.',
    'SEC Rule 15c3-5',
  ),
  marketData: control(
    18,
    'MARKET_DATA',
    'The reference price is fresh, uncrossed, not too wide and did not jump without confirmation; an order that protects a position and is no larger than it goes without one.',
    'FIA best practices',
  ),
  noReference: control(
    18,
    'NO_REFERENCE_PRICE',
    'A price to value the order with exists, and a rate to the base currency.',
    'fail closed',
  ),
  notTradable: control(
    19,
    'NOT_TRADABLE',
    'The connector is ready (connected and reconciled) and the instrument is open.',
    'venue session state',
  ),
  killSwitch: control(25, 'KILL_SWITCH', 'No kill switch covers the order.', 'RTS 6 Art. 12'),
  halted: control(26, 'HALTED', 'No trading state that covers the order is HALTED.', 'trading states'),
  reducing: control(
    26,
    'REDUCING',
    'While a state that covers the order is REDUCING, or the order is reduce-only, it can only make the position smaller.',
    'trading states',
  ),
  // What follows came later: positions in this table are numbers in journals.
  trigger: control(
    4,
    'TRIGGER_PRICE',
    'A trigger waits on the right side of the reference and not too far from it; the limit of a stop-limit order is not short of its trigger.',
    'FIA best practices',
  ),
  priceBand: control(
    3,
    'PRICE_BAND',
    'A limit price is no further than allowed beyond the reference of any time in the last period.',
    'RTS 6 Art. 15(1)(a)',
  ),
  volatility: control(
    3,
    'VOLATILITY',
    'The range of references in the last period is at most the limit; what makes a position smaller passes.',
    'RTS 6 Art. 15(1)(a)',
  ),
  positionValue: control(
    7,
    'POSITION_VALUE',
    'The value of the position in one instrument, at its worst, is at most the limit of every scope that covers it.',
    'SEC Rule 15c3-5',
  ),
  concentration: control(
    7,
    'CONCENTRATION',
    'The value of the position in one instrument, at its worst, is at most its share of equity; equity is known.',
    'SEC Rule 15c3-5',
  ),
  grossExposure: control(
    7,
    'GROSS_EXPOSURE',
    'The values of all positions at their worst, whichever side, sum up to at most the limit of every scope that covers the order.',
    'SEC Rule 15c3-5',
  ),
  netExposure: control(
    7,
    'NET_EXPOSURE',
    'The signed values of all positions, at the worst for the side of the order, sum up to at most the limit.',
    'SEC Rule 15c3-5',
  ),
  credit: control(
    8,
    'CREDIT',
    'Funds, known and fresh, cover what positions and working orders tie up at worst.',
    'SEC Rule 15c3-5 (pre-set credit)',
  ),
  dailyOrders: control(
    10,
    'DAILY_ORDERS',
    'New orders since the trading day began are at most the limit of every scope that covers the order.',
    'RTS 6 Art. 8(b)',
  ),
  dailyNotional: control(10, 'DAILY_NOTIONAL', 'The same for the value ordered.', 'RTS 6 Art. 8(b)'),
  dailyQuantity: control(10, 'DAILY_QUANTITY', 'The same for the quantity ordered.', 'RTS 6 Art. 8(b)'),
  runaway: control(
    12,
    'RUNAWAY',
    'A strategy submits at most so many new orders and increases a window, refused ones counted; beyond it the strategy is halted.',
    'RTS 6 Art. 15(1)(d)',
  ),
  reentry: control(
    13,
    'REPEATED_EXECUTION',
    'A strategy enters the same instrument and side after a fill at most so often a window; beyond it the strategy is halted until a named operator re-enables it.',
    'RTS 6 Art. 15(3)',
  ),
  parent: control(
    15,
    'PARENT_QUANTITY',
    'What the children of an order filled and may still fill is at most its quantity; an algorithm that tries to pass it is halted.',
    'SEC order 34-70694 (Knight)',
  ),
  selfMatch: control(
    16,
    'SELF_MATCH',
    'An order does not trade with an own resting order at any venue; by policy the resting order is canceled.',
    'FIA best practices, exchange rules',
  ),
  restricted: control(
    17,
    'RESTRICTED',
    'Instrument, account, strategy and connector are allowed, for the side of the order.',
    'SEC Rule 15c3-5(c)(2)',
  ),
  shortSale: control(
    17,
    'SHORT_SALE',
    'What is sold beyond the position, at worst, may be sold short: it is allowed, or located.',
    'Regulation SHO',
  ),
  varLimit: control(
    22,
    'VAR_LIMIT',
    'The value at risk of the portfolio with the order is at most the limit, or smaller than without it; the covariance is known and fresh.',
    'portfolio risk policy',
  ),
  correlation: control(
    22,
    'CORRELATION',
    'What moves together with the instrument of the order is worth at most the limit.',
    'portfolio risk policy',
  ),
  rejectStorm: control(
    23,
    'REJECT_STORM',
    'The venue did not reject so many orders in a row, or such a share of them, that its circuit is open.',
    'FIA best practices',
  ),
  breaker: control(
    20,
    'BREAKER',
    'No circuit breaker (daily loss, drawdown, concentration, latency, stale data, one of the host) that covers the order has tripped.',
    'SEC Rule 15c3-5',
  ),
  ownCheck: control(0, 'OWN_CHECK', 'Every check of the host agrees.', 'the host'),
  // Journals hold the places of controls in this list: new ones come at its end.
  clock: control(
    35,
    'CLOCK_SKEW',
    'The clocks of the venue and ours are not too far apart.',
    'FIX SendingTime accuracy, RTS 25',
  ),
  output: control(
    36,
    'OUTPUT_MISMATCH',
    'An order leaves once, with what it was approved for, and children take no more out than their parent asks for; otherwise it is not sent and the strategy is halted.',
    'SEC order 34-70694 (Knight)',
  ),
} as const satisfies Record<string, Control>

/** Name of a control. */
export type ControlName = keyof typeof controls

/** Controls as the gate returns them: index + 1. 0 means that all passed. */
export const controlNames = Object.keys(controls) as ControlName[]

/** What the gate returns for a control. */
export const Verdict = Object.fromEntries(controlNames.map((name, index) => [name, index + 1])) as Readonly<
  Record<ControlName, number>
>

/** The control behind a verdict above 0. */
export function controlOf(verdict: number): Control {
  return controls[controlNames[verdict - 1] as ControlName]
}

/** Reason codes of refusals that are not controls of the gate, from 100. */
export const LocalReason = {
  JOURNAL_UNAVAILABLE: 100,
  CAPACITY: 101,
  NO_ROUTE: 102,
  USER_RULE: 103,
  READ_ONLY: 104,
  CANCELED_BEFORE_SEND: 105,
  CLOSING: 106,
  /** An order of unknown fate at another connector: nothing is sent elsewhere in its place. */
  UNKNOWN_ELSEWHERE: 107,
  /** A check threw: what cannot be checked is refused. */
  CHECK_FAILED: 108,
  // Refusals of the validation pipeline, from 140.
  /** A stage of the host's own. */
  VALIDATION: 140,
  EXPIRED: 141,
  OFF_GRID: 142,
  QUANTITY_BOUNDS: 143,
  MARKET_CLOSED: 144,
  AFTER_HOURS: 145,
  UNKNOWN_CALENDAR: 146,
  CALENDAR_RANGE: 147,
  NOT_AUTHORIZED: 148,
  WIDE_SPREAD: 149,
  THIN_DEPTH: 150,
  HIGH_IMPACT: 151,
  FAT_FINGER: 152,
  RISK_SCORE: 153,
  NOTIONAL_BOUNDS: 154,
} as const

const localNames = new Map<number, string>(Object.entries(LocalReason).map(([name, code]) => [code, name]))

/** The reason code, as text, of a denied order. */
export function denialCode(reason: number): string {
  return localNames.get(reason) ?? controlOf(reason).code
}
