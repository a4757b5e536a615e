/** Executions of a running system for its settlement book. */
import { Decimal } from '../../model/decimal.js'
import type { ExecutionReport } from '../../model/execution.js'
import type { ExecId } from '../../model/ids.js'
import type { OrderManagerEvents } from '../event-delivery.js'
import type { OrderEvent } from '../order-event.js'
import type { SettlementBook } from './settlement-book.js'

const kinds: Readonly<Record<string, ExecutionReport['kind']>> = {
  filled: 'fill',
  fill_corrected: 'correction',
  fill_busted: 'bust',
}
const feeScale = new Decimal(10).pow(8)

/** An order event as the execution it tells of; undefined where it tells of none. */
export function executionOf(event: OrderEvent): ExecutionReport | undefined {
  const kind = kinds[event.type]
  const { execId, quantity, price, feeUnits, feeCurrency } = event
  if (kind === undefined || execId === undefined) return undefined
  const { clientOrderId, instrument, account, strategy, connector } = event.order.snapshot
  return {
    kind,
    execId: String(execId) as ExecId,
    clientOrderId,
    instrument,
    account,
    strategy,
    connector,
    side: event.side,
    price: price ?? new Decimal(0),
    quantity: quantity ?? new Decimal(0),
    liquidity: event.liquidity,
    ...(Number.isNaN(feeUnits) || feeCurrency === undefined
      ? {}
      : { commission: new Decimal(feeUnits).div(feeScale), commissionCurrency: feeCurrency }),
    isInferred: event.source === 'inferred',
    tsEventUs: event.tsEventUs,
    tsRecvUs: event.tsLocalUs,
  }
}

/** What {@link settleOrders} works with. */
export interface SettleOrdersOptions {
  /** `system.orders.events`. */
  readonly events: { on(event: 'order', listener: (event: OrderManagerEvents['order']) => void): () => void }
  readonly book: Pick<SettlementBook, 'book'>
  /** Told of executions that the book refused: an instrument without a calendar, a date that is not known. */
  readonly onRefused?: (execution: ExecutionReport, error: unknown) => void
}

/** Books every execution of a system from here on. Returns what stops it, with the count of executions that were refused. */
export function settleOrders({ events, book, onRefused }: SettleOrdersOptions): {
  readonly refused: number
  stop(): void
} {
  let refused = 0
  const stop = events.on('order', (event) => {
    const execution = executionOf(event)
    if (execution === undefined) return
    try {
      book.book(execution)
    } catch (error) {
      refused++
      onRefused?.(execution, error)
    }
  })
  return {
    get refused() {
      return refused
    },
    stop,
  }
}
