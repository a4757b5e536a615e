/**
 * The three long messages of the protocol: placeOrder as clients send it, openOrder and completedOrder as TWS does. Each is
 * a list of fields in order; what depends on the version of the server says so where it stands.
 */
import { contractFields, readContract, type TwsContract } from './contract-fields.js'
import type { FieldReader } from './field-reader.js'
import { Reply } from './message-ids.js'
import { blankOrder, conditionLengths, type OrderField, type OrderFields } from './order-fields.js'

/** What a client asks with placeOrder. */
export interface PlacedOrder {
  readonly orderId: number
  readonly contract: TwsContract
  readonly order: OrderFields
}

/** What openOrder tells beside the order itself. */
export interface OrderState {
  status: string
  /** Before, change and after of initial margin, maintenance margin, equity with loan, in the order of the message; empty = not set. */
  margins: readonly string[]
  commission: string
  minCommission: string
  maxCommission: string
  commissionCurrency: string
  warning: string
}

/** A state that tells nothing but the status. */
export function plainState(status: string): OrderState {
  return {
    status,
    margins: Array.from({ length: 9 }, () => ''),
    commission: '',
    minCommission: '',
    maxCommission: '',
    commissionCurrency: '',
    warning: '',
  }
}

const isPegBench = (order: OrderFields) => order.orderType === 'PEG BENCH' || order.orderType === 'PEGBENCH'

// ---- What clients send -------------------------------------------------------------------------------------------------

/** Reads placeOrder. @throws TradewireError `TW_INVALID_MODEL` for one that is too short. */
export function readPlaceOrder(reader: FieldReader, version: number): PlacedOrder {
  const orderId = reader.int()
  const contract = readContract(reader)
  const order = blankOrder()
  const take = (...names: OrderField[]) => {
    for (const name of names) {
      const value = reader.value()
      if (value !== '') order[name] = value
    }
  }
  take('secIdType', 'secId', 'action', 'totalQuantity', 'orderType', 'lmtPrice', 'auxPrice', 'tif', 'ocaGroup')
  take('account', 'openClose', 'origin', 'orderRef', 'transmit', 'parentId', 'blockOrder', 'sweepToFill')
  take('displaySize', 'triggerMethod', 'outsideRth', 'hidden')
  if (contract.secType === 'BAG') readCombo(reader, contract, order)
  reader.skip() // shares allocation, given up long ago
  take('discretionaryAmt', 'goodAfterTime', 'goodTillDate', 'faGroup', 'faMethod', 'faPercentage')
  if (version < 177) take('faProfile')
  take('modelCode', 'shortSaleSlot', 'designatedLocation', 'exemptCode', 'ocaType', 'rule80A', 'settlingFirm')
  take('allOrNone', 'minQty', 'percentOffset', 'eTradeOnly', 'firmQuoteOnly', 'nbboPriceCap', 'auctionStrategy')
  take('startingPrice', 'stockRefPrice', 'delta', 'stockRangeLower', 'stockRangeUpper')
  take('overridePercentageConstraints', 'volatility', 'volatilityType')
  const deltaNeutral = reader.value()
  take('deltaNeutralAuxPrice')
  if (deltaNeutral !== '') {
    order.deltaNeutralOrderType = deltaNeutral
    take('deltaNeutralConId', 'deltaNeutralSettlingFirm', 'deltaNeutralClearingAccount', 'deltaNeutralClearingIntent')
    take('deltaNeutralOpenClose', 'deltaNeutralShortSale', 'deltaNeutralShortSaleSlot')
    take('deltaNeutralDesignatedLocation')
  }
  take('continuousUpdate', 'referencePriceType', 'trailStopPrice', 'trailingPercent')
  readScale(reader, order, take)
  take('hedgeType')
  if (order.hedgeType !== '') take('hedgeParam')
  take('optOutSmartRouting', 'clearingAccount', 'clearingIntent', 'notHeld')
  if (reader.bool()) order.lists.deltaNeutralContract = [reader.text(), reader.text(), reader.text()]
  take('algoStrategy')
  if (order.algoStrategy !== '') order.lists.algoParams = readPairs(reader)
  take('algoId', 'whatIf', 'miscOptions', 'solicited', 'randomizeSize', 'randomizePrice')
  if (isPegBench(order)) {
    take('referenceContractId', 'isPeggedChangeAmountDecrease', 'peggedChangeAmount', 'referenceChangeAmount')
    take('referenceExchangeId')
  }
  readConditions(reader, order, take)
  take('adjustedOrderType', 'triggerPrice', 'lmtPriceOffset', 'adjustedStopPrice', 'adjustedStopLimitPrice')
  take('adjustedTrailingAmount', 'adjustableTrailingUnit', 'extOperator', 'softDollarName', 'softDollarValue')
  take('cashQty', 'mifidDecisionMaker', 'mifidDecisionAlgo', 'mifidExecutionTrader', 'mifidExecutionAlgo')
  take('dontUseAutoPriceForHedge', 'isOmsContainer', 'discretionaryUpToLimitPrice', 'usePriceMgmtAlgo')
  if (version >= 158) take('duration')
  if (version >= 160) take('postToAts')
  if (version >= 162) take('autoCancelParent')
  if (version >= 166) take('advancedErrorOverride')
  if (version >= 169) take('manualOrderTime')
  if (version >= 170) readPegExtras(contract, order, take)
  if (version >= 183) take('customerAccount')
  if (version >= 184) take('professionalCustomer')
  if (version >= 187 && version < 190) reader.skip(2) // requests for quote, introduced and taken back
  if (version >= 189) take('includeOvernight')
  if (version >= 192) take('manualOrderIndicator')
  return { orderId, contract, order }
}

type Take = (...names: OrderField[]) => void

function readCombo(reader: FieldReader, contract: TwsContract, order: OrderFields): void {
  const legs = reader.int()
  for (let i = 0; i < legs; i++) {
    const next = () => reader.text()
    contract.legs.push({
      conId: next(),
      ratio: next(),
      action: next(),
      exchange: next(),
      openClose: next() || '0',
      shortSaleSlot: next() || '0',
      designatedLocation: next(),
      exemptCode: next() || '-1',
    })
  }
  const prices = reader.int()
  for (let i = 0; i < prices; i++) order.lists.comboPrices.push(reader.value())
  order.lists.smartComboParams = readPairs(reader)
}

function readPairs(reader: FieldReader): [string, string][] {
  const pairs: [string, string][] = []
  const count = reader.int()
  for (let i = 0; i < count; i++) pairs.push([reader.text(), reader.text()])
  return pairs
}

function readScale(reader: FieldReader, order: OrderFields, take: Take): void {
  take('scaleInitLevelSize', 'scaleSubsLevelSize', 'scalePriceIncrement')
  if (Number(order.scalePriceIncrement) > 0) {
    take('scalePriceAdjustValue', 'scalePriceAdjustInterval', 'scaleProfitOffset', 'scaleAutoReset')
    take('scaleInitPosition', 'scaleInitFillQty', 'scaleRandomPercent')
  }
  take('scaleTable', 'activeStartTime', 'activeStopTime')
  void reader
}

function readConditions(reader: FieldReader, order: OrderFields, take: Take): void {
  const count = reader.int()
  if (count === 0) return
  for (let i = 0; i < count; i++) {
    const type = reader.text()
    const conjunction = reader.text()
    const fields = Array.from({ length: conditionLengths[type] ?? 0 }, () => reader.text())
    order.lists.conditions.push({ type, conjunction, fields })
  }
  take('conditionsIgnoreRth', 'conditionsCancelOrder')
}

/** Terms of the pegged types and of IBKR's own crossing venue: sent only where they apply. */
function readPegExtras(contract: TwsContract, order: OrderFields, take: Take): void {
  if (contract.exchange === 'IBKRATS') take('minTradeQty')
  if (order.orderType === 'PEG BEST' || order.orderType === 'PEGBEST') {
    take('minCompeteSize', 'competeAgainstBestOffset')
    if (order.competeAgainstBestOffset === 'Infinity' || order.competeAgainstBestOffset === 'Infinite')
      take('midOffsetAtWhole', 'midOffsetAtHalf')
  } else if (order.orderType === 'PEG MID' || order.orderType === 'PEGMID') take('midOffsetAtWhole', 'midOffsetAtHalf')
}

// ---- What TWS sends ----------------------------------------------------------------------------------------------------

/** Who placed an order, under which numbers. */
export interface OrderIdentity {
  readonly orderId: number
  readonly clientId: number
  readonly permId: string
}

type Fields = (string | number)[]

/** The message openOrder. */
export function openOrderFields(
  { orderId, clientId, permId }: OrderIdentity,
  contract: TwsContract,
  order: OrderFields,
  state: OrderState,
  version: number,
): Fields {
  const out: Fields = [Reply.openOrder, orderId, ...contractFields(contract, '?')]
  const put = (...names: OrderField[]) => {
    for (const name of names) out.push(order[name])
  }
  put('action', 'totalQuantity', 'orderType', 'lmtPrice', 'auxPrice', 'tif', 'ocaGroup', 'account', 'openClose')
  put('origin', 'orderRef')
  out.push(clientId, permId)
  put('outsideRth', 'hidden', 'discretionaryAmt', 'goodAfterTime')
  out.push('') // shares allocation
  put('faGroup', 'faMethod', 'faPercentage')
  if (version < 177) put('faProfile')
  put('modelCode', 'goodTillDate', 'rule80A', 'percentOffset', 'settlingFirm', 'shortSaleSlot', 'designatedLocation')
  put('exemptCode', 'auctionStrategy', 'startingPrice', 'stockRefPrice', 'delta', 'stockRangeLower', 'stockRangeUpper')
  put('displaySize', 'blockOrder', 'sweepToFill', 'allOrNone', 'minQty', 'ocaType', 'eTradeOnly', 'firmQuoteOnly')
  put('nbboPriceCap', 'parentId', 'triggerMethod', 'volatility', 'volatilityType', 'deltaNeutralOrderType')
  put('deltaNeutralAuxPrice')
  if (order.deltaNeutralOrderType !== '') {
    put('deltaNeutralConId', 'deltaNeutralSettlingFirm', 'deltaNeutralClearingAccount', 'deltaNeutralClearingIntent')
    put('deltaNeutralOpenClose', 'deltaNeutralShortSale', 'deltaNeutralShortSaleSlot')
    put('deltaNeutralDesignatedLocation')
  }
  put('continuousUpdate', 'referencePriceType', 'trailStopPrice', 'trailingPercent', 'basisPoints', 'basisPointsType')
  putLegs(out, contract, order)
  putScale(out, order)
  put('hedgeType')
  if (order.hedgeType !== '') put('hedgeParam')
  put('optOutSmartRouting', 'clearingAccount', 'clearingIntent', 'notHeld')
  putDeltaNeutralContract(out, order)
  putAlgorithm(out, order)
  put('solicited', 'whatIf')
  out.push(state.status, ...state.margins, state.commission, state.minCommission, state.maxCommission)
  out.push(state.commissionCurrency, state.warning)
  put('randomizeSize', 'randomizePrice')
  putPegBench(out, order)
  putConditions(out, order)
  put('adjustedOrderType', 'triggerPrice', 'trailStopPrice', 'lmtPriceOffset', 'adjustedStopPrice')
  put('adjustedStopLimitPrice', 'adjustedTrailingAmount', 'adjustableTrailingUnit')
  put('softDollarName', 'softDollarValue', 'softDollarDisplayName', 'cashQty', 'dontUseAutoPriceForHedge')
  put('isOmsContainer', 'discretionaryUpToLimitPrice')
  out.push(order.usePriceMgmtAlgo === '' ? '0' : order.usePriceMgmtAlgo)
  if (version >= 158) put('duration')
  if (version >= 160) put('postToAts')
  if (version >= 162) put('autoCancelParent')
  if (version >= 170) putPegExtras(out, order)
  if (version >= 183) put('customerAccount')
  if (version >= 184) put('professionalCustomer')
  if (version >= 185) put('bondAccruedInterest')
  if (version >= 189) put('includeOvernight')
  if (version >= 193) put('extOperator', 'manualOrderIndicator')
  return out
}

/** How an order ended. */
export interface Completion {
  readonly status: string
  readonly filledQuantity: string
  /** `20261121 06:45:00 US/Eastern`. */
  readonly time: string
  /** In words: `Filled Size: 100`, `Cancelled by Trader`. */
  readonly text: string
  readonly parentPermId: string
}

/** The message completedOrder. */
export function completedOrderFields(
  permId: string,
  contract: TwsContract,
  order: OrderFields,
  completion: Completion,
  version: number,
): Fields {
  const out: Fields = [Reply.completedOrder, ...contractFields(contract, '?')]
  const put = (...names: OrderField[]) => {
    for (const name of names) out.push(order[name])
  }
  put('action', 'totalQuantity', 'orderType', 'lmtPrice', 'auxPrice', 'tif', 'ocaGroup', 'account', 'openClose')
  put('origin', 'orderRef')
  out.push(permId)
  put('outsideRth', 'hidden', 'discretionaryAmt', 'goodAfterTime', 'faGroup', 'faMethod', 'faPercentage')
  if (version < 177) put('faProfile')
  put('modelCode', 'goodTillDate', 'rule80A', 'percentOffset', 'settlingFirm', 'shortSaleSlot', 'designatedLocation')
  put('exemptCode', 'startingPrice', 'stockRefPrice', 'delta', 'stockRangeLower', 'stockRangeUpper', 'displaySize')
  put('sweepToFill', 'allOrNone', 'minQty', 'ocaType', 'triggerMethod', 'volatility', 'volatilityType')
  put('deltaNeutralOrderType', 'deltaNeutralAuxPrice')
  if (order.deltaNeutralOrderType !== '')
    put('deltaNeutralConId', 'deltaNeutralShortSale', 'deltaNeutralShortSaleSlot', 'deltaNeutralDesignatedLocation')
  put('continuousUpdate', 'referencePriceType', 'trailStopPrice', 'trailingPercent')
  putLegs(out, contract, order)
  putScale(out, order)
  put('hedgeType')
  if (order.hedgeType !== '') put('hedgeParam')
  put('clearingAccount', 'clearingIntent', 'notHeld')
  putDeltaNeutralContract(out, order)
  putAlgorithm(out, order)
  put('solicited')
  out.push(completion.status)
  put('randomizeSize', 'randomizePrice')
  putPegBench(out, order)
  putConditions(out, order)
  put('trailStopPrice', 'lmtPriceOffset', 'cashQty', 'dontUseAutoPriceForHedge', 'isOmsContainer')
  out.push('', completion.filledQuantity, '0')
  put('autoCancelParent')
  out.push('', '0', '0', completion.parentPermId, completion.time, completion.text)
  if (version >= 170) putPegExtras(out, order)
  if (version >= 183) put('customerAccount')
  if (version >= 184) put('professionalCustomer')
  return out
}

function putLegs(out: Fields, contract: TwsContract, order: OrderFields): void {
  out.push(order.comboLegsDescription, contract.legs.length)
  for (const leg of contract.legs)
    out.push(
      leg.conId,
      leg.ratio,
      leg.action,
      leg.exchange,
      leg.openClose,
      leg.shortSaleSlot,
      leg.designatedLocation,
      leg.exemptCode,
    )
  out.push(order.lists.comboPrices.length, ...order.lists.comboPrices)
  out.push(order.lists.smartComboParams.length, ...order.lists.smartComboParams.flat())
}

function putScale(out: Fields, order: OrderFields): void {
  out.push(order.scaleInitLevelSize, order.scaleSubsLevelSize, order.scalePriceIncrement)
  if (Number(order.scalePriceIncrement) > 0)
    out.push(
      order.scalePriceAdjustValue,
      order.scalePriceAdjustInterval,
      order.scaleProfitOffset,
      order.scaleAutoReset,
      order.scaleInitPosition,
      order.scaleInitFillQty,
      order.scaleRandomPercent,
    )
}

function putDeltaNeutralContract(out: Fields, order: OrderFields): void {
  const { deltaNeutralContract } = order.lists
  if (deltaNeutralContract.length === 0) out.push('0')
  else out.push('1', ...deltaNeutralContract)
}

function putAlgorithm(out: Fields, order: OrderFields): void {
  out.push(order.algoStrategy)
  if (order.algoStrategy === '') return
  out.push(order.lists.algoParams.length, ...order.lists.algoParams.flat())
}

function putPegBench(out: Fields, order: OrderFields): void {
  if (!isPegBench(order)) return
  const amount = (text: string) => (text === '' ? '0' : text)
  out.push(amount(order.referenceContractId), order.isPeggedChangeAmountDecrease, amount(order.peggedChangeAmount))
  out.push(amount(order.referenceChangeAmount), order.referenceExchangeId)
}

function putConditions(out: Fields, order: OrderFields): void {
  const { conditions } = order.lists
  out.push(conditions.length)
  if (conditions.length === 0) return
  for (const { type, conjunction, fields } of conditions) out.push(type, conjunction, ...fields)
  out.push(order.conditionsIgnoreRth, order.conditionsCancelOrder)
}

function putPegExtras(out: Fields, order: OrderFields): void {
  out.push(order.minTradeQty, order.minCompeteSize, order.competeAgainstBestOffset)
  out.push(order.midOffsetAtWhole, order.midOffsetAtHalf)
}
