/** What a conformance case is, and what it needs in order to say anything. */
import type { ConnectorCapabilities, DataKind } from '../../connector/capabilities.js'
import type { ConnectorOptions } from '../../connector/connector-options.js'
import type { OrderType, TimeInForce } from '../../model/order-types.js'
import type { CaseContext } from './case-context.js'
import type { ConformanceVenue, VenueAbility } from './venue.js'

/** What must be there for a case to be run; it is skipped otherwise, and the report says why. */
export interface CaseNeeds {
  /** Orders can be sent at all. */
  readonly orders?: true
  readonly type?: OrderType
  readonly timeInForce?: TimeInForce
  readonly flag?: 'postOnly' | 'reduceOnly' | 'iceberg' | 'replace' | 'fullHistory'
  readonly cancelOnDisconnect?: 'venue' | 'none'
  readonly data?: DataKind
  /** Data come only when they are asked for. */
  readonly asksForData?: true
  readonly venue?: readonly VenueAbility[]
  /** The case waits for times that nobody waits for in earnest. */
  readonly time?: 'virtual'
  /** The orders end in a market made here or in a test market: the case builds a whole trading system. */
  readonly simulated?: true
}

/** One numbered case. */
export interface ConformanceCase {
  /** Never changes its meaning: `ORD-003`. */
  readonly id: string
  /** What must hold, as a sentence without a subject: the connector … */
  readonly title: string
  readonly needs?: CaseNeeds
  /** Settings of the connector beside those of every case. */
  readonly settings?: ConnectorOptions
  run(context: CaseContext): Promise<void>
}

/** Thrown by a case whose condition does not hold. */
export class ConformanceFailure extends Error {
  override readonly name = 'ConformanceFailure'
}

/** Why a case cannot be run; undefined when it can. */
export function skipReason(
  needs: CaseNeeds,
  capabilities: ConnectorCapabilities,
  venue: ConformanceVenue,
  isVirtual: boolean,
): string | undefined {
  const { orders, data } = capabilities
  const needsOrders =
    needs.orders ?? needs.type ?? needs.timeInForce ?? needs.flag ?? needs.cancelOnDisconnect ?? needs.simulated
  if (needsOrders !== undefined && orders === undefined) return 'the connector takes no orders'
  if (needs.type !== undefined && orders?.types.includes(needs.type) !== true)
    return `no orders of type ${needs.type} by its capabilities`
  if (needs.timeInForce !== undefined && orders?.timeInForce.includes(needs.timeInForce) !== true)
    return `no time in force ${needs.timeInForce} by its capabilities`
  if (needs.flag !== undefined && orders?.[needs.flag] !== true) return `no ${needs.flag} by its capabilities`
  if (needs.cancelOnDisconnect !== undefined && orders?.cancelOnDisconnect !== needs.cancelOnDisconnect)
    return `cancel on disconnect is ${orders?.cancelOnDisconnect} by its capabilities`
  if (needs.data !== undefined && !data.includes(needs.data)) return `no ${needs.data} by its capabilities`
  if (needs.asksForData === true && venue.pushesAll === true) return 'the venue sends data without being asked'
  for (const ability of needs.venue ?? [])
    if (venue[ability] === undefined) return `the venue of this run cannot do ${ability}`
  if (needs.time === 'virtual' && !isVirtual) return 'only on virtual time'
  if (needs.simulated === true && orders?.environment === 'live') return 'its orders are live'
  return undefined
}
