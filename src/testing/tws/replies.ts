/** The messages of TWS apart from those about orders: what they hold, by version of the server. */
import type { TwsListing } from './catalogue.js'
import { contractFields, type TwsContract } from './contract-fields.js'
import { twsErrorText } from './errors.js'
import { Reply } from './message-ids.js'
import { dayText } from './times.js'

/** A message as its fields. */
export type Fields = (string | number)[]

/** An error, a warning or information; `id` -1 where it belongs to no request. */
export function errorFields(
  version: number,
  id: number,
  code: number,
  details: readonly (string | number)[] = [],
  advancedReject = '',
): Fields {
  const out: Fields = [Reply.error, 2, id, code, twsErrorText(code, ...details)]
  if (version >= 166) out.push(advancedReject)
  return out
}

/** What orderStatus tells. */
export interface StatusFacts {
  readonly orderId: number
  readonly status: string
  readonly filled: string
  readonly remaining: string
  readonly averagePrice: string
  readonly permId: string
  readonly parentId: string
  readonly lastPrice: string
  readonly clientId: number
  readonly whyHeld: string
}

/** The message orderStatus. */
export function orderStatusFields(facts: StatusFacts): Fields {
  const { orderId, status, filled, remaining, averagePrice, permId, parentId, lastPrice, clientId, whyHeld } = facts
  return [
    Reply.orderStatus,
    orderId,
    status,
    filled,
    remaining,
    averagePrice,
    permId,
    parentId,
    lastPrice,
    clientId,
    whyHeld,
    '0',
  ]
}

/** What execDetails tells. */
export interface ExecutionFacts {
  readonly orderId: number
  readonly contract: TwsContract
  readonly execId: string
  readonly time: string
  readonly account: string
  readonly exchange: string
  readonly side: 'BOT' | 'SLD'
  readonly shares: string
  readonly price: string
  readonly permId: string
  readonly clientId: number
  readonly cumulative: string
  readonly averagePrice: string
  readonly orderRef: string
  readonly modelCode: string
  /** 0 unknown, 1 added, 2 removed, 3 routed out. */
  readonly liquidity: number
}

/** The message execDetails; `reqId` is -1 for executions that just happened. */
export function executionFields(version: number, reqId: number, facts: ExecutionFacts): Fields {
  const out: Fields = [Reply.execution, reqId, facts.orderId, ...contractFields(facts.contract)]
  out.push(facts.execId, facts.time, facts.account, facts.exchange, facts.side, facts.shares, facts.price)
  out.push(
    facts.permId,
    facts.clientId,
    0,
    facts.cumulative,
    facts.averagePrice,
    facts.orderRef,
    '',
    '',
    facts.modelCode,
  )
  out.push(facts.liquidity)
  if (version >= 178) out.push('0')
  return out
}

/** How TWS writes a number that is not set. */
const unsetNumber = '1.7976931348623157E308'

/** The message commissionReport; `realized` is empty for an execution that closed nothing. */
export function commissionFields(execId: string, commission: string, currency: string, realized: string): Fields {
  return [Reply.commissionReport, 1, execId, commission, currency, realized || unsetNumber, unsetNumber, '']
}

/** The message contractDetails. `exchange` is the one that was asked for. */
export function contractDetailsFields(
  version: number,
  reqId: number,
  listing: TwsListing,
  exchange: string,
  nowMs: number,
): Fields {
  const { contract } = listing
  const out: Fields = [Reply.contractDetails]
  if (version < 164) out.push(8)
  const expiry = contract.lastTrade === '' ? '' : contract.lastTrade
  out.push(reqId, contract.symbol, contract.secType, expiry)
  if (version >= 182) out.push(contract.lastTrade)
  out.push(contract.strike === '' ? '0' : contract.strike, contract.right, exchange, contract.currency)
  out.push(contract.localSymbol, contract.tradingClass, contract.tradingClass, contract.conId, listing.minTick)
  if (version < 164) out.push('100')
  out.push(contract.multiplier, listing.orderTypes, listing.validExchanges, '1', listing.underlyingConId)
  out.push(listing.longName, contract.primaryExchange, listing.contractMonth, listing.industry, '', '')
  const isStock = contract.secType === 'STK'
  out.push(listing.timeZone, hoursOf(listing, nowMs, isStock ? '0400-2000' : listing.hours))
  out.push(hoursOf(listing, nowMs, listing.hours), '', '0', 0, 1)
  const isDerivative = listing.underlyingConId !== 0
  out.push(isDerivative ? contract.symbol : '', isDerivative ? (contract.secType === 'OPT' ? 'STK' : 'IND') : '')
  out.push(listing.validExchanges.split(',').fill(String(listing.marketRule)).join(','))
  out.push(contract.lastTrade, listing.stockType)
  if (version === 163) out.push(listing.sizeIncrement)
  if (version >= 164)
    out.push(
      listing.sizeIncrement,
      listing.sizeIncrement,
      listing.contract.secType === 'STK' ? '100' : listing.sizeIncrement,
    )
  if (version >= 186) out.push(0)
  return out
}

/** The sessions of a week, as TWS writes them: `20261123:0930-20261123:1600;20261128:CLOSED`. Coins never rest. */
function hoursOf({ contract, timeZone }: TwsListing, nowMs: number, hours: string): string {
  const [opens = '', closes = ''] = hours.split('-')
  const days = Array.from({ length: 7 }, (_, i) => {
    const dayMs = nowMs + i * 86_400_000
    const day = dayText(dayMs, timeZone)
    const weekday = new Date(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}T00:00:00Z`).getUTCDay()
    if (contract.secType !== 'CRYPTO' && (weekday === 0 || weekday === 6)) return `${day}:CLOSED`
    // A session that closes before it opens began on the evening before.
    const first = opens > closes ? dayText(dayMs - 86_400_000, timeZone) : day
    return `${first}:${opens}-${day}:${closes}`
  })
  return days.join(';')
}

/** The message symbolSamples. */
export function symbolSamplesFields(version: number, reqId: number, listings: readonly TwsListing[]): Fields {
  const out: Fields = [Reply.symbolSamples, reqId, listings.length]
  for (const { contract, longName } of listings) {
    const derivatives = contract.secType === 'STK' ? ['CFD', 'OPT', 'IOPT', 'WAR', 'BAG'] : []
    out.push(contract.conId, contract.symbol, contract.secType, contract.primaryExchange || contract.exchange)
    out.push(contract.currency, derivatives.length, ...derivatives)
    if (version >= 176) out.push(longName, '')
  }
  return out
}

/** The message position. */
export function positionFields(account: string, contract: TwsContract, position: string, averageCost: string): Fields {
  return [Reply.position, 3, account, ...contractFields(contract), position, averageCost]
}

/** The message positionMulti. */
export function positionMultiFields(
  reqId: number,
  account: string,
  contract: TwsContract,
  position: string,
  averageCost: string,
  model: string,
): Fields {
  return [Reply.positionMulti, 1, reqId, account, ...contractFields(contract), position, averageCost, model]
}

/** A position with its market value, for the message portfolioValue. */
export interface PortfolioFacts {
  readonly account: string
  readonly contract: TwsContract
  readonly position: string
  readonly price: string
  readonly value: string
  readonly averageCost: string
  readonly unrealized: string
  readonly realized: string
}

/** The message portfolioValue. */
export function portfolioFields(facts: PortfolioFacts): Fields {
  const { contract } = facts
  const out: Fields = [Reply.portfolioValue, 8, contract.conId, contract.symbol, contract.secType, contract.lastTrade]
  out.push(
    contract.strike === '' ? '0' : contract.strike,
    contract.right === '' ? '0' : contract.right,
    contract.multiplier,
  )
  out.push(
    contract.primaryExchange || contract.exchange,
    contract.currency,
    contract.localSymbol,
    contract.tradingClass,
  )
  out.push(facts.position, facts.price, facts.value, facts.averageCost, facts.unrealized, facts.realized, facts.account)
  return out
}

/** One bar as text, in the order of the message. */
export interface BarText {
  readonly date: string
  readonly open: string
  readonly high: string
  readonly low: string
  readonly close: string
  readonly volume: string
  readonly wap: string
  readonly count: string
}

/** The message historicalData. */
export function historyFields(reqId: number, start: string, end: string, bars: readonly BarText[]): Fields {
  const out: Fields = [Reply.history, reqId, start, end, bars.length]
  for (const bar of bars) out.push(bar.date, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.wap, bar.count)
  return out
}

/** The message historicalDataUpdate. */
export function historyUpdateFields(reqId: number, bar: BarText): Fields {
  return [Reply.historyUpdate, reqId, bar.count, bar.date, bar.open, bar.close, bar.high, bar.low, bar.wap, bar.volume]
}
