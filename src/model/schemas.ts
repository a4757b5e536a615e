/**
 * Every model to and from plain JSON, without loss: decimals, prices and sizes are text, times and sequences integers.
 *
 * What is read is untrusted: unknown fields, wrong types, values out of range and oversized input are refused with the path
 * of the bad field. What is written is checked by the same schema, so that it can be read again.
 */
import { TradewireError } from '../core/errors.js'
import type { AccountState, Balance, Position } from './account.js'
import type { ExecutionReport, SettlementRecord } from './execution.js'
import type { InstrumentDefinition } from './instrument.js'
import type {
  Discontinuity,
  InstrumentStatus,
  MacroEvent,
  MarketEvent,
  NewsEvent,
  OhlcvBar,
  OrderBookDelta,
  OrderBookSnapshot,
  PriceTick,
  TradeTick,
} from './market-data.js'
import type { OrderChange, OrderRequest, OrderSnapshot } from './order.js'
import { accountState, balance, position } from './schema/account.js'
import type { Codec } from './schema/codec.js'
import { executionReport, settlementRecord } from './schema/execution.js'
import { instrumentDefinition } from './schema/instrument.js'
import { isPlainObject, type JsonObject } from './schema/json.js'
import {
  discontinuity,
  instrumentStatus,
  macroEvent,
  newsEvent,
  ohlcvBar,
  orderBookDelta,
  orderBookSnapshot,
  priceTick,
  tradeTick,
} from './schema/market-data.js'
import { orderChange, orderRequest, orderSnapshot } from './schema/order.js'
import { parseStrict } from './schema/parse.js'
import { unknownField } from './schema/unknown-field.js'

/** Models by the name of their kind. Market events go by their own `kind`. */
export interface ModelByKind {
  quote: PriceTick
  trade: TradeTick
  book_snapshot: OrderBookSnapshot
  book_delta: OrderBookDelta
  bar: OhlcvBar
  news: NewsEvent
  macro: MacroEvent
  status: InstrumentStatus
  discontinuity: Discontinuity
  instrument: InstrumentDefinition
  order_request: OrderRequest
  order_change: OrderChange
  order: OrderSnapshot
  execution: ExecutionReport
  settlement: SettlementRecord
  position: Position
  balance: Balance
  account: AccountState
}
/** The name of a kind of model. */
export type ModelKind = keyof ModelByKind

const marketCodecs = {
  quote: priceTick,
  trade: tradeTick,
  book_snapshot: orderBookSnapshot,
  book_delta: orderBookDelta,
  bar: ohlcvBar,
  news: newsEvent,
  macro: macroEvent,
  status: instrumentStatus,
  discontinuity,
} as const satisfies { [Kind in MarketEvent['kind']]: Codec<ModelByKind[Kind]> }

const codecs: { readonly [Kind in ModelKind]: Codec<ModelByKind[Kind]> } = {
  ...marketCodecs,
  instrument: instrumentDefinition,
  order_request: orderRequest,
  order_change: orderChange,
  order: orderSnapshot,
  execution: executionReport,
  settlement: settlementRecord,
  position,
  balance,
  account: accountState,
}

/** All kinds of models. */
export const modelKinds = Object.keys(codecs) as readonly ModelKind[]

/**
 * A model as plain JSON data, ready for JSON.stringify. Fields that are undefined are left out.
 *
 * @throws TradewireError `TW_INVALID_MODEL` naming the field that could not be read again, for instance a price of NaN.
 */
export function toJson<Kind extends ModelKind>(kind: Kind, model: ModelByKind[Kind]): JsonObject {
  const codec = codecOf(kind)
  const json = codec.toJson(model)
  parseStrict(codec.schema, json, kind)
  return json as JsonObject
}

/**
 * Untrusted JSON data as a model. Amounts of order requests and changes stay text; every other decimal becomes a double
 * (market data) or a Decimal.
 *
 * @throws TradewireError `TW_INVALID_MODEL`; `details.field` is the path of the first bad field.
 *
 * @example
 * ```ts
 * const request = fromJson('order_request', JSON.parse('{"symbol":"IBM","side":"buy","quantity":"100"}'))
 * ```
 */
export function fromJson<Kind extends ModelKind>(kind: Kind, json: unknown): ModelByKind[Kind] {
  return parseStrict(codecOf(kind).schema, json, kind)
}

/** As {@link fromJson}, for any market event: its `kind` field says which. */
export function marketEventFromJson(json: unknown): MarketEvent {
  const kind = isPlainObject(json) ? json.kind : undefined
  if (typeof kind === 'string' && Object.hasOwn(marketCodecs, kind)) {
    return parseStrict<MarketEvent>(marketCodecs[kind as MarketEvent['kind']].schema, json, kind)
  }
  const known = Object.keys(marketCodecs)
  const problem =
    typeof kind === 'string' ? unknownField(kind.slice(0, 64), known) : `must be one of ${known.join(', ')}`
  throw new TradewireError('TW_INVALID_MODEL', `market event: kind ${problem}`, { details: { field: 'kind' } })
}

function codecOf<Kind extends ModelKind>(kind: Kind): Codec<ModelByKind[Kind]> {
  if (Object.hasOwn(codecs, kind)) return codecs[kind]
  throw new TradewireError('TW_INVALID_ARGUMENT', `kind ${unknownField(String(kind), modelKinds)}`)
}
