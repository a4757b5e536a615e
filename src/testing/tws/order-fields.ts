/**
 * An order as the protocol carries it: every field by name, as text. Layouts are lists of these names, so a message is read
 * and written by the same words (order-messages.ts). What a client left out has the value that TWS tells for it.
 */

/** Fields that are empty while nobody sets them. */
const plainFields = [
  'action',
  'totalQuantity',
  'orderType',
  'lmtPrice',
  'auxPrice',
  'tif',
  'ocaGroup',
  'account',
  'openClose',
  'orderRef',
  'displaySize',
  'goodAfterTime',
  'goodTillDate',
  'faGroup',
  'faMethod',
  'faPercentage',
  'faProfile',
  'modelCode',
  'designatedLocation',
  'rule80A',
  'settlingFirm',
  'minQty',
  'percentOffset',
  'nbboPriceCap',
  'startingPrice',
  'stockRefPrice',
  'delta',
  'stockRangeLower',
  'stockRangeUpper',
  'volatility',
  'deltaNeutralAuxPrice',
  'deltaNeutralSettlingFirm',
  'deltaNeutralClearingAccount',
  'deltaNeutralClearingIntent',
  'deltaNeutralDesignatedLocation',
  'trailStopPrice',
  'trailingPercent',
  'basisPoints',
  'basisPointsType',
  'comboLegsDescription',
  'scaleInitLevelSize',
  'scaleSubsLevelSize',
  'scalePriceIncrement',
  'scalePriceAdjustValue',
  'scalePriceAdjustInterval',
  'scaleProfitOffset',
  'scaleInitPosition',
  'scaleInitFillQty',
  'scaleTable',
  'activeStartTime',
  'activeStopTime',
  'hedgeType',
  'hedgeParam',
  'clearingAccount',
  'clearingIntent',
  'algoStrategy',
  'algoId',
  'miscOptions',
  'referenceContractId',
  'peggedChangeAmount',
  'referenceChangeAmount',
  'referenceExchangeId',
  'adjustedOrderType',
  'triggerPrice',
  'lmtPriceOffset',
  'adjustedStopPrice',
  'adjustedStopLimitPrice',
  'adjustedTrailingAmount',
  'extOperator',
  'softDollarName',
  'softDollarValue',
  'softDollarDisplayName',
  'cashQty',
  'mifidDecisionMaker',
  'mifidDecisionAlgo',
  'mifidExecutionTrader',
  'mifidExecutionAlgo',
  'postToAts',
  'advancedErrorOverride',
  'manualOrderTime',
  'minTradeQty',
  'minCompeteSize',
  'competeAgainstBestOffset',
  'midOffsetAtWhole',
  'midOffsetAtHalf',
  'customerAccount',
  'bondAccruedInterest',
  'manualOrderIndicator',
  'secIdType',
  'secId',
  'duration',
  'usePriceMgmtAlgo',
] as const

/** Fields that have a value of their own while nobody sets them: numbers and yes-or-no. */
const defaults = {
  origin: '0',
  transmit: '1',
  parentId: '0',
  blockOrder: '0',
  sweepToFill: '0',
  triggerMethod: '0',
  outsideRth: '0',
  hidden: '0',
  discretionaryAmt: '0',
  shortSaleSlot: '0',
  exemptCode: '-1',
  ocaType: '0',
  allOrNone: '0',
  eTradeOnly: '0',
  firmQuoteOnly: '0',
  auctionStrategy: '0',
  overridePercentageConstraints: '0',
  volatilityType: '0',
  deltaNeutralOrderType: 'None',
  deltaNeutralConId: '0',
  deltaNeutralOpenClose: '?',
  deltaNeutralShortSale: '0',
  deltaNeutralShortSaleSlot: '0',
  continuousUpdate: '0',
  referencePriceType: '0',
  scaleAutoReset: '0',
  scaleRandomPercent: '0',
  optOutSmartRouting: '0',
  notHeld: '0',
  whatIf: '0',
  solicited: '0',
  randomizeSize: '0',
  randomizePrice: '0',
  isPeggedChangeAmountDecrease: '0',
  conditionsIgnoreRth: '0',
  conditionsCancelOrder: '0',
  adjustableTrailingUnit: '0',
  dontUseAutoPriceForHedge: '0',
  isOmsContainer: '0',
  discretionaryUpToLimitPrice: '0',
  autoCancelParent: '0',
  professionalCustomer: '0',
  includeOvernight: '0',
} as const

/** Name of a field of an order. */
export type OrderField = (typeof plainFields)[number] | keyof typeof defaults

/** A condition of an order: its type and its fields, as they travel. */
export interface TwsCondition {
  readonly type: string
  readonly conjunction: string
  readonly fields: readonly string[]
}

/** The lists that an order carries beside its fields. */
export interface OrderLists {
  comboPrices: string[]
  smartComboParams: [string, string][]
  algoParams: [string, string][]
  conditions: TwsCondition[]
  /** conId, delta, price; empty without. */
  deltaNeutralContract: string[]
}

/** All fields of an order. */
export type OrderFields = Record<OrderField, string> & { readonly lists: OrderLists }

/** An order of which nothing is known. */
export function blankOrder(): OrderFields {
  const fields = { ...defaults } as Record<string, unknown>
  for (const name of plainFields) fields[name] = ''
  fields.lists = {
    comboPrices: [],
    smartComboParams: [],
    algoParams: [],
    conditions: [],
    deltaNeutralContract: [],
  } satisfies OrderLists
  return fields as OrderFields
}

/** Fields of a condition by its type: price, time, margin, execution, volume, percentage. */
export const conditionLengths: Readonly<Record<string, number>> = { 1: 5, 3: 2, 4: 2, 5: 3, 6: 4, 7: 4 }
