/**
 * Which position an order belongs to. Netted, a strategy has one position an instrument. Hedged, it may have many, long and
 * short beside each other: an order that names none opens one of its own, one that names a position adds to it or closes it.
 *
 * Limits of the risk gate, venues and reconciliation know the net position of an account only: hedging is how our books tell
 * apart what belongs together.
 */
import { TradewireError } from '../core/errors.js'
import type { NormalizedOrder } from '../model/normalize-order.js'
import { OrderFlag } from '../orders/codes.js'
import * as Field from '../orders/order-fields.js'
import { Verdict } from '../risk/controls.js'
import type { OrderCore } from './order-core.js'
import { noConnector } from './order-entry.js'

/** How the orders of a strategy make positions. */
export type PositionMode = 'netting' | 'hedging'

/** Gives orders their positions. */
export class Hedging {
  readonly #core: OrderCore
  readonly #modeOf: ((strategy: string) => PositionMode) | undefined

  constructor(core: OrderCore, modeOf: ((strategy: string) => PositionMode) | undefined) {
    this.#core = core
    this.#modeOf = modeOf
  }

  /** Whether positions of a strategy are hedged. */
  isHedged(strategy: string): boolean {
    return this.#modeOf?.(strategy) === 'hedging'
  }

  /**
   * Refuses requests that contradict the mode of their strategy.
   *
   * @throws TradewireError `TW_INVALID_MODEL`.
   */
  check({ positionId, reduceOnly }: Pick<NormalizedOrder, 'positionId' | 'reduceOnly'>, strategy: string): void {
    if (!this.isHedged(strategy)) {
      if (positionId === undefined) return
      throw refuse(
        `is not possible for strategy ${strategy}, whose positions are netted; set positionMode or leave it out`,
      )
    }
    if (reduceOnly && positionId === undefined)
      throw refuse('is required with reduceOnly where positions are hedged: which one is to be reduced?')
  }

  /**
   * Why an order may not go out for its position; 0 when it may. A reduce-only order is measured by its position and what
   * else closes it, and goes out without the flag: to the venue, which nets, it may well open something.
   */
  refusal(row: number, { positionId, reduceOnly }: NormalizedOrder, strategy: string): number {
    if (!reduceOnly || !this.isHedged(strategy)) return 0
    const { table, ledger } = this.#core
    const { cells } = table
    if (cells[row + Field.connector] === noConnector) return 0
    cells[row + Field.flags] = (cells[row + Field.flags] & ~OrderFlag.reduceOnly) | OrderFlag.reducesPosition
    const position = ledger.portfolio.positionIds.find(positionId as string)
    return position >= 0 && cells[row + Field.quantity] <= this.#closable(row, position) ? 0 : Verdict.reducing
  }

  /** Why an order that only reduces its position may not be changed to a quantity; 0 when it may. */
  changeRefusal(row: number, quantity: number): number {
    const { cells } = this.#core.table
    if ((cells[row + Field.flags] & OrderFlag.reducesPosition) === 0 || quantity <= cells[row + Field.quantity])
      return 0
    const left = quantity - cells[row + Field.filled]
    return left <= this.#closable(row, cells[row + Field.position]) ? 0 : Verdict.reducing
  }

  /** What an order on its side may still close of a position: what is held, less what all others on that side may trade. */
  #closable(row: number, position: number): number {
    const { table, ledger } = this.#core
    const { cells } = table
    const alike = [Field.account, Field.strategy, Field.instrument, Field.side]
    const [account, strategy, instrument, side] = alike.map((field) => cells[row + field]) as [
      number,
      number,
      number,
      number,
    ]
    let units = -side * ledger.portfolio.quantityUnits(account, strategy, instrument, position)
    for (const other of table.rows()) {
      const isOther = other !== row && cells[other + Field.isOpen] === 1 && cells[other + Field.position] === position
      if (isOther && alike.every((field) => cells[other + field] === cells[row + field]))
        units -= cells[other + Field.reserved]
    }
    return units
  }

  /** Gives an order its position, on record before the order is. @throws TradewireError `TW_CAPACITY`. */
  assign(row: number, { positionId }: NormalizedOrder, strategy: string): void {
    if (!this.isHedged(strategy)) return
    const { table, names, nameBook } = this.#core
    table.cells[row + Field.position] = nameBook.intern('position', positionId ?? names.clientOrderId(row))
  }
}

function refuse(problem: string): TradewireError {
  return new TradewireError('TW_INVALID_MODEL', `order: positionId ${problem}`, { details: { field: 'positionId' } })
}
