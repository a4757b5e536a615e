/**
 * Names of accounts, strategies and connectors, and ids of orders: one object for gate, views and snapshots. Names are
 * small integers in tables and journal records, so every new one is put on record before the first record that uses it.
 */
import { TradewireError } from '../core/errors.js'
import type { BrokerOrder } from '../model/algo.js'
import type { OrderNames } from '../orders/approved-order.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import { NameTable } from '../portfolio/names.js'
import type { ClientIds } from './client-ids.js'
import { NameKind, RecordType } from './records.js'
import type { Turn } from './turn.js'

/** Bounds of the tables that are indexed by account, strategy, connector and instrument. */
export interface CoreSizes {
  account: number
  strategy: number
  connector: number
  instrument: number
}

/** Names by kind, and ids of orders. */
export class CoreNames implements OrderNames {
  readonly accounts = new NameTable()
  readonly strategies = new NameTable()
  readonly connectors = new NameTable()
  readonly #table: OrderTable
  ids: ClientIds | undefined
  positionIds: NameTable | undefined
  parents: { brokerOrderOf(number: number): BrokerOrder | undefined } | undefined

  constructor(table: OrderTable) {
    this.#table = table
  }

  account(index: number): string {
    return this.accounts.name(index)
  }

  strategy(index: number): string {
    return this.strategies.name(index)
  }

  connector(index: number): string {
    return this.connectors.name(index)
  }

  position(index: number): string {
    return this.positionIds?.name(index) ?? ''
  }

  clientOrderId(row: number): string {
    const given = this.#table.clientOrderId(row)
    if (given !== undefined) return given
    const id = this.idOf(this.#table.cells[row + Field.number])
    this.#table.setClientOrderId(row, id)
    return id
  }

  algo(row: number): BrokerOrder | undefined {
    return this.parents?.brokerOrderOf(this.#table.cells[row + Field.number])
  }

  /** The id of an order of this session that the host gave none. */
  idOf(number: number): string {
    return (this.ids as ClientIds).of(number)
  }
}

/** Names of the kinds whose indices the journal holds, each within the bound of its tables. */
export class NameBook {
  readonly #turn: Turn
  readonly #tables: Readonly<Record<keyof typeof NameKind, NameTable>>
  readonly #bounds: Readonly<Record<keyof typeof NameKind, number>>

  constructor(
    turn: Turn,
    names: CoreNames,
    { currencies, positionIds }: { currencies: NameTable; positionIds: NameTable },
    sizes: CoreSizes,
  ) {
    this.#turn = turn
    this.#tables = {
      account: names.accounts,
      strategy: names.strategies,
      connector: names.connectors,
      currency: currencies,
      position: positionIds,
    }
    this.#bounds = {
      account: sizes.account,
      strategy: sizes.strategy,
      connector: sizes.connector,
      currency: 65_536,
      position: 65_536,
    }
  }

  /** Index of a name that is known; -1 for any other. */
  find(kind: keyof typeof NameKind, name: string): number {
    return this.#tables[kind].find(name)
  }

  /** Whether another name of a kind can be kept. */
  hasRoom(kind: keyof typeof NameKind): boolean {
    return this.#tables[kind].size < this.#bounds[kind]
  }

  /** Names of a kind, by index. */
  table(kind: keyof typeof NameKind): NameTable {
    return this.#tables[kind]
  }

  /**
   * Index of a name, written to the journal when it is new.
   *
   * @throws TradewireError `TW_CAPACITY` when there is no room for another one; nothing is written then.
   */
  intern(kind: keyof typeof NameKind, name: string): number {
    const table = this.#tables[kind]
    const known = table.find(name)
    if (known >= 0) return known
    if (!this.hasRoom(kind))
      throw new TradewireError(
        'TW_CAPACITY',
        `There is room for ${this.#bounds[kind]} names of kind ${kind}; "${name}" is one too many`,
      )
    const index = table.intern(name)
    if (this.#turn.isReplaying) return index
    const { recorder } = this.#turn
    const writer = recorder.begin(RecordType.name)
    writer.u8(NameKind[kind])
    writer.u16(index)
    writer.string(name)
    recorder.commit()
    this.#turn.touch()
    return index
  }
}
