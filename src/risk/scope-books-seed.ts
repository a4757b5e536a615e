/**
 * Fills the book of a scope that got its first limit while the system runs: with what is held, what works, and what was
 * ordered in the day so far. From then on the hooks of the exposure keep it up.
 */
import { TradewireError } from '../core/errors.js'
import * as Field from '../orders/order-fields.js'
import type { DailyCounts } from './daily-counts.js'
import type { GateParts } from './gate-check.js'
import type { ScopeBook } from './scope-book.js'
import * as Book from './scope-book-fields.js'
import type { ScopeBooks } from './scope-books.js'
import type { Subject } from './subject.js'

/** Tells what strategies hold: account, strategy, instrument and signed quantity units of each position. */
export type Holdings = (
  visit: (account: number, strategy: number, instrument: number, signedUnits: number) => void,
) => void

/**
 * Refuses scopes whose positions nobody knows any more: what went over a connector, once something is held.
 *
 * @throws TradewireError `TW_INVALID_CONFIG`.
 */
export function requireSeedable(
  kinds: readonly string[],
  { exposure }: GateParts,
  holdings: Holdings | undefined,
): void {
  const isHeld = exposure.position.some((units) => units !== 0)
  for (const kind of kinds) {
    if (!isHeld || kind === 'global' || kind === 'account' || kind === 'group') continue
    if (kind === 'strategy' && holdings !== undefined) continue
    throw new TradewireError(
      'TW_INVALID_CONFIG',
      `risk.${kind === 'strategy' ? 'strategies' : 'connectors'} cannot get its first limit while positions are held: whose they are was not kept; configure it at the start ({ '*': {} } limits nothing)`,
    )
  }
}

/** Fills a book that is empty. `read` reads an order of the table by its row. */
export function seedBook(
  books: ScopeBooks,
  book: ScopeBook,
  parts: GateParts,
  daily: DailyCounts,
  holdings: Holdings | undefined,
  read: (row: number) => Subject,
): void {
  const at = books.books.indexOf(book)
  seedPositions(books, book, at, parts, holdings)
  const { table } = parts
  const { cells } = table
  for (const row of table.rows()) {
    const order = read(row)
    const entry = books.entryOf(at, order)
    if (entry >= 0 && cells[row + Field.isCounted] === 1) {
      book.addWorking(entry, order.instrument, order.side, cells[row + Field.reserved])
      const open = book.entryAt(entry) + Book.OPEN
      book.cells[open] = book.cells[open] + 1
    }
    if (cells[row + Field.submittedSeq] !== 0) daily.recount(at, order, cells[row + Field.createdUs])
  }
}

function seedPositions(
  books: ScopeBooks,
  book: ScopeBook,
  at: number,
  { exposure, sizes }: GateParts,
  holdings: Holdings | undefined,
): void {
  if (book.kind === 'strategy') {
    holdings?.((_account, strategy, instrument, units) => {
      if (units !== 0) book.addPosition(strategy, instrument, units)
    })
    return
  }
  for (let account = 0; account < sizes.account; account++) {
    for (let instrument = 0; instrument < sizes.instrument; instrument++) {
      const units = exposure.position[exposure.keyOf(account, instrument)]
      if (units === 0) continue
      const entry = books.entryFor(at, account, instrument, -1, -1)
      if (entry >= 0) book.addPosition(entry, instrument, units)
    }
  }
}
