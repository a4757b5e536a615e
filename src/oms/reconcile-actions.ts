/** What a reconciliation concluded, folded like any other report. */
import type { BaseConnector } from '../connector/base-connector.js'
import { FactSource } from '../orders/codes.js'
import type { ReconcileAction } from '../reconcile/actions.js'
import type { OrderCore } from './order-core.js'
import type { ReportIntake } from './report-intake.js'

/** Applies one action. Call it inside a turn. */
export function applyAction(
  core: OrderCore,
  intake: ReportIntake,
  connector: BaseConnector,
  action: ReconcileAction,
): void {
  const number = 'order' in action ? core.ids.numberOf(action.order) : 0
  const source = 'source' in action && action.source === 'inferred' ? FactSource.inferred : FactSource.venue
  switch (action.kind) {
    case 'accepted':
      intake.accepted(number, action.venueOrderId, action.tsUs)
      return
    case 'updated':
      intake.replaced(
        number,
        action.generation,
        action.quantityUnits,
        action.priceUnits,
        action.triggerUnits,
        action.venueOrderId,
        action.tsUs,
      )
      return
    case 'triggered':
      intake.triggered(number, action.tsUs)
      return
    case 'filled': {
      const { fill } = action
      intake.filled(
        number,
        fill.exec,
        fill.quantityUnits,
        fill.priceUnits,
        fill.feeUnits ?? Number.NaN,
        fill.feeCurrency ?? '',
        fill.liquidity,
        fill.tsUs,
      )
      return
    }
    case 'inferred_fill': {
      const row = core.table.rowOf(number)
      if (row >= 0)
        intake.inferFill(
          row,
          action.exec,
          action.quantityUnits,
          action.priceUnits,
          action.basisUnits,
          action.tsUs,
          action.liquidity,
        )
      return
    }
    case 'inferred_bust':
      intake.busted(number, action.exec, false, action.tsUs, FactSource.inferred)
      return
    case 'works':
      intake.works(number, action.tsUs)
      return
    case 'requests_over':
      intake.requestsOver(number)
      return
    case 'canceled':
      intake.canceled(number, action.cumulativeUnits, action.reason, action.tsUs, source)
      return
    case 'expired':
      intake.expired(number, action.cumulativeUnits, action.tsUs, source)
      return
    case 'rejected':
      intake.rejected(number, action.reason, action.tsUs, source)
      return
    case 'unknown':
      intake.outcomeUnknown(number, action.reason)
      return
    default:
      applyBeyondOrders(core, intake, connector, action)
  }
}

/** Actions that are not about one of our orders. */
function applyBeyondOrders(
  core: OrderCore,
  intake: ReportIntake,
  connector: BaseConnector,
  action: ReconcileAction,
): void {
  switch (action.kind) {
    case 'adopt':
      intake.externalOrder(connector.source, action.report, action.order, action.owner)
      return
    case 'external_fill':
      intake.externalFill(connector.source, action.fill, action.owner, false)
      return
    case 'adjust_position':
      intake.adjustPosition(
        connector.source,
        action.account,
        action.instrument,
        action.owner,
        action.exec,
        action.side,
        action.quantityUnits,
        action.priceUnits,
      )
      return
    case 'halt':
      core.setTradingState('instrument', action.instrument, 'HALTED', 'reconciliation', action.reason)
  }
}
