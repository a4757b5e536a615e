/**
 * What a connector that is another one's drop copy reports to: its executions are compared, and everything else it says of
 * orders is left to the connector that trades. Nothing is booked.
 */
import type { DropCopySink } from '../../connector/drop-copy-sink.js'
import { Liquidity, sideOf } from '../../orders/codes.js'
import * as Field from '../../orders/order-fields.js'
import type { OrderReports } from '../../orders/reports.js'
import type { ExecKey } from '../../orders/trade-pool.js'
import type { VenueFillReport } from '../../orders/venue-reports.js'
import type { OrderCore } from '../order-core.js'

const nothing = (): void => {}

/** Reports of a connector that go to a comparison. */
export function copyReports(core: OrderCore, sink: DropCopySink): OrderReports {
  /** An execution of an order of ours, as far as the report tells; undefined for an order that nobody knows. */
  const fillOf = (
    number: number,
    exec: ExecKey,
    quantityUnits: number,
    priceUnits: number,
    tsUs: number,
  ): VenueFillReport | undefined => {
    const { table, names, identities } = core
    const row = table.rowOf(number)
    const gone = row < 0 ? identities.find(number) : undefined
    if (row < 0 && gone === undefined) return undefined
    const cell = (field: number) => table.cells[row + field]
    return {
      exec,
      ...(row < 0 ? {} : { clientOrderId: names.clientOrderId(row) }),
      instrument: gone?.instrument ?? cell(Field.instrument),
      account: names.account(gone?.account ?? cell(Field.account)),
      side: sideOf(gone?.side ?? cell(Field.side)),
      quantityUnits,
      priceUnits,
      liquidity: Liquidity.unknown,
      tsUs,
    }
  }
  return {
    beginTurn: nothing,
    endTurn: nothing,
    accepted: nothing,
    rejected: nothing,
    triggered: nothing,
    replaced: nothing,
    replaceRejected: nothing,
    cancelRejected: nothing,
    canceled: nothing,
    expired: nothing,
    outcomeUnknown: nothing,
    externalOrder: nothing,
    filled: (number, exec, quantityUnits, priceUnits, _fee, _currency, _liquidity, tsUs) => {
      const fill = fillOf(number, exec, quantityUnits, priceUnits, tsUs)
      if (fill !== undefined) sink.executed(fill)
    },
    corrected: (number, reference, exec, quantityUnits, priceUnits, _works, tsUs) => {
      const fill = fillOf(number, exec ?? reference, quantityUnits, priceUnits, tsUs)
      if (fill !== undefined) sink.corrected(reference, fill)
    },
    busted: (number, reference, _works, tsUs) => {
      const fill = fillOf(number, reference, 0, Number.NaN, tsUs)
      if (fill !== undefined) sink.busted(reference, fill)
    },
    externalFill: (_source, fill) => sink.executed(fill),
    numberOf: (clientOrderId) => (typeof clientOrderId === 'string' ? core.ids.numberOf(clientOrderId) : 0),
    clientOrderIdOf: (number) => {
      const row = core.table.rowOf(number)
      return row < 0 ? undefined : core.names.clientOrderId(row)
    },
  }
}
