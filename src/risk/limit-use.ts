/**
 * How much of each limit is used now, worst case, and which limits are near: for displays, and for warnings before anything
 * is refused. Computed when it is asked for, off the order path.
 */
import type { Instrument } from '../model/instrument.js'
import type { OrderNames } from '../orders/approved-order.js'
import type { RiskGate } from './gate.js'
import type { LossEntry } from './loss-limits.js'
import type { LimitType } from './named-limits.js'
import type { ScopeBook } from './scope-book.js'
import * as Book from './scope-book-fields.js'

/** How far a use is: below the soft level, from it on, at or beyond the hard level. */
export type UseLevel = 'ok' | 'warning' | 'full'

/** The use of one limit. Doubles: for reading, not for decisions. */
export interface LimitUse {
  readonly limit: LimitType
  /** What it holds for, such as `global`, `account PAPER` or `group tech`; of limits by instrument also the instrument. */
  readonly of: string
  readonly used: number
  readonly most: number
  /** `used` as a share of `most`; above 1 where it was passed; 1 where nothing is allowed. */
  readonly share: number
  readonly level: UseLevel
}

/** What the use of limits is read from. */
export interface LimitUseParts {
  readonly gate: RiskGate
  /** By index. */
  readonly instruments: readonly Instrument[]
  readonly names: OrderNames
  /** How many names there are. */
  readonly counts: { readonly account: number; readonly strategy: number; readonly connector: number }
  /** Equity in the base currency; NaN when it is not known. */
  readonly equity: number
  readonly losses: readonly LossEntry[]
}

/** The use of every limit that is configured and of which anything is used; the fullest first. */
export function limitUse(parts: LimitUseParts): LimitUse[] {
  const uses: LimitUse[] = []
  const soft = parts.gate.limits.warnAt
  const add = (limit: LimitType, of: string, used: number, most: number, warnAt = soft) => {
    if (!(used > 0) || most === Number.POSITIVE_INFINITY || Number.isNaN(most)) return
    const share = most > 0 ? used / most : 1
    uses.push({ limit, of, used, most, share, level: share >= 1 ? 'full' : share >= warnAt ? 'warning' : 'ok' })
  }
  useOfBooks(parts, add)
  useOfPositions(parts, add)
  useOfOrders(parts, add)
  for (const { scope, name, loss, drawdown, maxDailyLoss, maxDrawdown, warnAt } of parts.losses) {
    const of = scope === 'global' ? scope : `${scope} ${name}`
    if (maxDailyLoss !== undefined) add('dailyLoss', of, loss.toNumber(), maxDailyLoss.toNumber(), warnAt)
    if (maxDrawdown !== undefined) add('drawdown', of, drawdown.toNumber(), maxDrawdown.toNumber(), warnAt)
  }
  return uses.sort((a, b) => b.share - a.share)
}

type Add = (limit: LimitType, of: string, used: number, most: number, warnAt?: number) => void

function useOfBooks({ gate, names, counts, equity, instruments }: LimitUseParts, add: Add): void {
  const { books, exposureLimits } = gate.extras
  for (const book of books.books) {
    const { kind } = book
    const entries = kind === 'account' || kind === 'strategy' || kind === 'connector' ? counts[kind] : 1
    for (let entry = 0; entry < entries; entry++) {
      const at = book.limitsAt(entry)
      const of = kind === 'global' || kind === 'group' ? book.key : `${kind} ${names[kind](entry)}`
      const { gross, net } = exposureLimits.use(book, entry)
      const { cells } = book
      const warnAt = book.warnAtOf(entry)
      add('grossExposure', of, gross, cells[at + Book.GROSS], warnAt)
      add('netExposure', of, Math.abs(net), cells[at + Book.NET], warnAt)
      add('openOrders', of, cells[at + Book.OPEN], cells[at + Book.OPEN_ORDERS], warnAt)
      add('dailyOrders', of, cells[at + Book.ORDERS], cells[at + Book.DAY_ORDERS], warnAt)
      add('dailyNotional', of, cells[at + Book.VALUE], cells[at + Book.DAY_VALUE], warnAt)
      add('dailyQuantity', of, cells[at + Book.QUANTITY], cells[at + Book.DAY_QUANTITY], warnAt)
      forInstruments(book, entry, (instrument) => {
        const value = exposureLimits.valueOf(book, entry, instrument)
        const which = `${of}, ${instruments[instrument].id}`
        add('positionValue', which, value, cells[at + Book.POSITION_VALUE], warnAt)
        add('concentration', which, value, cells[at + Book.CONCENTRATION] * equity, warnAt)
      })
    }
  }
}

function forInstruments(book: ScopeBook, entry: number, visit: (instrument: number) => void): void {
  for (let i = 0; i < book.activeCount(entry); i++) visit(book.activeAt(entry, i))
}

function useOfPositions({ gate, instruments, names, counts }: LimitUseParts, add: Add): void {
  const { exposure, limits } = gate
  for (const instrument of instruments) {
    const own = limits.at(instrument.index)
    if (own === undefined || own.maxPositionUnits === Number.POSITIVE_INFINITY) continue
    const unit = 10 ** -instrument.sizeScale
    for (let account = 0; account < counts.account; account++) {
      const key = exposure.keyOf(account, instrument.index)
      const long = exposure.position[key] + exposure.buying[key]
      const short = exposure.selling[key] - exposure.position[key]
      const of = `account ${names.account(account)}, ${instrument.id}`
      add('positionQuantity', of, Math.max(long, short) * unit, own.maxPositionUnits * unit)
    }
  }
}

function useOfOrders({ gate, names, counts, instruments }: LimitUseParts, add: Add): void {
  const { exposure } = gate
  const { maxOpen } = gate.limits
  for (let i = 0; i < counts.account; i++) {
    add('openOrders', `account ${names.account(i)}`, exposure.openByAccount[i], maxOpen.account)
    for (const { index, id } of instruments)
      add(
        'openOrders',
        `account ${names.account(i)}, ${id}`,
        exposure.openByInstrument[exposure.keyOf(i, index)],
        maxOpen.instrument,
      )
  }
  for (let i = 0; i < counts.strategy; i++)
    add('openOrders', `strategy ${names.strategy(i)}`, exposure.openByStrategy[i], maxOpen.strategy)
  for (let i = 0; i < counts.connector; i++)
    add('openOrders', `connector ${names.connector(i)}`, exposure.openByConnector[i], maxOpen.connector)
}
