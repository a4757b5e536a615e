/** The end of trading: open orders are canceled, or left, by policy; what stays open is told by name. */
import { TradewireError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import type { Time } from '../core/time.js'
import type { ExecutionDesk } from '../execution/desk.js'
import type { UnprotectedPosition } from '../execution/protection.js'
import type { OrderSnapshot } from '../model/order.js'
import type { DrainReport } from '../oms/drain.js'
import type { OrderManager } from '../oms/order-manager.js'

/** What the end of a system left behind. */
export interface StopReport extends DrainReport {
  /**
   * Positions whose protection ended with the system: stops and brackets that were canceled, and triggers that were watched
   * here. The problem `TW_UNPROTECTED` names them.
   */
  readonly unprotected: readonly UnprotectedPosition[]
}

/** What {@link closeOrders} works with. */
export interface ClosingParts {
  orders: OrderManager
  execution: Pick<ExecutionDesk, 'suspend' | 'protectionAtEnd'>
  time: Time
  logger: Logger
  policy: 'cancel' | 'leave'
  timeoutMs: number
  /** Ends the wait for the outcome of cancels. */
  signal: AbortSignal
  onProblem: (where: string, error: unknown) => void
}

/** So many are named in one message. */
const maxNamed = 20

/** Ends trading, and tells what it left behind: as a warning where that is the policy, as a problem where it is not. */
export async function closeOrders(parts: ClosingParts): Promise<StopReport> {
  const { orders, execution, time, logger, policy, timeoutMs, signal, onProblem } = parts
  const protection = execution.protectionAtEnd()
  execution.suspend(policy)
  const drained = await orders.drain({ time, policy, timeoutMs, signal })
  const report = { ...drained, unprotected: protection() }
  if (report.unprotected.length > 0) onProblem('stop', unprotectedError(report.unprotected))
  if (report.leftOpen.length === 0) return report
  const names = report.leftOpen.map(nameOf)
  if (policy === 'leave') logger.warn({ orders: names }, `${names.length} orders are left open at the venue`)
  else {
    const named = `${names.slice(0, maxNamed).join(', ')}${names.length > maxNamed ? ', …' : ''}`
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

function unprotectedError(positions: readonly UnprotectedPosition[]): TradewireError {
  const named = positions.slice(0, maxNamed).map(({ account, strategy, instrument, quantity, protectedBy }) => {
    return `${quantity} ${instrument} of ${account} ${strategy} (${protectedBy.join(', ')})`
  })
  const more = positions.length > maxNamed ? `, and ${positions.length - maxNamed} more` : ''
  return new TradewireError(
    'TW_UNPROTECTED',
    `Positions are left without protection: ${named.join('; ')}${more}; protect or close them at the venue`,
    { details: { positions } },
  )
}

function nameOf({ clientOrderId, instrument, status }: OrderSnapshot): string {
  return `${clientOrderId} ${instrument} ${status}`
}
