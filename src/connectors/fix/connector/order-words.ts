/**
 * Order types, times in force and flags in the words of FIX, version by version, in both directions: the connector writes by
 * them, the simulated venue reads by them. Which of them a version knows is asked of its dictionary.
 *
 *   MARKET 1 · LIMIT 2 · STOP 3 · STOP_LIMIT 4 · MARKET_IF_TOUCHED J · MARKET_TO_LIMIT K          (OrdType, 40)
 *   TRAILING_STOP, TRAILING_STOP_LIMIT   P with ExecInst (18) `a` and PegOffsetValue (211)         from FIX 4.4 on
 *   LIMIT_IF_TOUCHED                     2 with TriggerType (1100) 4 and TriggerPrice (1102)       from FIX 5.0 on
 *   CLO                                  TimeInForce (59) 7, before FIX 4.3 OrdType 5 or B
 *   post-only ExecInst 6 · reduce-only ExecInst E (do not increase) · iceberg MaxFloor (111) or DisplayQty (1138)
 *
 * Source: FIX 4.2, 4.4 and 5.0 SP2 specifications, volume 4 and 6.
 */
import { type OrderType, orderTypes, type TimeInForce, timesInForce } from '../../../model/order-types.js'
import { Tag } from '../dictionary/tags.js'
import type { MessageRules } from './message-rules.js'

/** How an order type is said. */
export interface OrderTypeWord {
  /** OrdType (40). */
  readonly ordType: string
  /** Values that ExecInst (18) gets. */
  readonly execInst?: string
  /** Waits for a trigger by TriggeringInstruction (1100 to 1110) instead of StopPx (99). */
  readonly isTriggered?: boolean
}

const standardTypes: Readonly<Record<OrderType, OrderTypeWord>> = {
  MARKET: { ordType: '1' },
  LIMIT: { ordType: '2' },
  STOP: { ordType: '3' },
  STOP_LIMIT: { ordType: '4' },
  TRAILING_STOP: { ordType: 'P', execInst: 'a' },
  TRAILING_STOP_LIMIT: { ordType: 'P', execInst: 'a' },
  MARKET_IF_TOUCHED: { ordType: 'J' },
  LIMIT_IF_TOUCHED: { ordType: '2', isTriggered: true },
  MARKET_TO_LIMIT: { ordType: 'K' },
}

const standardTimes: Readonly<Record<TimeInForce, string>> = {
  DAY: '0',
  GTC: '1',
  OPG: '2',
  IOC: '3',
  FOK: '4',
  GTD: '6',
  CLO: '7',
}

/** OrdType of orders for the close where TimeInForce has no word for it. */
const onClose: Partial<Record<OrderType, string>> = { MARKET: '5', LIMIT: 'B' }

/** ExecInst: participate, do not initiate. */
export const POST_ONLY = '6'
/** ExecInst: do not increase. */
export const REDUCE_ONLY = 'E'
/** ExecInst: trailing stop peg. */
export const TRAILING = 'a'

/** What a profile says otherwise; false switches a word off. */
export interface OrderWordChanges {
  /** OrdType (40) by order type, with values for ExecInst (18); false switches a type off. */
  readonly types?: Partial<Record<OrderType, OrderTypeWord | false>>
  /** TimeInForce (59) by time in force; false switches one off. */
  readonly times?: Partial<Record<TimeInForce, string | false>>
}

/** The words of one venue. */
export interface OrderWords {
  readonly types: ReadonlyMap<OrderType, OrderTypeWord>
  readonly times: ReadonlyMap<TimeInForce, string>
  /** OrdType for orders that go into the closing auction, where it is said by the type. */
  readonly closingTypes: ReadonlyMap<OrderType, string>
  readonly postOnly: boolean
  readonly reduceOnly: boolean
  /** Field with the shown part of an iceberg: 1138 or 111; 0 where there is none. */
  readonly displayTag: number
  /** Field with the distance of a trailing stop. */
  readonly hasBasisPoints: boolean
  /** Trigger by bid and ask or mid can be said: TriggerPriceType (1107). */
  readonly hasTriggerSource: boolean
}

/** The words that a version knows, changed by a profile. */
export function orderWordsOf(rules: MessageRules, changes: OrderWordChanges = {}): OrderWords {
  const types = new Map<OrderType, OrderTypeWord>()
  for (const type of orderTypes) {
    const changed = changes.types?.[type]
    if (changed === false) continue
    const word = changed ?? standardTypes[type]
    if (changed !== undefined || isKnown(rules, type, word)) types.set(type, word)
  }
  const times = new Map<TimeInForce, string>()
  for (const time of timesInForce) {
    const changed = changes.times?.[time]
    if (changed === false) continue
    const word = changed ?? standardTimes[time]
    if (changed !== undefined || rules.allowsValue(Tag.TimeInForce, word)) times.set(time, word)
  }
  const closingTypes = new Map<OrderType, string>()
  if (!times.has('CLO') && changes.times?.CLO !== false) {
    for (const [type, word] of Object.entries(onClose))
      if (rules.allowsValue(Tag.OrdType, word)) closingTypes.set(type as OrderType, word)
  }
  return {
    types,
    times,
    closingTypes,
    postOnly: rules.allowsValue(Tag.ExecInst, POST_ONLY),
    reduceOnly: rules.allowsValue(Tag.ExecInst, REDUCE_ONLY),
    displayTag: rules.allows('D', Tag.DisplayQty) ? Tag.DisplayQty : rules.allows('D', Tag.MaxFloor) ? Tag.MaxFloor : 0,
    hasBasisPoints: rules.allows('D', Tag.PegOffsetType),
    hasTriggerSource: rules.allows('D', Tag.TriggerPriceType),
  }
}

function isKnown(rules: MessageRules, type: OrderType, word: OrderTypeWord): boolean {
  if (!rules.allowsValue(Tag.OrdType, word.ordType)) return false
  if (word.isTriggered === true && !rules.allows('D', Tag.TriggerPrice)) return false
  const isTrailing = type === 'TRAILING_STOP' || type === 'TRAILING_STOP_LIMIT'
  if (isTrailing && !rules.allows('D', Tag.PegOffsetValue)) return false
  return [...(word.execInst ?? '')].every((value) => rules.allowsValue(Tag.ExecInst, value))
}

/** What of a message decides about its order type. */
export interface TypeFields {
  readonly ordType: string
  readonly execInst: string
  readonly hasPrice: boolean
  readonly hasTrigger: boolean
}

/** The order type behind the fields of a message; undefined for one that has no name here. */
export function typeOfFields(fields: TypeFields, words: OrderWords): OrderType | undefined {
  const { ordType, execInst, hasPrice, hasTrigger } = fields
  if (ordType === 'P' && execInst.includes(TRAILING)) return hasPrice ? 'TRAILING_STOP_LIMIT' : 'TRAILING_STOP'
  for (const [type, word] of words.closingTypes) if (word === ordType) return type
  for (const [type, word] of words.types) {
    if (word.ordType !== ordType || word.execInst !== undefined) continue
    if ((word.isTriggered === true) === (ordType === '2' && hasTrigger)) return type
  }
  return undefined
}

/** The time in force behind TimeInForce (59) and OrdType (40); DAY where neither says anything. */
export function timeOfFields(
  timeInForce: string | undefined,
  ordType: string,
  words: OrderWords,
): TimeInForce | undefined {
  for (const word of words.closingTypes.values()) if (word === ordType) return 'CLO'
  if (timeInForce === undefined) return 'DAY'
  for (const [time, word] of words.times) if (word === timeInForce) return time
  return undefined
}
