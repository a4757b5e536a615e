/**
 * What a venue takes, as types: an order that a connector cannot send does not compile. It works for connectors that
 * declare their capabilities `as const satisfies ConnectorCapabilities`; for others everything compiles, and what the venue
 * does not take is refused before anything is sent.
 */
import type { AlgoOrderRequest, AlgoParameters, EmulateParameters } from '../model/algo.js'
import type { DecimalInput } from '../model/decimal.js'
import type { OrderRequest } from '../model/order.js'
import type { OrderType, TimeInForce } from '../model/order-types.js'
import type { ConnectorCapabilities, DataKind, OrderCapabilities } from './capabilities.js'

/** Connectors by name: the part of them that types are made from. */
export type ConnectorSet = Readonly<Record<string, { readonly capabilities: ConnectorCapabilities }>>

type OrdersOf<C extends ConnectorCapabilities> = C extends { readonly orders: infer O extends OrderCapabilities }
  ? O
  : C extends { readonly orders?: infer O }
    ? Extract<O, OrderCapabilities>
    : never

type Named<T extends string> = T | Lowercase<T>

/** MOO is MARKET with OPG, and so on: only where the venue has both. */
type AuctionName<T extends OrderType, F extends TimeInForce> =
  | ('MARKET' extends T ? ('OPG' extends F ? 'MOO' : never) | ('CLO' extends F ? 'MOC' : never) : never)
  | ('LIMIT' extends T ? ('OPG' extends F ? 'LOO' : never) | ('CLO' extends F ? 'LOC' : never) : never)

/** The type is named, or follows from the price as in every request. */
type TypePart<T extends OrderType, F extends TimeInForce> =
  | { type: Named<T | AuctionName<T, F>> }
  | ('LIMIT' extends T ? { type?: never; price: DecimalInput } : never)
  | ('MARKET' extends T ? { type?: never; price?: never } : never)

type TimePart<F extends TimeInForce> = 'DAY' extends F ? { timeInForce?: Named<F> } : { timeInForce: Named<F> }

type FlagPart<O extends OrderCapabilities> = (O['postOnly'] extends false
  ? { postOnly?: false }
  : { postOnly?: boolean }) &
  (O['iceberg'] extends false ? { displayQuantity?: never } : { displayQuantity?: DecimalInput })

/** An order request that a venue with these capabilities takes. */
export type OrderRequestFor<C extends ConnectorCapabilities> =
  OrdersOf<C> extends infer O extends OrderCapabilities
    ? [O] extends [never]
      ? never
      : Omit<OrderRequest, 'connector' | 'type' | 'timeInForce' | 'postOnly' | 'displayQuantity'> &
          TypePart<O['types'][number], O['timeInForce'][number]> &
          TimePart<O['timeInForce'][number]> &
          FlagPart<O>
    : never

/** Types that are watched here, and end in a market or a limit order at the venue. */
type EmulatedType<T extends OrderType> =
  | ('MARKET' extends T ? 'MARKET' | 'STOP' | 'TRAILING_STOP' | 'MARKET_IF_TOUCHED' : never)
  | ('LIMIT' extends T ? 'LIMIT' | 'STOP_LIMIT' | 'TRAILING_STOP_LIMIT' | 'LIMIT_IF_TOUCHED' : never)

/** What an algorithm here works in orders that a venue with these types takes. */
type WorkedPart<T extends OrderType> =
  | { algo: EmulateParameters; type: Named<EmulatedType<T>> }
  | { algo: Exclude<AlgoParameters, EmulateParameters>; type?: Named<Extract<T, 'MARKET' | 'LIMIT'>> }

/**
 * An order that an algorithm here works over a venue with these capabilities. Types that the venue lacks and that are
 * emulated (`algo: { type: 'emulate' }`) are allowed where it takes the order that they end in.
 */
export type AlgoRequestFor<C extends ConnectorCapabilities> =
  OrdersOf<C> extends infer O extends OrderCapabilities
    ? [O] extends [never]
      ? never
      : Omit<AlgoOrderRequest, 'connector' | 'type' | 'algo'> & WorkedPart<O['types'][number]>
    : never

/** A kind of data that a venue with these capabilities has. */
export type DataKindOf<C extends ConnectorCapabilities> = Extract<C['data'][number], DataKind>
