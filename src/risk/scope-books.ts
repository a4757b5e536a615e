/**
 * The books of all scopes with limits: which entry of each an order belongs to, and the hooks that keep them in step with
 * the exposure.
 *
 * A scope that gets its first limit while the system runs gets a book then, filled with what is held and works by that time
 * (see scope-books-seed.ts). Books stand in one order, whenever they came: global, accounts, connectors, strategies, groups.
 */
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { OrderNames } from '../orders/approved-order.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import type { ExposureSplit } from './exposure.js'
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

/** By group and instrument: not looked up, a member, none. */
const MEMBER = 1
const STRANGER = 2

/** See the file's header. */
export class ScopeBooks {
  readonly #parts: ScopeBooksParts
  readonly #cells: Float64Array
  #limits: ScopedLimits
  #books: readonly ScopeBook[] = []
  #groupNames: readonly string[] = []
  #members: readonly ReadonlySet<string>[] = []
  /** By group and instrument; see {@link MEMBER}. */
  #isMember: readonly Uint8Array[] = []
  #firstGroup = 0
  /** The entry of each book for whom {@link resolve} was asked about last; -1 for none. */
  #entries = new Int32Array(0)
  #account = -2
  #instrument = -2
  #strategy = -2
  #connector = -2

  constructor(parts: ScopeBooksParts) {
    this.#parts = parts
    this.#cells = parts.table.cells
    this.#limits = parts.limits
    this.#arrange()
  }

  /** The books, in the order of the header. */
  get books(): readonly ScopeBook[] {
    return this.#books
  }

  /** One book a group: an instrument may belong to several. */
  get groupNames(): readonly string[] {
    return this.#groupNames
  }

  /** Other amounts, and scopes that had none. Returns the books that came with it: they are empty. */
  setLimits(limits: ScopedLimits): readonly ScopeBook[] {
    const before = new Set(this.#books)
    // A group of other instruments is another group.
    const changed = new Set(
      Object.entries(limits.groups ?? {}).flatMap(([name, { symbols }]) => {
        const known = this.#limits.groups?.[name]?.symbols
        return known === undefined || sameMembers(known, symbols) ? [] : [`group ${name}`]
      }),
    )
    // A scope once limited keeps its book: a table that is gone leaves nothing of it to trade.
    this.#limits = { ...limits, groups: { ...emptied(this.#limits.groups), ...limits.groups } }
    this.#arrange(changed)
    for (const book of this.#books) book.invalidate()
    return this.#books.filter((book) => !before.has(book))
  }

  #arrange(without: ReadonlySet<string> = new Set()): void {
    const { sizes, names } = this.#parts
    const { groups = {} } = this.#limits
    const known = new Map(this.#books.filter(({ key }) => !without.has(key)).map((book) => [book.key, book]))
    const books: ScopeBook[] = []
    const add = (
      kind: BookKind,
      entries: number,
      limitsOf: (entry: number) => ScopeLimits | undefined,
      group?: string,
    ) => {
      const key = group === undefined ? kind : `group ${group}`
      books.push(known.get(key) ?? new ScopeBook(kind, entries, sizes.instrument, limitsOf, group))
    }
    const has = (kind: BookKind) => known.has(kind)
    const { global, accounts, connectors, strategies } = this.#limits
    if (global !== undefined || has('global')) add('global', 1, () => this.#limits.global ?? {})
    if (accounts !== undefined || has('account'))
      add('account', sizes.account, (entry) => limitsOfName(this.#limits.accounts, names.account(entry)))
    if (connectors !== undefined || has('connector'))
      add('connector', sizes.connector, (entry) => limitsOfName(this.#limits.connectors, names.connector(entry)))
    if (strategies !== undefined || has('strategy'))
      add('strategy', sizes.strategy, (entry) => limitsOfName(this.#limits.strategies, names.strategy(entry)))
    this.#firstGroup = books.length
    this.#groupNames = Object.keys(groups)
    this.#members = Object.values(groups).map(({ symbols }) => new Set(symbols))
    this.#isMember = this.#groupNames.map(() => new Uint8Array(sizes.instrument))
    // A group once limited stays in the table: see setLimits.
    for (const name of this.#groupNames) add('group', 1, () => this.#limits.groups?.[name], name)
    this.#books = books
    this.#entries = new Int32Array(books.length)
    this.#account = -2
  }

  /**
   * The entry of every book for an account, an instrument, a strategy and a connector; -1 for none. Valid until the next call.
   * An order is asked about several times on its way: the answer to the same question is kept.
   */
  resolve(account: number, instrument: number, strategy: number, connector: number): Int32Array {
    const entries = this.#entries
    if (
      account === this.#account &&
      instrument === this.#instrument &&
      strategy === this.#strategy &&
      connector === this.#connector
    )
      return entries
    for (let i = 0; i < entries.length; i++) entries[i] = this.entryFor(i, account, instrument, strategy, connector)
    this.#account = account
    this.#instrument = instrument
    this.#strategy = strategy
    this.#connector = connector
    return entries
  }

  /** As {@link resolve} for an order. */
  entriesOf({ account, instrument, strategy, connector }: Subject): Int32Array {
    return this.resolve(account, instrument, strategy, connector)
  }

  #entriesOfRow(at: number, instrument: number): Int32Array {
    const cells = this.#cells
    return this.resolve(
      cells[at + Field.account] | 0,
      instrument,
      cells[at + Field.strategy] | 0,
      cells[at + Field.connector] | 0,
    )
  }

  /** The entry of a book that an order belongs to; -1 for none. */
  entryOf(book: number, order: Subject): number {
    return this.entryFor(book, order.account, order.instrument, order.strategy, order.connector)
  }

  /** As {@link entryOf}; -1 for a strategy or a connector stands for nobody's. */
  entryFor(at: number, account: number, instrument: number, strategy: number, connector: number): number {
    switch (this.#books[at].kind) {
      case 'global':
        return 0
      case 'account':
        return account
      case 'connector':
        return connector
      case 'strategy':
        return strategy
      default:
        return this.#isInGroup(at - this.#firstGroup, instrument) ? 0 : -1
    }
  }

  #isInGroup(group: number, index: number): boolean {
    const known = this.#isMember[group]
    if (known[index] === 0) {
      const { id, symbol } = this.#parts.instruments.at(index)
      const members = this.#members[group] as ReadonlySet<string>
      known[index] = members.has(symbol) || members.has(id) ? MEMBER : STRANGER
    }
    return known[index] === MEMBER
  }

  onWorking(at: number, units: number): void {
    const cells = this.#cells
    const instrument = cells[at + Field.instrument] | 0
    const side = cells[at + Field.side] | 0
    const entries = this.#entriesOfRow(at, instrument)
    const books = this.#books
    for (let i = 0; i < books.length; i++) if (entries[i] >= 0) books[i].addWorking(entries[i], instrument, side, units)
  }

  onOpen(at: number, isOpen: boolean): void {
    const entries = this.#entriesOfRow(at, this.#cells[at + Field.instrument] | 0)
    const books = this.#books
    const change = isOpen ? 1 : -1
    for (let i = 0; i < books.length; i++) {
      const { open } = books[i]
      const entry = entries[i]
      if (entry >= 0) open[entry] = open[entry] + change
    }
  }

  onTraded(at: number, signedUnits: number): void {
    const instrument = this.#cells[at + Field.instrument] | 0
    const entries = this.#entriesOfRow(at, instrument)
    const books = this.#books
    for (let i = 0; i < books.length; i++)
      if (entries[i] >= 0) books[i].addPosition(entries[i], instrument, signedUnits)
  }

  /** A change of an account's position that belongs to no order of ours: no strategy and no connector has it. */
  onAdjusted(account: number, instrument: number, signedUnits: number): void {
    const books = this.#books
    for (let i = 0; i < books.length; i++) {
      const entry = this.entryFor(i, account, instrument, -1, -1)
      if (entry >= 0) books[i].addPosition(entry, instrument, signedUnits)
    }
  }

  /** A split: every scope has its own sum; what went over a connector is scaled, as nobody says whose it is. */
  onSplit({ instrument, numerator, denominator, accounts, strategies }: ExposureSplit): void {
    for (const [i, book] of this.#books.entries()) {
      if (book.kind === 'connector') book.scale(instrument, numerator, denominator)
      else if (book.kind === 'strategy')
        for (const [strategy, signedUnits] of strategies) book.addPosition(strategy, instrument, signedUnits)
      else
        for (const [account, signedUnits] of accounts) {
          const entry = this.entryFor(i, account, instrument, -1, -1)
          if (entry >= 0) book.addPosition(entry, instrument, signedUnits)
        }
    }
  }
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((member) => b.includes(member))
}

/** Groups that were limited once: they have no limits unless others are given. */
function emptied(groups: ScopedLimits['groups'] = {}): Record<string, { symbols: readonly string[] }> {
  return Object.fromEntries(Object.entries(groups).map(([name, { symbols }]) => [name, { symbols }]))
}
