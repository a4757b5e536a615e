/** Events of a system as plain data for a worker, and over there as what they were. */
import { Decimal } from '../../model/decimal.js'
import type { OrderEvent } from '../../oms/order-event.js'
import type { SplitReport } from '../../oms/splits.js'
import { Liquidity } from '../../orders/codes.js'
import type { EventNews, SplitNews } from './worker-messages.js'

/** An event of an order as plain data. */
export function eventNews(event: OrderEvent): EventNews {
  const { type, seq, source, tsEventUs, tsLocalUs, quantityUnits, priceUnits, feeUnits, feeCurrency } = event
  const { liquidity, execId, reason, request } = event
  const amounts = { quantityUnits, priceUnits, feeUnits, feeCurrency }
  return {
    type,
    seq,
    source,
    tsEventUs,
    tsLocalUs,
    ...amounts,
    liquidity: Liquidity[liquidity],
    execId,
    reason,
    request,
  }
}

/** A stock split as plain data. */
export function splitNews({ cashInLieu, positions, ...split }: SplitReport): SplitNews {
  return {
    ...split,
    ...(cashInLieu === undefined ? {} : { cashInLieu: cashInLieu.toFixed() }),
    positions: positions.map(({ before, after, cash, ...of }) => ({
      ...of,
      before: before.toFixed(),
      after: after.toFixed(),
      cash: cash.toFixed(),
    })),
  }
}

/** What {@link splitNews} was made of. */
export function splitOf({ cashInLieu, positions, ...split }: SplitNews): SplitReport {
  return {
    ...split,
    ...(cashInLieu === undefined ? {} : { cashInLieu: new Decimal(cashInLieu) }),
    positions: positions.map(({ before, after, cash, ...of }) => ({
      ...of,
      before: new Decimal(before),
      after: new Decimal(after),
      cash: new Decimal(cash),
    })),
  }
}
