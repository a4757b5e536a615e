/**
 * What a connector is handed: views on one order, valid during the call, that only the risk gate can make.
 *
 * An {@link ApprovedOrder} is a seal, not a wrapper: it can be made only with the minting right, which the risk gate takes
 * when it is loaded; the base connector asks its host whether a view is the gate's own, and uses the approval up. One view
 * a gate is reused for every order, so approving costs no memory.
 */
import { TradewireError } from '../core/errors.js'
import type { BrokerOrder } from '../model/algo.js'
import type { Instrument } from '../model/instrument.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { SideSign } from './codes.js'
import { OrderFlag } from './codes.js'
import * as Field from './order-fields.js'
import type { OrderTable } from './order-table.js'

/** Names of accounts, strategies and connectors by their small integers. */
export interface OrderNames {
  account(index: number): string
  strategy(index: number): string
  connector(index: number): string
  /** The host's id of an order; made from its number where the host gave none. */
  clientOrderId(row: number): string
  /** The broker's algorithm that an order asks for; none where it is absent. */
  algo?(row: number): BrokerOrder | undefined
}

/** A read-only view on an order of the table. Valid during the call it is passed to. */
export class OrderView {
  protected readonly table: OrderTable
  protected readonly instruments: InstrumentRegistry
  protected readonly names: OrderNames
  protected row = -1

  constructor(table: OrderTable, instruments: InstrumentRegistry, names: OrderNames) {
    this.table = table
    this.instruments = instruments
    this.names = names
  }

  /** The order's number: what reports refer to. */
  get number(): number {
    return this.table.cells[this.row + Field.number]
  }

  get clientOrderId(): string {
    return this.names.clientOrderId(this.row)
  }

  get venueOrderId(): string | number | undefined {
    return this.table.venueOrderId(this.row)
  }

  get instrument(): Instrument {
    return this.instruments.at(this.table.cells[this.row + Field.instrument])
  }

  get instrumentIndex(): number {
    return this.table.cells[this.row + Field.instrument]
  }

  get account(): string {
    return this.names.account(this.table.cells[this.row + Field.account])
  }

  get accountIndex(): number {
    return this.table.cells[this.row + Field.account]
  }

  get strategy(): string {
    return this.names.strategy(this.table.cells[this.row + Field.strategy])
  }

  get sideSign(): SideSign {
    return this.table.cells[this.row + Field.side] as SideSign
  }

  /** Code of the order type, see `TypeCode`. */
  get type(): number {
    return this.table.cells[this.row + Field.type]
  }

  /** Code of the time in force, see `TifCode`. */
  get timeInForce(): number {
    return this.table.cells[this.row + Field.timeInForce]
  }

  get quantityUnits(): number {
    return this.table.cells[this.row + Field.quantity]
  }

  /** NaN for types without a limit. */
  get priceUnits(): number {
    return this.table.cells[this.row + Field.price]
  }

  /** NaN for types without a trigger. */
  get triggerUnits(): number {
    return this.table.cells[this.row + Field.trigger]
  }

  /** Trailing distance in price units, NaN when it is given in basis points or there is none. */
  get trailingAmountUnits(): number {
    return this.table.cells[this.row + Field.trailingAmount]
  }

  get trailingBasisPoints(): number {
    return this.table.cells[this.row + Field.trailingBasisPoints]
  }

  /** Shown part of an iceberg; NaN when all is shown. */
  get displayUnits(): number {
    return this.table.cells[this.row + Field.display]
  }

  /** Epoch microseconds at which a GTD order ends; NaN otherwise. */
  get expireTimeUs(): number {
    return this.table.cells[this.row + Field.expireUs]
  }

  get flags(): number {
    return this.table.cells[this.row + Field.flags]
  }

  get postOnly(): boolean {
    return (this.flags & OrderFlag.postOnly) !== 0
  }

  get reduceOnly(): boolean {
    return (this.flags & OrderFlag.reduceOnly) !== 0
  }

  /** Code of the self-trade prevention, see `StpCode`. */
  get selfTradePrevention(): number {
    return this.table.cells[this.row + Field.selfTrade]
  }

  get tag(): string | undefined {
    return this.table.tag(this.row)
  }

  /** The broker's algorithm that works this order. Undefined for a plain one. */
  get algo(): BrokerOrder | undefined {
    return this.names.algo?.(this.row)
  }
}

/** An order that passed the risk gate. Connectors send nothing else. */
export class ApprovedOrder extends OrderView {
  #isLive = false

  private constructor(right: MintingRight, table: OrderTable, instruments: InstrumentRegistry, names: OrderNames) {
    super(table, instruments, names)
    if (!isHeld(right)) throw new TradewireError('TW_NOT_APPROVED', 'Only the risk gate can make an ApprovedOrder')
  }

  /** A view of a gate's own, to be pointed at each order it approves. */
  static mint(
    right: MintingRight,
    table: OrderTable,
    instruments: InstrumentRegistry,
    names: OrderNames,
  ): ApprovedOrder {
    return new ApprovedOrder(right, table, instruments, names)
  }

  /** Points the view at an order that was just approved. Needs the minting right. */
  approve(right: MintingRight, row: number): this {
    if (!isHeld(right)) throw new TradewireError('TW_NOT_APPROVED', 'Only the risk gate can approve an order')
    this.row = row
    this.#isLive = true
    return this
  }

  /** Uses the approval up. The base connector calls it before it sends; a second time it fails. */
  consume(): void {
    if (!this.#isLive)
      throw new TradewireError('TW_NOT_APPROVED', 'The approval of this order was used already or never given')
    this.#isLive = false
  }
}

/** An approved change of a working order. */
export class ApprovedReplace extends OrderView {
  #isLive = false
  /** Number of this request within its order; reports on it carry it. */
  generation = 0
  newQuantityUnits = 0
  newPriceUnits = 0
  newTriggerUnits = 0

  private constructor(right: MintingRight, table: OrderTable, instruments: InstrumentRegistry, names: OrderNames) {
    super(table, instruments, names)
    if (!isHeld(right)) throw new TradewireError('TW_NOT_APPROVED', 'Only the risk gate can make an ApprovedReplace')
  }

  /** As {@link ApprovedOrder.mint}. */
  static mint(
    right: MintingRight,
    table: OrderTable,
    instruments: InstrumentRegistry,
    names: OrderNames,
  ): ApprovedReplace {
    return new ApprovedReplace(right, table, instruments, names)
  }

  /** Points the view at an approved change. Needs the minting right. */
  approve(
    right: MintingRight,
    row: number,
    generation: number,
    quantityUnits: number,
    priceUnits: number,
    triggerUnits: number,
  ): this {
    if (!isHeld(right)) throw new TradewireError('TW_NOT_APPROVED', 'Only the risk gate can approve a change')
    this.row = row
    this.generation = generation
    this.newQuantityUnits = quantityUnits
    this.newPriceUnits = priceUnits
    this.newTriggerUnits = triggerUnits
    this.#isLive = true
    return this
  }

  /** As {@link ApprovedOrder.consume}. */
  consume(): void {
    if (!this.#isLive)
      throw new TradewireError('TW_NOT_APPROVED', 'The approval of this change was used already or never given')
    this.#isLive = false
  }
}

/** A cancel. It needs no approval: nothing may stand between an order and its cancellation. */
export class CancelRequest extends OrderView {
  /** Number of this request within its order; reports on it carry it. */
  generation = 0

  /** Points the view at an order. */
  point(row: number, generation: number): this {
    this.row = row
    this.generation = generation
    return this
  }

  /** A view of one's own, for a request that cannot leave at once. Once `number` differs, the record is another order's. */
  copy(): CancelRequest {
    return new CancelRequest(this.table, this.instruments, this.names).point(this.row, this.generation)
  }
}

/** The right to make approvals. Held by the risk gate alone. */
export interface MintingRight {
  readonly holder: string
}

/** The one right that was handed out. */
let held: MintingRight | undefined

function isHeld(right: MintingRight): boolean {
  return held !== undefined && right === held
}

/**
 * Hands out the minting right, once per loaded copy of the package: `risk/` takes it when it is loaded, so nothing that is
 * loaded later can have it.
 *
 * @throws TradewireError `TW_NOT_APPROVED` when it has been taken.
 */
export function claimMintingRight(holder: string): MintingRight {
  if (held !== undefined)
    throw new TradewireError('TW_NOT_APPROVED', 'The right to approve orders is taken by the risk gate')
  held = Object.freeze({ holder })
  return held
}
