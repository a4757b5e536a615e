/** The books of all scopes with limits: which entry of each an order belongs to, and the hooks that keep them in step with the exposure. */
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { OrderNames } from '../orders/approved-order.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import { type BookKind, ScopeBook } from './scope-book.js'
import { limitsOfName, type ScopedLimits, type ScopeLimits } from './scope-limits.js'
import type { Subject } from './subject.js'
import type { ScopeSizes } from './trading-state.js'

/** What books are made of. */
export interface ScopeBooksParts {
  table: OrderTable
  instruments: InstrumentRegistry
  names: OrderNames
  sizes: ScopeSizes
  limits: ScopedLimits
}

/** See the file's header. */
export class ScopeBooks {
  readonly books: readonly ScopeBook[]
  /** One book a group: an instrument may belong to several. */
  readonly groupNames: readonly string[]
  readonly #cells: Float64Array
  readonly #instruments: InstrumentRegistry
  readonly #members: readonly ReadonlySet<string>[]
  /** By group and instrument: 0 not looked up, 1 member, 2 not. */
  readonly #isMember: readonly Uint8Array[]
  #limits: ScopedLimits

  constructor({ table, instruments, names, sizes, limits }: ScopeBooksParts) {
    this.#cells = table.cells
    this.#instruments = instruments
    this.#limits = limits
    const books: ScopeBook[] = []
    const add = (kind: BookKind, entries: number, limitsOf: (entry: number) => ScopeLimits | undefined) =>
      books.push(new ScopeBook(kind, entries, sizes.instrument, limitsOf))
    const { global, accounts, connectors, strategies, groups = {} } = limits
    if (global !== undefined) add('global', 1, () => this.#limits.global ?? {})
    if (accounts !== undefined)
      add('account', sizes.account, (entry) => limitsOfName(this.#limits.accounts ?? {}, names.account(entry)))
    if (connectors !== undefined)
      add('connector', sizes.connector, (entry) => limitsOfName(this.#limits.connectors ?? {}, names.connector(entry)))
    if (strategies !== undefined)
      add('strategy', sizes.strategy, (entry) => limitsOfName(this.#limits.strategies ?? {}, names.strategy(entry)))
    this.groupNames = Object.keys(groups)
    this.#members = Object.values(groups).map(({ symbols }) => new Set(symbols))
    this.#isMember = this.groupNames.map(() => new Uint8Array(sizes.instrument))
    for (const name of this.groupNames) add('group', 1, () => this.#limits.groups?.[name] ?? {})
    this.books = books
  }

  /** Other amounts for the same scopes. */
  setLimits(limits: ScopedLimits): void {
    this.#limits = limits
    for (const book of this.books) book.invalidate()
  }

  /** The entry of a book that an order belongs to; -1 for none. */
  entryOf(book: number, order: Subject): number {
    return this.#entry(book, order.account, order.instrument, order.strategy, order.connector)
  }

  #entry(at: number, account: number, instrument: number, strategy: number, connector: number): number {
    const { books } = this
    switch (books[at].kind) {
      case 'global':
        return 0
      case 'account':
        return account
      case 'connector':
        return connector
      case 'strategy':
        return strategy
      default:
        return this.#isInGroup(at - (books.length - this.groupNames.length), instrument) ? 0 : -1
    }
  }

  #isInGroup(group: number, index: number): boolean {
    const known = this.#isMember[group]
    if (known[index] === 0) {
      const { id, symbol } = this.#instruments.at(index)
      const members = this.#members[group] as ReadonlySet<string>
      known[index] = members.has(symbol) || members.has(id) ? 1 : 2
    }
    return known[index] === 1
  }

  onWorking(at: number, units: number): void {
    const cells = this.#cells
    const instrument = cells[at + Field.instrument] | 0
    const side = cells[at + Field.side] | 0
    for (let i = 0; i < this.books.length; i++) {
      const entry = this.#entryOfRow(i, at, instrument)
      if (entry >= 0) this.books[i].addWorking(entry, instrument, side, units)
    }
  }

  onTraded(at: number, signedUnits: number): void {
    const instrument = this.#cells[at + Field.instrument] | 0
    for (let i = 0; i < this.books.length; i++) {
      const entry = this.#entryOfRow(i, at, instrument)
      if (entry >= 0) this.books[i].addPosition(entry, instrument, signedUnits)
    }
  }

  /** A change of an account's position that belongs to no order of ours: no strategy and no connector has it. */
  onAdjusted(account: number, instrument: number, signedUnits: number): void {
    for (let i = 0; i < this.books.length; i++) {
      const entry = this.#entry(i, account, instrument, -1, -1)
      if (entry >= 0) this.books[i].addPosition(entry, instrument, signedUnits)
    }
  }

  #entryOfRow(book: number, at: number, instrument: number): number {
    const cells = this.#cells
    return this.#entry(
      book,
      cells[at + Field.account] | 0,
      instrument,
      cells[at + Field.strategy] | 0,
      cells[at + Field.connector] | 0,
    )
  }
}
