/** Branded ids: text at run time, kept apart by the compiler. */

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** `SYMBOL.VENUE`, for instance `IBM.XNYS`. */
export type InstrumentId = Branded<'InstrumentId'>
/** The host's id of an order: unique for ever per account. */
export type ClientOrderId = Branded<'ClientOrderId'>
/** The venue's id of an order. May change over the order's life (cancel-replace venues). */
export type VenueOrderId = Branded<'VenueOrderId'>
/** The venue's id of one execution. */
export type ExecId = Branded<'ExecId'>
/** An account at a broker or venue. */
export type AccountId = Branded<'AccountId'>
/** A strategy within one system. */
export type StrategyId = Branded<'StrategyId'>
/** A connector within one system: the name it was added under. */
export type ConnectorId = Branded<'ConnectorId'>
