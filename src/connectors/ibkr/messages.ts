/**
 * The messages of TWS that are read in full: contracts, orders, executions, positions. Each function walks its message by the
 * layout of the server's version and keeps amounts as text, so that nothing is rounded on the way.
 */
import type { FieldCursor } from './field-cursor.js'

/** Numbers of the messages that the connector reads. */
export const Incoming = {
  tickPrice: 1,
  tickSize: 2,
  orderStatus: 3,
  error: 4,
  openOrder: 5,
  accountValue: 6,
  portfolioValue: 7,
  nextValidId: 9,
  contractDetails: 10,
  execution: 11,
  depth: 12,
  depthLevel2: 13,
  managedAccounts: 15,
  history: 17,
  tickGeneric: 45,
  currentTime: 49,
  realTimeBar: 50,
  contractDetailsEnd: 52,
  openOrderEnd: 53,
  accountDownloadEnd: 54,
  executionsEnd: 55,
  marketDataType: 58,
  commissionReport: 59,
  position: 61,
  positionEnd: 62,
  accountSummary: 63,
  accountSummaryEnd: 64,
  symbolSamples: 79,
  tickRequestParameters: 81,
  tickNews: 84,
  headTimestamp: 88,
  historyUpdate: 90,
  marketRule: 93,
  pnl: 94,
  pnlSingle: 95,
  historicalTicks: 96,
  historicalTicksBidAsk: 97,
  historicalTicksLast: 98,
  tickByTick: 99,
  completedOrder: 101,
  completedOrdersEnd: 102,
} as const

/** A contract as replies list it. */
export interface ToldContract {
  conId: number
  symbol: string
  secType: string
  expiry: string
  strike: number
  right: string
  multiplier: string
  exchange: string
  currency: string
  localSymbol: string
  tradingClass: string
}

/** The eleven fields of a contract. */
export function readContract(cursor: FieldCursor): ToldContract {
  return {
    conId: cursor.int(),
    symbol: cursor.text(),
    secType: cursor.text(),
    expiry: cursor.text(),
    strike: cursor.number(),
    right: cursor.text(),
    multiplier: cursor.text(),
    exchange: cursor.text(),
    currency: cursor.text(),
    localSymbol: cursor.text(),
    tradingClass: cursor.text(),
  }
}

/** What is read of an order; amounts as text, empty where the order has none. */
export interface ToldOrder {
  /** 0 for orders of TWS itself, and for completed ones. */
  orderId: number
  contract: ToldContract
  action: string
  quantity: string
  type: string
  limit: string
  aux: string
  timeInForce: string
  account: string
  orderRef: string
  /** -1 where the message does not tell. */
  clientId: number
  /** 64 bits: text. */
  permId: string
  status: string
  whatIf: boolean
  /** Initial, maintenance and equity: before, change, after; only for what-if orders. */
  margins: readonly string[]
  commission: string
  commissionCurrency: string
  warning: string
  filled: string
  completedTime: string
  completedStatus: string
  /** What only IBKR knows about it. */
  terms: ToldTerms
}

/** Terms of an order that a change of it has to say again. Text as TWS writes it. */
export interface ToldTerms {
  ocaGroup: string
  ocaType: number
  outsideRth: boolean
  hidden: boolean
  goodAfter: string
  faGroup: string
  faMethod: string
  faPercentage: string
  modelCode: string
  allOrNone: boolean
  /** Order id of the parent; 0 without one. */
  parentId: number
  triggerMethod: number
  /** Empty where the order has none. */
  algorithm: string
  algorithmParams: Record<string, string>
}

interface Raw {
  readonly cursor: FieldCursor
  readonly version: number
  readonly isOpen: boolean
}

/** Reads openOrder up to the margins; what follows is not needed. */
export function readOpenOrder(cursor: FieldCursor, version: number): ToldOrder {
  const orderId = cursor.int()
  const order = readHead({ cursor, version, isOpen: true }, orderId)
  order.whatIf = cursor.bool()
  order.status = cursor.text()
  order.margins = Array.from({ length: 9 }, () => amount(cursor.text()))
  order.commission = amount(cursor.text())
  cursor.skip(2)
  order.commissionCurrency = cursor.text()
  order.warning = cursor.unescaped()
  return order
}

/** Reads completedOrder. */
export function readCompletedOrder(cursor: FieldCursor, version: number): ToldOrder {
  const order = readHead({ cursor, version, isOpen: false }, 0)
  order.status = cursor.text()
  cursor.skip(2) // randomised size and price
  if (isPegBench(order.type)) cursor.skip(5)
  skipConditions(cursor)
  cursor.skip(6) // stop price, limit offset, cash, automatic price, container, cancel date
  order.filled = amount(cursor.text())
  cursor.skip(6)
  order.completedTime = cursor.text()
  order.completedStatus = cursor.unescaped()
  return order
}

function readHead(raw: Raw, orderId: number): ToldOrder {
  const { cursor, isOpen } = raw
  const contract = readContract(cursor)
  const [action, quantity, type] = [cursor.text(), amount(cursor.text()), cursor.text()] as [string, string, string]
  const [limit, aux, timeInForce] = [amount(cursor.text()), amount(cursor.text()), cursor.text()] as [
    string,
    string,
    string,
  ]
  const ocaGroup = cursor.unescaped()
  const account = cursor.text()
  cursor.skip(2)
  const orderRef = cursor.unescaped()
  const clientId = isOpen ? cursor.int() : -1
  const permId = cursor.text()
  const terms = readTerms(raw, ocaGroup)
  cursor.skip(2) // volatility
  const isDeltaNeutral = cursor.text() !== ''
  cursor.skip(1 + (isDeltaNeutral ? (isOpen ? 8 : 4) : 0))
  cursor.skip(isOpen ? 6 : 4) // continuous update to basis points
  readLists(raw, terms)
  return {
    orderId,
    contract,
    action,
    quantity,
    type,
    limit,
    aux,
    timeInForce,
    account,
    orderRef,
    clientId,
    permId,
    status: '',
    whatIf: false,
    margins: [],
    commission: '',
    commissionCurrency: '',
    warning: '',
    filled: '',
    completedTime: '',
    completedStatus: '',
    terms,
  }
}

/** From the trading hours to the trigger method. */
function readTerms({ cursor, version, isOpen }: Raw, ocaGroup: string): ToldTerms {
  const outsideRth = cursor.bool()
  const hidden = cursor.bool()
  cursor.skip() // discretion
  const goodAfter = cursor.text()
  if (isOpen) cursor.skip() // allocation
  const [faGroup, faMethod, faPercentage] = [cursor.unescaped(), cursor.text(), cursor.text()]
  if (version < 177) cursor.skip()
  const modelCode = cursor.unescaped()
  cursor.skip(isOpen ? 8 : 7) // good till to exempt code, auction strategy
  cursor.skip(5) // starting price to upper range
  cursor.skip(isOpen ? 3 : 2) // shown size, block, sweep
  const allOrNone = cursor.bool()
  cursor.skip() // least quantity
  const ocaType = cursor.int()
  if (isOpen) cursor.skip(3) // electronic, firm quote, price cap
  const parentId = isOpen ? cursor.int() : 0
  const triggerMethod = cursor.int()
  return {
    ocaGroup,
    ocaType,
    outsideRth,
    hidden,
    goodAfter,
    faGroup,
    faMethod,
    faPercentage,
    modelCode,
    allOrNone,
    parentId,
    triggerMethod,
    algorithm: '',
    algorithmParams: {},
  }
}

/** Legs, scale, hedge, clearing, algorithm: everything of variable length before the state. */
function readLists({ cursor, isOpen }: Raw, terms: ToldTerms): void {
  cursor.skip()
  cursor.skip(cursor.int() * 8)
  cursor.skip(cursor.int())
  cursor.skip(cursor.int() * 2)
  cursor.skip(2)
  if (cursor.number() > 0) cursor.skip(7)
  if (cursor.text() !== '') cursor.skip()
  cursor.skip(isOpen ? 4 : 3) // opted out of SMART, clearing, not held
  if (cursor.bool()) cursor.skip(3)
  terms.algorithm = cursor.text()
  if (terms.algorithm !== '') {
    const count = cursor.int()
    for (let i = 0; i < count; i++) {
      const tag = cursor.text()
      terms.algorithmParams[tag] = cursor.unescaped()
    }
  }
  cursor.skip() // solicited
}

const conditionFields: Readonly<Record<number, number>> = { 1: 5, 3: 2, 4: 2, 5: 3, 6: 4, 7: 4 }

function skipConditions(cursor: FieldCursor): void {
  const count = cursor.int()
  for (let i = 0; i < count; i++) cursor.skip(1 + (conditionFields[cursor.int()] ?? 0))
  if (count > 0) cursor.skip(2)
}

function isPegBench(type: string): boolean {
  return type === 'PEG BENCH' || type === 'PEGBENCH'
}

/** An amount as text; empty for what TWS writes where there is none. */
function amount(text: string): string {
  return /^(1\.7976931348623157[eE]\+?308|2147483647|9223372036854775807)$/.test(text) ? '' : text
}

/** One execution. */
export interface ToldExecution {
  readonly reqId: number
  readonly orderId: number
  readonly contract: ToldContract
  /** Without the last part of its id, which grows with corrections. */
  readonly base: string
  readonly revision: number
  readonly time: string
  readonly account: string
  readonly isBuy: boolean
  readonly shares: string
  readonly price: string
  readonly permId: string
  readonly clientId: number
  readonly orderRef: string
  readonly lastLiquidity: number
}

/** Reads execDetails. */
export function readExecution(cursor: FieldCursor): ToldExecution {
  const reqId = cursor.int()
  const orderId = cursor.int()
  const contract = readContract(cursor)
  const { base, revision } = splitExecId(cursor.text())
  const [time, account] = [cursor.text(), cursor.text()] as [string, string]
  cursor.skip()
  const isBuy = cursor.text() === 'BOT'
  const [shares, price, permId] = [cursor.text(), cursor.text(), cursor.text()] as [string, string, string]
  const clientId = cursor.int()
  cursor.skip(3) // liquidation, cumulative quantity, average price
  const orderRef = cursor.unescaped()
  cursor.skip(3) // economic value, model
  const lastLiquidity = cursor.isAtEnd ? 0 : cursor.int()
  return {
    reqId,
    orderId,
    contract,
    base,
    revision,
    time,
    account,
    isBuy,
    shares,
    price,
    permId,
    clientId,
    orderRef,
    lastLiquidity,
  }
}

/** An execution id in two parts: `0000e0d5.65.01` and 1 of `0000e0d5.65.01.01`. */
export function splitExecId(execId: string): { base: string; revision: number } {
  const dot = execId.lastIndexOf('.')
  const last = execId.slice(dot + 1)
  if (dot < 0 || !/^\d{1,6}$/.test(last)) return { base: execId, revision: 1 }
  return { base: execId.slice(0, dot), revision: Number(last) }
}

/** What is read of contract details. */
export interface ToldDetails {
  readonly contract: ToldContract
  readonly primaryExchange: string
  readonly minTick: string
  readonly orderTypes: readonly string[]
  readonly validExchanges: readonly string[]
  readonly longName: string
  readonly timeZone: string
  readonly tradingHours: string
  readonly marketRuleIds: readonly number[]
  readonly underlyingSymbol: string
  readonly minSize: string
  readonly sizeIncrement: string
  readonly suggestedSize: string
}

/** Reads contractDetails; `reqId` first. */
export function readDetails(cursor: FieldCursor, version: number): { reqId: number; details: ToldDetails } {
  if (version < 164) cursor.skip()
  const reqId = cursor.int()
  const [symbol, secType, expiry] = [cursor.text(), cursor.text(), cursor.text()] as [string, string, string]
  if (version >= 182) cursor.skip()
  const strike = cursor.number()
  const [right, exchange, currency] = [cursor.text(), cursor.text(), cursor.text()] as [string, string, string]
  const localSymbol = cursor.text()
  cursor.skip()
  const tradingClass = cursor.text()
  const conId = cursor.int()
  const minTick = cursor.text()
  if (version < 164) cursor.skip()
  const multiplier = cursor.text()
  const orderTypes = cursor.text().split(',')
  const validExchanges = cursor.text().split(',')
  cursor.skip(2)
  const longName = cursor.unescaped()
  const primaryExchange = cursor.text()
  cursor.skip(4)
  const timeZone = cursor.text()
  const tradingHours = cursor.text()
  cursor.skip(3)
  cursor.skip(cursor.int() * 2)
  cursor.skip()
  const underlyingSymbol = cursor.text()
  cursor.skip()
  const marketRuleIds = cursor
    .text()
    .split(',')
    .filter((text) => text !== '')
    .map(Number)
  cursor.skip(2)
  if (version === 163) cursor.skip()
  const [minSize, sizeIncrement, suggestedSize] =
    version >= 164
      ? ([cursor.text(), cursor.text(), cursor.text()] as [string, string, string])
      : (['', '', ''] as const)
  const contract = {
    conId,
    symbol,
    secType,
    expiry: expiry.split(/[ -]/)[0] ?? '',
    strike,
    right,
    multiplier,
    exchange,
    currency,
    localSymbol,
    tradingClass,
  }
  return {
    reqId,
    details: {
      contract,
      primaryExchange,
      minTick,
      orderTypes,
      validExchanges,
      longName,
      timeZone,
      tradingHours,
      marketRuleIds,
      underlyingSymbol,
      minSize,
      sizeIncrement,
      suggestedSize,
    },
  }
}

/** A position of an account. */
export interface ToldPosition {
  readonly account: string
  readonly contract: ToldContract
  readonly quantity: string
  readonly averageCost: string
}

/** Reads position. */
export function readPosition(cursor: FieldCursor): ToldPosition {
  cursor.skip()
  const account = cursor.text()
  return { account, contract: readContract(cursor), quantity: cursor.text(), averageCost: cursor.text() }
}
