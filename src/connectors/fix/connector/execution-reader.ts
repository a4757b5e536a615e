/**
 * ExecutionReport (8) of any version as one set of facts. What happened is said by ExecType (150) from FIX 4.1 on, by OrdStatus
 * (39) before; executions are taken back or restated by ExecTransType (20) up to FIX 4.2, by ExecType H and G after.
 *
 *            4.0                4.1, 4.2                    4.3 and later
 *   fill     20=0 39=1|2        20=0 150=1|2                150=F
 *   bust     20=1 19=exec       20=1 19=exec                150=H 19=exec
 *   correct  20=2 19=exec       20=2 19=exec                150=G 19=exec
 *   status   20=3               20=3                        150=I
 *
 * Source: FIX 4.2 and 4.4 specifications, volume 4, order state change matrices.
 */
import { Liquidity } from '../../../orders/codes.js'
import type { ExecKey } from '../../../orders/trade-pool.js'
import type { VenueOrderState } from '../../../orders/venue-reports.js'
import type { FixMessage } from '../codec/message.js'
import { Tag } from '../dictionary/tags.js'
import type { ResolvedProfile } from './profile.js'

/** What an execution report tells. */
export type ExecutionKind =
  | 'accepted'
  | 'fill'
  | 'correct'
  | 'bust'
  | 'canceled'
  | 'replaced'
  | 'rejected'
  | 'expired'
  | 'triggered'
  | 'restated'
  | 'done-for-day'
  | 'status'
  /** Pending requests, suspensions and the like: nothing has been decided. */
  | 'pending'

/** ExecType (150), FIX 4.1 and later. */
const byExecType: Readonly<Record<string, ExecutionKind>> = {
  '0': 'accepted',
  '1': 'fill',
  '2': 'fill',
  '3': 'done-for-day',
  '4': 'canceled',
  '5': 'replaced',
  '6': 'pending',
  '7': 'pending',
  '8': 'rejected',
  '9': 'pending',
  A: 'pending',
  B: 'pending',
  C: 'expired',
  D: 'restated',
  E: 'pending',
  F: 'fill',
  G: 'correct',
  H: 'bust',
  I: 'status',
  // A trade in clearing hold is an execution; its release tells nothing new.
  J: 'fill',
  K: 'pending',
  L: 'triggered',
  M: 'pending',
  N: 'pending',
}

/** OrdStatus (39) as the state of an order. */
export function stateOf(ordStatus: string | undefined): VenueOrderState {
  switch (ordStatus) {
    case '2':
      return 'filled'
    case '4':
      return 'canceled'
    case '8':
      return 'rejected'
    case 'C':
      return 'expired'
    case 'A':
    case 'D':
      return 'pending'
    default:
      // New, partially filled, replaced, pending cancel or replace, stopped, suspended, done for the day, calculated.
      return 'working'
  }
}

/** What happened, by the fields that the version says it with. */
export function executionKind(message: FixMessage): ExecutionKind {
  const transaction = message.string(Tag.ExecTransType)
  if (transaction === '1') return 'bust'
  if (transaction === '2') return 'correct'
  if (transaction === '3') return 'status'
  const said = message.string(Tag.ExecType) ?? execTypeBefore41(message)
  const kind = byExecType[said] ?? 'pending'
  // A venue may fill and say "new" or "replaced" in one message; what was filled is what counts.
  return kind
}

/** FIX 4.0 has OrdStatus only. A report with shares is about a fill, whatever the order became by it. */
function execTypeBefore41(message: FixMessage): string {
  if (message.has(Tag.LastQty) && message.double(Tag.LastQty) > 0) return 'F'
  const status = message.string(Tag.OrdStatus) ?? ''
  return status === '1' || status === '2' ? 'B' : status
}

/**
 * The key of an execution: what tells it from all others, whatever the venue's ExecIDs are worth. `reference` makes the key of
 * the execution that ExecRefID (19) names.
 */
export function execKeyOf(message: FixMessage, profile: ResolvedProfile, id = message.string(Tag.ExecID)): ExecKey {
  switch (profile.execIds) {
    case 'unique':
      return id ?? ''
    case 'day':
      return `${tradingDay(message)}/${id}`
    case 'order':
      return `${message.string(Tag.OrderID)}/${id}`
    case 'none':
      return `${message.string(Tag.OrderID)}#${message.string(Tag.CumQty)}`
  }
}

function tradingDay(message: FixMessage): string {
  return (
    message.string(Tag.TradeDate) ??
    (message.string(Tag.TransactTime) ?? message.string(Tag.SendingTime) ?? '').slice(0, 8)
  )
}

/** Whether a fill added or took liquidity. */
export function liquidityOf(message: FixMessage, profile: ResolvedProfile): number {
  const { liquidity } = profile.given
  const value = message.string(liquidity?.tag ?? Tag.LastLiquidityInd)
  if (value === undefined) return Liquidity.unknown
  if (liquidity !== undefined) {
    if (liquidity.maker.includes(value)) return Liquidity.maker
    return liquidity.taker.includes(value) ? Liquidity.taker : Liquidity.unknown
  }
  if (value === '1') return Liquidity.maker
  if (value === '2') return Liquidity.taker
  return value === '4' ? Liquidity.auction : Liquidity.unknown
}

/** Time of a report, epoch microseconds: TransactTime (60), or when it was sent first. */
export function reportTimeUs(message: FixMessage): number {
  for (const tag of [Tag.TransactTime, Tag.OrigSendingTime, Tag.SendingTime]) {
    if (!message.has(tag)) continue
    try {
      return message.timestampUs(tag)
    } catch {
      // A time that is none is no reason to lose the report.
    }
  }
  return Number.NaN
}

/** Why the venue says so: Text (58), or the reason by its number. */
export function reasonOf(message: FixMessage, reasonTag: number): string {
  const text = message.string(Tag.Text)
  if (text !== undefined) return text
  const reason = message.string(reasonTag)
  return reason === undefined ? '' : `reason ${reason}`
}
