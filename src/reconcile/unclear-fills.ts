/**
 * Executions that may turn out to be ours: the venue tells them under an id of its own that nobody here has heard of, and an
 * order of ours that could be theirs has not been acknowledged. Orders are listed before executions, so that what came in
 * between is in the next list. Each of these waits for that, once, rather than be booked for others and then for us.
 */
import type { VenueFillReport } from '../orders/venue-reports.js'
import { ask, isExpectedAtVenue } from './absent-order.js'
import type { Round } from './found-order.js'
import type { LocalOrder, ReconcileMemory } from './inputs.js'
import { executionKey, type VenueView, venueKey } from './venue-view.js'

/** Takes such executions out of a view, and asks for the orders. Returns when each was first seen, to be remembered. */
export function postponeUnclear(round: Round, view: VenueView, memory: ReconcileMemory): Map<string, number> {
  const { askedAtUs, answeredAtUs } = round.answers
  const unclear = new Map<string, number>()
  view.externalFills = view.externalFills.filter((fill) => {
    const key = executionKey(fill)
    const seenUs = memory.unclear?.get(key)
    const owner = seenUs === undefined ? possibleOwner(round, view, fill) : undefined
    // The same answers tell nothing new, whatever became of the order meanwhile.
    if (owner === undefined && seenUs !== askedAtUs) return true
    unclear.set(key, askedAtUs)
    if (owner !== undefined) ask(round, owner, answeredAtUs)
    return false
  })
  return unclear
}

/** An order of ours whose id at the venue is not known, and that an execution could be of. */
function possibleOwner({ local }: Round, view: VenueView, fill: VenueFillReport): LocalOrder | undefined {
  const { account, instrument, side, venueOrderId, exec } = fill
  const isOfOthers =
    local.externalExecs?.has(exec) === true ||
    venueOrderId === undefined ||
    view.externalOrders.has(venueKey(account, venueOrderId))
  if (isOfOthers) return undefined
  return local.orders.find(
    (order) =>
      order.venueOrderIds.length === 0 &&
      order.account === account &&
      order.instrument === instrument &&
      order.side === side &&
      isExpectedAtVenue(order) &&
      view.byOrder.get(order.clientOrderId)?.report === undefined,
  )
}
