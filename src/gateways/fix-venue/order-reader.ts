/** NewOrderSingle (D) and OrderCancelReplaceRequest (G) as the terms that the simulated venue takes, or why they cannot be taken. */
import type { FixMessage } from '../../connectors/fix/codec/message.js'
import {
  type OrderWords,
  POST_ONLY,
  REDUCE_ONLY,
  timeOfFields,
  typeOfFields,
} from '../../connectors/fix/connector/order-words.js'
import { Tag } from '../../connectors/fix/dictionary/tags.js'
import type { OrderTerms } from '../../connectors/sim/venue-order.js'
import type { Instrument } from '../../model/instrument.js'
import { OrderFlag, TifCode, TypeCode } from '../../orders/codes.js'

/** Why a message is refused: OrdRejReason (103) and words. */
export interface OrderRefusal {
  readonly reason: number
  readonly text: string
}

/** OrdRejReason (103). */
export const OrdRejReason = {
  brokerOption: 0,
  unknownSymbol: 1,
  unknownOrder: 5,
  duplicateOrder: 6,
  unsupported: 11,
  other: 99,
} as const

/** The terms of an order, or why it has none. */
export function readTerms(message: FixMessage, instrument: Instrument, words: OrderWords): OrderTerms | OrderRefusal {
  const ordType = message.string(Tag.OrdType) ?? ''
  const execInst = (message.string(Tag.ExecInst) ?? '').replaceAll(' ', '')
  const hasTrigger = message.has(Tag.TriggerPrice)
  const type = typeOfFields({ ordType, execInst, hasPrice: message.has(Tag.Price), hasTrigger }, words)
  if (type === undefined) return { reason: OrdRejReason.unsupported, text: `unsupported order type ${ordType}` }
  const timeInForce = timeOfFields(message.string(Tag.TimeInForce), ordType, words)
  if (timeInForce === undefined) return { reason: OrdRejReason.unsupported, text: 'unsupported time in force' }
  const side = message.string(Tag.Side)
  if (side !== '1' && side !== '2' && side !== '5')
    return { reason: OrdRejReason.unsupported, text: `unsupported side ${side}` }
  const { priceScale, sizeScale } = instrument
  const isTrailing = type === 'TRAILING_STOP' || type === 'TRAILING_STOP_LIMIT'
  const inBasisPoints = isTrailing && message.equals(Tag.PegOffsetType, '1')
  try {
    return {
      sideSign: side === '1' ? 1 : -1,
      type: TypeCode[type],
      timeInForce: TifCode[timeInForce],
      quantityUnits: message.units(Tag.OrderQty, sizeScale),
      priceUnits: message.units(Tag.Price, priceScale),
      triggerUnits: message.units(hasTrigger ? Tag.TriggerPrice : Tag.StopPx, priceScale),
      trailingAmountUnits: isTrailing && !inBasisPoints ? message.units(Tag.PegOffsetValue, priceScale) : Number.NaN,
      trailingBasisPoints: inBasisPoints ? message.double(Tag.PegOffsetValue) : Number.NaN,
      displayUnits: message.units(message.has(Tag.DisplayQty) ? Tag.DisplayQty : Tag.MaxFloor, sizeScale),
      expireTimeUs: timeInForce === 'GTD' ? message.timestampUs(Tag.ExpireTime) : Number.NaN,
      flags: flagsOf(message, execInst),
      selfTradePrevention: 0,
    }
  } catch (error) {
    return { reason: OrdRejReason.other, text: (error as Error).message }
  }
}

function flagsOf(message: FixMessage, execInst: string): number {
  const source = message.string(Tag.TriggerPriceType)
  return (
    (execInst.includes(POST_ONLY) ? OrderFlag.postOnly : 0) |
    (execInst.includes(REDUCE_ONLY) ? OrderFlag.reduceOnly : 0) |
    (source === '1' || source === '3' ? OrderFlag.triggerBidAsk : 0) |
    (source === '6' ? OrderFlag.triggerMid : 0)
  )
}
