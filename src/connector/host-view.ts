/** The host as a connector sees it: the same, but what it publishes passes through the counters of its streams. */

import type { ApprovedOrder, ApprovedReplace } from '../orders/approved-order.js'
import type { MarketSink } from '../ring/sink.js'
import type { BaseConnector } from './base-connector.js'
import type { ConnectorHost } from './connector-host.js'
import type { RecalledBooks } from './recalled-books.js'

/** A host with another market sink. */
export function hostWithMarket(host: ConnectorHost, market: MarketSink): ConnectorHost {
  const { time, random, seed, logger, instruments, reports, isDataOnly = false, dropCopy } = host
  return {
    time,
    random,
    seed,
    logger,
    instruments,
    market,
    isDataOnly,
    reports,
    ...(dropCopy === undefined ? {} : { dropCopy }),
    isApproved: (view) => host.isApproved(view),
    ...(host.leaving === undefined ? {} : { leaving: (view: ApprovedOrder | ApprovedReplace) => host.leaving?.(view) }),
    wake: () => host.wake(),
    drain: () => host.drain(),
    reconcile: (connector, signal) => host.reconcile(connector, signal),
    ...(host.recall === undefined
      ? {}
      : { recall: (connector: BaseConnector) => host.recall?.(connector) as RecalledBooks }),
    disconnected: (connector, reason) => host.disconnected(connector, reason),
  }
}
