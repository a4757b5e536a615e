/**
 * From a normalized request to a record of the order table: names become small integers, terms are copied. The same for an
 * order that is submitted and for one that is only asked about.
 */
import { TradewireError } from '../core/errors.js'
import type { Instrument } from '../model/instrument.js'
import type { NormalizedOrder } from '../model/normalize-order.js'
import { show } from '../model/schema/parse.js'
import { OrderFlag, StpCode } from '../orders/codes.js'
import * as Field from '../orders/order-fields.js'
import { LocalReason } from '../risk/controls.js'
import type { PositionMode } from './hedging.js'
import type { OrderCore } from './order-core.js'
import type { NameKind } from './records.js'

/** Stands for "no connector" until the order is refused. */
export const noConnector = 65_535

/** Where orders go when they do not say it themselves. */
export interface OrderDefaults {
  account: string
  /** Account of orders over a connector, by index; `account` where it has none of its own. */
  accountOf?(connector: number): string | undefined
  strategy: string
  /** How orders of a strategy make positions; all are netted unless given. */
  positionModeOf?(strategy: string): PositionMode
  /**
   * Index of the connector for a new order; where there is none, the local reason of the refusal with its sign changed.
   * `isUrgent`: the order takes risk away.
   */
  route(instrument: number, account: string, isUrgent?: boolean): number
  /** Whether quotes of an instrument have come, and no trade: a stop that waits for trades is warned about then. */
  lacksTrades?(instrument: number): boolean
}

/** Makes records. Most orders have the same names as the one before: those are looked up once. */
export class OrderEntry {
  readonly #core: OrderCore
  readonly #defaults: OrderDefaults
  /** Instruments by the names that hosts use, valid for so many instruments: another one can make a symbol ambiguous. */
  readonly #byName = new Map<string, Instrument>()
  #instruments = 0
  /** Why the record made last has no connector. */
  refusal: number = LocalReason.NO_ROUTE
  /** Names that were looked up last. An index once given is for ever. */
  #account = ''
  #accountIndex = -1
  #connector: string | undefined
  #connectorIndex = -1

  constructor(core: OrderCore, defaults: OrderDefaults) {
    this.#core = core
    this.#defaults = defaults
  }

  /** The instrument of a name that a host uses. @throws TradewireError `TW_UNKNOWN_INSTRUMENT`. */
  instrumentOf(name: string): Instrument {
    const { instruments } = this.#core
    if (instruments.size !== this.#instruments) {
      this.#byName.clear()
      this.#instruments = instruments.size
    }
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    if (typeof name !== 'string')
      throw new TradewireError(
        'TW_INVALID_MODEL',
        `symbol must be the text of an instrument's symbol or id, got ${show(name)}: submit({ symbol, side, quantity })`,
        { details: { field: 'symbol' } },
      )
    const instrument = instruments.get(name)
    this.#byName.set(name, instrument)
    return instrument
  }

  /** A new record with identity and terms; its row. `isUrgent`: it takes risk away. Call it inside a turn. @throws TradewireError `TW_CAPACITY`. */
  create(order: NormalizedOrder, instrument: number, isUrgent: boolean = order.reduceOnly): number {
    const core = this.#core
    const { table } = core
    this.#requireRoom(instrument)
    // Names first: what does not fit must not use up a number.
    const connector = this.#route(order, instrument, isUrgent)
    const account = this.#accountIndexOf(this.#accountOf(order, connector))
    const strategy = core.nameBook.intern('strategy', order.strategy ?? this.#defaults.strategy)
    const row = table.allocate()
    if (row < 0)
      throw new TradewireError('TW_CAPACITY', `All ${table.capacity} records hold open orders; raise orders.capacity`)
    this.#fill(row, order, instrument, connector, account, strategy)
    if (order.clientOrderId !== undefined) table.setClientOrderId(row, order.clientOrderId)
    if (order.tag !== undefined) table.setTag(row, order.tag)
    return row
  }

  /** The order as it would be, in the record outside the ring: no number, no name and no journal record is used up. */
  sketch(order: NormalizedOrder, instrument: number): number {
    this.#requireRoom(instrument)
    const connector = this.#route(order, instrument, order.reduceOnly)
    const account = this.#indexFor('account', this.#accountOf(order, connector))
    const strategy = this.#indexFor('strategy', order.strategy ?? this.#defaults.strategy)
    const row = this.#core.table.scratch()
    this.#fill(row, order, instrument, connector, account, strategy)
    return row
  }

  #requireRoom(instrument: number): void {
    const { sizes } = this.#core
    if (instrument < sizes.instrument) return
    throw new TradewireError(
      'TW_CAPACITY',
      `The system has room for ${sizes.instrument} instruments; raise limits.instruments`,
    )
  }

  /** The index that a name has, or would be given. */
  #indexFor(kind: keyof typeof NameKind, name: string): number {
    const { nameBook } = this.#core
    const known = nameBook.find(kind, name)
    if (known >= 0) return known
    if (nameBook.hasRoom(kind)) return nameBook.table(kind).size
    throw new TradewireError('TW_CAPACITY', `There is no room for another ${kind}; "${name}" is one too many`)
  }

  #fill(
    row: number,
    order: NormalizedOrder,
    instrument: number,
    connector: number,
    account: number,
    strategy: number,
  ): void {
    const core = this.#core
    const { cells } = core.table
    const { nowUs } = core.turn
    cells[row + Field.instrument] = instrument
    cells[row + Field.account] = account
    cells[row + Field.strategy] = strategy
    cells[row + Field.connector] = connector
    cells[row + Field.side] = order.sideSign
    cells[row + Field.type] = order.typeIndex
    cells[row + Field.timeInForce] = order.timeInForceIndex
    cells[row + Field.flags] = flagsOf(order)
    cells[row + Field.selfTrade] = StpCode[order.selfTradePrevention]
    cells[row + Field.quantity] = order.quantityUnits
    cells[row + Field.price] = order.priceUnits
    cells[row + Field.trigger] = order.triggerPriceUnits
    cells[row + Field.trailingAmount] = order.trailingAmountUnits
    cells[row + Field.trailingBasisPoints] = order.trailingBasisPoints
    cells[row + Field.display] = order.displayUnits
    cells[row + Field.expireUs] = order.expireTimeUs
    cells[row + Field.createdUs] = nowUs
    cells[row + Field.updatedUs] = nowUs
  }

  #route(order: NormalizedOrder, instrument: number, isUrgent: boolean): number {
    this.refusal = LocalReason.NO_ROUTE
    if (order.connector !== undefined) return this.#connectorOf(order.connector)
    const connector = this.#defaults.route(instrument, order.account ?? this.#defaults.account, isUrgent)
    if (connector >= 0) return connector
    this.refusal = -connector
    return noConnector
  }

  /** The account an order names, or else that of its connector, or else the default. */
  #accountOf({ account }: NormalizedOrder, connector: number): string {
    return account ?? this.#defaults.accountOf?.(connector) ?? this.#defaults.account
  }

  #accountIndexOf(name: string): number {
    if (name !== this.#account || this.#accountIndex < 0) {
      this.#accountIndex = this.#core.nameBook.intern('account', name)
      this.#account = name
    }
    return this.#accountIndex
  }

  #connectorOf(name: string): number {
    if (name === this.#connector) return this.#connectorIndex
    const index = this.#core.names.connectors.find(name)
    if (index < 0) return noConnector
    this.#connector = name
    this.#connectorIndex = index
    return index
  }
}

function flagsOf(order: NormalizedOrder): number {
  return (
    (order.postOnly ? OrderFlag.postOnly : 0) |
    (order.reduceOnly ? OrderFlag.reduceOnly : 0) |
    (order.triggerSource === 'bid_ask' ? OrderFlag.triggerBidAsk : 0) |
    (order.triggerSource === 'mid' ? OrderFlag.triggerMid : 0)
  )
}
