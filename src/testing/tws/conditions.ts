/** Conditions of orders: whether the market, the clock or the trades are where an order waits for them to be. */
import type { MarketBoard } from './market-board.js'
import type { TwsCondition } from './order-fields.js'
import { parseTime } from './times.js'

/** What conditions look at. */
export interface ConditionView {
  readonly board: MarketBoard
  readonly nowMs: number
  /** Excess liquidity in percent of the account's value. */
  cushionPercent(): number
  hasTraded(symbol: string, secType: string): boolean
}

/** Whether a list of conditions holds: each is joined to the next by its own "and" or "or". */
export function areConditionsMet(conditions: readonly TwsCondition[], view: ConditionView): boolean {
  let isMet = true
  let joinsByAnd = true
  for (const condition of conditions) {
    const holds = isConditionMet(condition, view)
    isMet = joinsByAnd ? isMet && holds : isMet || holds
    joinsByAnd = !condition.conjunction.toLowerCase().startsWith('o')
  }
  return isMet
}

function isConditionMet({ type, fields }: TwsCondition, view: ConditionView): boolean {
  const { board, nowMs, hasTraded } = view
  const isMore = fields[0] === '1'
  const compare = (value: number, bound: number) => (isMore ? value >= bound : value <= bound)
  if (type === '5') return hasTraded(fields[2] ?? '', fields[0] ?? '')
  if (type === '4') return compare(view.cushionPercent(), Number(fields[1]))
  if (type === '3') return compare(nowMs, parseTime(fields[1] ?? ''))
  const market = board.markets.get(Number(fields[2]))
  if (market === undefined) return false
  const bound = Number(fields[1])
  if (type === '1') return compare(market.last, bound)
  if (type === '6') return compare(market.volume, bound)
  if (type === '7') return compare((market.last / market.close - 1) * 100, bound)
  return false
}
