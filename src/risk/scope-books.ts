/**
 * The books of all scopes with limits: which entry of each an order belongs to, and the hooks that keep them in step with
 * the exposure.
 *
 * A scope that gets its first limit while the system runs gets a book then, filled with what is held and works by that time
 * (see scope-books-seed.ts). Books stand in one order, whenever they came: global, accounts, connectors, strategies, groups.
 *
 * All books lie side by side in two arrays. What an order is held against is found once: where its entry begins in each book,
 * and the row of its instrument there.
 */
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { OrderNames } from '../orders/approved-order.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import type { ExposureSplit } from './exposure.js'
import { type BookKind, ScopeBook } from './scope-book.js'
import * as Book from './scope-book-fields.js'
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
  /** Records of the entries of all books, and rows of their instruments; see scope-book-fields.ts. */
  cells = new Float64Array(0)
  rows = new Float64Array(0)
  /** For whom {@link resolve} was asked about last, by book: the entry, or -1 for none; where its record and its row begin. */
  entries = new Int32Array(0)
  cellAt = new Int32Array(0)
  rowAt = new Int32Array(0)
  /** Where books begin. */
  #firstCell = new Int32Array(0)
  #firstRow = new Int32Array(0)
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
    this.#place()
  }

  /** Lays the books side by side, with all that they hold. */
  #place(): void {
    const books = this.#books
    const { instrument } = this.#parts.sizes
    const entries = books.reduce((sum, book) => sum + book.entries, 0)
    this.cells = new Float64Array(entries * Book.ENTRY)
    this.rows = new Float64Array(entries * instrument * Book.ROW)
    this.entries = new Int32Array(books.length)
    this.cellAt = new Int32Array(books.length)
    this.rowAt = new Int32Array(books.length)
    this.#firstCell = new Int32Array(books.length)
    this.#firstRow = new Int32Array(books.length)
    let entry = 0
    for (const [i, book] of books.entries()) {
      this.#firstCell[i] = entry * Book.ENTRY
      this.#firstRow[i] = entry * instrument * Book.ROW
      entry += book.entries
      book.moveTo(
        this.cells.subarray(this.#firstCell[i], entry * Book.ENTRY),
        this.rows.subarray(this.#firstRow[i], entry * instrument * Book.ROW),
      )
    }
    this.#account = -2
  }

  /**
   * Finds the entry of every book for an account, an instrument, a strategy and a connector: {@link entries}, {@link cellAt}
   * and {@link rowAt} are theirs until the next call. An order is asked about several times on its way: the answer to the same
   * question is kept.
   */
  resolve(account: number, instrument: number, strategy: number, connector: number): void {
    if (
      account === this.#account &&
      instrument === this.#instrument &&
      strategy === this.#strategy &&
      connector === this.#connector
    )
      return
    const { entries, cellAt, rowAt } = this
    const { instrument: instruments } = this.#parts.sizes
    for (let i = 0; i < entries.length; i++) {
      const entry = this.entryFor(i, account, instrument, strategy, connector)
      entries[i] = entry
      cellAt[i] = this.#firstCell[i] + entry * Book.ENTRY
      rowAt[i] = this.#firstRow[i] + (entry * instruments + instrument) * Book.ROW
    }
    this.#account = account
    this.#instrument = instrument
    this.#strategy = strategy
    this.#connector = connector
  }

  /** As {@link resolve} for an order. */
  resolveOrder({ account, instrument, strategy, connector }: Subject): void {
    this.resolve(account, instrument, strategy, connector)
  }

  /** As {@link resolve} for a record of the order table. */
  #resolveRow(at: number, instrument: number): void {
    const cells = this.#cells
    this.resolve(
      cells[at + Field.account] | 0,
      instrument,
      cells[at + Field.strategy] | 0,
      cells[at + Field.connector] | 0,
    )
  }

  /** Looks the limits up of the entries that {@link resolve} found, where that was not done yet. */
  compile(): void {
    const { cells, entries, cellAt } = this
    for (let i = 0; i < entries.length; i++)
      if (entries[i] >= 0 && cells[cellAt[i] + Book.IS_RESOLVED] === 0) this.#books[i].compile(entries[i])
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

  /** An order was approved: it is open, and may trade so many units more. */
  onReserved(at: number, units: number): void {
    const orders = this.#cells
    const instrument = orders[at + Field.instrument] | 0
    const own = (1 - (orders[at + Field.side] | 0)) >> 1
    this.#resolveRow(at, instrument)
    const { cells, rows, entries, cellAt, rowAt } = this
    for (let i = 0; i < entries.length; i++) {
      if (entries[i] < 0) continue
      const cell = cellAt[i]
      const row = rowAt[i]
      if (rows[row + Book.IS_ACTIVE] === 0) this.#books[i].touch(entries[i], instrument)
      cells[cell + Book.OPEN] = cells[cell + Book.OPEN] + 1
      const value = rows[row + Book.UNIT_VALUE]
      const size = rows[row + Book.SIZE]
      const worst = rows[row + Book.LONG + own] + units
      const after = Math.max(Math.abs(worst), Math.abs(rows[row + Book.SHORT - own]))
      rows[row + Book.BUYING + own] = rows[row + Book.BUYING + own] + units
      rows[row + Book.LONG + own] = worst
      rows[row + Book.SIZE] = after
      cells[cell + Book.SUM_GROSS] = cells[cell + Book.SUM_GROSS] + (after - size) * value
      cells[cell + Book.SUM_LONG + own] = cells[cell + Book.SUM_LONG + own] + units * value
    }
  }

  onWorking(at: number, units: number): void {
    const cells = this.#cells
    const instrument = cells[at + Field.instrument] | 0
    const side = cells[at + Field.side] | 0
    this.#resolveRow(at, instrument)
    const { entries } = this
    const books = this.#books
    for (let i = 0; i < books.length; i++) if (entries[i] >= 0) books[i].addWorking(entries[i], instrument, side, units)
  }

  onOpen(at: number, isOpen: boolean): void {
    this.#resolveRow(at, this.#cells[at + Field.instrument] | 0)
    const { cells, entries, cellAt } = this
    const change = isOpen ? 1 : -1
    for (let i = 0; i < entries.length; i++)
      if (entries[i] >= 0) cells[cellAt[i] + Book.OPEN] = cells[cellAt[i] + Book.OPEN] + change
  }

  onTraded(at: number, signedUnits: number): void {
    const instrument = this.#cells[at + Field.instrument] | 0
    this.#resolveRow(at, instrument)
    const { entries } = this
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
