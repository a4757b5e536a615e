/** The end of trading: open orders are canceled, or left, by policy; what stays open is told by name. */
import { TradewireError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import type { Time } from '../core/time.js'
import type { OrderSnapshot } from '../model/order.js'
import type { DrainReport } from '../oms/drain.js'
import type { OrderManager } from '../oms/order-manager.js'

/** What the end of a system left behind. */
export type StopReport = DrainReport

/** What {@link closeOrders} works with. */
export interface ClosingParts {
  orders: OrderManager
  time: Time
  logger: Logger
  policy: 'cancel' | 'leave'
  timeoutMs: number
  /** Ends the wait for the outcome of cancels. */
  signal: AbortSignal
  onProblem: (where: string, error: unknown) => void
}

/** Ends trading, and tells what it left behind: as a warning where that is the policy, as a problem where it is not. */
export async function closeOrders(parts: ClosingParts): Promise<StopReport> {
  const { orders, time, logger, policy, timeoutMs, signal, onProblem } = parts
  const report = await orders.drain({ time, policy, timeoutMs, signal })
  if (report.leftOpen.length === 0) return report
  const names = report.leftOpen.map(nameOf)
  if (policy === 'leave') logger.warn({ orders: names }, `${names.length} orders are left open at the venue`)
  else {
    const named = `${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}`
    onProblem(
      'stop',
      new TradewireError(
        'TW_TIMEOUT',
        `${names.length} orders may still be open at the venue: ${named}; look there before anything else`,
        { details: { orders: names } },
      ),
    )
  }
  return report
}

function nameOf({ clientOrderId, instrument, status }: OrderSnapshot): string {
  return `${clientOrderId} ${instrument} ${status}`
}
