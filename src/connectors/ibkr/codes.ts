/**
 * What the codes of TWS mean for what is under way. TWS sends everything as "error": news about farms, warnings about orders
 * that work, refusals, and the end of the world. The table says which is which; a host may add to it.
 *
 *   information    nothing is wrong                       order         this order, change or cancel was refused
 *   warning        something is odd, the order works       request       this question or stream was refused
 *   connectivity   data or servers are away or back        fatal         this connection will not become ready
 */

/** What a code means. */
export type TwsCodeClass = 'information' | 'warning' | 'order' | 'cancel' | 'request' | 'connectivity' | 'fatal'

/** What a code means. */
export interface TwsCode {
  readonly class: TwsCodeClass
  readonly meaning: string
  /** What the connector does about it, where that is more than its class says. */
  readonly then?: string
}

const as = (kind: TwsCodeClass, meaning: string, then?: string): TwsCode =>
  then === undefined ? { class: kind, meaning } : { class: kind, meaning, then }

const asksAnew = 'streams are stale at once; what stays silent is asked for anew'

/** All codes that have a meaning of their own. Others are judged by what they refer to: see {@link classOf}. */
export const twsCodes: Readonly<Record<number, TwsCode>> = {
  100: as(
    'warning',
    'more than 50 messages in a second; again and again, TWS ends the connection',
    'our own pacing keeps 48 in 1.1 seconds, so it should never come',
  ),
  101: as('request', 'no market data line is left'),
  102: as('request', 'the ticker id is in use'),
  103: as('order', 'the order id was used before', 'order ids start above all that were ever used; see FileOrderIds'),
  104: as('order', 'the order that should change is filled'),
  105: as('order', 'the change does not fit the order'),
  106: as('order', 'the order could not be transmitted'),
  107: as('order', 'the order is incomplete'),
  109: as('order', 'the price is outside of the precautionary limits'),
  110: as('order', 'the price is off the grid'),
  111: as('order', 'time in force and order type do not go together'),
  113: as('order', 'MOC and LOC orders take DAY only'),
  116: as('warning', 'the exchange does not take orders now: what becomes of the order is told by its status'),
  131: as('order', 'the shown size does not fit'),
  132: as('order', 'the size does not fit the market rule'),
  133: as('order', 'the new order could not be submitted'),
  134: as('order', 'the change could not be submitted'),
  135: as('cancel', 'no order with this id', 'a cancel, or else a change, that waits is refused'),
  136: as('cancel', 'the order cannot be cancelled'),
  144: as('order', 'the size does not fit'),
  145: as('order', 'a field of the order is not valid'),
  148: as('order', 'conditions need a limit or market order'),
  152: as('order', 'hidden orders are not offered for this contract'),
  154: as('warning', 'the contract is halted: what becomes of the order is told by its status'),
  157: as('order', 'iceberg and discretion exclude each other'),
  158: as('order', 'an offset is missing'),
  159: as('order', 'the percentage of the offset is not one'),
  160: as('order', 'the size is zero'),
  161: as('cancel', 'the order is in no state to be cancelled'),
  162: as(
    'request',
    'history: refused, or too many requests',
    'the history query fails with the words of TWS; no data is an empty answer',
  ),
  163: as('order', 'the price is outside of the percentage that presets allow'),
  165: as('information', 'history: a message of the service'),
  200: as('request', 'no such contract, or more than one'),
  201: as('order', 'the order was rejected'),
  202: as('information', 'the order is cancelled', 'ends the order; the cancel that was asked for is confirmed'),
  203: as('order', 'the contract is not offered to this account'),
  300: as('request', 'no stream with this id'),
  309: as('request', 'too many books'),
  310: as('request', 'no book with this id'),
  317: as('connectivity', 'the book begins anew: empty it', 'the book is emptied and filled again'),
  320: as('order', 'the request could not be read'),
  321: as(
    'order',
    'the request is not valid; an order that should change still works',
    'a change that waits is refused; an order that was accepted stays',
  ),
  322: as('order', 'the request could not be processed'),
  326: as('fatal', 'the client id is in use', 'tried again with growing delays and the same client id'),
  328: as('order', 'trailing stops can be attached to limit and stop orders only'),
  329: as('order', 'the type of the order cannot be changed to this one'),
  334: as('order', 'the end of a GTD order is not valid'),
  336: as('order', 'the start time is not valid'),
  354: as('request', 'no subscription for these data', 'a stream that stood is tried again at growing intervals'),
  355: as('order', 'the size does not fit the market rule'),
  361: as('order', 'the trigger price is not valid'),
  366: as('request', 'no history request with this id'),
  383: as('order', 'the size is above the limit that presets allow'),
  387: as('order', 'the order type is not offered'),
  388: as('order', 'the size is below the least one'),
  392: as('order', 'the contract has expired'),
  399: as('warning', 'a message about an order that works', 'the order works on, whatever the text says'),
  400: as('order', 'the algorithm refused the order'),
  402: as('order', 'conditions are not offered for this contract'),
  403: as('order', 'the stop price is not valid'),
  404: as('warning', 'shares to sell short are being located; the order is held', 'the order works on'),
  405: as('order', 'the size of a child differs from that of its parent'),
  411: as('warning', 'outsideRth was ignored; the order works'),
  412: as('order', 'the contract is not traded'),
  413: as('order', 'a what-if order has to be transmitted'),
  420: as('request', 'real-time bars: refused'),
  430: as('request', 'no fundamentals'),
  434: as('order', 'the order has no size'),
  435: as('order', 'the order names no account'),
  436: as('order', 'the order names no account'),
  439: as('order', 'no such algorithm'),
  441: as('order', 'a parameter of the algorithm is not valid'),
  442: as('order', 'the algorithm is not offered for this order'),
  443: as('order', 'an unknown parameter of the algorithm'),
  460: as('order', 'no permission to trade this'),
  492: as('request', 'no permission for the scanner'),
  501: as('information', 'connected already'),
  502: as('fatal', 'TWS cannot be reached'),
  503: as('fatal', 'TWS is too old'),
  504: as('connectivity', 'not connected'),
  505: as('warning', 'an unknown message'),
  506: as('fatal', 'versions do not fit'),
  507: as('fatal', 'a bad message length'),
  508: as('fatal', 'a bad message'),
  1100: as(
    'connectivity',
    'the servers of IBKR are away',
    'streams are stale at once; new orders are refused until 1101 or 1102 and what happened meanwhile is known; cancels leave',
  ),
  1101: as(
    'connectivity',
    'they are back, every stream has to be asked for anew',
    'streams are stale, all are asked for anew; executions and orders are asked for, then orders leave again',
  ),
  1102: as(
    'connectivity',
    'they are back, streams go on',
    'streams are stale until something comes, silent ones are asked for anew; executions and orders as after 1101',
  ),
  1300: as(
    'connectivity',
    'the port of TWS was changed',
    'the connection is given up; give the new port to the connector',
  ),
  2100: as('information', 'account data are no longer sent'),
  2103: as('connectivity', 'a market data farm is away', 'streams are stale at once; orders go on'),
  2104: as('information', 'a market data farm is there', asksAnew),
  2105: as('connectivity', 'a farm of history is away'),
  2106: as('information', 'a farm of history is there'),
  2107: as('information', 'a farm of history sleeps until it is needed'),
  2108: as('information', 'a market data farm sleeps until it is needed', asksAnew),
  2109: as('warning', 'outsideRth was ignored; the order works'),
  2110: as(
    'connectivity',
    'TWS has lost its servers and will find them again',
    'streams are stale at once; orders go on when it is over',
  ),
  2119: as('information', 'a market data farm is being connected'),
  2137: as('warning', 'the order crosses an own position'),
  2150: as('warning', 'a value of a position is not valid'),
  2152: as('information', 'deeper books need other subscriptions'),
  2157: as('connectivity', 'the farm of contract definitions is away'),
  2158: as('information', 'the farm of contract definitions is there'),
  2161: as('warning', 'a price cap was applied; the order works'),
  10006: as('order', 'the parent order is missing'),
  10089: as('request', 'these data need another subscription'),
  10090: as('warning', 'a part of the data is not subscribed'),
  10147: as(
    'cancel',
    'TWS does not know the order',
    'the cancel that waits is refused; the order stays as it was until reconciliation',
  ),
  10148: as(
    'cancel',
    'the order is in no state to be cancelled',
    'the cancel that waits is refused; the order stays as it was',
  ),
  10167: as('warning', 'delayed data instead of live ones'),
  10168: as('request', 'no subscription, and delayed data are off'),
  10182: as('connectivity', 'live updates of history ended', asksAnew),
  10186: as('request', 'no subscription for these data'),
  10189: as('request', 'tick-by-tick: refused'),
  10190: as('request', 'too many tick-by-tick streams'),
  10197: as('connectivity', 'somebody else uses the data of this login', asksAnew),
  10225: as('connectivity', 'a bust ended the real-time bars: ask anew', asksAnew),
  10276: as('request', 'no permission for news'),
  10314: as('request', 'history: the end is no time'),
  10318: as('order', 'the quantity is off the grid'),
  10349: as(
    'warning',
    'a preset set the time in force; the order works',
    'the order works on; a time in force is always said, so it should never come',
  ),
}

/** Adds to, or changes, what codes mean; by code. */
export type TwsCodeTable = Readonly<Record<number, TwsCode>>

/**
 * What a code means. One that the table does not have is a warning from 2100 to 2199, information without an id, and never
 * the end of an order: an order that may work must not be taken for refused.
 */
export function classOf(code: number, id: number, isAboutOrder: boolean, more: TwsCodeTable = {}): TwsCodeClass {
  const known = more[code] ?? twsCodes[code]
  if (known !== undefined) return known.class
  if (code >= 2_100 && code < 2_200) return 'warning'
  if (id < 0) return 'information'
  return isAboutOrder ? 'warning' : 'request'
}
