/**
 * Orders, changes and cancels as messages: NewOrderSingle (D), OrderCancelReplaceRequest (G), OrderCancelRequest (F). Fields that
 * a version does not have are left out by {@link Outgoing}; what cannot be said at all is refused before anything is written.
 */
import type { BrokerOrder } from '../../../model/algo.js'
import { fixAlgo } from '../../../model/broker-algos.js'
import type { ApprovedOrder, OrderView } from '../../../orders/approved-order.js'
import { hasLimit, OrderFlag, StpCode, TifCode, TypeCode, tifOf, typeOf } from '../../../orders/codes.js'
import { Tag } from '../dictionary/tags.js'
import type { Outgoing } from './outgoing.js'
import type { ResolvedProfile } from './profile.js'
import type { Symbology } from './symbology.js'

const stopTypes: ReadonlySet<number> = new Set([TypeCode.STOP, TypeCode.STOP_LIMIT, TypeCode.MARKET_IF_TOUCHED])
const trailingTypes: ReadonlySet<number> = new Set([TypeCode.TRAILING_STOP, TypeCode.TRAILING_STOP_LIMIT])

/** The terms of an order that a change may alter. */
export interface ChangedTerms {
  readonly quantityUnits: number
  readonly priceUnits: number
  readonly triggerUnits: number
}

/** Why an order cannot be said in the words of the venue; undefined when it can. */
export function obstacleOf(order: OrderView, profile: ResolvedProfile): string | undefined {
  const { words, given } = profile
  const type = typeOf(order.type)
  const word = words.types.get(type)
  if (word === undefined) return `the venue has no ${type} orders`
  const time = tifOf(order.timeInForce)
  if (!words.times.has(time) && !(time === 'CLO' && words.closingTypes.has(type)))
    return `the venue has no ${type} orders with time in force ${time}`
  if (order.postOnly && profile.postOnly === undefined) return 'the venue has no post-only orders'
  if (order.reduceOnly && profile.reduceOnly === undefined) return 'the venue has no reduce-only orders'
  if (!Number.isNaN(order.displayUnits) && profile.displayTag === 0) return 'the venue has no icebergs'
  if (!Number.isNaN(order.trailingBasisPoints) && !words.hasBasisPoints)
    return 'the venue takes no trailing distance in basis points'
  if ((order.flags & (OrderFlag.triggerBidAsk | OrderFlag.triggerMid)) !== 0 && !words.hasTriggerSource)
    return 'the venue triggers by last trades only'
  const mode = selfTradeMode(order.selfTradePrevention)
  if (mode !== 'none' && given.selfTrade?.values[mode] === undefined)
    return `the venue has no self-trade prevention ${mode}`
  if (order.algo !== undefined && profile.algorithmParameters === undefined) return 'the venue has no algorithms'
  if (profile.inLots && order.quantityUnits % order.instrument.lotUnits !== 0)
    return 'the quantity is no whole number of lots'
  return undefined
}

function selfTradeMode(code: number): keyof typeof StpCode {
  for (const [mode, value] of Object.entries(StpCode)) if (value === code) return mode as keyof typeof StpCode
  return 'none'
}

/** Writes orders of one connector. */
export class OrderWriter {
  readonly #out: Outgoing
  readonly #profile: ResolvedProfile
  readonly #symbology: Symbology

  constructor(out: Outgoing, profile: ResolvedProfile, symbology: Symbology) {
    this.#out = out
    this.#profile = profile
    this.#symbology = symbology
  }

  /** NewOrderSingle. Returns the number of the message. */
  order(order: ApprovedOrder, clOrdId: string, nowUs: number): number {
    const number = this.#out.begin('D', this.#profile.omitted('D'))
    this.#out.string(Tag.ClOrdID, clOrdId)
    this.#terms(order, order, nowUs)
    this.#end('D')
    return number
  }

  /** OrderCancelReplaceRequest: the whole order, with its new terms. Returns the number of the message. */
  replace(
    order: OrderView,
    terms: ChangedTerms,
    ids: { clOrdId: string; original: string; orderId: string | undefined },
    nowUs: number,
  ): number {
    const number = this.#out.begin('G', this.#profile.omitted('G'))
    this.#ids(ids)
    this.#terms(order, terms, nowUs)
    this.#end('G')
    return number
  }

  /** OrderCancelRequest. Returns the number of the message. */
  cancel(
    order: OrderView,
    ids: { clOrdId: string; original: string; orderId: string | undefined },
    nowUs: number,
  ): number {
    const out = this.#out
    const number = out.begin('F', this.#profile.omitted('F'))
    this.#ids(ids)
    if (this.#profile.sendsAccount) out.string(Tag.Account, order.account)
    // FIX 4.0: the whole of what is left.
    out.string(Tag.CxlType, 'F')
    this.#symbology.write(order.instrument, (tag, value) => out.string(tag, value))
    out.string(Tag.Side, order.sideSign > 0 ? '1' : '2')
    this.#quantity(order, order.quantityUnits)
    out.timestamp(Tag.TransactTime, nowUs)
    this.#end('F')
    return number
  }

  #ids({ clOrdId, original, orderId }: { clOrdId: string; original: string; orderId: string | undefined }): void {
    const out = this.#out
    out.string(Tag.OrigClOrdID, original)
    out.string(Tag.ClOrdID, clOrdId)
    out.string(Tag.OrderID, orderId)
  }

  #terms(order: OrderView, terms: ChangedTerms, nowUs: number): void {
    const out = this.#out
    const profile = this.#profile
    const { instrument } = order
    const { priceScale } = instrument
    const type = typeOf(order.type)
    const word = profile.words.types.get(type)
    const closing = order.timeInForce === TifCode.CLO ? profile.words.closingTypes.get(type) : undefined
    if (profile.sendsAccount) out.string(Tag.Account, order.account)
    out.string(Tag.HandlInst, profile.handlInst)
    out.string(Tag.ExecInst, this.#execInst(order, word?.execInst))
    this.#symbology.write(instrument, (tag, value) => out.string(tag, value))
    out.string(Tag.Side, order.sideSign > 0 ? '1' : '2')
    out.timestamp(Tag.TransactTime, nowUs)
    this.#quantity(order, terms.quantityUnits)
    out.string(Tag.OrdType, closing ?? (word as { ordType: string }).ordType)
    if (hasLimit(order.type)) out.units(Tag.Price, terms.priceUnits, priceScale)
    if (word?.isTriggered === true) this.#touched(order, terms.triggerUnits)
    else if (stopTypes.has(order.type) || trailingTypes.has(order.type))
      out.units(Tag.StopPx, terms.triggerUnits, priceScale)
    if (trailingTypes.has(order.type)) this.#trailing(order)
    if (closing === undefined) out.string(Tag.TimeInForce, profile.words.times.get(tifOf(order.timeInForce)))
    if (order.timeInForce === TifCode.GTD) out.timestamp(Tag.ExpireTime, order.expireTimeUs)
    this.#flags(order)
  }

  #quantity(order: OrderView, units: number): void {
    const { instrument } = order
    if (this.#profile.inLots) this.#out.units(Tag.OrderQty, units / instrument.lotUnits, 0)
    else this.#out.units(Tag.OrderQty, units, instrument.sizeScale)
  }

  #execInst(order: OrderView, own: string | undefined): string {
    const { postOnly, reduceOnly } = this.#profile
    const values = [...(own ?? '')]
    if (order.postOnly && postOnly?.tag === Tag.ExecInst) values.push(postOnly.value)
    if (order.reduceOnly && reduceOnly?.tag === Tag.ExecInst) values.push(reduceOnly.value)
    return values.join(' ')
  }

  #flags(order: OrderView): void {
    const { postOnly, reduceOnly, displayTag, given, inLots } = this.#profile
    const { instrument } = order
    if (order.postOnly && postOnly !== undefined && postOnly.tag !== Tag.ExecInst)
      this.#out.extra(postOnly.tag, postOnly.value)
    if (order.reduceOnly && reduceOnly !== undefined && reduceOnly.tag !== Tag.ExecInst)
      this.#out.extra(reduceOnly.tag, reduceOnly.value)
    if (!Number.isNaN(order.displayUnits)) {
      if (inLots) this.#out.units(displayTag, order.displayUnits / instrument.lotUnits, 0)
      else this.#out.units(displayTag, order.displayUnits, instrument.sizeScale)
    }
    const mode = selfTradeMode(order.selfTradePrevention)
    const selfTrade = mode === 'none' ? undefined : given.selfTrade?.values[mode]
    if (selfTrade !== undefined) this.#out.extra(given.selfTrade?.tag as number, selfTrade)
    this.#triggerSource(order)
    if (order.algo !== undefined) this.#algorithm(order.algo)
  }

  /** What the broker's algorithm is asked for. Said as it is: by agreement with the broker, whatever the version knows. */
  #algorithm({ algo, window }: BrokerOrder): void {
    const out = this.#out
    const { targetStrategy, participationRate, parameters } = fixAlgo(algo, window, this.#profile.given.algorithms)
    out.extra(Tag.TargetStrategy, String(targetStrategy))
    if (participationRate !== undefined) out.extra(Tag.ParticipationRate, String(participationRate))
    if (parameters.length === 0) return
    if (this.#profile.algorithmParameters === 'text') {
      out.extra(Tag.TargetStrategyParameters, parameters.map(({ name, value }) => `${name}=${value}`).join(';'))
      return
    }
    out.extra(Tag.NoStrategyParameters, String(parameters.length))
    for (const { name, type, value } of parameters) {
      out.extra(Tag.StrategyParameterName, name)
      out.extra(Tag.StrategyParameterType, String(type))
      out.extra(Tag.StrategyParameterValue, value)
    }
  }

  #triggerSource(order: OrderView): void {
    if ((order.flags & OrderFlag.triggerMid) !== 0) this.#out.string(Tag.TriggerPriceType, '6')
    else if ((order.flags & OrderFlag.triggerBidAsk) !== 0)
      this.#out.string(Tag.TriggerPriceType, order.sideSign > 0 ? '1' : '3')
  }

  #touched(order: OrderView, triggerUnits: number): void {
    const out = this.#out
    out.string(Tag.TriggerType, '4')
    out.string(Tag.TriggerAction, '1')
    out.units(Tag.TriggerPrice, triggerUnits, order.instrument.priceScale)
    out.string(Tag.TriggerPriceDirection, order.sideSign > 0 ? 'D' : 'U')
  }

  #trailing(order: OrderView): void {
    const out = this.#out
    if (Number.isNaN(order.trailingBasisPoints)) {
      out.units(Tag.PegOffsetValue, order.trailingAmountUnits, order.instrument.priceScale)
      out.int(Tag.PegOffsetType, 0)
    } else {
      out.units(Tag.PegOffsetValue, order.trailingBasisPoints, 0)
      out.int(Tag.PegOffsetType, 1)
    }
  }

  #end(msgType: string): void {
    for (const [tag, value] of this.#profile.given.fields?.[msgType] ?? []) this.#out.extra(tag, value)
    this.#out.send()
  }
}
