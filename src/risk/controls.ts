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
    'Price and quantity are on the grid and within the bounds of the instrument, and the venue takes the type, the time in force and the flags.',
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
    'In every window of the given length at most so many new and replace messages leave.',
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
    'The reference price is fresh, uncrossed, not too wide and did not jump without confirmation.',
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
} as const

const localNames = new Map<number, string>(Object.entries(LocalReason).map(([name, code]) => [code, name]))

/** The reason code, as text, of a denied order. */
export function denialCode(reason: number): string {
  return localNames.get(reason) ?? controlOf(reason).code
}
