/** What a system gives a connector to work with, and what it wants to hear from it. */
import type { Logger } from '../core/logger.js'
import type { Random } from '../core/random.js'
import type { Time } from '../core/time.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { ApprovedOrder, ApprovedReplace } from '../orders/approved-order.js'
import type { OrderReports } from '../orders/reports.js'
import type { MarketSink } from '../ring/sink.js'
import type { BaseConnector } from './base-connector.js'
import type { DropCopySink } from './drop-copy-sink.js'
import type { RecalledBooks } from './recalled-books.js'

/** The surroundings of a connector. Implemented by the trading system and by the conformance kit. */
export interface ConnectorHost {
  readonly time: Time
  readonly random: Random
  /** The system's seed: what a connector that simulates starts from, unless it was given a seed of its own. */
  readonly seed: number
  readonly logger: Logger
  readonly instruments: InstrumentRegistry
  /** Takes market data; calls return false when a consumer asks for back-pressure. */
  readonly market: MarketSink
  /** Data only: nothing is sent over this connector and its account is nobody's business, whatever the venue takes. */
  readonly isDataOnly?: boolean
  /** Takes the outcomes of orders. */
  readonly reports: OrderReports
  /**
   * Takes what the connector hears over a second, independent line (a drop copy), to be compared with the books. Hosts that
   * compare nothing have none: then such a line's reports are reports like any other's.
   */
  readonly dropCopy?: DropCopySink | undefined
  /** Whether a view is the one of this host's own risk gate. Nothing else is sent. */
  isApproved(view: ApprovedOrder | ApprovedReplace): boolean
  /**
   * An approved order or change is about to leave: counted where it leaves, independently of whoever approved it. What it
   * throws keeps the message from being sent. Hosts without an audit have none.
   */
  leaving?(view: ApprovedOrder | ApprovedReplace): void
  /** Market data was published: handlers run no later than the next turn of the loop. */
  wake(): void
  /** Hands what was published to its handlers now: for drivers of virtual time, which have no next turn to wait for. */
  drain(): void
  /** The connection is up. Resolves when orders, fills and accounts agree with the venue; only then is the connector ready. */
  reconcile(connector: BaseConnector, signal: AbortSignal): Promise<void>
  /** What our journal tells of this connector's orders and positions; for venues that end with the process. Hosts without a journal have none. */
  recall?(connector: BaseConnector): RecalledBooks
  /** The connection is gone: orders under way are of unknown fate from now on. */
  disconnected(connector: BaseConnector, reason: string): void
}
