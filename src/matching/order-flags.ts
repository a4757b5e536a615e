/**
 * The small facts of an order packed into one integer, so that resting an order writes one word instead of ten.
 *
 * ```
 * bits 0-3 kind | 4-6 time in force | 7-9 self trade | 10-11 post only | 12 trigger source | 13 trail unit | 14 sell | 15 iceberg | 16-18 place
 * ```
 */
import type { OrderEntry } from './order-entry.js'

/** Packs an order's options; its place is `none`. */
export function packFlags(entry: OrderEntry): number {
  return (
    entry.kind |
    (entry.timeInForce << 4) |
    (entry.selfTrade << 7) |
    (entry.postOnly << 10) |
    (entry.triggerSource << 12) |
    (entry.trailUnit << 13) |
    (entry.side < 0 ? 0x4000 : 0) |
    (entry.displayQuantity === 0 ? 0 : 0x8000)
  )
}

/** Flags of a limit order without options that rests. */
export const plainFlags = (side: number, timeInForce: number): number =>
  0x10001 | (timeInForce << 4) | (side < 0 ? 0x4000 : 0)

/** An {@link OrderKind}. */
export const kindOf = (flags: number): number => flags & 15
/** The flags with another kind. */
export const withKind = (flags: number, kind: number): number => (flags & ~15) | kind
/** A {@link TimeInForce}. */
export const timeInForceOf = (flags: number): number => (flags >> 4) & 7
/** True for good-till-date orders, which are in the expiry heap. */
export const isGtd = (flags: number): boolean => (flags & 0x70) === 0x40
/** True for orders that leave without ado: no iceberg, no expiry time (nor an auction of their own). */
export const isUncomplicated = (flags: number): boolean => (flags & 0x8040) === 0
/** A {@link SelfTradeMode}. */
export const selfTradeOf = (flags: number): number => (flags >> 7) & 7
/** A {@link PostOnly}. */
export const postOnlyOf = (flags: number): number => (flags >> 10) & 3
/** A {@link TriggerSource}. */
export const triggerSourceOf = (flags: number): number => (flags >> 12) & 1
/** A {@link TrailUnit}. */
export const trailUnitOf = (flags: number): number => (flags >> 13) & 1
/** 1 buy, -1 sell. */
export const sideOf = (flags: number): number => ((flags & 0x4000) === 0 ? 1 : -1)
/** True for sells. */
export const isSell = (flags: number): boolean => (flags & 0x4000) !== 0
/** True for icebergs: the pool's `display` and `hidden` count. */
export const isIceberg = (flags: number): boolean => (flags & 0x8000) !== 0
/** An {@link OrderPlace}. */
export const placeOf = (flags: number): number => (flags >> 16) & 7
/** The flags with another place. */
export const withPlace = (flags: number, place: number): number => (flags & ~0x70000) | (place << 16)
